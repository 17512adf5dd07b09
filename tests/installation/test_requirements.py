"""What a user installs without extras is enough for the demonstration's kind of work."""

import subprocess
import sys

SOLVE = """
import importlib.metadata as metadata
import sys

from packaging.requirements import Requirement


def closure(name, known):
    # Requirements of requirements, without any extra.
    for line in metadata.requires(name) or ():
        needed = Requirement(line)
        if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
            continue
        if needed.name.lower() not in known:
            known.add(needed.name.lower())
            closure(needed.name, known)
    return known


required = closure("thermalent", {"thermalent"})
absent = {
    module
    for module, owners in metadata.packages_distributions().items()
    if not {owner.lower().replace("_", "-") for owner in owners} & required
} - {"packaging"}


class Absent:
    # A package of an extra is not found, as in an installation without it.
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


assert "pytest" in absent and "numpy" not in absent
sys.meta_path.insert(0, Absent())

import thermalent as te
from thermalent.cli import main

network = te.thermal_link(2.0, 0.1)
assert te.steady_state(network).concurrence() > 0
assert te.evolve(network, [1.0], "00").states.shape == (1, 4, 4)
te.relaxation_rates(network, 1)
main(["steady", "--n-th", "2", "--kappa", "0.1"], standalone_mode=False)
"""


def test_solving_needs_no_extra() -> None:
    done = subprocess.run([sys.executable, "-c", SOLVE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "concurrence" in done.stdout
