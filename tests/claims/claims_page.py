"""What the papers print and what comes out, as a page: `make claims` writes docs/claims.md.

The rows are those of the tables `reference_*.json` beside this file, whichever there are. A table
is an object with

- "verdicts": each verdict that occurs, and what it means;
- "notes": what to know of a paper's rows (units, conventions), by paper; may be missing;
- "claims": the rows, in the order of the page. A row has an "id" (its test recomputes "ours" from
  the function of that name in CLAIMS of a module beside this one), the "paper" (a key of
  CITATION.cff), the "place" in it and a "quotation" from there, the "claim" in words, "parameters"
  (an object), what is "printed" (text), "ours" (a list of numbers), the "route" by which they come
  out a second time (a function of that name in ROUTES of a module beside this one, or NO_ROUTE),
  the "verdict" and the "tolerance" of the tests; and, if there is something to say, a "remark". A
  row whose verdict is NOT_CHECKED has no numbers, and its remark says why.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "claims.md"
PAPERS = ("TRANSPORT", "GENERATION", "THERMAL", "DUALRAIL", "COOPERATIVE")
# A verdict that begins like this does not contradict the paper; the others are set in bold.
RIGHT = (
    "reproduced",
    "supported",
    "truncated",
    "curve only",
    "in a reconstruction",
    "not checked",
)
REQUIRED = {
    "id", "paper", "place", "quotation", "claim", "parameters", "printed", "ours", "route",
    "verdict", "tolerance",
}  # fmt: skip
NO_ROUTE = "none but this one"
OPTIONAL = {"remark", "compared"}
NOT_CHECKED = "not checked"

HEAD = """# What the papers print and what comes out

<!-- Written by `make claims` from tests/claims/reference_*.json: edit those, not this page. -->

Every number and every statement that was checked, paper by paper. The tests recompute each row, to
more digits than stand here, twice: by the package, and by the route in the column "and by", which
shares nothing with it (or, where that is another method of the package, no more than the network).
They fail if one of the numbers or a verdict changes. Where the second route is statistical, the
last column says how far it reaches. In quotation marks stand the words of the paper, with its
formulas and Greek letters written out. A list in the column "comes out" holds what the claim names
in brackets, in that order. The papers are those of `CITATION.cff`.
"""


def tables() -> list[dict[str, Any]]:
    """All tables of claims beside this file, by name of file."""
    found = [json.loads(path.read_text()) for path in sorted(HERE.glob("reference_*.json"))]
    return [table for table in found if isinstance(table, dict) and "claims" in table]


def rows() -> list[dict[str, Any]]:
    """The rows of all tables."""
    return [row for table in tables() for row in table["claims"]]


def verdicts() -> dict[str, str]:
    """What each verdict means; those that do not contradict the paper come first."""
    found = {name: words for table in tables() for name, words in table["verdicts"].items()}
    return dict(sorted(found.items(), key=lambda item: not item[0].startswith(RIGHT)))


def page() -> str:
    """The page as Markdown."""
    everything = rows()
    papers = [paper for paper in PAPERS if any(row["paper"] == paper for row in everything)]
    parts = [HEAD, _summary(everything, papers), _legend(everything)]
    for paper in papers:
        parts.append(f"## {paper}\n")
        parts += [f"{words}\n" for words in _notes(paper)]
        parts.append(_table([row for row in everything if row["paper"] == paper]))
    return "\n".join(parts)


def _notes(paper: str) -> list[str]:
    return [table["notes"][paper] for table in tables() if paper in table.get("notes", {})]


def _summary(everything: list[dict[str, Any]], papers: list[str]) -> str:
    names = [name for name in verdicts() if any(row["verdict"] == name for row in everything)]
    lines = [
        _line(["paper", "claims", *map(_verdict, names)]),
        "|---|" + "---:|" * (1 + len(names)),
    ]
    for paper in papers:
        count = Counter(row["verdict"] for row in everything if row["paper"] == paper)
        lines.append(_line([paper, count.total(), *(count[name] or "" for name in names)]))
    return "\n".join(lines) + "\n"


def _legend(everything: list[dict[str, Any]]) -> str:
    used = {row["verdict"] for row in everything}
    return "".join(
        f"- {_verdict(name)}: {words}\n" for name, words in verdicts().items() if name in used
    )


def _table(group: list[dict[str, Any]]) -> str:
    lines = [
        _line(["claim", "parameters", "printed", "comes out", "and by", "verdict"]),
        "|---|---|---|---|---|---|",
    ]
    for row in group:
        said = _verdict(row["verdict"]) + (f": {row['remark']}" if row.get("remark") else "")
        cells = [_claim(row), _parameters(row["parameters"]), row["printed"], _ours(row["ours"])]
        lines.append(_line([*cells, row["route"], said]))
    return "\n".join(lines) + "\n"


def _claim(row: dict[str, Any]) -> str:
    """The claim, behind where the paper makes it and in which words."""
    return f'{row["place"]}: "{row["quotation"]}": {row["claim"]}'


def _verdict(name: str) -> str:
    return name if name.startswith(RIGHT) else f"**{name}**"


def _parameters(given: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {_value(value)}" for name, value in given.items())


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "(" + ", ".join(map(_value, value)) + ")"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _ours(numbers: list[float]) -> str:
    return ", ".join(f"{x:.6g}" if x == 0 or abs(x) >= 1e-9 else f"{x:.0e}" for x in numbers)


def _line(cells: list[Any]) -> str:
    return "| " + " | ".join(str(cell).replace("|", r"\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"written: docs/{PAGE.name}, {len(rows())} claims")
