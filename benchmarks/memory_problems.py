"""Problems whose memory is estimated before they run and measured while they do, by what they call.

Each computation comes in several sizes, the first of which warms up: it loads what is loaded late.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import thermalent as te

Run = Callable[[int], object]


def _link(qubits: int, **options) -> te.Network:
    """Qubits of different frequencies behind one filter."""
    return te.thermal_link(
        1.0, 0.5, detuning=tuple(0.1 * np.arange(qubits)), qubits=qubits, **options
    )


def _times(count: int) -> np.ndarray:
    return np.linspace(0.0, 1.0, count)


def _excited(qubits: int) -> str:
    return "1" + "0" * (qubits - 1)


def _ring(nodes: int, **options) -> te.Network:
    return te.ring_resonators(coupling=0.3, nodes=nodes, **options)


def _exact(qubits: int) -> object:
    return te.steady_state(_link(qubits), te.ContinuedFraction(rtol=1e-3))


def _exact_evolution(qubits: int) -> object:
    return te.evolve(_link(qubits), [0.5], "0" * qubits, te.ContinuedFraction(rtol=1e-3))


def _exact_evolution_excited(qubits: int) -> object:
    start = np.full(2**qubits, 2.0 ** (-qubits / 2))
    return te.evolve(_link(qubits), [0.5], start, te.ContinuedFraction(rtol=1e-3))


def _exact_evolution_empty(qubits: int) -> object:
    method = te.ContinuedFraction(rtol=1e-3)
    return te.evolve(_link(qubits), [0.5], "0" * qubits, method, source="empty")


def _exact_evolution_late(qubits: int) -> object:
    return te.evolve(_link(qubits), [1e3], "0" * qubits, te.ContinuedFraction(rtol=1e-3))


def _exact_at_many_times(count: int) -> object:
    return te.evolve(_link(3), _times(count), "000", te.ContinuedFraction(rtol=1e-3))


def _hot_evolution(n_th: int) -> object:
    return te.evolve(
        te.thermal_link(float(n_th), 0.01, detuning=(0.0, 0.1, 0.2), qubits=3), [0.5, 50.0], "000",
        te.ContinuedFraction(rtol=1e-4),
    )  # fmt: skip


def _derivatives(qubits: int) -> object:
    detuning = tuple(0.1 * np.arange(qubits))
    values = {"n_th": 1.0, "kappa": 0.5}

    def build(n_th: float, kappa: float) -> te.Network:
        return te.thermal_link(n_th, kappa, detuning=detuning, qubits=qubits)

    return te.sensitivities(build, values, "purity", rtol=1e-3)


def _derivatives_hot(n_th: int) -> object:
    return te.sensitivities(te.thermal_link, {"n_th": float(n_th), "kappa": 0.1}, "purity")


def _preparation(qubits: int) -> object:
    return te.preparation_time(_link(qubits), "0" * qubits, distance=0.1)


def _more_digits(digits: int) -> object:
    return te.steady_state(te.thermal_link(1e3, 0.1), te.ContinuedFraction(digits=digits))


def _more_digits_hot(n_th: int) -> object:
    return te.steady_state(te.thermal_link(float(n_th), 0.1), te.ContinuedFraction(digits=20))


def _more_digits_qubits(qubits: int) -> object:
    return te.steady_state(_link(qubits), te.ContinuedFraction(digits=12))


def _derivatives_two_filters(qubits: int) -> object:
    detuning = tuple(0.1 * np.arange(qubits))

    def build(n_th: float, kappa: float) -> te.Network:
        return te.thermal_link(n_th, kappa, detuning=detuning, qubits=qubits, filters=2)

    return te.sensitivities(build, {"n_th": 1.0, "kappa": 0.5}, "purity", rtol=1e-2)


def _rates_two_filters(qubits: int) -> object:
    return te.relaxation_rates(_link(qubits, filters=2), count=2)


def _preparation_two_filters(qubits: int) -> object:
    return te.preparation_time(_link(qubits, filters=2), "0" * qubits, distance=0.1)


def _two_filters(qubits: int) -> object:
    return te.steady_state(_link(qubits, filters=2), te.ContinuedFraction(rtol=1e-3))


def _two_filters_evolution(qubits: int) -> object:
    method = te.ContinuedFraction(rtol=1e-3)
    return te.evolve(_link(qubits, filters=2), [0.5], "0" * qubits, method)


def _rails(pairs: int) -> object:
    network = te.dual_rail(pairs, 0.3, bandwidth=5.0, dephasing=0.1)
    return te.steady_state(network, te.ContinuedFraction(rtol=1e-2))


def _white(qubits: int) -> object:
    return te.steady_state(te.cooperative(qubits, individual_decay=0.1), te.Fock())


def _fock(solver: str) -> Run:
    def run(cutoff: int) -> object:
        return te.steady_state(te.thermal_link(0.5, 0.5), te.Fock(cutoff=cutoff, solver=solver))

    return run


def _fock_qubits(solver: str) -> Run:
    def run(qubits: int) -> object:
        network = te.thermal_link(0.2, 0.5, qubits=qubits)
        return te.steady_state(network, te.Fock(cutoff=8, solver=solver))

    return run


def _fock_evolution(cutoff: int) -> object:
    return te.evolve(te.thermal_link(0.5, 0.5), [0.5], "11", te.Fock(cutoff=cutoff))


def _fock_rails_evolution(pairs: int) -> object:
    return te.evolve(te.dual_rail(pairs, 0.5), [0.1], "00" * pairs, te.Fock())


def _fock_at_many_times(count: int) -> object:
    return te.evolve(te.thermal_link(0.1, 0.5), _times(count), "11", te.Fock(cutoff=6))


def _field_trajectories(qubits: int) -> object:
    method = te.FieldTrajectories(n=64, burn_in=50.0, window=1.0, threads=1)
    return te.steady_state(te.thermal_link(5.0, 0.5, qubits=qubits), method)


def _field_trajectories_at_many_times(count: int) -> object:
    network = te.thermal_link(5.0, 0.5)
    return te.evolve(network, _times(count), "00", te.FieldTrajectories(n=128, threads=1))


def _field_jumps_at_many_times(count: int) -> object:
    network = te.thermal_link(5.0, 0.5, qubits=4)
    return te.evolve(network, _times(count), "0000", te.FieldJumps(n=128, threads=1))


def _quantum_jumps(qubits: int) -> object:
    method = te.QuantumJumps(n=64, burn_in=15.0, window=5.0, cutoff=4, samples=4, threads=1)
    return te.steady_state(te.thermal_link(0.2, 0.5, qubits=qubits), method)


def _quantum_jumps_at_many_times(count: int) -> object:
    network = te.thermal_link(0.2, 0.5, qubits=4)
    return te.evolve(network, _times(count), "1000", te.QuantumJumps(n=128, cutoff=5, threads=1))


def _single_excitation_at_many_times(count: int) -> object:
    return te.evolve(_ring(6), _times(count), _excited(6), te.SingleExcitation())


def _few_excitations(nodes: int) -> object:
    start = "11" + "0" * (nodes - 2)
    return te.evolve(_ring(nodes), [0.5], start, te.FewExcitations())


def _few_excitations_at_many_times(count: int) -> object:
    return te.evolve(_ring(4), _times(count), "1100", te.FewExcitations())


def _transfer(nodes: int) -> object:
    zeros = "0" * (nodes - 3)
    return te.transfer(_ring(nodes), [0.5], "111" + zeros, zeros + "111")


def _transfer_at_many_times(count: int) -> object:
    return te.transfer(_ring(8), _times(count), "11000000", "00000011")


def _peak_transfer(until: int) -> object:
    return te.peak_transfer(_ring(2), "10", "01", until=float(until))


def _peak_transfer_of_three(until: int) -> object:
    return te.peak_transfer(_ring(8), "11100000", "00000111", until=float(until))


def _peak_concurrence(until: int) -> object:
    return te.peak_concurrence(_ring(2), "10", until=float(until))


def _bourret(qubits: int) -> object:
    return te.steady_state(_link(qubits), te.Bourret())


def _bourret_evolution(qubits: int) -> object:
    return te.evolve(te.thermal_link(0.01, 50.0, qubits=qubits), [0.5], "0" * qubits, te.Bourret())


def _quasistatic(qubits: int) -> object:
    return te.steady_state(te.thermal_link(5.0, 0.01, qubits=qubits), te.Quasistatic())


def _phase_diffusion(qubits: int) -> object:
    return te.steady_state(te.thermal_link(500.0, 0.01, qubits=qubits), te.PhaseDiffusion())


def _markov(qubits: int) -> object:
    return te.steady_state(te.thermal_link(0.5, 50.0, qubits=qubits), te.Markov())


def _spectrum(qubits: int) -> object:
    return te.spectrum(_link(qubits), [0.0, 1.0], rtol=1e-3)


def _spectrum_hot(n_th: int) -> object:
    return te.spectrum(te.thermal_link(float(n_th), 0.01), [0.0, 1.0], rtol=1e-6)


def _spectrum_two_filters(qubits: int) -> object:
    return te.spectrum(_link(qubits, filters=2), [0.0], rtol=1e-2)


def _coherence(qubits: int) -> object:
    return te.coherence(_link(qubits), [0.0, 0.5], rtol=1e-3)


def _coherence_second(qubits: int) -> object:
    return te.coherence(_link(qubits), [0.0, 0.5], order=2, rtol=1e-3)


def _rates(qubits: int) -> object:
    return te.relaxation_rates(_link(qubits), count=2)


def _rates_of_many_qubits(qubits: int) -> object:
    return te.relaxation_rates(te.cooperative(qubits, individual_decay=0.1), count=2)


# What is computed, what runs it, and its sizes, the first to warm up.
COMPUTATIONS: dict[str, tuple[Run, tuple[int, ...]]] = {
    "continued fraction, qubits": (_exact, (2, 4, 5, 6)),
    "two filters, qubits": (_two_filters, (2, 4, 5)),
    "rails, pairs": (_rails, (2, 3)),
    "exact evolution, qubits": (_exact_evolution, (2, 4, 5)),
    "exact evolution of all coherences, qubits": (_exact_evolution_excited, (2, 4)),
    "exact evolution from an empty source, qubits": (_exact_evolution_empty, (2, 4, 5)),
    "exact evolution to late times, qubits": (_exact_evolution_late, (2, 4)),
    "exact evolution at many times": (_exact_at_many_times, (10, 10**4, 10**5)),
    "exact evolution, occupation": (_hot_evolution, (10, 10**3)),
    "exact evolution behind two filters, qubits": (_two_filters_evolution, (2, 3, 4)),
    "spectrum, qubits": (_spectrum, (2, 4, 5)),
    "spectrum, occupation": (_spectrum_hot, (10, 10**4, 10**5, 10**6)),
    "spectrum behind two filters, qubits": (_spectrum_two_filters, (2, 3)),
    "coherence, qubits": (_coherence, (2, 3, 4)),
    "second-order coherence, qubits": (_coherence_second, (2, 3, 4)),
    "derivatives, qubits": (_derivatives, (2, 4, 5)),
    "derivatives, occupation": (_derivatives_hot, (10, 10**6, 10**7)),
    "relaxation rates, qubits": (_rates, (2, 3, 4)),
    "preparation time, qubits": (_preparation, (2, 3, 4)),
    "more digits, digits": (_more_digits, (10, 50, 250)),
    "more digits, occupation": (_more_digits_hot, (10, 10**5, 10**6, 10**7)),
    "more digits, qubits": (_more_digits_qubits, (2, 3, 4)),
    "derivatives behind two filters, qubits": (_derivatives_two_filters, (2, 3, 4)),
    "relaxation rates behind two filters, qubits": (_rates_two_filters, (1, 2, 3)),
    "preparation time behind two filters, qubits": (_preparation_two_filters, (1, 2, 3)),
    "relaxation rates without a mode, qubits": (_rates_of_many_qubits, (5, 6)),
    "Fock, direct, cutoff": (_fock("direct"), (4, 10**3, 10**4)),
    "Fock, iterative, cutoff": (_fock("iterative"), (4, 10**3, 10**4)),
    "Fock, direct, qubits": (_fock_qubits("direct"), (2, 4, 5)),
    "Fock, iterative, qubits": (_fock_qubits("iterative"), (2, 5, 6)),
    "Fock without a mode, qubits": (_white, (2, 6, 7)),
    "Fock evolution, cutoff": (_fock_evolution, (4, 2000)),
    "Fock evolution in sectors, pairs": (_fock_rails_evolution, (1, 5)),
    "Fock evolution at many times": (_fock_at_many_times, (10, 10**4, 10**5)),
    "field trajectories, qubits": (_field_trajectories, (2, 4, 5)),
    "field trajectories at many times": (_field_trajectories_at_many_times, (10, 10**4, 10**5)),
    "field jumps at many times": (_field_jumps_at_many_times, (10, 500, 2000)),
    "quantum jumps, qubits": (_quantum_jumps, (2, 6)),
    "quantum jumps at many times": (_quantum_jumps_at_many_times, (10, 10**4)),
    "one excitation at many times": (_single_excitation_at_many_times, (10, 10**3, 10**4)),
    "few excitations, nodes": (_few_excitations, (3, 7, 10)),
    "few excitations at many times": (_few_excitations_at_many_times, (10, 10**4, 10**5)),
    "transfer, nodes": (_transfer, (6, 20, 30)),
    "transfer at many times": (_transfer_at_many_times, (10, 10**4, 10**5)),
    "peak transfer, until": (_peak_transfer, (10, 10**5, 10**6)),
    "peak transfer of three, until": (_peak_transfer_of_three, (1, 300, 1000)),
    "peak concurrence, until": (_peak_concurrence, (10, 10**5, 10**6)),
    "Bourret, qubits": (_bourret, (2, 5, 6)),
    "Bourret evolution, qubits": (_bourret_evolution, (2, 3, 4)),
    "quasistatic, qubits": (_quasistatic, (2, 4)),
    "phase diffusion, qubits": (_phase_diffusion, (2, 4)),
    "Markov, qubits": (_markov, (2, 5, 6)),
}
