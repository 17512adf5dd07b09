"""The campaign as a page: how many disturbances of which kind, and what was lost or wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from tests.campaign.outcomes import Outcome
from thermalent import __version__

_SHOWN = 40  # of what went wrong

_HEAD = """# The campaign: sweeps that are killed, starved, damaged and edited

What a study has on the disk is to be right whatever happens to the machine, to its files or to the
script that fills it. This page measures that. It is written by `make campaign`
(`python -m tests.campaign`), which takes an hour or more, in four parts:

- **kills**: processes get SIGKILL at a random moment of a random phase, the sweep itself or one of
  its workers. Each study is killed several times and resumed. At the end its store is to have the
  bytes of one that nobody disturbed, with nothing left beside it and no process left behind; no
  finished point may be computed again, and not more points twice than blocks were under way.
- **faults**: an operation on the store's files fails (no space, no quota, read-only, an error of
  the device), files may not grow beyond a size, the disk is full (a small one in memory), or a
  folder vanishes. The sweep is to end with a clear error, or to go on; the same sweep after the
  fault is to end as if there had been none, byte for byte. An error of the disk never is a failed
  point.
- **flips**: one bit in any file of a store, or of what lies beside an unfinished one. It is to be
  told, computed again, or of no effect on data, coordinates and attributes.
- **changes**: edits of a study's code. Those that can change a number are refused with the name of
  what changed; comments, documentation, names of locals, layout and moved code are not.
"""


def page(outcomes: list[Outcome], *, seed: int, complete: bool) -> str:
    """The page of a campaign in Markdown."""
    wrong = [outcome for outcome in outcomes if outcome.wrong]
    counts = Counter(outcome.family for outcome in outcomes)
    said = ", ".join(f"{counts[family]} {family}" for family in counts)
    stopped = "" if complete else " It was stopped before its end."
    parts = [
        _HEAD,
        f"Version {__version__}, seed {seed}: {said}, **{len(wrong)} lost or wrong**.{stopped}\n",
        _part("kills", "executor", outcomes, "Kills", lambda o: o.where),
        _part("faults", "fault", outcomes, "Faults of the disk", lambda o: o.answer),
        _part("flips", "store", outcomes, "Flipped bits", lambda o: f"{o.where}: {o.answer}"),
        _changes(outcomes),
        "## Lost or wrong\n",
        "\n".join(f"- {line(o)}" for o in wrong[:_SHOWN]) or "Nothing.",
    ]
    return "\n".join(parts).rstrip() + "\n"


def line(outcome: Outcome) -> str:
    """One outcome in words."""
    words = " ".join(outcome.wrong.split())[:400]
    return f"{outcome.family}, {outcome.kind} {outcome.index}, {outcome.where}: {words}"


def _part(
    family: str,
    name: str,
    outcomes: list[Outcome],
    title: str,
    column: Callable[[Outcome], str],
) -> str:
    """A table with a row for each kind, and a column for each phase or answer."""
    mine = [outcome for outcome in outcomes if outcome.family == family]
    columns = sorted({column(outcome) for outcome in mine})
    head = f"| {name} | number | lost or wrong | {' | '.join(columns)} |"
    rows = [head, "| --- |" + " ---: |" * (2 + len(columns))]
    for kind in dict.fromkeys(outcome.kind for outcome in mine):
        these = [outcome for outcome in mine if outcome.kind == kind]
        numbers = Counter(column(outcome) for outcome in these)
        cells = [len(these), sum(bool(o.wrong) for o in these), *(numbers[c] for c in columns)]
        rows.append(f"| {kind} | {' | '.join(str(cell) for cell in cells)} |")
    table = "\n".join(rows) if mine else "None in this run."
    return f"## {title}\n\n{table}\n"


def _changes(outcomes: list[Outcome]) -> str:
    mine = [outcome for outcome in outcomes if outcome.family == "changes"]
    rows = ["| change | refused | accepted | wrong |", "| --- | ---: | ---: | ---: |"]
    for place in sorted({outcome.where for outcome in mine}):
        these = [outcome for outcome in mine if outcome.where == place]
        answers = Counter(outcome.answer for outcome in these)
        wrong = sum(bool(outcome.wrong) for outcome in these)
        rows.append(f"| {place} | {answers['refused']} | {answers['accepted']} | {wrong} |")
    return "## Changes of code\n\n" + ("\n".join(rows) if mine else "None in this run.") + "\n"
