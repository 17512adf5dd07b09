"""Networks and nodes compare by value, and say in what they differ."""

import copy
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import thermalent as te
from thermalent import testing
from thermalent.networks import value
from thermalent.networks.liouvillian import lowering_operators


def _networks():
    """One network per kind, made anew at every call."""
    made = {kind: testing.random_network(kind, np.random.default_rng(5)) for kind in testing.KINDS}
    made["qudit"] = te.Network(
        nodes=(te.Mode(bath_rate=0.5, n_th=1.0), _ladder()),
        exchange=np.zeros((2, 2)),
        decay=np.diag([0.1, 1.0]),
    )
    return made


def _ladder(**changes):
    lower = np.diag([1.0, 1.5], 1)
    given = {"name": "s", "lower": lower, "local_jumps": [np.diag([0.0, 0.1, 0.2])]}
    return te.Qudit(**{**given, **changes})


@pytest.mark.parametrize("kind", _networks())
def test_a_network_equals_what_is_made_again_copied_or_pickled(kind):
    network = _networks()[kind]
    hash(network)
    for same in (
        _networks()[kind],
        copy.copy(network),
        copy.deepcopy(network),
        pickle.loads(pickle.dumps(network)),
    ):
        assert same == network
        assert hash(same) == hash(network)
        assert {network: 1}[same] == 1
        assert same.differences(network) == ()
        with pytest.raises(ValueError, match="read-only"):
            same.decay[0, 0] = 7.0


def test_a_pickled_hash_is_that_of_the_process_that_reads_it():
    """Strings hash differently in every process, so that a hash must not travel."""
    network = te.thermal_link(1.0, 0.1)
    hash(network)
    code = (
        "import pickle, sys, thermalent as te; n = pickle.load(sys.stdin.buffer);"
        "m = te.thermal_link(1.0, 0.1); assert n == m; assert hash(n) == hash(m)"
    )
    subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(network), check=True, timeout=300
    )


_LINK = te.thermal_link(1.0, 0.1)
_EXCHANGE = np.array(_LINK.exchange)
_EXCHANGE[1, 1] += 0.25


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (te.thermal_link(2.0, 0.1), ("`nodes`[0] (source): `n_th` is 1.0 and 2.0.",)),
        (
            replace(_LINK, exchange=_EXCHANGE),
            ("`exchange`[1, 1] is 0+0j and 0.25+0j; 1 of 9 elements differ.",),
        ),
        (replace(_LINK, label="mine"), (f"`label` is {_LINK.label!r} and 'mine'.",)),
        (
            replace(_LINK, nodes=(_LINK.nodes[0], te.Qubit(name="x"), _LINK.nodes[2])),
            ("`nodes`[1] (q1): `name` is 'q1' and 'x'.",),
        ),
        (
            replace(_LINK, nodes=(*_LINK.nodes[:2], te.CollectiveSpin(name="q2", qubits=2))),
            (
                "`nodes`[2] is Qubit(name='q2', dephasing=0.0) and "
                "CollectiveSpin(name='q2', qubits=2).",
            ),
        ),
    ],
)
def test_a_change_is_named(other, said):
    assert other != _LINK
    assert _LINK.differences(other) == said


@pytest.mark.parametrize("field", ["exchange", "decay", "absorption", "pumping", "anomalous"])
def test_every_matrix_counts(field):
    base = replace(_LINK, absorption=0.5 * np.eye(3), decay=2 * np.eye(3))
    matrix = np.array(getattr(base, field))
    matrix[1, 2] += 0.01
    matrix[2, 1] += 0.01
    other = replace(base, **{field: matrix})
    assert other != base
    assert hash(other) != hash(base)
    (line,) = base.differences(other)
    assert line.startswith(f"`{field}`[1, 2] is ")
    assert line.endswith("; 2 of 9 elements differ.")


def test_the_alternative_of_a_network_counts():
    one, other = (replace(_LINK, alternatives=(te.thermal_link(n, 0.1),)) for n in (1.0, 3.0))
    assert one != other
    assert one.differences(other) == (
        "`alternatives`[0]: `nodes`[0] (source): `n_th` is 1.0 and 3.0.",
    )
    assert _LINK.differences(one)[0].startswith("`alternatives`")


def test_more_nodes_and_larger_matrices_are_named():
    lines = _LINK.differences(te.thermal_link(1.0, 0.1, qubits=3))
    assert lines[0] == "`nodes` are ['source', 'q1', 'q2'] and ['source', 'q1', 'q2', 'q3']."
    assert lines[1] == "`exchange` has the shapes (3, 3) and (4, 4)."


def test_qudits_compare_by_their_matrices():
    assert _ladder() == _ladder()
    assert hash(_ladder()) == hash(_ladder())
    other = _ladder(local_jumps=[np.diag([0.0, 0.1, 0.3])])
    assert _ladder() != other
    assert _ladder().differences(other) == (
        "`local_jumps`[0][2, 2] is 0.2+0j and 0.3+0j; 1 of 9 elements differ.",
    )
    assert _ladder() != te.CollectiveSpin(name="s", qubits=2)
    with pytest.raises(ValueError, match="read-only"):
        _ladder().lower[0, 0] = 1.0


def test_zero_has_no_sign():
    one, other = (_ladder(local_hamiltonian=np.diag([zero, 0, 1])) for zero in (0.0, -0.0))
    assert one == other
    assert hash(one) == hash(other)


def test_only_networks_have_differences_from_networks():
    with pytest.raises(TypeError, match=r"Argument `other` must be a Network, but is 3\."):
        _LINK.differences(3)
    assert _LINK != 3


def test_what_is_kept_for_a_network_serves_its_equals_and_no_other():
    assert lowering_operators(te.thermal_link(1.0, 0.1)) is lowering_operators(_LINK)
    spin = replace(_LINK, nodes=(*_LINK.nodes[:2], te.CollectiveSpin(name="q2", qubits=2)))
    assert lowering_operators(spin)[0].shape == (6, 6)


def test_a_hash_is_worked_out_once(monkeypatch):
    """A cache asks for it at every look-up."""
    asked = []

    def counted(given, original=value._hashable):
        asked.append(given)
        return original(given)

    network = te.thermal_link(0.3, 0.2)
    monkeypatch.setattr(value, "_hashable", counted)
    first, once = hash(network), len(asked)
    assert once > 0
    assert hash(network) == first
    assert len(asked) == once
