"""A hundred networks of the audit, half of them in the long run: every stated error holds."""

import pytest

from tests.audit import networks
from tests.audit.findings import BAD, HELD
from tests.audit.report import line

SEED = 20261121
# What costs the reference seconds is looked at in a few networks of each kind.
# Over many decades more of them: in network 8 of this seed a fast dephasing cancels in the slopes.
SHARES = {
    "several_modes": {},
    "cold_rings": {"evolution": 0.25},
    "many_decades": {"batch": 0.3, "spectrum": 0.05, "sensitivities": 0.3},
}
ORDINARY = {"batch": 0.3, "spectrum": 0.05, "sensitivities": 0.05}


# Fewer of the kinds whose reference takes half a second for each.
COUNTS = {
    "ordinary": 12,
    "nearly_dark": 24,
    "many_decades": 24,
    "bidirectional": 24,
    "several_modes": 4,
    "cold_rings": 12,
}


def test_a_hundred_networks_of_all_kinds():
    assert sum(COUNTS.values()) == 100
    assert COUNTS.keys() == networks.FULL.keys()


# Half of them, without the first ordinary one, whose reference takes five seconds.
SOON = {kind: range(kind == "ordinary", COUNTS[kind] // 2) for kind in COUNTS}


def held(kind, indices):
    shares = SHARES.get(kind, ORDINARY)
    findings = [
        finding for index in indices for finding in networks.audit(SEED, kind, index, shares)
    ]
    assert any(finding.outcome == HELD for finding in findings)
    assert [line(finding) for finding in findings if finding.outcome in BAD] == []


@pytest.mark.parametrize("kind", COUNTS)
def test_stated_errors_hold(kind):
    held(kind, SOON[kind])


@pytest.mark.long
@pytest.mark.parametrize("kind", COUNTS)
def test_stated_errors_of_the_other_half_hold(kind):
    held(kind, [i for i in range(COUNTS[kind]) if i not in SOON[kind]])
