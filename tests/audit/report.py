"""The audit as a page: how often stated errors held, and by how much they overestimate."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tests.audit.findings import BAD, HELD, REFUSED, UNKNOWN, VIOLATED, Finding
from tests.audit.networks import network_of
from thermalent import __version__
from thermalent.testing import KINDS, expression

_SLOW = 30.0  # seconds
_SHOWN = 40  # of what went wrong

_HEAD = """# The audit: stated errors against an independent reference

Every number of this package comes with its error. This page measures whether these errors hold. It
is written by `make audit` (`python -m tests.audit`), which draws random networks of six kinds (see
[testing](testing.md)), computes what the package returns, and compares it with a reference that
shares no assembly with the package: `tests/support/reference` multiplies out the words of the
master equation from J, G and U alone, each float64 taken as exact, and eliminates the hierarchy in
256 and 512 bits (python-flint), at N and 2N levels, until neither more bits nor more levels change
22 digits. Behind several modes it refines a sparse solution in extended precision; cold rings are
exponentials of the whole Lindbladian in 128 bits.

- **held**: the true error is at most the stated one. **violations**: it is not, or the call crashed
  or did not end.
- **overestimate**: stated over true error, the latter counted as at least one rounding (2.2e-16 of
  the largest element; of derivatives, of the largest one times its parameter), since no error can
  be asked to be smaller than that.
- **refused**: the call raised an error that says why. **no reference**: the reference had no answer
  within its means (too many levels), so that nothing is known.
"""


def page(findings: list[Finding], *, seed: int, counts: dict[str, int], minutes: float) -> str:
    """The page of an audit in Markdown."""
    total = sum(counts.values())
    bad = [finding for finding in findings if finding.outcome in BAD]
    numbers = sum(finding.outcome in (HELD, VIOLATED) for finding in findings)
    parts = [
        _HEAD,
        f"Version {__version__}, seed {seed}: {total} networks, {numbers} numbers, "
        f"**{len(bad)} violations**, {minutes:.0f} minutes.\n",
        "## By kind\n",
        _kinds(findings, counts),
        "\n## By kind and quantity\n",
        _quantities(findings),
        "\n## Calls above 30 s\n",
        _slow(findings),
        "\n## Violations\n",
        _violations(bad, seed),
        "\n## Refusals\n",
        _refusals(findings),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _percent(count: int, total: int) -> str:
    return "-" if total == 0 else f"{100 * count / total:.2g} %"


def _overestimates(findings: Iterable[Finding]) -> str:
    # Zero with the error zero, such as the slope of a concurrence that vanishes, is not estimated.
    values = [f.overestimate for f in findings if f.outcome == HELD and f.stated > 0]
    values = [value for value in values if np.isfinite(value)]
    if not values:
        return "- | -"
    return f"{np.median(values):.2g} | {np.quantile(values, 0.99):.2g}"


def _kinds(findings: list[Finding], counts: dict[str, int]) -> str:
    lines = [
        "| kind | networks | numbers | violations | steady states refused | no reference "
        "| overestimate of steady states, median | 99 % |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for kind in KINDS:
        if not counts.get(kind):
            continue
        mine = [f for f in findings if f.kind == kind]
        states = [f for f in mine if f.quantity in ("steady state",)] or mine
        refused = sum(f.outcome == REFUSED for f in states)
        unknown = sum(f.outcome == UNKNOWN for f in states)
        numbers = sum(f.outcome in (HELD, VIOLATED) for f in mine)
        bad = sum(f.outcome in BAD for f in mine)
        lines.append(
            f"| {kind} | {counts[kind]} | {numbers} | {bad} | {_percent(refused, counts[kind])} "
            f"| {_percent(unknown, counts[kind])} | {_overestimates(states)} |"
        )
    return "\n".join(lines)


def _quantities(findings: list[Finding]) -> str:
    lines = [
        "| kind | quantity | numbers | violations | refused | no reference "
        "| overestimate, median | 99 % | longest call |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for kind in KINDS:
        mine = [f for f in findings if f.kind == kind]
        for quantity in dict.fromkeys(f.quantity for f in mine):
            these = [f for f in mine if f.quantity == quantity]
            numbers = sum(f.outcome in (HELD, VIOLATED) for f in these)
            bad = sum(f.outcome in BAD for f in these)
            refused = sum(f.outcome == REFUSED for f in these)
            unknown = sum(f.outcome == UNKNOWN for f in these)
            longest = max(f.seconds for f in these)
            lines.append(
                f"| {kind} | {quantity} | {numbers} | {bad} | {refused} | {unknown} "
                f"| {_overestimates(these)} | {longest:.2g} s |"
            )
    return "\n".join(lines)


def _slow(findings: list[Finding]) -> str:
    slow = [f for f in findings if f.seconds > _SLOW]
    if not slow:
        return "None."
    return "\n".join(
        f"- {f.kind} {f.index}, {f.quantity}: {f.seconds:.0f} s ({f.outcome})" for f in slow
    )


def _violations(bad: list[Finding], seed: int) -> str:
    if not bad:
        return "None."
    lines = []
    for finding in bad[:_SHOWN]:
        lines.append(f"- {line(finding)}\n")
        lines.append(f"  ```text\n  network = {expression_of(finding, seed)}\n  ```\n")
    if len(bad) > _SHOWN:
        lines.append(f"\nand {len(bad) - _SHOWN} more.")
    return "\n".join(lines)


def line(finding: Finding) -> str:
    """One finding in words."""
    text = f"{finding.kind} {finding.index}, {finding.quantity}: {finding.outcome}"
    if np.isfinite(finding.distance):
        text += f", off by {finding.distance:.3g}, stated {finding.stated:.3g}"
    return f"{text}. {' '.join(finding.note.split())[:300]}".rstrip()


def expression_of(finding: Finding, seed: int) -> str:
    """The finding's network as code."""
    return expression(network_of(seed, finding.kind, finding.index)[0])


def _refusals(findings: list[Finding]) -> str:
    words: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.outcome == REFUSED:
            start = " ".join(finding.note.split())[:160]
            words.setdefault((finding.kind, start), []).append(finding)
    if not words:
        return "None."
    ranked = sorted(words.items(), key=lambda item: -len(item[1]))[:_SHOWN]
    return "\n".join(
        f"- {kind}, {len(found)} times (first: {found[0].quantity} of {found[0].index}): {start}"
        for (kind, start), found in ranked
    )
