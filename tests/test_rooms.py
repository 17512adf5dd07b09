"""The contract of the rooms: imports run one way, inside functions and for types too."""

import ast
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from tests.support.source import FILES, ROOT, statements, tree

# What each room may import beside itself; methods are siblings that know nothing of each other.
_GROUND = {"support", "numerics", "display"}
_PHYSICS = _GROUND | {"operators", "networks"}
_SOLUTION = _PHYSICS | {"solution"}
_METHODS = {"continued_fraction", "fock", "stochastic", "jumps", "excitations", "analytic"}
_SOLVING = _SOLUTION | _METHODS | {"ensembles", "filters", "models", "solving"}
ALLOWED = {
    "support": set(),
    "display": {"support"},
    "numerics": {"support"},
    "operators": _GROUND,
    "networks": _GROUND | {"operators"},
    "filters": _PHYSICS,
    "models": _PHYSICS | {"filters"},
    "solution": _PHYSICS | {"_version"},  # for the files of results
    "ensembles": _SOLUTION,
    **{method: _SOLUTION | {"ensembles", "models"} for method in _METHODS},
    "solving": _SOLUTION,  # methods are loaded by name, from the registry
    "hardware": _SOLVING,
    "analysis": _SOLVING | {"hardware"},
    "sweeping": _SOLVING | {"analysis", "hardware", "_version"},
    "testing": _SOLVING,
    "explore": _SOLVING | {"hardware", "analysis", "_version"},
    "cli": _SOLVING | {"hardware", "analysis", "sweeping", "testing", "explore"},
}
# Files of a folder that a reader still takes in, and the rooms whose subject is one all the same:
# to split the Fock method was tried, and more imports had run between its parts.
MOST_FILES = 12
UNDIVIDED = {"cli", "excitations", "fock", "stochastic"}
# What reads the public names reads the face of the package.
FACE = {"cli", "__main__"}


def modules() -> dict[str, Path]:
    found = {}
    for path in FILES:
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


KNOWN = modules()


@cache
def imports() -> dict[str, set[str]]:
    """Every import of a module of the package, wherever in the file it stands."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, path in KNOWN.items():
        for node in statements(tree(path)):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{name} has a relative import"
                if (node.module or "").split(".")[0] == "thermalent":
                    for alias in node.names:
                        whole = f"{node.module}.{alias.name}"
                        found[name].add(whole if whole in KNOWN else str(node.module))
            elif isinstance(node, ast.Import):
                found[name] |= {
                    alias.name for alias in node.names if alias.name.startswith("thermalent")
                }
        found[name].discard(name)
    return found


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def test_every_room_has_its_place():
    rooms = {room(name) for name in KNOWN} - {"", "_version", "__main__"}
    assert rooms == set(ALLOWED)


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_imports_run_one_way(name):
    for module, targets in imports().items():
        if room(module) != name:
            continue
        for target in targets:
            if room(target) == "" and name in FACE:
                continue
            assert room(target) in ALLOWED[name] | {name}, f"{module} imports {target}"


def test_no_folder_holds_more_files_than_a_reader_takes_in():
    folders = Counter(path.parent for path in FILES if path.stem != "__init__")
    large = {folder.name for folder, count in folders.items() if count > MOST_FILES}
    assert large == UNDIVIDED


def test_the_order_of_the_rooms_has_no_circle():
    left = dict(ALLOWED)
    while left:
        free = [name for name, needs in left.items() if not (needs & left.keys()) - {name}]
        assert free, f"these rooms need each other: {sorted(left)}"
        for name in free:
            del left[name]


def test_no_files_import_each_other_in_a_circle():
    """Files that need nothing but files that are gone are taken away; a circle stays."""
    # A package's face hands names on: it stands for the files that it names.
    left = {
        name: {t for t in targets if t in KNOWN}
        for name, targets in imports().items()
        if name in KNOWN
    }
    while True:
        free = [name for name, needs in left.items() if not needs & left.keys()]
        if not free:
            break
        for name in free:
            del left[name]
    circle = {name: sorted(needs & left.keys()) for name, needs in left.items()}
    assert not [name for name in circle if room(name) not in ("", "__main__")], circle
