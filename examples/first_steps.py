"""Two superconducting qubits entangled by the thermal noise of a resistor at room temperature."""

import thermalent as te

network = te.thermal_link(n_th=1220, kappa=1e-3)  # 293 K at 5 GHz; rates in units of gamma
result = te.steady_state(network)

print(f"concurrence {result.concurrence():.5f}")
for state, population in result.populations().items():
    print(f"population of {state:2} {population:.6f}")
print(f"error of the state {result.error:.0e}")
