"""Sources with several outputs, several hot ports, or squeezed and hot: against other routes.

Where every emitter feels another combination of the amplitudes there is no chain, and the lattice
of all amplitudes takes over; squeezed light has variances of either sign.
"""

from dataclasses import replace

import numpy as np
import pytest

import thermalent as te
from tests.support.several_poles_sources import behind


def two_lines(n_a, n_b, hop=0.2, share=0.3):
    """Two coupled modes on two lines that meet the same two qubits in opposite order.

    Mode a leaks into a line to q1 and then q2, mode b into one to q2 and then q1; each qubit
    couples to both lines, with other weights.
    """
    nodes = (
        te.Mode(name="a", bath_rate=0.4, n_th=n_a),
        te.Mode(name="b", bath_rate=0.28, n_th=n_b),
        te.Qubit(name="q1"),
        te.Qubit(name="q2"),
    )
    decay, exchange = np.zeros((4, 4), dtype=complex), np.zeros((4, 4), dtype=complex)
    near, far = np.sqrt(1 - share), np.sqrt(share)
    for order, amplitudes in (((0, 2, 3), (0.6, near, far)), ((1, 3, 2), (0.5, near, far))):
        for i, (x, of_x) in enumerate(zip(order, amplitudes, strict=True)):
            for y, of_y in zip(order, amplitudes, strict=True):
                decay[x, y] += of_x * of_y
            for y, of_y in zip(order[:i], amplitudes[:i], strict=True):
                exchange[x, y] += -0.5j * of_x * of_y
                exchange[y, x] += 0.5j * of_x * of_y
    exchange[0, 1] += hop
    exchange[1, 0] += hop
    exchange[2, 2] += 0.2
    return te.Network(nodes=nodes, exchange=exchange, decay=decay)


def hot_rails(n_th, **options):
    """Two rails whose source sees baths of this occupation beside its squeezing."""
    network = te.dual_rail(1, 0.8, **options)
    nodes = tuple(
        te.Mode(name=node.name, bath_rate=0.2, n_th=n_th) if isinstance(node, te.Mode) else node
        for node in network.nodes
    )
    return replace(network, nodes=nodes)


def three_hot_ports(n_th):
    """Three modes in a row, each with a hot port of its own, detuned against each other."""
    modes = tuple(
        te.Mode(name=f"m{i}", bath_rate=0.08 * (i + 1), n_th=n_th / (i + 1)) for i in range(3)
    )
    hops = np.diag([0.1, 0.08], 1) + np.diag([0.1, 0.08], -1) + np.diag([0.02, 0.0, -0.03])
    return behind(modes, hops, (0.0, 0.01, 0.0), (0.0, 0.0, 0.3), (1.0, 0.8), (0.05, -0.1))


def exact(network, rtol, coordinates):
    found = te.steady_state(network, te.ContinuedFraction(rtol=rtol))
    assert found.stats["coordinates"] == coordinates
    return found


@pytest.mark.parametrize(
    ("n_a", "n_b", "hop"),
    [pytest.param(0.1, 0.05, 0.2, marks=pytest.mark.long), (0.0, 0.1, 0.4)],
)
def test_two_outputs_when_cold_are_those_of_the_master_equation(n_a, n_b, hop):
    network = two_lines(n_a, n_b, hop)
    found, fock = exact(network, 1e-7, "modes"), te.steady_state(network, te.Fock(cutoff=7))
    assert np.max(np.abs(found.state - fock.state)) <= found.error + fock.error
    assert found.error < 1e-6
    exchanged = exact(two_lines(n_b, n_a, hop), 1e-5, "modes")
    assert np.max(np.abs(exchanged.state - found.state)) > 1e-3


@pytest.mark.parametrize(("n_a", "n_b", "rtol"), [(4.0, 1.0, 1e-4), (40.0, 10.0, 1e-2)])
def test_two_outputs_when_hot_are_those_of_sampled_fields(n_a, n_b, rtol):
    """Within 4 standard errors; at the temperatures exchanged not."""
    network = two_lines(n_a, n_b)
    found = exact(network, rtol, "modes")
    sampled = te.steady_state(network, te.FieldTrajectories(n=1024, seed=2))
    allowed = 4 * sampled.stats["standard_errors"] + float(found.error) + float(sampled.error)
    allowed -= sampled.stats["standard_error"]
    assert np.all(np.abs(found.state - sampled.state) <= allowed)
    exchanged = exact(two_lines(n_b, n_a), rtol, "modes")
    assert np.any(np.abs(exchanged.state - sampled.state) > 2 * allowed)


def test_two_outputs_at_room_temperature_are_refused_with_a_way_out():
    with pytest.raises(te.MethodError, match=r"so hot .* through one amplitude can be hotter"):
        te.steady_state(two_lines(1220.0, 10.0), te.ContinuedFraction(rtol=1e-1))
    found = te.steady_state(two_lines(1220.0, 10.0), te.FieldTrajectories(n=64, seed=2))
    assert found.error < 0.05


def test_qubits_with_the_same_weights_feel_one_amplitude_of_two_outputs():
    """A chain again, at any temperature: the sum of the two lines drives both qubits."""
    found = exact(two_lines(1220.0, 10.0, share=0.5), 1e-4, "chain")
    assert found.error < 1e-3


@pytest.mark.parametrize(
    ("n_th", "options"),
    [
        pytest.param(0.1, {"bandwidth": 1.0, "detuning": 0.4}, marks=pytest.mark.long),
        (0.4, {"bandwidths": (1.0, 2.0)}),
    ],
    ids=["equal", "unequal"],
)
def test_squeezed_and_hot_sources_are_those_of_the_master_equation(n_th, options):
    """Variances of either sign, and less entanglement than of the squeezed light alone."""
    network = hot_rails(n_th, **options)
    found, fock = exact(network, 1e-5, "modes"), te.steady_state(network, te.Fock(cutoff=8))
    assert np.max(np.abs(found.state - fock.state)) <= found.error + fock.error
    cold = exact(hot_rails(0.0, **options), 1e-4, "modes")
    assert float(found.concurrence()) < float(cold.concurrence()) - 0.05


@pytest.mark.parametrize("n_th", [3.0, 60.0])
def test_several_hot_ports_are_those_of_sampled_fields(n_th):
    network = three_hot_ports(n_th)
    found = exact(network, 1e-4, "chain")
    sampled = te.steady_state(network, te.FieldTrajectories(n=1024, seed=4))
    allowed = 4 * sampled.stats["standard_errors"] + float(found.error) + float(sampled.error)
    allowed -= sampled.stats["standard_error"]
    assert np.all(np.abs(found.state - sampled.state) <= allowed)
    one = exact(three_hot_ports(0.5 * n_th), 1e-4, "chain")
    assert np.any(np.abs(one.state - sampled.state) > allowed)
