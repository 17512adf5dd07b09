"""Tools for property-based tests: random networks by kind, states, times, and assertions.

The generators and the assertions need numpy alone. The Hypothesis strategies `networks`, `states`
and `times` need Hypothesis: `pip install 'thermalent[testing]'`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thermalent.testing.assertions import assert_methods_agree as assert_methods_agree
from thermalent.testing.assertions import assert_state as assert_state
from thermalent.testing.assertions import assert_within_errors as assert_within_errors
from thermalent.testing.expressions import expression as expression
from thermalent.testing.kinds import KINDS as KINDS
from thermalent.testing.random import random_network as random_network
from thermalent.testing.random import random_state as random_state
from thermalent.testing.random import random_times as random_times

if TYPE_CHECKING:
    from thermalent.testing.strategies import networks as networks
    from thermalent.testing.strategies import states as states
    from thermalent.testing.strategies import times as times

_STRATEGIES = ("networks", "states", "times")

__all__ = [
    "KINDS",
    "assert_methods_agree",
    "assert_state",
    "assert_within_errors",
    "expression",
    "networks",
    "random_network",
    "random_state",
    "random_times",
    "states",
    "times",
]


def __getattr__(name: str) -> Any:
    if name in _STRATEGIES:
        from thermalent.testing import strategies

        return getattr(strategies, name)
    raise AttributeError(f"module 'thermalent.testing' has no attribute {name!r}")
