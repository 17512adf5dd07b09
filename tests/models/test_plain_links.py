"""Links that are right by construction are not checked again, and are what the checks make."""

import importlib

import numpy as np
import pytest

import thermalent as te

line = importlib.import_module("thermalent.models.line")
ODD = (0.0, -0.0, -1.0, 1e-310, 1e-101, 1e-16, 0.5, 1.5, 1e16, 1e101, 1e308, np.inf, np.nan)


def outcome(arguments):
    """The network of some arguments, or the words with which they are refused."""
    try:
        with np.errstate(all="ignore"):
            return te.thermal_link(**arguments)
    except ValueError as refusal:
        return str(refusal)


def drawn(rng, odd):
    qubits = int(rng.integers(1, 5))
    arguments = {
        "n_th": rng.exponential(50),
        "kappa": 10 ** rng.uniform(-4, 1),
        "gamma": rng.exponential(1.0, qubits).tolist(),
        "detuning": rng.normal(size=qubits).tolist(),
        "dephasing": rng.exponential(0.1) * (rng.uniform() < 0.5),
        "loss": rng.uniform(0, 1, qubits - 1).tolist(),
        "intrinsic_decay": rng.exponential(0.1) * (rng.uniform() < 0.5),
        "waveguide_occupation": rng.exponential(1) * (rng.uniform() < 0.5),
    }
    for name in rng.choice(list(arguments), size=odd, replace=False):
        arguments[name] = float(rng.choice(ODD))
    return {**arguments, "qubits": qubits}


@pytest.mark.parametrize("odd", [0, 1, 2])
def test_they_are_those_that_are_checked_to_the_last_bit(monkeypatch, odd):
    rng = np.random.default_rng(odd)
    points = [drawn(rng, odd) for _ in range(150)]
    checked = []
    check = te.Network.__post_init__
    monkeypatch.setattr(
        te.Network, "__post_init__", lambda network: (checked.append(network), check(network))
    )
    quick = [outcome(point) for point in points]
    without = len(points) - len(checked)
    assert without == len(points) if odd == 0 else without > 20
    monkeypatch.setattr(line, "_is_plain", lambda *_: False)
    refused = 0
    for found, point in zip(quick, points, strict=True):
        again = outcome(point)
        if isinstance(again, str):
            refused += 1
            assert found == again
            continue
        assert found.__getstate__().keys() == again.__getstate__().keys()
        assert found == again
        for mine, other in zip(found.couplings, again.couplings, strict=True):
            assert (mine + 0.0).tobytes() == (other + 0.0).tobytes()
            assert not mine.flags.writeable
    assert refused == 0 if odd == 0 else refused > 20


def test_their_qubits_are_shared_and_their_matrices_are_not():
    first, second = te.thermal_link(1.0, 0.1, dephasing=0.2), te.thermal_link(2.0, 0.1)
    third = te.thermal_link(3.0, 0.1)
    assert second.nodes[1] is third.nodes[1]
    assert first.nodes[1] != second.nodes[1]
    assert not np.shares_memory(second.decay, third.decay)


@pytest.mark.parametrize(
    "link",
    [
        lambda **p: te.thermal_link(0.1, 1.0, **p),
        lambda **p: te.thermal_link(0.1, 1.0, filters=2, **p),
        lambda **p: te.thermal_link(0.1, filter=te.Filter.butterworth(2, 0.1), **p),
        lambda **p: te.phononic_link(0.1, 1.0, wavelengths=(1, 2), **p),
    ],
)
def test_the_occupation_is_named_that_makes_a_rate_too_small(link):
    allowed = r"`waveguide_occupation` must be zero, or at least 1e-79 with a decay rate of 1e-21"
    with pytest.raises(te.ThermalentError, match=allowed):
        link(gamma=1e-21, waveguide_occupation=1e-80)
    assert link(gamma=1e-21, waveguide_occupation=1.01e-79).couplings.absorption.any()
    link(gamma=1e-21)
