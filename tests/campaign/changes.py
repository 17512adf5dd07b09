"""Changes of a study's code: those that can change a number are refused, the others are not.

A small project is swept into a store; one place of it is edited; another process sweeps again.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any, NamedTuple

import thermalent as te
from tests.campaign.children import Child
from tests.campaign.outcomes import Outcome, Task
from tests.campaign.project import FILES


class Change(NamedTuple):
    """An edit of the project.

    Args:
        kind: Of what.
        old: Text in one of the files.
        new: What it becomes.
        builder: Expression of the builder that is swept.
    """

    kind: str
    old: str
    new: str
    builder: str = "build"


CHANGED = (
    Change("builder", "n_th=inside(rate), kappa=kappa", "n_th=inside(rate), kappa=2 * kappa"),
    Change("builder", "rate = shifted(n_th) +", "rate = shifted(n_th) -"),
    Change("builder", "rate = remembered(rate) *", "rate = remembered(rate) /"),
    Change("builder", 'TABLE["loss"][0]', 'TABLE["loss"][1]'),
    Change("builder", "except ValueError:", "except (ValueError, TypeError):"),
    Change("builder", "        checked = float(n_th)\n    except ValueError:\n        loss = 0.5",
           "    except ValueError:\n        loss = 0.5\n    checked = float(n_th)"),
    Change("builder", "for x in (0.0,)", "for x in (0.0, 1.0)"),
    Change("builder", "DEVICE.doubled - 2 * DEVICE.kappa", "DEVICE.doubled - DEVICE.kappa"),
    Change("inner function", "return x * Side.RIGHT.value", "return x / Side.RIGHT.value"),
    Change("inner function", "return x * Side.RIGHT.value", "return x * Side.LEFT.value"),
    Change("helper", "return UNIT * n + deeper(n)", "return UNIT * n - deeper(n)"),
    Change("helper", "return UNIT * n + deeper(n)", "return UNIT * n"),
    Change("helper of a helper", "total += 0.0 * n**power", "total += 0.1 * n**power"),
    Change("helper of a helper", "for power in (1, 2):", "for power in (1, 3):"),
    Change("helper of a module", "def moved(n):\n    return n", "def moved(n):\n    return n + 1"),
    Change("helper of a module", "def total(x):\n    return x", "def total(x):\n    return 2 * x"),
    Change("helper imported inside", "return 0.0 * x", "return 0.1 * x"),
    Change("helper imported inside", "def later(x):\n", "def later(x, y=2.0):\n    x = x + y\n"),
    Change("default", "gamma=1.0, *", "gamma=0.9, *"),
    Change("default", "detuning=0.0)", "detuning=0.1)"),
    Change("default", "def moved(n):", "def moved(n, m=3):"),
    Change("global constant", "KAPPA = 0.4", "KAPPA = 0.5"),
    Change("global constant", "KAPPA = 0.4", "KAPPA = 0.4 + 1e-16 * 4"),
    Change("global constant", '"loss": [0.0, 0.01]', '"loss": [0.1, 0.01]'),
    Change("global constant", "UNIT = 1.0", "UNIT = 1.1"),
    Change("global constant", "linspace(0.0, 1.0, 7)", "linspace(0.0, 1.0, 8)"),
    Change("global constant", "linspace(0.0, 1.0, 7)", "linspace(1e-17, 1.0, 7)"),
    Change("global object", "DEVICE = Device()", "DEVICE = Device(kappa=0.5)"),
    Change("global object", "PAIR = Pair(0.2, 0.6)", "PAIR = Pair(0.2, 0.7)"),
    Change("global object", "Scaled(a=1.0)", "Scaled(a=2.0)"),
    Change("method", "return (self.one + self.two) / 2", "return (self.one + self.two) / 3"),
    Change("method", "def factor(self):\n        return 1.0",
           "def factor(self):\n        return 2.0"),
    Change("method", "return self.kappa * 1.0", "return self.kappa * 1.1"),
    Change("method", "def offset():\n        return 0.0", "def offset():\n        return 0.1"),
    Change("method", "return 2.0 * self.kappa", "return 2.5 * self.kappa"),
    Change("enumeration", "RIGHT = 1.0", "RIGHT = 1.1"),
    Change("attribute", "power = 1.0", "power = 2.0", "Built(0.4)"),
    Change("attribute", "self.kappa = kappa", "self.kappa = 2 * kappa", "Built(0.4)"),
    Change("attribute", "return self.power * n_th", "return self.power + n_th", "Built(0.4)"),
    Change("attribute", "noted.weight = 1.0", "noted.weight = 2.0"),
    Change("closure", "kappa=k))(0.4)", "kappa=k))(0.5)", "closed"),
    Change("closure", "kappa=k))(0.4)", "kappa=-k))(-0.4)", "closed"),
    Change("partial", "partial(build, gamma=1.0)", "partial(build, gamma=0.9)", "partial"),
    Change("decorated", "@scaled(1.0)", "@scaled(2.0)", "decorated"),
    Change("decorated", "function(factor * n_th)", "function(factor + n_th)", "decorated"),
    Change("decorated", "n_th=n_th, kappa=0.4)\n\n\ndef build",
           "n_th=n_th, kappa=0.6)\n\n\ndef build", "decorated"),
    Change("decorated", "yield value + 0.0", "yield value + 0.1"),
    Change("decorated", "return n_th + 0.0", "return n_th + 0.1"),
    Change("decorated", "vectorize(lambda x: 1.0 * x)", "vectorize(lambda x: 1.5 * x)",
           "through_vectorised"),
    Change("observable", "np.trace(ss.state @ ss.state)", "np.trace(ss.state)"),
    Change("observable", "ss.state).real)", "ss.state).imag)"),
)  # fmt: skip
# Edits that change no number; a module or function that moves brings its physics along.
UNCHANGED = (
    Change("comment", "# why", "# because"),
    Change("comment", "KAPPA = 0.4", "# The width.\n\n\nKAPPA = 0.4  # half of it"),
    Change("documentation", '"Shift it."', '"Shift the number of quanta by what it is."'),
    Change("documentation", '"Words about the inner function."', '"Other words."'),
    Change("documentation", '"""A thermal link."""', '"""A link, thermal.\n\n    More.\n    """'),
    Change("local name", "total", "summed"),
    Change("local name", "values", "found"),
    Change("local name", "checked", "tested"),
    Change("layout", "return UNIT * n + deeper", "return UNIT * n + \\\n        deeper"),
    Change("annotation", "def moved(n):", "def moved(n: float) -> float:"),
    Change("unused", "def moved(n):", "def unused(n):\n    return 7\n\n\ndef moved(n):"),
    Change("order", "KAPPA = 0.4\n", "", ),
    Change("module moved", "physics.losses", "physics.lossy"),
)  # fmt: skip


def tasks(count: int) -> list[Task]:
    """Every change that is refused and every one that is not, or the first so many of both."""
    share = min(1.0, count / len(CHANGED))
    few = {"refused": round(share * len(CHANGED)), "accepted": round(share * len(UNCHANGED))}
    return [Task("changes", kind, index) for kind, many in few.items() for index in range(many)]


def run(task: Task, seed: int) -> list[Outcome]:
    """One change."""
    change = (CHANGED if task.kind == "refused" else UNCHANGED)[task.index]
    answer, wrong = _answer(change)
    if answer != task.kind:
        wrong = f"{change.old!r} became {change.new!r}: {answer} {wrong}"
    return [
        Outcome(
            family=task.family, kind=task.kind, index=task.index, where=change.kind, answer=answer,
            wrong=wrong if answer != task.kind else "",
        )
    ]  # fmt: skip


def _answer(change: Change) -> tuple[str, str]:
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        first = Child(swept, folder, FILES, change.builder).last()
        if first[:2] != ("returned", "accepted"):
            return "failed", f"unchanged: {first}"
        second = Child(swept, folder, edited(change), change.builder).last()
        return (second[1], "") if second[0] == "returned" else ("failed", str(second))


def edited(change: Change) -> dict[str, str]:
    """The files of the project after a change."""
    if change.kind == "module moved":
        files = {name.replace("losses.py", "lossy.py"): text for name, text in FILES.items()}
        return {name: text.replace("import losses", "import lossy as losses")
                for name, text in files.items()}  # fmt: skip
    if change.kind == "order":  # the constant stands elsewhere
        text = FILES["study.py"].replace("KAPPA = 0.4\n", "")
        return {**FILES, "study.py": text + "\nKAPPA = 0.4\n"}
    files = {name: text.replace(change.old, change.new) for name, text in FILES.items()}
    if change.kind == "local name":  # of one function only
        name = next(name for name, text in FILES.items() if f"    {change.old} " in text)
        files = {**FILES, name: files[name]}
    if files == FILES:
        raise ValueError(f"no file holds {change.old!r}")
    return files


def written(place: Path, files: dict[str, str]) -> None:
    """Write the project in place of what is there."""
    for path in place.rglob("*.py"):
        path.unlink()
    for name, text in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def swept(pipe: Any, folder: str, files: dict[str, str], builder: str) -> str:
    """Sweep the project as it is now into its store: "accepted", or "refused" because of code."""
    place = Path(folder, "project")
    written(place, files)
    os.chdir(place)
    sys.path.insert(0, str(place))
    sys.dont_write_bytecode = True
    import study  # type: ignore[import-not-found]

    try:
        data = te.sweep(
            eval(builder, vars(study)), {"n_th": [0.5, 2.0]}, {"purity": study.purity},
            store=Path(folder, "study.zarr"), executor=1, block=1, progress=False,
        )  # fmt: skip
    except te.ThermalentError as problem:
        words = str(problem)
        return "refused" if "code: `" in words or "builder: " in words else words
    except Exception:
        return traceback.format_exc()[-1000:]
    return "accepted" if data["status"].values.tolist() == [1, 1] else str(data["message"].values)
