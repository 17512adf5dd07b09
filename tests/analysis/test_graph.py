"""The graph of who is entangled with whom."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

import thermalent as te


def drawn(axes):
    """Concurrences of the lines, largest first."""
    return sorted(axes.collections[0].get_array().tolist(), reverse=True)


def labels(axes):
    return {text.get_text(): text.get_position() for text in axes.texts}


def test_pure_state_on_two_rails():
    state = te.analytic.dual_rail_state(3, 1.0, (0.0, 0.3, 2.0), "reverse")
    axes = Figure().subplots()
    assert te.entanglement_graph(state, axes, threshold=0.05) is axes
    concurrences = state.concurrences()[np.triu_indices(6, 1)]
    np.testing.assert_allclose(drawn(axes), sorted(concurrences[concurrences > 0.05])[::-1])
    # Lines are the wider the more entangled two qubits are.
    lines = axes.collections[0]
    np.testing.assert_allclose(lines.get_linewidths(), 0.5 + 4 * lines.get_array())
    places = labels(axes)
    assert set(places) == set(state.names)
    assert len({places[f"A{i}"][1] for i in (1, 2, 3)}) == 1  # a rail is level
    assert places["A2"][0] == places["B2"][0]
    assert places["A2"][1] > places["B2"][1]


def test_steady_state_of_a_link():
    result = te.steady_state(te.thermal_link(n_th=100, kappa=1e-2, qubits=4))
    axes = te.entanglement_graph(result, Figure().subplots())
    pairs = [("q1", "q2"), ("q3", "q4"), ("q1", "q3"), ("q1", "q4"), ("q2", "q3"), ("q2", "q4")]
    expected = [result.concurrence(*pair) for pair in pairs]
    np.testing.assert_allclose(
        drawn(axes), sorted((c for c in expected if c > 1e-3), reverse=True), atol=1e-12
    )
    places = np.array(list(labels(axes).values()))
    np.testing.assert_allclose(np.hypot(*places.T), 1, atol=1e-12)  # on a circle


def test_lines_on_one_rail_go_around_the_qubits_between():
    class Bell:
        names = ("A1", "A2", "A3", "B1")

        def concurrence(self, first, second):
            return 0.8 if {first, second} == {"A1", "A3"} else 0.0

    axes = te.entanglement_graph(Bell(), Figure().subplots())
    (line,) = axes.collections[0].get_segments()
    assert np.max(line[:, 1]) > labels(axes)["A2"][1] + 0.3


def test_blocks_have_one_colour_each():
    state = te.analytic.dual_rail_state(3, 1.0, (0.0, 0.3, 2.0), (1, 0, 2))
    blocks = state.blocks()
    te.entanglement_graph(state, Figure().subplots(), blocks=np.array([]))  # none is no error
    axes = te.entanglement_graph(state, Figure().subplots(), blocks=blocks)
    colours = {
        name: tuple(colour)
        for name, colour in zip(state.names, axes.collections[1].get_facecolors(), strict=True)
    }
    first, second = ({colours[name] for name in block} for block in blocks)
    assert len(first) == len(second) == 1
    assert first != second
    plain = te.entanglement_graph(state, Figure().subplots())
    assert np.all(plain.collections[1].get_facecolors() == 1)


def test_a_state_without_entanglement_has_no_lines():
    state = te.analytic.dual_rail_state(2, 0.0)
    axes = te.entanglement_graph(state, Figure().subplots())
    assert drawn(axes) == []
    assert len(axes.texts) == 4


def test_a_figure_of_its_own():
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    axes = te.entanglement_graph(te.analytic.dual_rail_state(1, 1.0))
    assert axes.figure is plt.gcf()
    plt.close(axes.figure)


def test_bad_input():
    state = te.analytic.dual_rail_state(2, 0.5)
    axes = Figure().subplots()
    with pytest.raises(ValueError, match=r"`threshold` must be a number in \[0, 1\], but is 2"):
        te.entanglement_graph(state, axes, threshold=2)
    with pytest.raises(ValueError, match="`blocks` must be made of A1, B1, A2, B2, but is 'C1'"):
        te.entanglement_graph(state, axes, blocks=[("A1", "C1")])
    with pytest.raises(ValueError, match="`state` must be a steady state or a pure state"):
        te.entanglement_graph(state.ket, axes)
    evolution = te.evolve(te.thermal_link(0.1, 1.0), [0.0, 1.0], "00")
    with pytest.raises(ValueError, match=r"`state` must be one state, such as `evolution.at"):
        te.entanglement_graph(evolution, axes)
