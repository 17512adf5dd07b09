"""What a campaign does to stores, what came of it, and the file that keeps both."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

FAMILIES = ("kills", "faults", "flips", "changes")


class Task(NamedTuple):
    """One experiment: a family of disturbances, the kind of it, and its number."""

    family: str
    kind: str
    index: int

    def random(self, seed: int) -> random.Random:
        """The numbers of this experiment, whatever else is done before it."""
        return random.Random(f"{seed} {self.family} {self.kind} {self.index}")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one disturbance.

    Args:
        family: "kills", "faults", "flips" or "changes".
        kind: For kills the executor; for faults and flips what was hit; for changes the kind.
        index: Number of the experiment.
        where: For kills and faults the phase; for flips and changes the file or the place.
        answer: How the program took it: "resumed", "refused", "computed again", "accepted", ...
        wrong: What was lost or wrong; empty if nothing.
    """

    family: str
    kind: str
    index: int
    where: str
    answer: str
    wrong: str = ""


class Kept:
    """The outcomes of a campaign on the disk, so that one that was stopped goes on.

    Args:
        path: Lines of JSON, one per finished experiment.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.outcomes: list[Outcome] = []
        self._finished: set[Task] = set()
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                task, outcomes = json.loads(line)
                self._finished.add(Task(*task))
                self.outcomes += [Outcome(**outcome) for outcome in outcomes]

    def left(self, tasks: Iterable[Task]) -> list[Task]:
        """Those that are not finished."""
        return [task for task in tasks if task not in self._finished]

    def add(self, task: Task, outcomes: list[Outcome]) -> None:
        """An experiment is finished."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps([task, [asdict(outcome) for outcome in outcomes]])
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
        self._finished.add(task)
        self.outcomes += outcomes
