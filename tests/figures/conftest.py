"""Figures are drawn once per file of tests, on the reduced grids that it asks for."""

import importlib

import pytest

from figures import common


@pytest.fixture(scope="module")
def figure(request, tmp_path_factory):
    """Draws a figure by name, once: its report and the folder with its files.

    The module of the tests says how many points each figure has (`POINTS`), and what else of its
    script is made smaller (`REDUCED`, constants by name of the figure).
    """
    points, reduced = request.module.POINTS, getattr(request.module, "REDUCED", {})
    known = {}

    def compute(name):
        if name not in known:
            folder = tmp_path_factory.mktemp(name)
            script = importlib.import_module(f"figures.{name}")
            with pytest.MonkeyPatch.context() as patch:
                # A PDF takes as long as the picture; one figure of all is drawn as both.
                patch.setattr(common, "KINDS", ("png",))
                for constant, value in reduced.get(name, {}).items():
                    patch.setattr(script, constant, value)
                known[name] = script.main(folder, points=points[name]), folder
        return known[name]

    return compute
