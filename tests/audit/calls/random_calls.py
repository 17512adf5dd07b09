"""Random calls as text: a good call, some of whose arguments are replaced."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace

from tests.audit.calls.targets import Target, targets
from tests.audit.calls.values import WILD

_NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")
_PAIR = re.compile(r"\(-?[\d.]+, -?[\d.]+\)")
# Other forms of a number and of a tuple of numbers that every function has to take.
_WELCOME_NUMBERS = (
    "np.array({})",
    "np.array({}).sum()",
    "xarray.DataArray({})",
    "np.array([{}])[0]",
)
_WELCOME_PAIRS = ("list({})", "np.array({})")


@dataclass(frozen=True)
class Call:
    """A call.

    Args:
        target: What is called.
        arguments: Expressions by name, "*" for those without a name and "**" for those of any name.
        welcome: Whether it differs from the good call only in the form of numbers, so that it has
            to work.
    """

    target: Target
    arguments: dict[str, str]
    welcome: bool = False

    @property
    def text(self) -> str:
        """The call as code."""
        given, parts = self.arguments, []
        names = [*self.target.parameters, *(n for n in given if n not in self.target.parameters)]
        for name in names:
            if name not in given:
                continue
            if name in "**":
                parts.append(f"{name}{_inside(given[name])}")
            elif "*" in given and names.index(name) < names.index("*"):
                parts.append(given[name])
            else:
                parts.append(f"{name}={_inside(given[name])}")
        return f"{self.target.call}({', '.join(parts)})"


def _inside(expression: str) -> str:
    return f"({expression})" if " for " in expression or " if " in expression else expression


def random_call(seed: int, index: int) -> Call:
    """The call of this number."""
    rng = random.Random(f"{seed} {index}")
    target = rng.choice(list(targets().values()))
    kind = rng.random()
    if kind < 0.1:
        return _welcome(target, rng)
    arguments = dict(target.good)
    if kind < 0.15 and arguments:
        del arguments[rng.choice(list(arguments))]
    if kind > 0.95:
        name = rng.choice([*target.parameters, "number"])
        arguments[f"{name}x".strip("*")] = rng.choice(WILD)
    if target.parameters and kind < 0.95:
        count = rng.choice((1, 1, 1, 2, 2, len(target.parameters)))
        for name in rng.sample(target.parameters, min(count, len(target.parameters))):
            arguments[name] = _wild(name, rng)
    return Call(target, arguments)


def _wild(name: str, rng: random.Random) -> str:
    if name == "*":
        return f"[{', '.join(rng.choice(WILD) for _ in range(rng.choice((1, 1, 2, 3))))}]"
    if name == "**":
        return f"{{'{rng.choice(('kappa', 'n_th', 'x', 'quality'))}': {rng.choice(WILD)}}}"
    return rng.choice(WILD)


def _welcome(target: Target, rng: random.Random) -> Call:
    arguments = dict(target.good)
    for name, value in target.good.items():
        for pattern, forms in ((_NUMBER, _WELCOME_NUMBERS), (_PAIR, _WELCOME_PAIRS)):
            if pattern.fullmatch(value) and rng.random() < 0.7:
                arguments[name] = rng.choice(forms).format(value)
    return Call(target, arguments, welcome=True)


def simpler(call: Call) -> list[Call]:
    """The call with one argument less, or with one as in the good call."""
    found = []
    for name, value in call.arguments.items():
        if name not in call.target.good:
            left = {k: v for k, v in call.arguments.items() if k != name}
            found.append(replace(call, arguments=left))
        elif call.target.good[name] != value:
            good = {**call.arguments, name: call.target.good[name]}
            found.append(replace(call, arguments=good))
    return found
