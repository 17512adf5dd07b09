"""Networks whose numbers double precision loses, against arbitrary precision, call by call.

The reference takes the network's matrices as exact and eliminates the hierarchy in 256 bits
(`tests.support.reference`). Each of these networks has once had an error far above the stated one,
a refusal for a wrong reason, or a call without an end. Others of their kind are tested beside what
they concern:

- Relaxation rates, oscillating, slow and nearly stationary, and preparation times:
  `analysis/test_relaxation_rates.py`, `analysis/test_purity_time.py`.
- The slope at zero temperature: `continued_fraction/sensitivity/test_sensitivity.py`.
- Filters for small and for nearly unreachable targets: `analysis/test_design.py`.
- Spectra where the steady state is not unique: `analysis/test_radiation.py`.
- Errors as large as the state, given truncations: `fock/test_errors_as_large_as_states.py`,
  `solution/test_limited.py`.
- Interrupted averages: `cli/test_cli_interrupted.py`, `ensembles/test_run.py`.
- Closed forms at the edge of doubles: `analytic/test_analytic_extremes.py`.
- Maxima that a search misses, maxima at the start: `analysis/test_optimise_random.py`,
  `excitations/test_ring_peak_start.py`.
- The best couplings under qubit decay: `figures/test_ring_figures.py`, `claims/`.
- Input that no double can hold: `networks/test_extreme_input.py`, `solving/test_bad_input.py`.
"""

import numpy as np
import pytest

import thermalent as te
from tests.support.reference import Reference, numbers
from thermalent.solution.result import Outcome


def nearly_dark_reservoir(n_th):
    """A dephased qubit and a collective spin of two, equally coupled to a common reservoir."""
    amplitudes = np.sqrt([0.1, 1.0, 1.0])
    return te.Network(
        nodes=(
            te.Mode(bath_rate=0.1, n_th=n_th),
            te.Qubit(name="q", dephasing=3e-13),
            te.CollectiveSpin(name="s", qubits=2),
        ),
        exchange=np.zeros((3, 3)),
        decay=np.outer(amplitudes, amplitudes),
    )


def phononic(n_th, kappa, **options):
    return te.phononic_link(n_th, kappa, wavelengths=(1, 2), **options)


HARD = {
    "a common reservoir with dephasing 3e-13": lambda: nearly_dark_reservoir(20.0),
    "a hot reservoir with dephasing 3e-13": lambda: nearly_dark_reservoir(1000.0),
    "decay elsewhere 1e13": lambda: te.thermal_link(10, 0.1, intrinsic_decay=(1e13, 0)),
    "decay elsewhere 1e18": lambda: te.thermal_link(10, 0.1, intrinsic_decay=(1e18, 0)),
    "decay elsewhere 1e8": lambda: te.thermal_link(0.5, 0.1, intrinsic_decay=(1e8, 0)),
    "second qubit 1e-10": lambda: te.thermal_link(10, 0.1, gamma=(1, 1e-10)),
    "second qubit 1e-13": lambda: te.thermal_link(10, 0.1, gamma=(1, 1e-13)),
    "second qubit 1e-15": lambda: te.thermal_link(10, 0.1, gamma=(1, 1e-15)),
    "dephasing 1e14": lambda: te.thermal_link(10, 0.1, dephasing=(1e14, 0)),
    "dephasing 1e18": lambda: te.thermal_link(10, 0.1, dephasing=(1e18, 0)),
    "detunings 1e14": lambda: te.thermal_link(10, 0.1, detuning=(1e14, -1e14)),
    "warm waveguide 1e6": lambda: te.thermal_link(10, 0.1, waveguide_occupation=1e6),
    "warm waveguide 1e8": lambda: te.thermal_link(10, 0.1, waveguide_occupation=1e8),
    "dark but for loss 1e-13": lambda: phononic(10, 0.1, loss=1e-13),
    "dark but for loss 1e-9": lambda: phononic(1, 0.2, loss=1e-9),
    "dark but for dephasing 1e-6": lambda: phononic(1, 0.2, dephasing=1e-6),
    "dark but for detunings 1e-4": lambda: phononic(3, 0.2, detuning=(1e-4, -1e-4)),
    "dark but for detunings 1e-8": lambda: phononic(3, 0.2, detuning=(1e-8, -1e-8)),
    "nearly separable, n_th = 1e-2": lambda: te.thermal_link(0.01, 0.3, detuning=(0.3, 0.1)),
    "nearly separable, n_th = 1e-4": lambda: te.thermal_link(1e-4, 0.3, detuning=(0.3, 0.1)),
}
MEASURES = (
    "concurrence",
    "negativity",
    "logarithmic_negativity",
    "entanglement_of_formation",
    "purity",
    "entropy",
)


def check_numbers(found, exact):
    """Each number that is read off the state is as close to the true one as it says."""
    for name in MEASURES:
        value = getattr(found, name)()
        distance = abs(float(getattr(numbers, name)(exact) - numbers.mpf(float(value))))
        assert distance <= value.error, name
    for label, true in numbers.populations(exact).items():
        value = found.populations()[label]
        assert abs(float(true - numbers.mpf(float(value)))) <= value.error, label


SLOW = "a hot reservoir with dephasing 3e-13"  # 256 bits of 500 tiers


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] * (name == SLOW)) for name in HARD]
)
def test_states_and_what_follows_from_them(name):
    network = HARD[name]()
    exact = Reference(network).steady_state()
    found = te.steady_state(network)
    assert found.status.outcome is Outcome.CONVERGED
    assert exact.distance(found.state) <= found.error <= 1e-9
    if network.dims == (2, 2):
        check_numbers(found, exact)
    # The project's own digits agree with the reference in all that doubles can hold.
    digits = te.steady_state(network, te.ContinuedFraction(digits=25))
    assert exact.distance(digits.state) < 4e-16


@pytest.mark.parametrize("n_th", [0.01, 1e-4])
def test_numbers_near_separability_by_another_method(n_th):
    """The concurrence has a square root there, and its error is not that of the state."""
    network = te.thermal_link(n_th, 0.3, detuning=(0.3, 0.1))
    found = te.steady_state(network, te.Fock(tolerance=1e-6))
    exact = Reference(network).steady_state()
    assert exact.distance(found.state) <= found.error
    check_numbers(found, exact)


def test_three_nearly_dark_qubits():
    """It doubled its levels without end; the long test has ten times the quanta."""
    network = te.phononic_link(10.0, 0.1, wavelengths=(1, 2, 3), detuning=(1e-5, 0.5e-5, -1e-5))
    found = te.steady_state(network)
    digits = te.steady_state(network, te.ContinuedFraction(digits=18))
    assert np.max(np.abs(found.state - digits.state)) <= found.error <= 1e-9


@pytest.mark.long
def test_three_nearly_dark_qubits_against_the_reference():
    network = te.phononic_link(100.0, 0.1, wavelengths=(1, 2, 3), detuning=(1e-5, 0.5e-5, -1e-5))
    found = te.steady_state(network)
    assert Reference(network).steady_state().distance(found.state) <= found.error


@pytest.mark.parametrize(
    ("n_th", "kappa", "time"),
    [
        (1.0, 0.3, 1e7),
        (0.5, 0.5, 1e6),
        pytest.param(1220.0, 1e-3, 3e4, marks=pytest.mark.long),
    ],
)
def test_late_times(n_th, kappa, time):
    """They took steps without end. By then the state is the steady one."""
    network = te.thermal_link(n_th, kappa)
    found = te.evolve(network, [time], "01")
    exact = Reference(network).steady_state() if n_th < 100 else None
    if exact is None:  # the reference would take minutes: the method's own digits instead
        digits = te.steady_state(network, te.ContinuedFraction(digits=25))
        distance = np.max(np.abs(found.states[0] - digits.state))
    else:
        distance = exact.distance(found.states[0])
    # exp(-kappa t) of the slowest rate is left over: 1e-13 for the last of them.
    assert distance <= found.error[0] + np.exp(-kappa * time)
    assert found.error[0] < 1e-9


@pytest.mark.parametrize("kappa", [0.05, 0.3, 2.0])
@pytest.mark.parametrize("n_th", [0.1, 3.0])
def test_errors_of_spectra_are_not_zero(n_th, kappa):
    network = te.thermal_link(n_th, kappa)
    assert np.all(te.spectrum(network, [0.0, 0.5]).error > 0)


def test_small_changes_behind_several_modes_still_have_the_error_of_rounding():
    """Two lattices may agree in a broad and weak source by chance, but not beyond rounding."""
    found = te.steady_state(te.dual_rail(pairs=1, squeezing=0.1, bandwidth=100.0))
    assert found.error >= 64 * np.finfo(float).eps * np.max(np.abs(found.state))
