"""Heat currents: the first and the second law, against a dense master equation and spectra."""

import numpy as np
import pytest

import thermalent as te
from thermalent.analysis.heat import currents as module

NETWORKS = {
    "decay elsewhere": (te.thermal_link(0.3, 0.4, qubits=1, intrinsic_decay=0.3), 14),
    "warm waveguide": (
        te.thermal_link(0.25, 0.4, qubits=1, waveguide_occupation=0.05, detuning=0.2),
        14,
    ),
    "loss and dephasing": (
        te.thermal_link(0.1, 0.4, intrinsic_decay=(0.1, 0.2), dephasing=0.1, loss=0.3),
        7,
    ),
    "both ways": (te.phononic_link(0.1, 0.4, positions=(1.0, 2.0)), 7),
}


def by_hand(network: te.Network, cutoff: int) -> tuple[float, float]:
    """Current from the hot port and out of the network, from a dense master equation."""
    equation = te.master_equation(network, cutoff)
    size = int(np.prod(equation.dims))
    one, h = np.eye(size), equation.hamiltonian.toarray()
    generator = -1j * (np.kron(h, one) - np.kron(one, h.T))
    for jump in (jump.toarray() for jump in equation.jumps):
        rate = jump.conj().T @ jump
        generator += np.kron(jump, jump.conj())
        generator -= 0.5 * (np.kron(rate, one) + np.kron(one, rate.T))
    generator[0], right = one.ravel(), np.zeros(size**2)
    right[0] = 1.0
    rho = np.linalg.solve(generator, right).reshape(size, size)
    c = [lowering.toarray() for lowering in equation.lowering.values()]
    hot = 0.0
    for mode, a in zip(network.modes, c, strict=False):  # modes come first
        hot += mode.bath_rate * (mode.n_th - np.trace(a.conj().T @ a @ rho))
    out = 0.0
    for j, first in enumerate(c):
        for l, second in enumerate(c):
            out += network.decay[j, l] * np.trace(second.conj().T @ first @ rho)
            out -= network.absorption[j, l] * np.trace(second @ first.conj().T @ rho)
    return float(np.real(hot)), float(np.real(out))


@pytest.mark.parametrize("name", NETWORKS)
def test_currents_are_those_of_a_dense_master_equation(name):
    network, cutoff = NETWORKS[name]
    found = te.heat_currents(network)
    hot, out = by_hand(network, cutoff)
    mode = network.modes[0]
    ratio = mode.n_th / (2 + mode.n_th) if name != "warm waveguide" else 0.2
    truncation = 20 * cutoff * ratio**cutoff + 1e-9  # what the last levels would hold
    assert abs(found.hot - hot) <= truncation
    assert abs(found.output + found.elsewhere - out) <= truncation
    assert abs(found.hot) > 100 * truncation


@pytest.mark.parametrize("name", NETWORKS)
def test_the_first_law(name):
    found = te.heat_currents(NETWORKS[name][0])
    assert abs(found.balance) <= found.balance.error < 1e-9
    parts = (found.hot.error, found.output.error, found.elsewhere.error)
    assert found.balance.error == pytest.approx(sum(parts), rel=1e-12, abs=0)
    assert found.hot > 0.01
    assert (found.elsewhere > 0.01) == (name in ("decay elsewhere", "loss and dephasing"))


def test_currents_behind_two_filters_are_those_of_a_dense_master_equation():
    network = te.thermal_link(0.01, 0.4, qubits=1, filters=2, intrinsic_decay=0.3)
    found = te.heat_currents(network)
    hot, out = by_hand(network, 3)
    truncation = 20 * 3 * (0.01 / 2.01) ** 3
    assert abs(found.hot - hot) <= truncation
    assert abs(found.output + found.elsewhere - out) <= truncation
    assert found.hot > 100 * truncation
    assert abs(found.balance) <= found.balance.error + 1e-15 < 1e-9
    assert found.entropy_production is None
    # A stretch with loss: the channels are combinations of modes and qubits.
    lossy = te.thermal_link(3.0, 0.2, filters=2, loss=0.3)
    found = te.heat_currents(lossy)
    flux = te.spectrum(lossy, [0.0], rtol=1e-6).flux
    assert abs(found.output - flux) <= found.output.error + flux.error
    assert abs(found.balance) <= found.balance.error + 1e-15 < 1e-5


def test_what_the_qubits_lose_by_themselves_is_told_from_the_output():
    """Intrinsic decay times the excited populations of the steady state, behind lossy stretches."""
    rates = np.array([0.1, 0.2])
    network = te.thermal_link(0.4, 0.4, intrinsic_decay=tuple(rates), loss=0.3)
    alone = te.thermal_link(0.4, 0.4, intrinsic_decay=tuple(rates))
    for built, lost in ((alone, 0.0), (network, 0.3)):
        found = te.heat_currents(built, intrinsic_decay=rates)
        rho = te.steady_state(built).state
        excited = np.diag(rho).real @ np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        # The first qubit and the mode lose their part of the waveguide's field on the stretch.
        a = np.sqrt(built.decay[0, 0])
        assert built.decay[0, 1].real == pytest.approx(a)
        stretch = lost * te.heat_currents(te.thermal_link(0.4, 0.4, qubits=1, intrinsic_decay=0.1),
                                          intrinsic_decay=0.1).output  # fmt: skip
        assert found.elsewhere == pytest.approx(rates @ excited + stretch, rel=1e-7)
        assert abs(found.balance) <= found.balance.error
    with pytest.raises(te.ThermalentError, match="at most the decay of each emitter"):
        te.heat_currents(alone, intrinsic_decay=2.0)


def test_errors_are_twice_what_the_least_certain_solve_changes(monkeypatch):
    """Real solves differ by roundings: here one has a hundredth more quanta than the others."""
    network, number = NETWORKS["decay elsewhere"][0], 0.2

    def solves(*_):
        for quanta in (number, number, 1.01 * number, number):
            means = np.diag([quanta, 0.1]).astype(complex)
            yield means, np.eye(2) - means + np.diag([2 * quanta, 0.0])

    monkeypatch.setattr(module, "_solves", solves)
    rate = network.modes[0].bath_rate
    found = te.heat_currents(network)
    assert found.hot == pytest.approx(rate * (0.3 - number))
    assert found.hot.error == pytest.approx(2 * rate * 0.01 * number, rel=1e-6)


def test_the_output_of_a_cold_waveguide_is_its_flux():
    for name in ("decay elsewhere", "loss and dephasing"):
        network = NETWORKS[name][0]
        flux = te.spectrum(network, [0.0]).flux
        output = te.heat_currents(network).output
        assert abs(flux - output) <= flux.error + output.error


def test_the_second_law():
    """No entropy is produced between equal temperatures, some between others, however they are."""
    signs = []
    for n_th, warm in ((0.4, 0.1), (0.1, 0.4), (0.25, 0.25), (5.0, 0.01)):
        found = te.heat_currents(te.thermal_link(n_th, 0.3, waveguide_occupation=warm))
        produced = found.entropy_production
        expected = 0.3 * (n_th - warm) / 2 * np.log((1 + 1 / warm) / (1 + 1 / n_th))
        assert abs(produced - expected) <= produced.error + 1e-12
        assert produced >= -produced.error
        # Every current with its error enters, and with the same weight as its value.
        errors = (found.hot.error, np.log1p(1 / n_th)), (found.output.error, np.log1p(1 / warm))
        assert produced.error == pytest.approx(
            sum(error * weight for error, weight in errors), rel=1e-12, abs=0
        )
        signs.append(int(np.sign(round(float(found.hot), 9))))
    assert signs == [1, -1, 0, 1]
    assert te.heat_currents(NETWORKS["decay elsewhere"][0]).entropy_production is None


def test_the_ideal_link_passes_all_heat_on_however_hot():
    found = te.heat_currents(te.thermal_link(300, 1e-2))
    assert abs(found.hot - 1.5) <= found.hot.error < 1e-8
    assert abs(found.output - 1.5) <= found.output.error


def test_watts():
    link = te.hardware.superconducting_link("293K", "5GHz", quality=2.5e5, gamma="10MHz")
    found = te.heat_currents(link.network)
    power = link.watts(found.hot)
    assert power == pytest.approx(6.62607015e-34 * 5e9 * link.flux, rel=1e-9)
    assert power.error == pytest.approx(power * found.hot.error / found.hot)


def test_what_is_not_counted_is_refused():
    with pytest.raises(te.MethodError, match="one warm channel"):
        te.heat_currents(te.thermal_link(0.5, 0.3, filters=2, waveguide_occupation=0.1))
    with pytest.raises(te.MethodError, match="continued fraction"):
        te.heat_currents(te.cooperative(qubits=2))
    classical = te.phononic_link(0.1, 0.4, positions=(1.0, 2.0), backaction=False)
    with pytest.raises(te.MethodError, match="backaction=True"):
        te.heat_currents(classical)
    with pytest.raises(te.ThermalentError, match="`rtol`"):
        te.heat_currents(NETWORKS["both ways"][0], rtol=1.0)


def test_the_least_dissipation_is_that_of_the_entangled_state():
    """Closed forms of COOPERATIVE: E = (1 + e^-4kt)/2 from |10>, (2 + 4kt) e^-4kt from |11>."""
    network, times = te.cooperative(qubits=2, decay=2.0), np.linspace(0.0, 3.0, 7)
    faded = np.exp(-4 * times)
    for start, expected in (("10", 2 * faded), ("11", (4 + 16 * times) * faded)):
        evolution = te.evolve(network, times, start)
        found = te.dissipation(evolution)
        assert np.all(np.abs(found - expected) <= found.error + 1e-13)
        # Two for each of the four elements of one excitation, four for that of both.
        assert found.error == pytest.approx(12 * np.asarray(evolution.error), rel=1e-12, abs=0)
    end = te.steady_state(network, initial="10")
    rest = te.dissipation(end)
    assert abs(rest) <= rest.error
    assert rest.error == pytest.approx(12 * end.error, rel=1e-12, abs=0)
    assert end.concurrence() == pytest.approx(0.5, abs=1e-9)
    # Individual decay makes the least dissipation finite: at the rate 2 alpha of the dark half.
    leaky = te.cooperative(qubits=2, decay=2.0, individual_decay=0.02)
    late = te.dissipation(te.evolve(leaky, [5.0], "10"))
    assert late[0] == pytest.approx(0.01 * np.exp(-0.1), rel=1e-3)


def test_dissipation_is_that_of_emitters_alone():
    with pytest.raises(te.ThermalentError, match="without modes"):
        te.dissipation(te.steady_state(NETWORKS["both ways"][0]))
    with pytest.raises(te.ThermalentError, match="`result`"):
        te.dissipation("10")


def test_an_emitter_that_gains_more_than_it_loses_is_named():
    link = te.thermal_link(1.0, 0.5)
    inverted = te.Network(
        nodes=link.nodes,
        exchange=link.exchange,
        decay=link.decay,
        absorption=np.diag([0.0, 0.0, 1.5]),
    )
    with pytest.raises(te.MethodError, match="what the node 'q2' absorbs is more than it loses"):
        te.heat_currents(inverted)
