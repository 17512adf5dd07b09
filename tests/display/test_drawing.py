"""The drawing of a network has its nodes, and an arrow where light travels."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import thermalent as te
from thermalent.display.drawing import DrawnNode, network_svg

SVG = "{http://www.w3.org/2000/svg}"


def drawn(network):
    page = network._repr_html_()
    return ElementTree.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])


@pytest.mark.parametrize(
    ("network", "arrows"),
    [
        (te.thermal_link(10, 0.01), {"right": 3, "left": 0}),
        (te.phononic_link(10, 0.01, wavelengths=(1, 2)), {"right": 3, "left": 3}),
        (te.cooperative(3, 1.0, 0.1), {"right": 3, "left": 3}),
    ],
    ids=["one way", "both ways", "common reservoir"],
)
def test_an_arrow_stands_where_light_travels(network, arrows):
    paths = [path for path in drawn(network).iter(SVG + "path") if path.get("marker-end")]
    found = {"right": 0, "left": 0}
    for path in paths:
        words = path.get("d").replace("M", "").replace("Q", "").split()
        found["right" if float(words[0]) < float(words[-2]) else "left"] += 1
    assert found == arrows


def test_modes_are_boxes_and_emitters_circles():
    picture = drawn(te.thermal_link(10, 0.01, qubits=3))
    assert len(list(picture.iter(SVG + "rect"))) == 1
    assert len(list(picture.iter(SVG + "circle"))) == 3
    assert "n_th = 10" in "".join(picture.itertext())


def test_a_name_cannot_break_the_page():
    node = DrawnNode(name="<b>&", note="<i>", emitter=True, hot=False)
    picture = network_svg([node, node], np.zeros((2, 2)), np.eye(2))
    assert "<b>" not in picture
    ElementTree.fromstring(picture)


def test_very_many_nodes_are_not_drawn():
    nodes = [DrawnNode(name=str(i), note="", emitter=True, hot=False) for i in range(40)]
    assert network_svg(nodes, np.zeros((40, 40)), np.eye(40)) == ""
