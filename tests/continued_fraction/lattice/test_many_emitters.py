"""More emitters on one line: known values, the one-way structure, and what does not fit."""

import numpy as np
import pytest

import thermalent as te
from tests.support.long_ones import ordinary_and_long
from thermalent.continued_fraction.memory import evolution_bytes, steady_state_bytes
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.support import memory_limit


def test_four_qubits_form_two_pairs():
    """n_th = 100, kappa/gamma = 0.01, against an independent sparse solution (6 digits)."""
    result = ContinuedFraction(rtol=1e-8).steady_state(te.thermal_link(100.0, 0.01, qubits=4))
    assert result.concurrence("q1", "q2") == pytest.approx(0.552581, abs=1e-6)
    assert result.concurrence("q3", "q4") == pytest.approx(0.470365, abs=1e-6)
    for pair in (("q1", "q3"), ("q1", "q4"), ("q2", "q3"), ("q2", "q4")):
        assert result.concurrence(*pair) == 0.0


def test_upstream_pairs_do_not_notice_the_later_ones():
    rates = (1.0, 0.8, 1.1, 0.9)
    detuning = (0.1, -0.2, 0.05, 0.3)
    whole = ContinuedFraction(rtol=1e-10).steady_state(
        te.thermal_link(20.0, 0.05, rates, detuning=detuning, qubits=4)
    )
    for count in (1, 2, 3):
        part = ContinuedFraction(rtol=1e-10).steady_state(
            te.thermal_link(20.0, 0.05, rates[:count], detuning=detuning[:count], qubits=count)
        )
        names = [f"q{i + 1}" for i in range(count)]
        assert np.max(np.abs(whole.reduced(*names) - part.state)) < 1e-9


@pytest.mark.parametrize("count", ordinary_and_long([2, 3], [3]))
def test_collective_spin_is_that_many_qubits(count):
    """Two or three qubits at one place of a one-way line decay collectively: a Dicke ladder."""
    kappa, gamma = 0.1, 1.0
    v = np.sqrt([kappa] + [gamma] * count)
    exchange = np.zeros((count + 1, count + 1), dtype=complex)
    exchange[1:, 0] = -0.5j * v[1:] * v[0]
    exchange[0, 1:] = exchange[1:, 0].conj()
    apart = te.Network(
        nodes=(
            te.Mode(bath_rate=kappa, n_th=2.0),
            *(te.Qubit(name=f"q{i}") for i in range(count)),
        ),
        exchange=exchange,
        decay=np.outer(v, v),
    )
    start = np.zeros((2**count, 2**count))
    start[0, 0] = 1.0
    together = te.Network(
        nodes=(te.Mode(bath_rate=kappa, n_th=2.0), te.CollectiveSpin(name="s", qubits=count)),
        exchange=0.5j * np.sqrt(kappa * gamma) * np.array([[0, 1], [-1, 0]]),
        decay=np.outer(*2 * [np.sqrt([kappa, gamma])]),
    )
    qubits = ContinuedFraction(rtol=1e-11).steady_state_from(apart, start).state
    ladder = ContinuedFraction(rtol=1e-11).steady_state(together).state
    ones = np.array([bin(i).count("1") for i in range(2**count)])
    found = [np.trace(qubits[np.ix_(ones == n, ones == n)]).real for n in range(count + 1)]
    assert found == pytest.approx(np.diag(ladder).real, abs=1e-9)


def test_large_and_small_blocks_take_the_same_way(monkeypatch):
    from thermalent.continued_fraction.chain import fraction

    net = te.thermal_link(5.0, 0.1, detuning=(0.1, 0.2, -0.1), qubits=3)
    small = ContinuedFraction().steady_state(net).state
    monkeypatch.setattr(fraction, "SMALL", 0)
    assert np.max(np.abs(ContinuedFraction().steady_state(net).state - small)) < 1e-13


def test_what_does_not_fit_is_refused_before_it_starts(monkeypatch):
    net = te.thermal_link(10.0, 0.1, qubits=9)
    monkeypatch.setattr(memory_limit, "available", lambda: 24_000_000_000)
    refusal = ContinuedFraction().refusal(net)
    assert "GB of memory" in refusal or "TB of memory" in refusal
    assert "The first 8 of the 9 emitters would fit" in refusal
    monkeypatch.setattr(memory_limit, "available", lambda: 10**15)
    assert ContinuedFraction().refusal(net) is None


def test_memory_estimate_counts_the_largest_block():
    """Four qubits: 128 unknowns a tier."""
    numbers = np.array([bin(i).count("1") for i in range(16)])
    assert steady_state_bytes(numbers) == pytest.approx(20 * 8 * 128**2 + 500 * 256 + 1e7)
    growth = evolution_bytes(numbers, 1001) - evolution_bytes(numbers, 1)
    assert growth == pytest.approx(1000 * 3.5 * 16 * 256)


def test_times_that_do_not_fit_are_refused_with_how_many_would(monkeypatch):
    net = te.thermal_link(1.0, 0.5, qubits=3)
    monkeypatch.setattr(memory_limit, "available", lambda: 10**8)
    with pytest.raises(te.MethodError, match=r"at 100000 times .* times would fit") as refused:
        te.evolve(net, np.linspace(0, 1, 100_000), "000", ContinuedFraction())
    fitting = int(str(refused.value).split(" times would fit")[0].split()[-1])
    numbers = np.array([bin(i).count("1") for i in range(8)])
    assert evolution_bytes(numbers, fitting) <= 1e8 < evolution_bytes(numbers, fitting + 1)


def test_correlations_that_do_not_fit_are_refused(monkeypatch):
    net = te.thermal_link(1e5, 0.01)
    monkeypatch.setattr(memory_limit, "available", lambda: 4 * 10**7)
    with pytest.raises(te.MethodError, match=r"does not fit: .*Use fewer emitters, or a larger"):
        te.spectrum(net, [0.0])
    with pytest.raises(te.MethodError, match="does not fit"):
        te.coherence(net, [0.0])
    with pytest.raises(te.MethodError, match="relaxation rates does not fit"):
        te.relaxation_rates(te.thermal_link(1.0, 0.5, qubits=5))


@pytest.mark.long
def test_six_qubits_run_to_the_end():
    """Three pairs at n_th = 100, in under 2 GB and a minute or two; the first two are known."""
    result = ContinuedFraction(rtol=1e-4).steady_state(te.thermal_link(100.0, 0.01, qubits=6))
    assert result.status.ok
    assert result.concurrence("q1", "q2") == pytest.approx(0.552581, abs=1e-4)
    assert result.concurrence("q3", "q4") == pytest.approx(0.470365, abs=1e-4)
