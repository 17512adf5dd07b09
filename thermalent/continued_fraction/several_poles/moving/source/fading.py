r"""Hot sources that feel the emitters and fade, which short steps follow only so far.

Relative to a Gaussian whose variance V(t) falls, what tiers hold of the field's amplitude becomes
ever larger beside what the Gaussian fluctuates, and more and more of them are needed. Coordinates
that follow the Gaussian (`followed_poles`) would mend it, but a source that feels the emitters has
none: with little field in it, they would amplify the vacuum's own fluctuations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.moving.source.gaussian import MovingSource

# Variance of the field times the logarithm of the factor by which it fades, over the root of its
# rate. Measured behind two cavities with back-action at `rtol=1e-3`, kappa/gamma = 0.05 and 0.5: of
# ten evolutions below 12 nine took 3 to 40 s of a core and one had no end within 25 s; two at 23
# and 55 had none within 40 s.
_MOST = 14.0
_GONE = 6.0  # of that logarithm, beyond which a field no longer matters


class Fading(NamedTuple):
    """A field that fades.

    Args:
        variance: Of the field before.
        factor: By which it fades.
        rate: The slowest decay of the source over the largest rate of the emitters.
    """

    variance: float
    factor: float
    rate: float

    @property
    def hardness(self) -> float:
        """How hard it is for short steps."""
        return float(self.variance * min(np.log(self.factor), _GONE) / np.sqrt(self.rate))


def hardest_fading(
    chains: Sequence[SourceChain], lengths: Sequence[float], begin: np.ndarray
) -> Fading:
    """What is hardest in a schedule.

    Args:
        chains: Of the networks, one after the other, in common coordinates.
        lengths: How long each lasts.
        begin: Covariance of the source at time zero, (m, m).
    """
    scale = max(chain.scale for chain in chains)
    variance, largest = begin, scale**2 * float(begin[0, 0].real)
    found = Fading(largest, 1.0, 1.0)
    for chain, length in zip(chains, lengths, strict=True):
        source = MovingSource(chain, np.zeros(len(chain.members)), variance)
        variance = source.covariance(length)
        now = scale**2 * float(variance[0, 0].real)
        largest = max(largest, now)
        if largest > 0:
            slowest = float(np.min(np.linalg.eigvals(chain.drift).real))
            rate = min(1.0, slowest / float(abs(chain.liouvillian).max()))
            one = Fading(largest, largest / max(now, largest * np.exp(-2 * _GONE)), rate)
            found = max(found, one, key=lambda fading: fading.hardness)
    return found


def fading_refusal(
    chains: Sequence[SourceChain], lengths: Sequence[float], begin: np.ndarray
) -> str | None:
    """Reason why the source of a schedule fades too far for short steps, or None."""
    if not any(_feels(chain) for chain in chains):
        return None
    found = hardest_fading(chains, lengths, begin)
    if found.hardness <= _MOST:
        return None
    return (
        f"a source that feels the emitters, with a field of variance {found.variance:.3g}, fades "
        f"by a factor of {found.factor:.2g} or more, where more and more tiers would be needed. "
        "Switch it off for about 1/kappa at most, or only in part; take a colder source, or one "
        "without back-action. te.Fock() takes cold ones."
    )


def _feels(chain: SourceChain) -> bool:
    """Whether the emitters act back on the source."""
    backs = (*chain.backaction, *chain.backaction_conj)
    return any(sparse.csr_array(back).count_nonzero() for back in backs)
