"""Steady states in more digits, against master equations in Fock space with as many digits."""

import functools
import itertools
import json

import flint
import mpmath
import numpy as np
import pytest
from flint import acb, acb_mat, arb

import thermalent as te
from thermalent.continued_fraction.more_digits import rounded_couplings
from thermalent.networks.network import Network
from thermalent.networks.nodes import CollectiveSpin, Mode, Qubit
from thermalent.solution.result import Outcome

BITS = 256


def lower(j, ket, cutoff):
    """The factor and the ket that node j, lowered, gives; the mode is node 0."""
    if ket[j] == 0:
        return None
    return arb(ket[j]).sqrt() if j == 0 else arb(1), (*ket[:j], ket[j] - 1, *ket[j + 1 :])


def lift(j, ket, cutoff):
    """The same, raised."""
    if ket[j] == (cutoff - 1 if j == 0 else 1):
        return None
    return arb(ket[j] + 1).sqrt() if j == 0 else arb(1), (*ket[:j], ket[j] + 1, *ket[j + 1 :])


def twice(first, j, second, l, ket, cutoff):
    """The product second_l first_j on a ket."""
    one = first(j, ket, cutoff)
    two = second(l, one[1], cutoff) if one else None
    return (one[0] * two[0], two[1]) if two else None


def exact(z):
    return acb(arb(complex(z).real), arb(complex(z).imag))


def moved(net, ket, bra, cutoff):
    """Elements to which the master equation takes |ket><bra|, and rates, from J, G, U alone."""
    J, G, U = net.exchange, net.decay, net.absorption
    k, n_th = arb(net.nodes[0].bath_rate), arb(net.nodes[0].n_th)
    nodes = range(len(net.nodes))
    for j, l in itertools.product(nodes, nodes):
        if J[j, l] != 0:  # -i [J_jl c_j^+ c_l, rho]
            if found := twice(lower, l, lift, j, ket, cutoff):
                yield (found[1], bra), exact(J[j, l]) * acb(0, -1) * found[0]
            if found := twice(lower, j, lift, l, bra, cutoff):
                yield (ket, found[1]), exact(J[j, l]) * acb(0, 1) * found[0]
        for matrix, down, up, bath in (
            (G, lower, lift, k * (n_th + 1)),
            (U, lift, lower, k * n_th),
        ):
            rate = exact(matrix[j, l]) + (bath if j == l == 0 else 0)
            if rate == 0:
                continue
            left, right = down(j, ket, cutoff), down(l, bra, cutoff)  # c_j rho c_l^+
            if left and right:
                yield (left[1], right[1]), rate * left[0] * right[0]
            if found := twice(down, j, up, l, ket, cutoff):
                yield (found[1], bra), -rate / 2 * found[0]
            if found := twice(down, l, up, j, bra, cutoff):
                yield (ket, found[1]), -rate / 2 * found[0]
    for j in nodes:
        if j and net.nodes[j].dephasing and ket[j] != bra[j]:
            yield (ket, bra), -acb(arb(net.nodes[j].dephasing))


def fock_state(net, cutoff):
    """The emitters' steady state with `cutoff` states of the mode, (d, d) of acb.

    The master equation of a network of one mode and qubits, on the elements |n s><m t| of total
    charge zero, solved densely with 256 bits, of which the balls say what is lost.
    """
    kets = list(itertools.product(range(cutoff), *[range(2)] * (len(net.nodes) - 1)))
    basis = [(a, b) for a in kets for b in kets if sum(a) == sum(b)]
    index = {pair: i for i, pair in enumerate(basis)}
    L = [[acb(0)] * len(basis) for _ in basis]
    for (ket, bra), column in index.items():
        for pair, rate in moved(net, ket, bra, cutoff):
            if pair in index:
                L[index[pair]][column] += rate
    pinned = index[kets[0], kets[0]]
    L[pinned] = [acb(int(a == b)) for a, b in basis]
    right = acb_mat([[acb(int(i == pinned))] for i in range(len(basis))])
    x = acb_mat(L).solve(right, algorithm="lu")
    number = {qubits: i for i, qubits in enumerate(dict.fromkeys(ket[1:] for ket in kets))}
    rho = [[acb(0)] * len(number) for _ in number]
    for (ket, bra), i in index.items():
        if ket[0] == bra[0]:
            rho[number[ket[1:]]][number[bra[1:]]] += x[i, 0]
    return rho


def distance(net, rho, digits):
    """Largest distance of the package's digits from a matrix of acb, and their error."""
    given = te.steady_state(net, te.ContinuedFraction(digits=digits)).stats["precise"]
    worst = 0.0
    for i, row in enumerate(rho):
        for j, value in enumerate(row):
            here = acb(arb(given["real"][i][j]), arb(given["imag"][i][j]))
            worst = max(worst, float(abs(here - value).upper()))
    return worst, float(given["error"])


@pytest.fixture
def many_bits():
    before, flint.ctx.prec = flint.ctx.prec, BITS
    yield
    flint.ctx.prec = before


def reservoir(**first):
    """A mode and two qubits that decay into one channel, which none of them passes."""
    g = np.array([0.3, 1.0, 1.0]) ** 0.5
    nodes = (Mode(bath_rate=0.3, n_th=0.004), Qubit(name="q1", **first), Qubit(name="q2"))
    return Network(nodes=nodes, exchange=np.zeros((3, 3)), decay=np.outer(g, g))


# Occupations V = n_th/2 that 8 states of the mode hold to (V/(1 + V))^8, and the emitters' share.
NETWORKS = {
    "one way": lambda: te.thermal_link(0.004, 0.3, detuning=(0.2, -0.1), dephasing=(0.1, 0.0)),
    "warm waveguide": lambda: te.thermal_link(0.004, 0.3, waveguide_occupation=0.004),
    "both ways": lambda: te.phononic_link(0.004, 0.3, wavelengths=(0.13, 0.4)),
    "nearly dark": lambda: te.phononic_link(0.004, 0.3, wavelengths=(1, 2), detuning=(1e-8, -1e-8)),
    "weak second qubit": lambda: te.thermal_link(0.004, 0.3, gamma=(1.0, 1e-13)),
    "strong decay elsewhere": lambda: te.thermal_link(0.004, 0.3, intrinsic_decay=(1e13, 0.0)),
    "strong dephasing": lambda: te.thermal_link(0.004, 0.3, dephasing=(1e18, 0.0)),
    "a trace of dephasing": lambda: reservoir(dephasing=3e-13),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_digits_agree_with_a_master_equation_of_as_many(name, many_bits):
    net = NETWORKS[name]()
    cutoffs = (8, 9)  # the change shows what the cutoff leaves out
    states = [fock_state(net, cutoff) for cutoff in cutoffs]
    cut = max(
        float(abs(a - b).upper())
        for first, second in zip(*states, strict=True)
        for a, b in zip(first, second, strict=True)
    )
    worst, error = distance(net, states[1], 30)
    assert cut < 1e-18
    assert worst <= error + cut
    # In doubles, too, the error that is stated holds, and is of the size that was asked for.
    state = te.steady_state(net)
    exact = np.array([[complex(value) for value in row] for row in states[1]])
    assert np.max(np.abs(state.state - exact)) <= state.error <= 2e-9


def test_more_digits_change_no_digit_that_was_given():
    net = te.thermal_link(1220.0, 1e-3)
    few, many = (
        te.steady_state(net, te.ContinuedFraction(digits=n)).stats["precise"] for n in (20, 40)
    )
    assert mpmath.mpf(few["error"]) <= 1e-20
    with mpmath.workdps(60):
        differences = [
            abs(mpmath.mpf(a) - mpmath.mpf(b))
            for rows in zip(few["real"], many["real"], strict=True)
            for a, b in zip(*rows, strict=True)
        ]
        assert 0 < max(differences) <= mpmath.mpf(few["error"])
        assert mpmath.mpf(many["error"]) <= mpmath.mpf(10) ** -40


def test_without_a_drive_the_emitters_are_in_the_ground_state():
    result = te.steady_state(te.thermal_link(0.0, 0.1), te.ContinuedFraction(digits=40))
    precise = result.stats["precise"]
    assert mpmath.mpf(precise["real"][0][0]) == 1
    assert mpmath.mpf(precise["error"]) < 1e-40
    json.dumps(result.stats)  # plain numbers and strings


def test_the_precision_of_the_caller_is_left_alone():
    before = flint.ctx.prec
    te.steady_state(te.thermal_link(1.0, 0.1), te.ContinuedFraction(digits=50))
    assert flint.ctx.prec == before


# Networks whose states doubles lose by 1e-13 to 4e-4, or call singular.
CONDITIONED = {
    "spin": lambda: Network(
        nodes=(
            Mode(bath_rate=0.1, n_th=1000.0),
            Qubit(name="q", dephasing=3e-13),
            CollectiveSpin(name="s", qubits=2),
        ),
        exchange=np.zeros((3, 3)),
        decay=np.outer(np.sqrt([0.1, 1, 1]), np.sqrt([0.1, 1, 1])),
    ),
    "decay 1e13": lambda: te.thermal_link(10, 0.1, intrinsic_decay=(1e13, 0)),
    "decay 1e8": lambda: te.thermal_link(0.5, 0.1, intrinsic_decay=(1e8, 0)),
    "decay 1e18": lambda: te.thermal_link(10, 0.1, intrinsic_decay=(1e18, 0)),
    "gamma 1e-10": lambda: te.thermal_link(10, 0.1, gamma=(1, 1e-10)),
    "gamma 1e-13": lambda: te.thermal_link(10, 0.1, gamma=(1, 1e-13)),
    "gamma 1e-15": lambda: te.thermal_link(10, 0.1, gamma=(1, 1e-15)),
    "dephasing 1e14": lambda: te.thermal_link(10, 0.1, dephasing=(1e14, 0)),
    "dephasing 1e18": lambda: te.thermal_link(10, 0.1, dephasing=(1e18, 0)),
    "detuning 1e14": lambda: te.thermal_link(10, 0.1, detuning=(1e14, -1e14)),
    "loss 1e-13": lambda: te.phononic_link(10, 0.1, wavelengths=(1, 2), loss=1e-13),
    "loss 1e-9": lambda: te.phononic_link(1, 0.2, wavelengths=(1, 2), loss=1e-9),
    "dephasing 1e-6": lambda: te.phononic_link(1, 0.2, wavelengths=(1, 2), dephasing=1e-6),
    "detuning 1e-4": lambda: te.phononic_link(3, 0.2, wavelengths=(1, 2), detuning=(1e-4, -1e-4)),
    "detuning 1e-8": lambda: te.phononic_link(3, 0.2, wavelengths=(1, 2), detuning=(1e-8, -1e-8)),
    "waveguide 1e6": lambda: te.thermal_link(10, 0.1, waveguide_occupation=1e6),
    "waveguide 1e8": lambda: te.thermal_link(10, 0.1, waveguide_occupation=1e8),
}


@functools.cache
def many_digits(name):
    return te.steady_state(CONDITIONED[name](), te.ContinuedFraction(digits=25)).state


@pytest.mark.parametrize("name", CONDITIONED)
@pytest.mark.parametrize("rtol", [1e-3, 1e-9])
def test_what_doubles_lose_is_in_the_error(name, rtol):
    state = te.steady_state(CONDITIONED[name](), te.ContinuedFraction(rtol=rtol))
    true = np.max(np.abs(state.state - many_digits(name)))
    assert true <= state.error <= 2 * rtol * np.max(np.abs(state.state))
    if "bits" in state.stats:
        assert state.stats["reason"]


def test_exact_relations_between_couplings_are_told_from_nearly_exact_ones():
    dark = te.phononic_link(3, 0.2, wavelengths=(1, 2))  # its J has elements of 1e-16
    with pytest.raises(te.SolveError, match="not unique to the last digits of its couplings") as e:
        te.steady_state(dark, te.ContinuedFraction(digits=20))
    assert e.value.status.outcome is Outcome.NOT_UNIQUE
    lossy = te.phononic_link(3, 0.2, wavelengths=(1, 2), loss=1e-13)
    assert te.steady_state(lossy).error < 1e-9


def test_a_nearly_dark_network_of_three_qubits_ends_in_seconds():
    net = te.phononic_link(20.0, 0.3, wavelengths=(1, 2, 3), detuning=(1e-5, 0.5e-5, -1e-5))
    state = te.steady_state(net)
    assert state.error < 1e-9


@pytest.mark.parametrize(("digits", "text"), [(0, "`digits`"), (1.5, "`digits`"), (251, "at most")])
def test_digits_out_of_range_are_refused(digits, text):
    with pytest.raises(ValueError, match=text):
        te.ContinuedFraction(digits=digits)
    with pytest.raises(ValueError, match="without `n_max`"):
        te.ContinuedFraction(digits=20, n_max=4)


def test_digits_are_for_steady_states_behind_one_mode():
    net = te.thermal_link(0.1, 1.0, filters=2)
    with pytest.raises(te.MethodError, match="`digits` needs one boson mode"):
        te.steady_state(net, te.ContinuedFraction(digits=20))
    with pytest.raises(te.MethodError, match="`digits` is for steady states"):
        te.evolve(te.thermal_link(1.0, 0.1), [1.0], "00", te.ContinuedFraction(digits=20))


def random_network(kind, rng):
    """Two emitters behind one mode: ordinary, nearly dark, or with rates over many decades."""

    def ten(low, high):
        return float(10 ** rng.uniform(low, high))

    n_th, kappa = ten(-1, 0.5), ten(-1, 0.5)
    signs = rng.choice([-1, 1], 2)
    if kind == "ordinary":
        many = {
            "gamma": (1.0, ten(-0.5, 0.5)),
            "detuning": tuple(0.3 * rng.normal(size=2)),
            "dephasing": tuple(0.2 * rng.random(2)),
        }
        if rng.random() < 0.5:
            return te.thermal_link(n_th, kappa, **many)
        return te.phononic_link(n_th, kappa, wavelengths=tuple(rng.uniform(0.05, 2, 2)), **many)
    if kind == "nearly dark":
        small = tuple(signs * 10 ** rng.uniform(-14, -2, 2))
        what = ("detuning", "dephasing", "loss")[rng.integers(3)]
        value = {"detuning": small, "dephasing": abs(small[0]), "loss": abs(small[0])}[what]
        return te.phononic_link(n_th, kappa, wavelengths=(1, 2), **{what: value})
    rate = [ten(-12, 12) if rng.random() < 0.5 else float(rng.integers(2)) for _ in range(6)]
    gamma = tuple(r or 1.0 for r in rate[:2])
    other = {"dephasing": (rate[2], rate[3]), "detuning": (rate[4], -rate[5])}
    if rng.random() < 0.5:
        other["intrinsic_decay"] = (rate[3], rate[4])
        return te.thermal_link(n_th, kappa, gamma=gamma, **other)
    return te.phononic_link(n_th, kappa, wavelengths=(1, 0.3), gamma=gamma, **other)


@pytest.mark.parametrize("kind", ["ordinary", "nearly dark", "many decades"])
def test_the_error_holds_one_by_one_and_side_by_side(kind):
    seed = {"ordinary": 31, "nearly dark": 32, "many decades": 33}[kind]
    rng = np.random.default_rng(seed)
    networks = [random_network(kind, rng) for _ in range(20 if kind == "nearly dark" else 30)]
    rtol = (
        1e-3 if kind == "many decades" else 1e-9
    )  # at 1e-3 doubles are tried where they lose most
    method = te.ContinuedFraction(rtol=rtol)
    together = te.continued_fraction.solve_side_by_side(networks, method)
    ratios = []
    for net, beside in zip(networks, together, strict=True):
        precise = te.steady_state(net, te.ContinuedFraction(digits=22)).state
        for state in (beside, te.steady_state(net, method)):
            true = np.max(np.abs(state.state - precise))
            assert true <= state.error <= 2 * rtol
            ratios.append(state.error / max(true, 1e-16))  # the digits end with those of a double
    if kind == "ordinary":
        assert np.median(ratios) < 1e4


@pytest.fixture
def more_bits():
    """Ball arithmetic with many bits, and those of before afterwards."""
    before, flint.ctx.prec = flint.ctx.prec, BITS
    yield
    flint.ctx.prec = before


@pytest.mark.usefixtures("more_bits")
def test_a_product_of_amplitudes_that_is_rounded_is_restored():
    """Off by a last place it becomes sqrt(G_11 G_22); what is far off stays."""
    matrix = acb_mat([[2, acb(2.449489742783178)], [acb(2.449489742783178), 3]])
    restored = rounded_couplings._lowest_rank(matrix, 0)
    assert abs(restored[0, 1] ** 2 - restored[0, 0] * restored[1, 1]) < arb(1e-40)
    assert abs(matrix[0, 1] ** 2 - matrix[0, 0] * matrix[1, 1]) > arb(1e-17)
    assert abs(restored[0, 1] - arb(6).sqrt()) < arb(1e-15)
    far = acb_mat([[2, 1], [1, 3]])
    assert abs(rounded_couplings._lowest_rank(far, 0)[0, 1] - 1) < arb(1e-38)


@pytest.mark.usefixtures("more_bits")
def test_two_channels_of_three_nodes_keep_the_vector_that_decays_nowhere():
    """The doubles of L^+ L are of rank three to their last digits; what is restored is of rank two.

    Both emitters decay alike, so that the vector has no part of the source, which stands first.
    """
    rng = np.random.default_rng(3)
    channels = rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3))
    channels[:, 2] = channels[:, 1] * np.exp(0.7j)
    decay = channels.conj().T @ channels
    restored = rounded_couplings._lowest_rank(
        acb_mat([[acb(z.real, z.imag) for z in row] for row in decay]), 0
    )
    dark = acb_mat([[acb(0)], [restored[1, 2]], [-restored[1, 1]]])
    assert max(abs(value) for value in (restored * dark).entries()) < arb(1e-38)
    assert restored[1, 1].real.overlaps(restored[2, 2].real)
    assert all(
        abs(a - acb(z.real, z.imag)) < arb(1e-13)
        for a, z in zip(restored.entries(), decay.ravel(), strict=True)
    )


@pytest.mark.usefixtures("more_bits")
def test_nodes_that_are_not_connected_are_restored_apart():
    """A fourth node that decays alone keeps its rate, and zero to the last digits is zero."""
    decay = np.diag([0.0, 0.0, 0.0, 0.3])
    decay[:3, :3] = np.outer([1.0, 0.1, 0.7], [1.0, 0.1, 0.7])
    decay[0, 3] = decay[3, 0] = 1e-17
    restored = rounded_couplings._lowest_rank(acb_mat([[acb(z) for z in row] for row in decay]), 0)
    assert restored[0, 3] == 0
    assert restored[3, 3] == acb(0.3)
    for j, l in ((0, 1), (0, 2), (1, 2)):
        relation = restored[j, l] ** 2 - restored[j, j] * restored[l, l]
        assert abs(relation) < arb(1e-38)


@pytest.mark.usefixtures("more_bits")
@pytest.mark.parametrize("source", [0, 2, 3])
def test_emitters_that_decay_alike_are_dark_together_wherever_the_source_stands(source):
    """Two channels, a source and three emitters of which two are alike: no part of the source."""
    first, second, _ = (j for j in range(4) if j != source)
    rng = np.random.default_rng(2)
    for _ in range(10):
        channels = rng.normal(size=(2, 4)) + 1j * rng.normal(size=(2, 4))
        channels[:, second] = channels[:, first]
        decay = channels.conj().T @ channels
        decay = 0.5 * (decay + decay.conj().T)
        restored = rounded_couplings._lowest_rank(
            acb_mat([[acb(z.real, z.imag) for z in row] for row in decay]), source
        )
        for j in range(4):  # both columns are parallel, and of one length
            one, other = restored[j, first], restored[j, second]
            across = one * restored[first, second] - other * restored[first, first]
            assert abs(across).upper() < 1e-38
            assert abs(one).overlaps(abs(other))
