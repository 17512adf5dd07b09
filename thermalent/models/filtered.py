r"""A filter of several poles as part of a network: its modes, and their coupling to a geometry.

The modes z drift with a, and what leaves the filter is \(L = c\,z\): with M_g the couplings of a
geometry whose node 0 is a port of unit rate, and V what embeds (L, emitters) in (z, emitters),

$$M = V M_g V^\dagger + i\,(a + \tfrac12 c^\dagger c)$$

The hot noise of occupation n enters through one channel \(O\) of all nodes,

$$O = -b^\dagger z + d^* \sum_e v_e c_e, \qquad
  n\,\mathcal{D}[O]\rho + n\,\mathcal{D}[O^\dagger]\rho$$

where v_e is how emitter e couples to the line: noise that passes the filter directly (d) is the
same noise that drives its poles.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.filters.filter import Filter
from thermalent.filters.passive import excess_loss
from thermalent.networks.geometry import Geometry
from thermalent.networks.nodes import Mode


class FilteredLine(NamedTuple):
    """Modes and couplings of a filter in front of a geometry's emitters."""

    modes: tuple[Mode, ...]
    exchange: np.ndarray  # (n, n)
    decay: np.ndarray
    absorption: np.ndarray


def filtered(
    geometry: Geometry, chosen: Filter, *, n_th: float, base: float, backaction: bool
) -> FilteredLine:
    """The network of a filter's modes and a geometry's emitters, all environments included.

    Args:
        geometry: Its node 0 is the filter's output port, of rate one; the emitters follow.
        chosen: The filter.
        n_th: Thermal occupation of the hot port.
        base: That of the waveguide, and of everything else that is not the absorber.
        backaction: Whether the emitters act back on the modes.
    """
    # The network's amplitudes rotate as exp(-i omega t): the conjugates of the filter's.
    a, b, c, d = (np.conj(part) for part in chosen.system)
    line = np.asarray(geometry.propagator(), dtype=complex)
    m, emitters = len(b), len(line) - 1
    embed = np.zeros((m + emitters, 1 + emitters), dtype=complex)
    embed[:m, 0], embed[m:, 1:] = c.conj(), np.eye(emitters)
    propagator = embed @ line @ embed.conj().T
    propagator[:m, :m] += 1j * (a + 0.5 * np.outer(c.conj(), c))
    adjoint = propagator.conj().T
    exchange, vacuum = (propagator + adjoint) / 2, (1j * (propagator - adjoint)).T
    hot = np.concatenate([-b.conj(), np.conj(d) * 1j * line[1:, 0]])  # O over the nodes
    warm = base if chosen.absorber_occupation is None else chosen.absorber_occupation
    # The part of the noise that is absorbed on its way in is replaced by the absorber's noise.
    occupation = chosen.transmission * n_th + (1 - chosen.transmission) * warm
    absorption = base * vacuum.conj()
    if warm != base:
        absorption[:m, :m] += (warm - base) * np.conj(chosen.absorption)
    own = _own_bath(hot, chosen)
    if own is None:
        absorption += (occupation - base) * np.outer(hot.conj(), hot)
    else:
        vacuum[own, own] -= abs(hot[own]) ** 2
        absorption[own, own] -= base * abs(hot[own]) ** 2
    modes = tuple(
        Mode(
            name=f"filter{i + 1}" if i else "source",
            bath_rate=float(abs(hot[i]) ** 2) if i == own else 0.0,
            n_th=occupation if i == own else 0.0,
            backaction=backaction,
        )
        for i in range(m)
    )
    return FilteredLine(modes, exchange, vacuum + absorption.conj(), absorption)


def _own_bath(hot: np.ndarray, chosen: Filter) -> int | None:
    """The mode into which the hot port leads alone; None if the port couples several nodes.

    Without it the port is a part of G and U, which is the same physics. So it is where a mode would
    have to lose more than it does: by rounding, for filters that transmit all at their peak.
    """
    joined = np.flatnonzero(hot)
    if len(joined) != 1:
        return None
    index = int(joined[0])
    left = excess_loss(chosen.system)
    left[index, index] -= abs(hot[index]) ** 2
    lowest = float(np.linalg.eigvalsh(left)[0])
    return index if lowest >= -1e-14 * float(np.max(np.abs(chosen.system.a))) else None
