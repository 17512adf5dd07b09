"""Every geometry is a Lindblad generator, reduces to the others, and is the papers' own."""

import numpy as np
import pytest

import thermalent as te
from thermalent.models.line import behind_a_filter
from thermalent.networks.geometry import Cascade, ChiralWaveguide, CommonReservoir, SemiInfinite
from thermalent.networks.liouvillian import emitter_liouvillian
from thermalent.operators.superoperators import dense


def random_geometries(rng):
    n = int(rng.integers(2, 6))
    rates, other = rng.uniform(0, 2, n), rng.uniform(0, 2, n)
    places = np.sort(rng.uniform(0, 20, n))
    return [
        Cascade(rates=rates, loss=rng.uniform(0, 1, n - 1)),
        ChiralWaveguide(
            right=rates,
            left=other,
            positions=rng.permutation(places),
            loss=rng.uniform(0, 1, n - 1),
        ),
        SemiInfinite(rates=rates, positions=rng.permutation(places), loss=rng.uniform(0, 1, n)),
        CommonReservoir(rates=rates),
    ]


@pytest.mark.parametrize("seed", range(25))
def test_every_geometry_is_a_lindblad_generator(seed):
    for geometry in random_geometries(np.random.default_rng(seed)):
        exchange, decay = geometry.coupling()
        assert np.max(np.abs(exchange - exchange.conj().T)) < 1e-15
        # Rounding of eigenvalues of matrices with entries of order one.
        assert np.linalg.eigvalsh(decay)[0] > -1e-14


def test_semi_infinite_is_the_papers_formula(rng):
    """THERMAL Eq. (C2), element by element."""
    g, z = rng.uniform(0.1, 2, 4), rng.uniform(0, 10, 4)
    exchange, decay = SemiInfinite(rates=g, positions=z).coupling()
    root = np.sqrt(np.outer(g, g))
    plus, minus = z[:, None] + z[None, :], np.abs(z[:, None] - z[None, :])
    assert np.max(np.abs(exchange - root * (np.sin(plus) + np.sin(minus)) / 4)) < 1e-14
    assert np.max(np.abs(decay - root * (np.cos(plus) + np.cos(minus)) / 2)) < 1e-14
    assert np.diag(decay).real == pytest.approx(g * np.cos(z) ** 2, abs=1e-14)


def test_chiral_waveguide_is_the_papers_master_equation(rng):
    """GENERATION Eq. (1), written out with commutators for two nodes, x_1 < x_2."""
    right, left = rng.uniform(0.2, 1.5, 2), rng.uniform(0.2, 1.5, 2)
    phase = 0.7
    geometry = ChiralWaveguide(right=right, left=left, positions=(0.0, phase))
    exchange, decay = geometry.coupling()
    net = te.Network(
        nodes=(te.Qubit(name="q1"), te.Qubit(name="q2")), exchange=exchange, decay=decay
    )
    lower = np.array([[0, 1], [0, 0]], dtype=complex)
    c = [np.kron(lower, np.eye(2)), np.kron(np.eye(2), lower)]
    rho = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))

    def comm(a, b):
        return a @ b - b @ a

    expected = np.zeros((4, 4), dtype=complex)
    for o, rate in zip(c, right + left, strict=True):
        od = o.conj().T
        expected += rate * (o @ rho @ od - (od @ o @ rho + rho @ od @ o) / 2)
    # The right-moving field carries c_1 to node 2, the left-moving one c_2 to node 1.
    for amplitude, first, second in (
        (np.sqrt(right[0] * right[1]) * np.exp(1j * phase), c[0], c[1]),
        (np.sqrt(left[0] * left[1]) * np.exp(1j * phase), c[1], c[0]),
    ):
        expected += amplitude * comm(first @ rho, second.conj().T)
        expected += np.conj(amplitude) * comm(second, rho @ first.conj().T)
    found = (dense(emitter_liouvillian(net)) @ rho.ravel()).reshape(4, 4)
    assert np.max(np.abs(found - expected)) < 1e-13


def test_fully_chiral_waveguide_is_the_cascade_up_to_local_phases(rng):
    g, x = rng.uniform(0.1, 2, 4), np.sort(rng.uniform(0, 9, 4))
    loss = rng.uniform(0, 0.5, 3)
    chiral = ChiralWaveguide.from_chirality(rates=g, chirality=1.0, positions=x, loss=loss)
    phase = np.diag(np.exp(1j * x))
    rotated = phase.conj() @ chiral.propagator() @ phase
    assert np.max(np.abs(rotated - Cascade(rates=g, loss=loss).propagator())) < 1e-14
    # The other way round, the order is reversed.
    backward = ChiralWaveguide.from_chirality(rates=g, chirality=-1.0, positions=x, loss=loss)
    rotated = phase @ backward.propagator() @ phase.conj()
    reverse = Cascade(rates=g[::-1], loss=loss[::-1]).propagator()[::-1, ::-1]
    assert np.max(np.abs(rotated - reverse)) < 1e-14


def test_symmetric_waveguide_at_full_wavelengths_is_a_common_reservoir(rng):
    g = rng.uniform(0.1, 2, 3)
    places = 2 * np.pi * np.array([1, 2, 5])
    common = CommonReservoir(rates=g).coupling()
    for geometry in (
        ChiralWaveguide(right=g / 2, left=g / 2, positions=places),
        SemiInfinite(rates=g, positions=places),
    ):
        exchange, decay = geometry.coupling()
        assert np.max(np.abs(exchange - common.exchange)) < 1e-13
        assert np.max(np.abs(decay - common.decay)) < 1e-13


def test_nodes_out_of_order_meet_the_losses_of_the_stretches_between_them():
    """Nodes 0, 1, 2 stand third, first and second: a cyclic order, which is not its own inverse."""
    losses = (0.36, 0.19)  # amplitudes 0.8 and 0.9 between neighbours, 0.72 from end to end
    chiral = ChiralWaveguide(
        right=(1, 1, 1), left=(1, 1, 1), positions=(3.0, 1.0, 2.0), loss=losses
    )
    between = {(1, 2): 0.8, (0, 2): 0.9, (0, 1): 0.72}
    mirror = SemiInfinite(rates=(1, 1, 1), positions=(3.0, 1.0, 2.0), loss=(0.51, *losses))
    to_mirror = 0.7 * np.array([0.72, 1.0, 0.8])
    z = np.array([3.0, 1.0, 2.0])
    for (j, l), t in between.items():
        assert np.abs(chiral.propagator()[[j, l], [l, j]]) == pytest.approx([t, t], rel=1e-14)
        paths = t * np.exp(1j * abs(z[j] - z[l]))
        paths += to_mirror[j] * to_mirror[l] * np.exp(1j * (z[j] + z[l]))
        assert mirror.propagator()[j, l] == pytest.approx(-0.25j * paths, rel=1e-13)


def test_lossy_paths_multiply():
    """Half the power on each of two stretches; the way by the mirror passes them twice."""
    chiral = ChiralWaveguide(
        right=(1, 1, 1), left=(1, 1, 1), positions=(0.0, 2 * np.pi, 4 * np.pi), loss=0.5
    )
    assert np.abs(chiral.propagator()[2, 0]) == pytest.approx(0.5, rel=1e-14)
    mirror = SemiInfinite(rates=(1.0,), positions=(2 * np.pi,), loss=0.5)
    assert mirror.coupling().decay[0, 0].real == pytest.approx(0.75, rel=1e-14)


def test_at_the_mirror_nothing_is_lost_of_the_optimal_phononic_link():
    """THERMAL Eq. (49): one collective jump operator, no exchange but the detunings."""
    net = te.phononic_link(10.0, 0.04, wavelengths=(1, 2), detuning=(0.5, -0.5))
    v = np.sqrt([0.04, 1.0, 1.0])
    assert np.max(np.abs(net.decay - np.outer(v, v))) < 1e-14
    assert np.max(np.abs(net.exchange - np.diag([0, 0.5, -0.5]))) < 1e-14


def test_warm_waveguide_thermalises_the_qubits():
    """With the source as warm as the waveguide, every node is thermal at n_0.

    Also where the decay is complex: absorption has its conjugate coefficients.
    """
    n_0 = 0.3
    p = n_0 / (1 + 2 * n_0)
    expected = np.kron(np.diag([1 - p, p]), np.diag([1 - p, p]))
    for net in (
        te.thermal_link(n_0, 0.4, (1.0, 0.6), detuning=(0.2, -0.1), waveguide_occupation=n_0),
        te.phononic_link(
            n_0, 0.4, positions=(0.3, 1.7), detuning=(0.2, -0.1), waveguide_occupation=n_0
        ),
        behind_a_filter(
            ChiralWaveguide(right=(0.6, 0.5, 0.4), left=(0.2, 0.3, 0.1), positions=(0, 1.1, 2.3)),
            n_th=n_0, kappa=0.5, qubits=2, label="uneven", waveguide_occupation=n_0,
        ),
    ):  # fmt: skip
        rho = te.ContinuedFraction(rtol=1e-12).steady_state(net).state
        assert np.max(np.abs(rho - expected)) < 1e-11


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: ChiralWaveguide(right=(1, 1), left=(1, 1), positions=(2.0, 2.0)),
            r"`positions` must be all different, but is \[2\.0, 2\.0\]",
        ),
        (
            lambda: ChiralWaveguide(right=(1, 1), left=(1,), positions=(1.0, 2.0)),
            r"`left` must be 2 numbers \(one per node\)",
        ),
        (
            lambda: ChiralWaveguide.from_chirality(
                rates=(1, 1), chirality=1.2, positions=(0.0, 1.0)
            ),
            r"`chirality` must be a number in \[-1, 1\], but is 1\.2",
        ),
        (
            lambda: SemiInfinite(rates=(1, 1), positions=(0.0, -1.0)),
            r"`positions` must be in front of the mirror, k z >= 0, but is -1\.0",
        ),
        (
            lambda: te.phononic_link(1.0, 0.1, positions=(-0.5, 1.0)),
            r"`positions` must be finite and positive, but is -0\.5",
        ),
        (
            lambda: te.phononic_link(1.0, 0.1),
            r"`positions` must be given either .* but is given in neither",
        ),
        (
            lambda: te.phononic_link(1.0, 0.1, positions=(1.0,), wavelengths=(1.0,)),
            r"`positions` must be given either .* but is given in both",
        ),
        (lambda: CommonReservoir(rates=(-1.0,)), r"`rates` must be finite and non-negative"),
        (
            lambda: te.CollectiveSpin(name="s", qubits=0),
            r"`qubits` must be an integer of at least 1",
        ),
        (
            lambda: te.thermal_link(1.0, 0.1, waveguide_occupation=-0.1),
            r"`waveguide_occupation` must be finite and non-negative",
        ),
        (
            lambda: te.thermal_link(1.0, 0.1, intrinsic_decay=(0.1, 0.1, 0.1)),
            r"`intrinsic_decay` must be one number or 2 numbers",
        ),
    ],
)
def test_bad_geometry_is_named(build, message):
    with pytest.raises(ValueError, match=message):
        build()
