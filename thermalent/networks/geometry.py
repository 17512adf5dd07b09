r"""Geometries: from rates and positions to the matrices J (exchange) and G (decay).

A waveguide is a passive network, and its only effect on the nodes is an amplitude from node l to
node j. With M the matrix of these (non-Hermitian) couplings,
\(\dot c_j = -i \sum_l M_{jl} c_l\) for linear nodes,

$$J = \tfrac12 (M + M^\dagger), \qquad G^T = i (M - M^\dagger)$$

so J is Hermitian by construction, and G is positive semidefinite because the waveguide is passive.
Each geometry only writes down M; the detunings (the diagonal of J) are added by the models.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, cast

import numpy as np

from thermalent.support import checks
from thermalent.support.calls import ExplainedClass


class Coupling(NamedTuple):
    """The matrices J and G of a geometry, (n, n) each, in the rate unit of its arguments."""

    exchange: np.ndarray
    decay: np.ndarray


class Geometry(metaclass=ExplainedClass):
    """A way in which nodes are joined; concrete geometries are frozen dataclasses."""

    @abc.abstractmethod
    def propagator(self) -> np.ndarray:
        """M, (n, n): M[j, l] carries amplitude from node l to node j, rate unit."""

    def coupling(self) -> Coupling:
        """J and G."""
        return coupling_of(np.asarray(self.propagator(), dtype=complex))


def coupling_of(propagator: np.ndarray) -> Coupling:
    """J and G of one matrix M, (n, n), or of many, (p, n, n)."""
    adjoint = propagator.conj().swapaxes(-1, -2)
    return Coupling((propagator + adjoint) / 2, (1j * (propagator - adjoint)).swapaxes(-1, -2))


@dataclass(frozen=True, kw_only=True)
class Cascade(Geometry):
    r"""A unidirectional waveguide: node 0, then 1, 2, ...; nothing travels back.

    $$M_{jl} = -i \sqrt{g_j g_l}\, t_{jl} \ (j \text{ behind } l), \qquad
      M_{jj} = -\tfrac{i}{2} g_j$$

    where \(t_{jl} = \prod \sqrt{1 - p}\) over the stretches between the two nodes: what passes a
    lossy stretch, the source's field included, is attenuated by it.

    Args:
        rates: Energy decay rate of each node into the waveguide, in order of propagation.
        loss: Power loss p of each stretch between successive nodes, in [0, 1]: one number for all
            of the n - 1 stretches, or one each.

    Raises:
        ValueError: a rate is negative or not finite, a loss is outside [0, 1], a length is wrong.

    Source: THERMAL, Eq. (4); the loss replaces Eq. (48), which is that of no passive waveguide.
    """

    rates: Sequence[float]
    loss: float | Sequence[float] = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "rates", _rates("rates", self.rates))
        object.__setattr__(self, "loss", _losses(self.loss, len(self.rates)))

    def propagator(self) -> np.ndarray:
        """M, lower triangular."""
        losses = cast(tuple[float, ...], self.loss)  # which __post_init__ made of it
        return _along_channel(np.sqrt(self.rates) + 0j, _passing_forward(losses))


def cascade_propagator(rates: np.ndarray, loss: np.ndarray) -> np.ndarray:
    """M of many cascades: rates (p, n) and losses (p, n - 1) to (p, n, n)."""
    return _within_channel(np.sqrt(rates) + 0j, np.arange(rates.shape[-1]), _transmission(loss), 1)


@dataclass(frozen=True, kw_only=True)
class ChiralWaveguide(Geometry):
    r"""An infinite waveguide with different couplings to its right- and left-moving channels.

    $$M_{jl} = -i \sqrt{g^R_j g^R_l}\, t_{jl}\, e^{ik(x_j - x_l)} \ (x_j > x_l), \qquad
      M_{jl} = -i \sqrt{g^L_j g^L_l}\, t_{jl}\, e^{ik(x_l - x_j)} \ (x_j < x_l), \qquad
      M_{jj} = -\tfrac{i}{2} (g^R_j + g^L_j)$$

    From one-way (one of the rates zero: the `Cascade`, up to local phases) to symmetric.

    Args:
        right: Energy decay rate of each node into the right-moving channel.
        left: Energy decay rate of each node into the left-moving channel.
        positions: k x of each node, in radians, all different.
        loss: Power loss, in [0, 1], of each stretch between neighbours along the waveguide: one
            number, or one each from left to right.

    Raises:
        ValueError: a rate is negative, positions coincide (nodes at one place have no order of
            propagation; couple them by `CommonReservoir`), or a length is wrong.

    Source: GENERATION, Eq. (1); TRANSPORT, Eqs. (1), (2).
    """

    right: Sequence[float]
    left: Sequence[float]
    positions: Sequence[float]
    loss: float | Sequence[float] = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "right", _rates("right", self.right))
        n = len(self.right)
        object.__setattr__(self, "left", _same_length("left", _rates("left", self.left), n))
        positions = tuple(checks.real("positions", x) for x in self.positions)
        object.__setattr__(self, "positions", _same_length("positions", positions, n))
        for x in positions:
            if positions.count(x) > 1:
                checks.fail("positions", "all different", list(positions))
        object.__setattr__(self, "loss", _losses(self.loss, n))

    @classmethod
    def from_chirality(
        cls,
        *,
        rates: Sequence[float],
        chirality: float | Sequence[float],
        positions: Sequence[float],
        loss: float | Sequence[float] = 0.0,
    ) -> ChiralWaveguide:
        """The waveguide from total rates g^R + g^L and the chirality (g^R - g^L) / (g^R + g^L).

        Args:
            rates: Total energy decay rate of each node into the waveguide.
            chirality: In [-1, 1], one number or one per node: 1 emits to the right only.
            positions: k x of each node, in radians.
            loss: As for the class.

        Raises:
            ValueError: a chirality is outside [-1, 1], or as for the class.
        """
        total = np.array(_rates("rates", rates))
        chi = np.array(
            [
                checks.within("chirality", x, -1.0, 1.0)
                for x in checks.per_item("chirality", chirality, len(total), "node")
            ]
        )
        right, left = (total * (1 + chi) / 2).tolist(), (total * (1 - chi) / 2).tolist()
        return cls(right=right, left=left, positions=positions, loss=loss)

    def propagator(self) -> np.ndarray:
        """M, the sum of the two channels."""
        x = np.asarray(self.positions)
        place = np.argsort(np.argsort(x))
        t = _transmission(self.loss)[np.ix_(place, place)]
        right = np.sqrt(self.right) * np.exp(1j * x)
        left = np.sqrt(self.left) * np.exp(-1j * x)
        return np.asarray(_within_channel(right, x, t, 1) + _within_channel(left, x, t, -1))


@dataclass(frozen=True, kw_only=True)
class SemiInfinite(Geometry):
    r"""A waveguide that ends in a mirror at z = 0, which returns what is emitted towards it.

    $$M_{jl} = -\tfrac{i}{4} \sqrt{g_j g_l}\,
      \big( t_{jl}\, e^{ik|z_j - z_l|} + t_{j0} t_{0l}\, e^{ik(z_j + z_l)} \big)$$

    so that without loss
    \(J_{jl} = \sqrt{g_j g_l} (\sin k(z_j + z_l) + \sin k|z_j - z_l|)/4\) and
    \(G_{jl} = \sqrt{g_j g_l} (\cos k(z_j + z_l) + \cos k|z_j - z_l|)/2\): a node decays at
    \(g \cos^2 kz\).

    Args:
        rates: Rate g of each node at an antinode.
        positions: k z of each node, in radians, >= 0 (2 pi times the wavelengths from the mirror).
        loss: Power loss, in [0, 1], of each stretch: mirror to the first node, and between
            neighbours; one number, or one each from the mirror outwards.

    Raises:
        ValueError: a rate is negative, a position lies behind the mirror, or a length is wrong.

    Source: THERMAL, Eq. (C2); the loss is ours.
    """

    rates: Sequence[float]
    positions: Sequence[float]
    loss: float | Sequence[float] = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "rates", _rates("rates", self.rates))
        n = len(self.rates)
        for z in self.positions:
            if checks.real("positions", z) < 0:
                checks.fail("positions", "in front of the mirror, k z >= 0", z)
        positions = tuple(float(z) for z in self.positions)
        object.__setattr__(self, "positions", _same_length("positions", positions, n))
        object.__setattr__(self, "loss", _losses(self.loss, n + 1))

    def propagator(self) -> np.ndarray:
        """M, symmetric: the direct path and the one by the mirror."""
        return mirror_propagator(np.array(self.rates), np.array(self.positions), self.loss)


def mirror_propagator(
    rates: np.ndarray, positions: np.ndarray, loss: float | Sequence[float] | np.ndarray
) -> np.ndarray:
    """M of nodes in front of a mirror: rates (..., n) and losses (..., n) to (..., n, n).

    Args:
        rates: Of each node at an antinode.
        positions: k z of each node, (n,), the same for all.
        loss: Of each stretch from the mirror outwards.
    """
    z = positions
    place = 1 + np.argsort(np.argsort(z, kind="stable"), kind="stable")
    t = _transmission(loss)
    to_mirror = t[..., 0, place]
    direct = t[..., place[:, None], place] * np.exp(1j * np.abs(z[:, None] - z[None, :]))
    returned = to_mirror[..., :, None] * to_mirror[..., None, :]
    mirrored = returned * np.exp(1j * (z[:, None] + z[None, :]))
    amplitude = np.sqrt(rates[..., :, None] * rates[..., None, :])
    return np.asarray(-0.25j * amplitude * (direct + mirrored))


@dataclass(frozen=True, kw_only=True)
class CommonReservoir(Geometry):
    r"""All nodes decay into one reservoir in phase, without exchange.

    $$M_{jl} = -\tfrac{i}{2} \sqrt{g_j g_l}, \qquad G_{jl} = \sqrt{g_j g_l}, \qquad J_{jl} = 0$$

    Args:
        rates: Energy decay rate of each node.

    Raises:
        ValueError: a rate is negative or not finite.

    Source: THERMAL, Eq. (49); COOPERATIVE, whose L[o] = 2 D[o] makes its rates count double.
    """

    rates: Sequence[float]

    def __post_init__(self) -> None:
        object.__setattr__(self, "rates", _rates("rates", self.rates))

    def propagator(self) -> np.ndarray:
        """M, of rank one."""
        return np.asarray(-0.5j * np.sqrt(np.outer(self.rates, self.rates)))


def _rates(name: str, rates: Sequence[float]) -> tuple[float, ...]:
    return tuple(checks.rate(name, rate) for rate in rates)


def _same_length(name: str, values: tuple[float, ...], n: int) -> tuple[float, ...]:
    if len(values) != n:
        checks.fail(name, f"{n} numbers (one per node)", list(values))
    return values


def _losses(loss: float | Sequence[float], points: int) -> tuple[float, ...]:
    values = checks.per_item("loss", loss, max(points - 1, 0), "stretch")
    return tuple(checks.within("loss", p, 0.0, 1.0) for p in values)


def _transmission(loss: float | Sequence[float] | np.ndarray) -> np.ndarray:
    """Amplitude transmission between all points of a line, from the losses of its stretches.

    Of many lines at once from losses (..., n - 1), which gives (..., n, n).
    """
    stretch = np.sqrt(1.0 - np.asarray(loss, dtype=float))
    n = stretch.shape[-1] + 1
    t = np.empty((*stretch.shape[:-1], n, n))
    t[...] = np.eye(n)
    for j in range(1, n):
        passed = t[..., j - 1, :j] * stretch[..., j - 1, None]
        t[..., j, :j] = t[..., :j, j] = passed
    return t


def _within_channel(v: np.ndarray, x: np.ndarray, t: np.ndarray, direction: int) -> np.ndarray:
    """Coupling matrix of one propagation direction, or of many: v (..., n) and t (..., n, n).
    M[j, l] is the amplitude from l to j for j downstream of l; the diagonal is half the decay rate.
    """
    ahead = x[:, None] > x if direction > 0 else x[:, None] < x
    return _along_channel(v, -1j * np.where(ahead, t, 0.5 * np.eye(len(x))))


def _along_channel(v: np.ndarray, passing: np.ndarray) -> np.ndarray:
    """Coupling matrix from the amplitudes of the nodes and -i times what passes between them."""
    return np.asarray(passing * (v[..., :, None] * v.conj()[..., None, :]))


@lru_cache(maxsize=64)
def _passing_forward(losses: tuple[float, ...]) -> np.ndarray:
    """-i times what passes between the nodes of a cascade, read-only.

    It depends on the losses alone, which most networks of a scan share.
    """
    x = np.arange(len(losses) + 1)
    passing = -1j * np.where(x[:, None] > x, _transmission(losses), 0.5 * np.eye(len(x)))
    passing.setflags(write=False)
    return passing
