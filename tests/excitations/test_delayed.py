"""One excitation with finite propagation times: closed forms, time bins, limits and refusals."""

import mpmath
import numpy as np
import pytest
from scipy.linalg import expm

import thermalent as te
from thermalent.excitations import amplitudes
from thermalent.excitations.delayed_equation import _require_passive, delay_equation


def bare(right=(0.5, 0.5), left=(0.5, 0.5), positions=(0.0, np.pi), **options):
    """Qubits on a waveguide without rings."""
    waveguide = te.ChiralWaveguide(right=right, left=left, positions=positions, **options)
    names = (f"q{j + 1}" for j in range(len(right)))
    return te.Network(
        nodes=tuple(te.Qubit(name=name) for name in names),
        exchange=waveguide.coupling().exchange,
        decay=waveguide.coupling().decay,
    )


def before_a_mirror(time, tau, sign):
    """One qubit of rate 1 and its reflection: a term per round trip, in 40 digits."""
    with mpmath.workdps(40):
        total, late = mpmath.mpf(0), mpmath.mpf(time)
        for n in range(int(time / tau) + 1):
            left = late - n * mpmath.mpf(tau)
            if left >= 0:
                total += mpmath.exp(-left / 2) * (sign * left / 2) ** n / mpmath.factorial(n)
        return total


@pytest.mark.parametrize("tau", [0.11, 0.7, 5.0])
def test_two_qubits_are_two_before_mirrors_of_either_sign(tau):
    """At half a wavelength the sum of the amplitudes is fed and the difference damped by delay."""
    times = np.array([0.05, 0.7, 3.0, 30.0, 100.0])
    found = te.delayed_amplitudes(bare(), times, "10", delay=tau)
    halves = [[before_a_mirror(t, tau, sign) / 2 for sign in (1, -1)] for t in times]
    exact = np.array([[complex(p + m), complex(p - m)] for p, m in halves])
    missed = np.max(np.abs(found - exact), axis=1)
    assert np.all(missed <= found.error.max(axis=1))
    assert found.error.max() < 1000 * missed.max()  # and no bound far from what is true
    # What stays is in the bound state between the two: 1/(1 + gamma tau/2) of the sum.
    if tau < 1:
        assert abs(found[-1, 0]) == pytest.approx(0.5 / (1 + tau / 2), abs=1e-12)


def in_time_bins(network, stretches, phases, right, left, end, steps):
    """Amplitudes at the end where light is a row of bins of time that move by one per step.

    Nodes at places j = 0, 1, ... come first; every other node is coupled to the node of its place.
    """
    places, n = len(right), len(network.nodes)
    dt = end / steps
    hops = np.rint(np.array(stretches) / dt).astype(int)
    assert np.allclose(hops * dt, stretches)
    local = np.array(network.exchange, dtype=complex)
    local[:places, :places] = np.diag(np.diag(local)[:places])
    h = np.zeros((n + 2 * places,) * 2, dtype=complex)
    h[:n, :n] = local
    for j in range(places):
        for port, rate in ((n + 2 * j, right[j]), (n + 2 * j + 1, left[j])):
            h[port, j] = h[j, port] = np.sqrt(rate / dt)
    turn = expm(-1j * h * dt)
    forward = [np.zeros(k, dtype=complex) for k in hops]  # what is under way
    backward = [np.zeros(k, dtype=complex) for k in hops]
    psi = np.zeros(n, dtype=complex)
    psi[next(iter(network.emitter_indices))] = 1.0
    for _ in range(steps):
        ports = np.zeros(2 * places, dtype=complex)
        for j in range(places - 1):
            ports[2 * j + 2] = forward[j][-1]
            ports[2 * j + 1] = backward[j][-1]
        after = turn @ np.concatenate([psi, ports])
        psi, ports = after[:n], after[n:]
        for j, phase in enumerate(phases):
            turned = np.exp(1j * phase)
            forward[j] = np.concatenate([[ports[2 * j] * turned], forward[j][:-1]])
            backward[j] = np.concatenate([[ports[2 * j + 3] * turned], backward[j][:-1]])
    return psi


RINGS = {"coupling": (0.3, 0.4), "decay_left": 0.4, "distance": 1.3, "detuning": (0.2, -0.1)}


@pytest.mark.parametrize(
    ("network", "stretches", "phases", "right", "left"),
    [
        (te.ring_resonators(**RINGS), (1.0,), (1.3,), (1.0, 1.0), (0.4, 0.4)),
        (
            bare((0.7, 0.4, 0.5), (0.2, 0.5, 0.3), (0.0, 0.8, 2.1)),
            (0.5, 0.75),
            (0.8, 1.3),
            (0.7, 0.4, 0.5),
            (0.2, 0.5, 0.3),
        ),
    ],
    ids=["rings", "three qubits, unequal stretches"],
)
def test_light_in_bins_of_time_gives_the_same(network, stretches, phases, right, left):
    """A unitary of emitters and bins; its error falls with the bin, smoothly."""
    end = 6.0
    runs = [
        in_time_bins(network, stretches, phases, right, left, end, steps)
        for steps in (120, 240, 480)
    ]
    label = "1" + "0" * (len(network.emitters) - 1)
    found = te.delayed_amplitudes(network, [end], label, delay=list(stretches))[0]
    coarse, middle, fine = runs
    assert np.max(np.abs(middle - found)) / np.max(np.abs(fine - found)) == pytest.approx(2, 0.01)
    limit = (coarse - 6 * middle + 8 * fine) / 3  # of errors of first and second order
    assert np.max(np.abs(limit - found)) < 1e-4 * np.max(np.abs(fine - found))


@pytest.mark.parametrize("left", [0.0, 0.3])
def test_without_delay_it_is_the_equation_of_one_excitation(left):
    network = te.ring_resonators((0.126, 0.277), decay_left=left)
    times = np.linspace(0, 60, 61)
    found = te.delayed_amplitudes(network, times, "10", delay=0.0)
    assert np.all(np.abs(found - amplitudes(network, times, "10")) <= found.error)
    peak, exact = (
        te.delayed_peak(network, "10", delay=0.0, until=60),
        te.peak_concurrence(network, "10", until=60),
    )
    assert abs(peak.value - exact.value) <= peak.value.error + exact.value.error
    assert abs(peak.time - exact.time) <= peak.time.error + exact.time.error
    assert peak.interior


def test_a_short_delay_changes_the_amplitudes_in_proportion():
    network = te.ring_resonators((0.126, 0.277), decay_left=0.3)
    exact = amplitudes(network, [10.0], "10")
    apart = [
        np.max(np.abs(te.delayed_amplitudes(network, [10.0], "10", delay=tau) - exact))
        for tau in (0.01, 0.005)
    ]
    assert apart[0] / apart[1] == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize("tau", [0.25, 4.0])
def test_a_one_way_delay_only_shifts_the_clock_of_the_second_node(tau):
    network = te.ring_resonators((0.126, 0.277), distance=2.0)
    times = np.linspace(0.0, 40.0, 41)
    exact = amplitudes(network, times, "10")
    shifted = te.delayed_amplitudes(network, times, "10", delay=tau, clock="arrival")
    assert np.all(np.abs(shifted - exact) <= shifted.error + 1e-14)
    # In the laboratory the first node is as without delay, and the second later by tau.
    plain = te.delayed_amplitudes(network, times + tau, "10", delay=tau)
    first, second = [0, 2], [1, 3]
    assert np.all(np.abs(plain - exact)[:, second] <= plain.error[:, second] + 1e-14)
    ahead = amplitudes(network, times + tau, "10")
    assert np.all(np.abs(plain - ahead)[:, first] <= plain.error[:, first] + 1e-14)
    arrival, laboratory = (
        te.delayed_peak(network, "10", delay=tau, until=60, clock=clock).value
        for clock in ("arrival", "laboratory")
    )
    assert arrival == pytest.approx(te.peak_concurrence(network, "10", until=60).value, abs=1e-12)
    assert laboratory < arrival - 1e-3  # the first qubit has moved on meanwhile


def test_what_returns_late_is_a_leak_exactly():
    """Nothing is back before the peak if the round trip is longer: gamma_L is then a loss."""
    left = 1 / 9  # chi = 0.8
    leaking = te.peak_concurrence(
        te.ring_resonators((0.126, 0.277), cavity_loss=left), "10", until=60
    )
    network = te.ring_resonators((0.126, 0.277), decay_left=left)
    for share, same in ((0.49, False), (0.51, True)):
        found = te.delayed_peak(
            network, "10", delay=share * leaking.time, until=30, clock="arrival"
        )
        assert (abs(found.value - leaking.value) < 1e-12) is same


def test_a_kink_can_be_the_maximum():
    """|<q2 - q3>|^2 rises until light of the first qubit reaches the third, and falls from then."""
    tau = 0.8
    network = bare((1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.0, 2 * np.pi, 4 * np.pi))
    target = {"q2": np.sqrt(0.5), "q3": -np.sqrt(0.5)}
    found = te.delayed_peak(network, "100", delay=tau, until=2.2, target=target)
    assert found.value == pytest.approx((tau * np.exp(-tau / 2)) ** 2 / 2, abs=1e-13)
    assert found.time == pytest.approx(2 * tau, abs=1e-13)
    assert found.interior


@pytest.mark.parametrize("clock", ["laboratory", "arrival"])
def test_the_peak_is_the_largest_of_many_times(clock):
    network = te.ring_resonators((0.4, 0.5), decay_left=0.8, distance=1.0)
    found = te.delayed_peak(network, "10", delay=1.5, until=20, clock=clock)
    times = np.append(np.linspace(0, 20, 2001), float(found.time))
    times.sort()
    many = te.delayed_amplitudes(network, times, "10", delay=1.5, clock=clock)
    values = 2 * np.abs(many[:, 2] * many[:, 3])
    assert values.max() == pytest.approx(float(found.value), abs=found.value.error)
    assert times[np.argmax(values)] == pytest.approx(float(found.time), abs=1e-2)
    if clock == "laboratory":  # else the amplitudes are needed for longer than until 20
        # From below: the error of 2 |a b| and that of where the slope of |a b|^2 vanishes.
        error = many.error.max()
        assert found.value.error == pytest.approx(2 * (2 * error + error**2), rel=1e-6, abs=0)
        step = 1e-3
        around = float(found.time) + step * np.array([-1, 0, 1])
        near = te.delayed_amplitudes(network, around, "10", delay=1.5)
        bend = np.diff(np.abs(near[:, 2] * near[:, 3]) ** 2, 2).item() / step**2
        slope = error * delay_equation(network, 1.5, None).rate
        assert found.time.error == pytest.approx(16 * slope / -bend, rel=1e-3, abs=0)
    early = te.delayed_peak(network, "10", delay=1.5, until=2.0)
    assert (early.time, early.interior) == (2.0, False)
    start = te.delayed_peak(network, "10", delay=1.5, until=20, target="10")
    assert (start.value, start.time, start.interior) == (1.0, 0.0, False)


def test_the_clock_of_arrival_reads_every_node_so_much_later_with_the_error_of_then():
    network = te.ring_resonators((0.4, 0.5), decay_left=0.8, distance=1.0)
    times = np.linspace(0.0, 20.0, 9)
    arrival = te.delayed_amplitudes(network, times, "10", delay=7.5, clock="arrival")
    for shift, nodes in ((0.0, [0, 2]), (7.5, [1, 3])):
        then = te.delayed_amplitudes(network, times + shift, "10", delay=7.5)
        np.testing.assert_allclose(arrival[:, nodes], then[:, nodes], atol=1e-13)
        np.testing.assert_allclose(arrival.error[:, nodes], then.error[:, nodes], rtol=1e-9)
    assert np.all(arrival.error[:, 1] > arrival.error[:, 0])
    for until in (3.0, 6.0, 20.0):
        found = te.delayed_peak(network, "10", delay=7.5, until=until, clock="arrival")
        fine = te.delayed_amplitudes(
            network, np.linspace(0, until, 401), "10", delay=7.5, clock="arrival"
        )
        values = 2 * np.abs(fine[:, 2] * fine[:, 3])
        assert values.max() == pytest.approx(float(found.value), rel=1e-4, abs=0)
    # The error of a peak is that of the latest amplitude that its search needs.
    found = te.delayed_peak(network, "10", delay=7.5, until=20.0, clock="arrival")
    error = arrival.error[-1, 1]
    assert found.value.error == pytest.approx(2 * (2 * error + error**2), rel=1e-6, abs=0)


def test_the_fidelity_with_a_state_that_has_a_phase():
    network = te.ring_resonators((0.4, 0.5), decay_left=0.8, distance=0.7, detuning=(0.1, 0.0))
    times = np.linspace(0, 20, 2001)
    psi = te.delayed_amplitudes(network, times, "10", delay=1.5)
    for phase in (1j, -1j, 0.6 - 0.8j):
        target = np.array([0.0, 0.96, phase * 0.28, 0.0])  # of |01> and |10>
        values = np.abs(0.96 * psi[:, 3] + 0.28 * np.conj(phase) * psi[:, 2]) ** 2
        assert np.argmax(values) > 10
        found = te.delayed_peak(network, "10", delay=1.5, until=20.0, target=target)
        assert values.max() == pytest.approx(float(found.value), abs=1e-6)


def test_named_places_and_nodes_elsewhere():
    """Cavities named as places are the default; a qubit stands where its cavity stands."""
    network = te.ring_resonators((0.3, 0.4), decay_left=0.5)
    plain, named = (
        te.delayed_amplitudes(network, [8.0], "10", delay=0.5, places=places)
        for places in (None, ("cavity1", "cavity2"))
    )
    assert np.array_equal(plain, named)
    other_way = te.ring_resonators((0.3, 0.4), 0.5, 1.0)
    turned = te.delayed_amplitudes(
        other_way, [8.0], "01", delay=0.5, places=("cavity2", "cavity1"), clock="arrival"
    )
    straight = te.delayed_amplitudes(
        te.ring_resonators((0.4, 0.3), decay_left=0.5), [8.0], "10", delay=0.5, clock="arrival"
    )
    np.testing.assert_allclose(turned[0][[1, 0, 3, 2]], straight[0], atol=1e-14)


def test_wrong_questions_are_refused():
    network = te.ring_resonators((0.3, 0.4), decay_left=0.5)
    three = te.ring_resonators((0.3, 0.4, 0.3))
    with pytest.raises(ValueError, match="ratios of whole numbers"):
        te.delayed_amplitudes(three, [1.0], "100", delay=(1.0, np.sqrt(2)))
    with pytest.raises(ValueError, match="`delay`"):
        te.delayed_amplitudes(network, [1.0], "10", delay=-1.0)
    with pytest.raises(ValueError, match="`places`"):
        te.delayed_amplitudes(network, [1.0], "10", delay=1.0, places=("cavity1", "cavity9"))
    with pytest.raises(ValueError, match="`clock`"):
        te.delayed_amplitudes(network, [1.0], "10", delay=1.0, clock="wall")
    with pytest.raises(ValueError, match="`pair`"):
        te.delayed_peak(network, "10", delay=1.0, until=5, target="01", pair=("q1", "q2"))
    with pytest.raises(te.MethodError, match="couples to two of them"):
        te.delayed_amplitudes(network, [1.0], "10", delay=1.0, places=("q1", "q2"))
    with pytest.raises(te.MethodError, match="n_th"):
        te.delayed_amplitudes(te.thermal_link(1.0, 0.1), [1.0], "10", delay=1.0)
    with pytest.raises(te.MethodError, match="steps"):
        te.delayed_amplitudes(network, [100.0], "10", delay=1e-9)


def test_couplings_that_are_no_waveguides_are_refused():
    """An exchange between two qubits that hardly decay would, delayed, amplify some frequencies."""
    network = te.Network(
        nodes=(te.Qubit(name="q1"), te.Qubit(name="q2")),
        exchange=np.array([[0, 1.0], [1.0, 0]]),
        decay=0.1 * np.eye(2),
    )
    with pytest.raises(te.MethodError, match="give energy"):
        te.delayed_amplitudes(network, [1.0], "10", delay=1.0)
    lossy = bare(loss=0.3)
    assert np.all(np.abs(te.delayed_amplitudes(lossy, [9.0], "10", delay=1.0)) < 1)


def joint_moments(bins_under_way, steps=20):
    """<A(k) B(k + m)> of two qubits fed by a hot mode through m bins of time, and <A(k) B(k)>.

    A mode of three levels and a bath, bins of at most one photon, qubits that pass them on.
    """
    count = 4 + bins_under_way  # mode, two qubits, bins: fresh first, oldest last
    dims = (3, *(2,) * (count - 1))

    def on(operator, *positions):
        """An operator on some factors as a matrix on all."""
        rest = [k for k in range(count) if k not in positions]
        whole = np.kron(operator, np.eye(int(np.prod([dims[k] for k in rest]))))
        order = np.argsort([*positions, *rest])
        shape = tuple(dims[k] for k in (*positions, *rest))
        tensor = whole.reshape(shape * 2).transpose([*order, *(order + count)])
        return tensor.reshape(int(np.prod(dims)), -1)

    lower, mode = np.array([[0.0, 1.0], [0.0, 0.0]]), np.diag(np.sqrt([1.0, 2.0]), 1)

    def exchanged(first, angle):
        swap = np.kron(first.T, lower)
        return expm(-1j * angle * (swap + swap.T))

    oldest = count - 1
    turns = [
        on(exchanged(mode, 0.3), 0, 3),
        on(exchanged(lower, 0.5), 1, 3),
        on(exchanged(lower, 0.5), 2, oldest),
    ]
    unitary = turns[2] @ turns[1] @ turns[0]
    up, down = 0.25 * mode.T, 0.35 * mode
    stay = np.diag(np.sqrt(np.diag(np.eye(3) - up.T @ up - down.T @ down)))
    bath = [on(kraus, 0) for kraus in (stay, up, down)]

    def step(rho):
        rho = unitary @ sum(k @ rho @ k.T for k in bath) @ unitary.conj().T
        side = int(np.prod(dims)) // 2
        left = np.einsum("iaja->ij", rho.reshape(side, 2, side, 2))
        fresh = np.kron(left, np.diag([1.0, 0.0]))  # of the oldest's place; becomes the first
        order = [0, 1, 2, oldest, *range(3, oldest)]
        tensor = fresh.reshape(dims * 2).transpose([*order, *(k + count for k in order)])
        return tensor.reshape(rho.shape)

    rho = np.zeros((int(np.prod(dims)),) * 2, dtype=complex)
    rho[0, 0] = 1.0
    first, second = on(lower.T, 1), on(lower, 2)
    for _ in range(steps):
        rho = step(rho)
    now = np.trace(first @ second @ rho)
    marked = rho @ first
    for _ in range(bins_under_way):
        marked = step(marked)
    return np.trace(second @ marked), now


def test_thermal_light_that_is_late_shifts_the_clock_of_the_second_qubit():
    """Joint moments of qubit 1 at a step and qubit 2 so much later are those without delay."""
    at_once, _ = joint_moments(0)
    assert abs(at_once) > 0.01
    for bins_under_way in (1, 2):
        late, now = joint_moments(bins_under_way)
        assert late == pytest.approx(at_once, abs=1e-14)
        assert abs(now - at_once) > 1e-3  # at one step they are others


def test_a_delay_that_is_no_time_is_refused_by_name():
    with pytest.raises(te.ThermalentError, match=r"`delay` must be"):
        te.delayed_amplitudes(bare(), [0.0, 1.0], "10", delay=1e308)


@pytest.mark.parametrize("unit", [2.0**-40, 1.0, 2.0**40])
def test_energy_that_couplings_give_is_told_from_rounding_in_any_unit(unit):
    """A negative decay rate of 1e-12 of the largest is a rounding, one of 1e-8 is not."""
    hops = np.array([[0, 1], [1, 0]])
    for gain, refused in ((1e-12, False), (1e-8, True)):
        matrix = unit * np.diag([0.5j * gain, -0.5j])
        if refused:
            with pytest.raises(te.MethodError, match="give energy at some frequencies"):
                _require_passive(matrix, hops)
        else:
            _require_passive(matrix, hops)


@pytest.mark.parametrize("hop", [1, 3, 16, 33])
def test_couplings_are_asked_at_as_many_frequencies_as_the_longest_delay_needs(hop):
    """An exchange takes as much as it gives, -2 sin(hop phi): at sixteen places only for some."""
    with pytest.raises(te.MethodError, match="give energy at some frequencies"):
        _require_passive(np.array([[-0.05j, 1.0], [1.0, -0.05j]]), np.array([[0, hop], [hop, 0]]))
