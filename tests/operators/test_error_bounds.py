"""Bounds of derived numbers: never exceeded by a state as far away, and nearly reached by one."""

import mpmath
import numpy as np
import pytest
from scipy.linalg import hadamard, sqrtm

import thermalent as te
from thermalent.operators.bounds import concurrence_bounds, error_bounds
from thermalent.operators.reading.observables import TABLE

PAIR = [name for name, measure in TABLE.items() if not measure.labelled]
ANY = ["purity", "entropy", "negativity", "logarithmic_negativity"]
DIMS = {4: [2, 2], 6: [2, 3], 9: [3, 3], 3: [3], 2: [2]}
HADAMARD = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1.0]])


def nearest(matrix):
    values, vectors = np.linalg.eigh((matrix + matrix.conj().T) / 2)
    rho = (vectors * np.maximum(values, 0)) @ vectors.conj().T
    return rho / np.trace(rho).real


def random_state(rng, d, rank):
    root = rng.normal(size=(d, rank)) + 1j * rng.normal(size=(d, rank))
    if rng.random() < 0.5:
        root *= 10.0 ** rng.uniform(-5, 0, (d, 1))  # populations of very different size
    rho = root @ root.conj().T
    if d == 4 and rng.random() < 0.4:
        rho = rho * (np.eye(4) + np.fliplr(np.eye(4)) > 0)
    return rho / np.trace(rho).real


def near_purity(rng, rho):
    """Close to a product state, or to a Bell state."""
    d = len(rho)
    ket = np.eye(d)[0] if rng.random() < 0.5 or d != 4 else te.states.bell("S")
    part = rng.choice([0.0, 10.0 ** rng.uniform(-15, -1)])
    return (1 - part) * np.outer(ket, ket.conj()) + part * rho


def near_separability(rng, rho):
    """On the line to the centre, at some distance from where the entanglement ends."""
    d, low, high = len(rho), 0.0, 1.0
    if d != 4:
        return rho

    def mixed(part):
        return (1 - part) * rho + part * np.eye(d) / d

    for _ in range(50):
        middle = (low + high) / 2
        entangled = te.concurrence(mixed(middle)) > 0
        low, high = (middle, high) if entangled else (low, middle)
    return mixed(np.clip(low + rng.choice([-1, 0, 1]) * 10.0 ** rng.uniform(-15, -2), 0, 1))


def gradient_signs(rho, name, step):
    """The sign pattern along which the number changes fastest, by differences."""
    function, d = TABLE[name].function, len(rho)
    signs = np.zeros((d, d), dtype=complex)
    for i in range(d):
        for j in range(i, d):
            for phase in (1.0,) if i == j else (1.0, 1j):
                one = np.zeros((d, d), dtype=complex)
                one[i, j] += phase
                one[j, i] = np.conj(one[i, j])
                ends = [function(nearest(rho + s * step * one), DIMS[d], 1.0) for s in (1, -1)]
                signs[i, j] += np.sign(ends[0] - ends[1]) * phase
    return signs


def change(rng, rho, name, eps):
    """A change of trace zero of every element by up to eps."""
    d, kind = len(rho), rng.integers(5)
    if kind == 0:
        delta = rng.uniform(-1, 1, (d, d)) + 1j * rng.uniform(-1, 1, (d, d))
    elif kind == 1:
        delta = np.sign(rng.normal(size=(d, d)))
    elif kind == 2:  # the largest operator norm
        signs = np.exp(0.5j * np.pi * rng.integers(0, 4, d))
        delta = np.outer(signs, signs.conj()) * rng.choice([-1, 1])
    elif kind == 3 and d == 4:  # the largest trace norm
        delta = HADAMARD * rng.choice([-1, 1])
    else:
        delta = gradient_signs(rho, name, max(eps / 100, 1e-9)) * rng.choice([-1, 1])
    delta = np.triu(delta, 1)
    delta = delta + delta.conj().T + np.diag(rng.choice([-1.0, 1.0], d))
    delta -= np.eye(d) * np.trace(delta).real / d
    return eps * delta / max(float(np.max(np.abs(delta))), 1e-300)


@pytest.mark.parametrize(
    ("d", "name"),
    [(4, name) for name in PAIR]
    + [(d, name) for d in (6, 9) for name in ANY]
    + [(d, name) for d in (2, 3) for name in ("purity", "entropy")],
)
@pytest.mark.parametrize("turns", [30, pytest.param(600, marks=pytest.mark.long)])
def test_no_state_as_far_away_exceeds_the_bound(rng, d, name, turns):
    measure, used = TABLE[name], 0.0
    places = [lambda rng, rho: rho, near_purity, near_separability]
    for turn in range(turns):
        rho = places[turn % 3](rng, random_state(rng, d, rng.integers(1, d + 1)))
        eps = rng.choice([0.0, 10.0 ** rng.uniform(-15, -2)])
        moved = rho + change(rng, rho, name, eps)
        other = nearest(moved)
        # The known state may be the one or the other, or a matrix that is no state.
        for given, true in ((rho, other), (other, rho), (moved, rho)):
            distance = float(np.max(np.abs(given - true)))
            value = measure.function(given, DIMS[d], 1.0)
            exact = measure.function(true, DIMS[d], 1.0)
            (bound,) = measure.bound(given[None], np.array([distance]), np.array([value]))
            # The true state's own number is rounded too: its bound at eps = 0.
            (rounding,) = measure.bound(true[None], np.zeros(1), np.array([exact]))
            assert abs(value - exact) <= bound + rounding
            used = max(used, abs(value - exact) / bound if distance > 1e-12 and bound > 0 else 0.0)
    # From below: some change comes close, so that the bound is not a mere large number.
    assert used > 0.1


EXCHANGED, PAIRED = (np.array(n) for n in ([0, 1, 1, 2], [0, -1, 1, 0]))


@pytest.mark.parametrize("numbers", [EXCHANGED, PAIRED], ids=["exchanged", "paired"])
@pytest.mark.parametrize("name", PAIR)
@pytest.mark.parametrize("turns", [40, pytest.param(800, marks=pytest.mark.long)])
def test_no_state_with_the_same_zeros_exceeds_the_smaller_bound(rng, numbers, name, turns):
    zero, measure, used = numbers[:, None] != numbers[None, :], TABLE[name], 0.0
    for turn in range(turns):
        rho = np.where(zero, 0.0, random_state(rng, 4, rng.integers(1, 5)))
        rho = (near_separability if turn % 2 else near_purity)(rng, rho)
        rho = np.where(zero, 0.0, rho) / np.trace(np.where(zero, 0.0, rho)).real
        delta = change(rng, rho, name, 10.0 ** rng.uniform(-15, -2))
        other = nearest(rho + np.where(zero, 0.0, delta))
        for given, true in ((rho, other), (other, rho)):
            distance = np.array([np.max(np.abs(given - true))])
            value, exact = (measure.function(one, [2, 2], 1.0) for one in (given, true))
            (bound,) = measure.bound(given[None], distance, np.array([value]), zero)
            (rounding,) = measure.bound(true[None], np.zeros(1), np.array([exact]), zero)
            (wider,) = measure.bound(given[None], distance, np.array([value]))
            assert abs(value - exact) <= bound + rounding
            assert bound <= wider * (1 + 1e-9)
            used = max(
                used, abs(value - exact) / bound if distance[0] > 1e-12 and bound > 0 else 0.0
            )
    assert used > 0.3


def test_what_is_surely_separable_has_no_entanglement_without_any_error(rng):
    eps = np.array([1e-10])
    for zero in (None, EXCHANGED[:, None] != EXCHANGED[None, :]):
        rho = random_state(rng, 4, 4)
        rho = 0.2 * (rho if zero is None else np.where(zero, 0.0, rho)) + 0.2 * np.eye(4)
        for name in ("concurrence", "negativity", "logarithmic_negativity"):
            assert TABLE[name].bound(rho[None], eps, np.zeros(1), zero)[0] == 0.0
            # With an error that may reach an entangled state it is no longer sure.
            assert TABLE[name].bound(rho[None], 3e9 * eps, np.zeros(1), zero)[0] > 0.0


def test_a_stack_has_the_same_bits_as_its_states_one_by_one(rng):
    zero = EXCHANGED[:, None] != EXCHANGED[None, :]
    for mask in (None, zero):
        rho = np.array([random_state(rng, 4, rng.integers(1, 5)) for _ in range(9)])
        rho = rho if mask is None else np.where(mask, 0.0, rho)
        eps = 10.0 ** rng.uniform(-15, -3, 9)
        for name in PAIR:
            values = np.array([TABLE[name].function(one, [2, 2], 1.0) for one in rho])
            alone = [
                TABLE[name].bound(rho[i : i + 1], eps[i : i + 1], values[i : i + 1], mask)[0]
                for i in range(9)
            ]
            assert np.array_equal(TABLE[name].bound(rho, eps, values, mask), alone)


@pytest.mark.parametrize("label", ["00", "S", "Phi+", "11"])
def test_weights_of_pure_states_are_bounded_and_the_bound_is_reached(rng, label):
    ket = te.states.bell(label) if not label.isdigit() else te.states.ket(label)
    eps = 1e-6
    signs = np.sign(np.outer(ket, ket.conj()).real)
    for delta in [rng.uniform(-1, 1, (4, 4)) for _ in range(20)] + [signs]:
        moved = abs((ket.conj() @ (eps * delta) @ ket).real)
        bound = float(error_bounds.overlap_bound(ket, np.asarray(eps)))
        assert moved <= bound * (1 + 1e-12)
    assert moved == pytest.approx(bound, rel=1e-9)


def test_a_bound_with_a_tenth_of_the_error_is_exceeded(rng):
    """The negative control: the tests above can fail."""
    misses = 0
    for _ in range(50):
        rho = random_state(rng, 4, 4)
        moved = nearest(rho + change(rng, rho, "purity", 1e-5))
        eps = float(np.max(np.abs(moved - rho)))
        for name in ("purity", "entropy", "concurrence"):
            measure = TABLE[name]
            value, exact = (measure.function(one, [2, 2], 1.0) for one in (moved, rho))
            (bound,) = measure.bound(moved[None], np.array([eps / 10]), np.array([value]))
            misses += abs(value - exact) > bound
    assert misses > 0


def exact_concurrence(rho):
    """Wootters' formula in 60 digits, from the roots of the eigenvalues of rho tilde rho."""
    with mpmath.workdps(60):
        flip = mpmath.matrix(np.fliplr(np.diag([-1.0, 1.0, 1.0, -1.0])).tolist())
        state = mpmath.matrix([[mpmath.mpc(x) for x in row] for row in rho.tolist()])
        state = (state + state.transpose_conj()) / 2
        state /= mpmath.fsum(mpmath.re(state[i, i]) for i in range(4))
        values = mpmath.eig(state * flip * state.conjugate() * flip, left=False, right=False)
        roots = sorted((mpmath.sqrt(max(mpmath.re(v), 0)) for v in values), reverse=True)
        return float(max(0, roots[0] - sum(roots[1:])))


def exact_entropy(rho):
    with mpmath.workdps(60):
        state = mpmath.matrix([[mpmath.mpc(x) for x in row] for row in rho.tolist()])
        state = (state + state.transpose_conj()) / 2
        state /= mpmath.fsum(mpmath.re(state[i, i]) for i in range(len(rho)))
        values = mpmath.eighe(state, eigvals_only=True)
        return float(-mpmath.fsum(v * mpmath.log(v, 2) for v in values if v > 0))


@pytest.mark.parametrize("smallest", [1e-14, 1e-12, 1e-8, 1e-4, 0.1])
def test_rounding_is_inside_of_the_bound(rng, smallest):
    """States that are exactly known: what is left is the evaluation, against 60 digits."""
    for _ in range(4):
        q, _ = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))
        values = np.array([1.0, 0.5, 0.3, smallest])
        rho = (q * values / values.sum()) @ q.conj().T
        for name, reference in (("concurrence", exact_concurrence), ("entropy", exact_entropy)):
            value = TABLE[name].function(rho, [2, 2], 1e-9)
            (bound,) = TABLE[name].bound(rho[None], np.zeros(1), np.array([value]))
            assert abs(value - reference(rho)) <= bound
            # No larger than a root of rounding where an eigenvalue is at rounding level itself.
            assert bound < (1e-5 if smallest < 1e-11 and name == "concurrence" else 1e-9)


def test_ordinary_networks_are_not_overestimated(rng):
    """Random changes of the size of the error: the bound is within a hundred of them, typically."""
    ratios = {name: [] for name in PAIR}
    for _ in range(12):
        network = te.thermal_link(
            10.0 ** rng.uniform(-3, 3), 10.0 ** rng.uniform(-3, 0), detuning=(0.1, -0.2)
        )
        rho = te.steady_state(network).state
        for _ in range(5):
            delta = rng.uniform(-1, 1, (4, 4)) + 1j * rng.uniform(-1, 1, (4, 4))
            delta = delta + delta.conj().T
            delta -= np.eye(4) * np.trace(delta).real / 4
            other = nearest(rho + 1e-11 * delta / np.max(np.abs(delta)))
            eps = float(np.max(np.abs(other - rho)))
            for name in PAIR:
                value, exact = (TABLE[name].function(one, [2, 2], 1e-9) for one in (other, rho))
                if value != exact:  # both separable
                    (bound,) = TABLE[name].bound(other[None], np.array([eps]), np.array([value]))
                    assert abs(value - exact) <= bound
                    ratios[name].append(bound / abs(value - exact))
    for name, found in ratios.items():
        assert len(found) > 10, name
        assert np.median(found) < 100, name


@pytest.mark.parametrize("n_th", [1e-4, 0.3])
def test_a_truncated_state_near_separability(n_th):
    """The root of a small population: its error is far above that of the state, and is stated."""
    network = te.thermal_link(n_th, 0.3, detuning=(0.3, 0.1))
    exact = te.steady_state(network, te.ContinuedFraction(rtol=1e-12))
    rough = te.steady_state(network, te.Fock(tolerance=1e-6))
    for name in PAIR:
        value, reference = getattr(rough, name)(), getattr(exact, name)()
        assert abs(value - reference) <= value.error + reference.error, name


def test_rounding_is_counted_near_the_completely_mixed_state():
    """There the slopes vanish, and with them what an error of the state means for the number."""
    rng = np.random.default_rng(7)
    for _ in range(200):
        p = 0.25 + 10.0 ** rng.uniform(-9, -2) * rng.uniform(-1, 1, 4)
        p[3] = 1 - p[:3].sum()
        rho = np.diag(p).astype(complex)
        with mpmath.workdps(40):
            exact = [mpmath.mpf(float(x)) for x in p]
            exact = [x / sum(exact) for x in exact]
            truths = {
                "entropy": -sum(x * mpmath.log(x, 2) for x in exact),
                "purity": sum(x**2 for x in exact),
            }
            for name, truth in truths.items():
                value = TABLE[name].function(rho, [2, 2], 1e-12)
                away = abs(float(truth - mpmath.mpf(value)))
                bound = TABLE[name].bound(rho[None], np.zeros(1), np.array([value]))[0]
                assert away <= bound <= 1e-14, name


def test_the_bounds_of_purity_and_entropy_are_their_formulas():
    """Where the second-order term of one, and the binary entropy of the other, is no small part."""
    eps, d = np.array([0.01]), 4
    mixed, pure = np.diag([0.4, 0.3, 0.2, 0.1])[None], np.diag([1.0, 0.0, 0.0, 0.0])[None]
    purity = np.sum(mixed**2, axis=(1, 2))
    found = error_bounds.purity_bound(mixed, eps, purity)
    # Tr Delta = 0: of the populations only what they are away from their median counts.
    assert found == pytest.approx(2 * 0.01 * 0.4 + d**2 * 0.01**2, rel=1e-9)
    # Fannes and Audenaert at the trace distance d^(3/2) eps/2.
    distance = 0.5 * d**1.5 * 0.01
    binary = -distance * np.log2(distance) - (1 - distance) * np.log2(1 - distance)
    found = error_bounds.entropy_bound(pure, eps, np.array([0.0]))
    assert found == pytest.approx(distance * np.log2(3) + binary, rel=1e-9)


@pytest.mark.parametrize("d", [8, 16])
def test_a_change_exhausts_the_bound_of_the_negativity_of_large_systems(d):
    """Elements of one size and all signs, as in a matrix of Hadamard: half of its trace norm."""
    signs = np.array(hadamard(d), dtype=float)
    distance = 0.5 * np.abs(np.linalg.eigvalsh(0.01 * (signs + signs.T) / 2)).sum()
    found = error_bounds.negativity_bound(np.eye(d)[None] / d, np.array([0.01]), np.zeros(1))
    assert found == pytest.approx(distance, rel=1e-9)


def concurrence_bound_by_matrix_functions(rho, eps, floor):
    """The two steps of `concurrence_bound` for one state, with roots of matrices."""
    flip = np.fliplr(np.diag([-1.0, 1.0, 1.0, -1.0]))
    p, vectors = np.linalg.eigh(rho)
    added = np.maximum(floor - p, 0.0)
    raised = rho + (vectors * added) @ vectors.conj().T

    def singular(first, second):  # of A^T S B with first = A A^+, second = B B^+
        values = np.linalg.eigvals(second @ flip @ first.conj() @ flip).real
        return np.sort(np.sqrt(np.maximum(values, 0.0)))[::-1]

    def wootters(values):
        return 2 * values[0] - values.sum()

    inverse = np.linalg.inv(raised)
    root = sqrtm(raised)
    back = np.linalg.inv(root)
    mean = back @ sqrtm(root @ flip @ raised.conj() @ flip @ root) @ back
    rows = np.sum(np.sqrt(np.diag(inverse).real))
    k = min(4 * eps / np.linalg.eigvalsh(raised)[0], eps * rows**2)
    smooth = np.sqrt((1 + k) / (1 - k)) * eps * np.sum(np.sqrt(np.diag(mean).real)) ** 2
    x, y = singular(rho, (vectors * added) @ vectors.conj().T), added.max()
    x_norm = np.sqrt(x[0] ** 2 + 4 * eps * y)
    together = 2 * x.sum() + 2 * np.sqrt(4 * eps * np.sum(added > 0) * added.sum()) + added.sum()
    largest = max(singular(raised, raised)[0] - smooth - x_norm - y, 0.0)
    leading = np.linalg.eigvalsh([[largest, x_norm], [x_norm, y]])[1] - largest
    known = wootters(singular(raised, raised)) - wootters(singular(rho, rho))
    return smooth + max(leading - known, together + known)


@pytest.mark.parametrize("rank", [1, 2, 3, 4])
def test_the_bound_of_the_concurrence_is_its_two_steps(rng, rank):
    for eps, times in ((1e-3, 8.0), (1e-3, 32.0), (1e-6, 4.5), (0.02, 8.0)):
        rho = random_state(rng, 4, rank)
        expected = concurrence_bound_by_matrix_functions(rho, eps, times * eps)
        p, vectors = np.linalg.eigh(rho)
        found = concurrence_bounds._concurrence_above(
            p[None], vectors[None], np.array([eps]), np.array([times * eps])
        )
        # The squares of the singular values are known to rounding: those, to its root.
        assert found == pytest.approx([expected], rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("d", [2, 3, 4])
def test_an_entropy_of_which_nothing_is_known_may_be_any_up_to_the_largest(d):
    """States are at most 1 - 1/d from where the bound of Fannes and Audenaert is largest."""
    rho = np.diag(np.arange(1.0, d + 1) / (d * (d + 1) / 2))[None].astype(complex)
    for value in (0.1, np.log2(d) - 0.1):
        for eps in (0.5, 1.0, 1e3):
            found = error_bounds.entropy_bound(rho, np.array([eps]), np.array([value]))
            assert found[0] == pytest.approx(np.log2(d) - 0.1, rel=1e-12)
