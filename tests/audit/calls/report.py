"""The part of the audit's page on calls."""

from __future__ import annotations

from collections import Counter

from tests.audit.calls.outcome import VIOLATIONS, Outcome
from tests.audit.calls.targets import targets
from thermalent import __version__

HEADING = "# Calls with arguments of every kind"
_SHOWN = 40

_HEAD = f"""{HEADING}

`make audit` also calls every public function, class and method with random arguments: numbers that
are not finite, huge, tiny or negative, text, bytes, arrays of wrong shapes and types, functions,
classes without parentheses, networks where a function belongs, arguments left out, misspelt or too
many. Each call has ten seconds of CPU time, compilation not counted, and six gigabytes of memory.

- **a result**: it holds finite numbers. **refused**: a `te.ThermalentError` that says what is
  allowed. Of the calls that differ from a right one only in the form of numbers (arrays without
  dimensions, scalars of numpy and xarray, lists for tuples) every one has to give a result.
- **announced as long**: a warning before the work says how many multiplications it would take. The
  call is not awaited.
- **violations**: an exception from inside, a number that is not finite and no warning, a call that
  does not end, or memory beyond the limit.
"""


def calls_page(outcomes: list[Outcome], *, seed: int, minutes: float) -> str:
    """The part of the page in Markdown."""
    counts = Counter(outcome.kind for outcome in outcomes)
    bad = [outcome for outcome in outcomes if outcome.kind in VIOLATIONS]
    longest = max((outcome.seconds for outcome in outcomes), default=0.0)
    rows = [f"| {kind} | {count} |" for kind, count in counts.most_common()]
    lines = [
        _HEAD,
        f"Version {__version__}, seed {seed}: {len(outcomes)} calls of {len(targets())} functions, "
        f"classes and methods, **{len(bad)} violations**, the longest call {longest:.2g} s of CPU "
        f"time, {minutes:.0f} minutes.\n",
        "| outcome | calls |\n| --- | ---: |",
        *rows,
        *(f"\n- {violation(outcome)}" for outcome in bad[:_SHOWN]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def violation(outcome: Outcome) -> str:
    """A violation in words."""
    call = outcome.call if len(outcome.call) < 400 else f"{outcome.call[:400]}..."
    return f"{outcome.kind}: `{call}`. {outcome.note}"
