"""A small project of somebody who sweeps: a script and a package that hold numbers in every way.

Its lines are what the changes of code replace.
"""

STUDY = '''
"""A study of two qubits behind a cavity."""
import dataclasses
import enum
import functools
import contextlib
import typing

import numpy as np

import thermalent as te
import physics
import physics.rates
from physics import losses
from physics.rates import shifted

KAPPA = 0.4
TABLE = {"loss": [0.0, 0.01], "names": ("a", "b")}
ANGLES = np.linspace(0.0, 1.0, 7)


class Side(enum.Enum):
    LEFT = 0.9
    RIGHT = 1.0


class Pair(typing.NamedTuple):
    one: float
    two: float

    def mean(self):
        return (self.one + self.two) / 2


class Scaled(dict):
    def factor(self):
        return 1.0


@dataclasses.dataclass
class Device:
    kappa: float = 0.4
    quality: float = 10.0

    @property
    def width(self):
        return self.kappa * 1.0

    @staticmethod
    def offset():
        return 0.0

    @functools.cached_property
    def doubled(self):
        return 2.0 * self.kappa


class Base:
    power = 1.0

    def boost(self, n_th):
        return self.power * n_th


class Built(Base):
    def __init__(self, kappa):
        self.kappa = kappa

    def __call__(self, n_th):
        return te.thermal_link(n_th=self.boost(n_th), kappa=self.kappa)


def scaled(factor):
    def decorator(function):
        @functools.wraps(function)
        def inner(n_th):
            return function(factor * n_th)

        return inner

    return decorator


@contextlib.contextmanager
def held(value):
    yield value + 0.0


@functools.lru_cache(maxsize=None)
def remembered(n_th):
    return n_th + 0.0


PAIR = Pair(0.2, 0.6)
FACTORS = Scaled(a=1.0)
DEVICE = Device()


def noted(value):
    return value * noted.weight


noted.weight = 1.0


@scaled(1.0)
def decorated(n_th):
    return te.thermal_link(n_th=n_th, kappa=0.4)


def build(n_th, gamma=1.0, *, detuning=0.0):
    """A thermal link."""
    rate = shifted(n_th) + physics.rates.moved(0.0) + losses.total(0.0)
    width = DEVICE.width + DEVICE.offset() + DEVICE.doubled - 2 * DEVICE.kappa
    with held(rate) as rate:
        rate = remembered(rate) * noted(1.0)
    try:
        loss = TABLE["loss"][0]
        checked = float(n_th)
    except ValueError:
        loss = 0.5
    from physics import late

    values = [late.later(x) for x in (0.0,)]
    kappa = KAPPA + PAIR.mean() * 0 + FACTORS.factor() * 0 + ANGLES[0] + sum(values) + width * 0

    def inside(x):
        "Words about the inner function."
        return x * Side.RIGHT.value

    return te.thermal_link(n_th=inside(rate), kappa=kappa, gamma=gamma, detuning=detuning,
                           loss=loss)


closed = (lambda k: lambda n_th: te.thermal_link(n_th=n_th, kappa=k))(0.4)
partial = functools.partial(build, gamma=1.0)
vectorised = np.vectorize(lambda x: 1.0 * x)


def through_vectorised(n_th):
    return te.thermal_link(n_th=float(vectorised(n_th)), kappa=0.4)


def purity(ss):
    return float(np.trace(ss.state @ ss.state).real)
'''

FILES = {
    "study.py": STUDY,
    "physics/__init__.py": '"""Physics of the laboratory."""\n',
    "physics/rates.py": '''
"""Rates."""
UNIT = 1.0


def shifted(n):
    "Shift it."
    return UNIT * n + deeper(n)  # why


def deeper(n):
    total = 0.0
    for power in (1, 2):
        total += 0.0 * n**power
    return total


def moved(n):
    return n
''',
    "physics/losses.py": '''
"""Losses."""


def total(x):
    return x
''',
    "physics/late.py": '''
"""What is imported where it is needed."""


def later(x):
    return 0.0 * x
''',
}
