r"""Initial vectors of the hierarchy for a source in the vacuum or in a coherent state.

The tiers hold \(\mu^{kl}\), and their generating function relative to a covariance V is

$$\sum_{kl} \frac{\xi^k \xi^{*l}}{\sqrt{k!\,l!}}\, \mu^{kl}
  = e^{-V|\xi|^2} \int d^2\alpha\, e^{\alpha^*\xi + \alpha\xi^*} \mu(\alpha)$$

A coherent state is \(\mu(\alpha) = \delta^2(\alpha - \beta)\,\rho_0\) (beta = 0: empty), so

$$\mu^{kl} = \beta^{l - k} (-V)^k \sqrt{k!/l!}\; L_k^{(l-k)}(|\beta|^2/V)\, \rho_0, \quad l \geq k$$

and the conjugate factor for k > l. In the scaling of the tiers these numbers do not decay with the
tier: a sharp field is a sum of all of them. The expansion is of use because only some tiers affect
tier 0: after a short time nothing from further up has arrived there, and later it has decayed.

The factors are bounded by \(e^{|\beta|^2/2V}\), which is lost to cancellation. A field far stronger
than the thermal one is therefore expanded relative to a wider Gaussian, of a reference variance W
instead of V. That is as exact, with the term

$$2\lambda (V - W) \sqrt{kl}\; \mu^{k-1,l-1}$$

in the equation of motion, which makes of the wide Gaussian the one that the bath keeps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.chain.assembly import assemble, offsets
from thermalent.continued_fraction.chain.chain import Band, HierarchyChain, hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.networks.symmetry import element_charges

# Relative size below which a number is rounding.
_ROUNDING = 1e-12
# |beta|^2 over the variance: beyond the first of these a reference takes it to the second, and
# exp(6) costs less than three digits.
_STRONG, _REFERENCE = 24.0, 12.0


def referred(h: Hierarchy, amplitude: float) -> Hierarchy:
    """The hierarchy with the reference variance that represents an initial state best."""
    (mode,) = h.modes
    quanta = amplitude**2
    if quanta <= _STRONG * max(mode.variance, 1.0):
        return h
    return replace(h, modes=(replace(mode, variance=quanta / _REFERENCE),))


def factors(difference: int, last: int, ratio: float, amplitude: float) -> np.ndarray:
    r"""The factor of \(\mu^{kl}\), k - l = difference, at each tier k + l to `last`, (last + 1,).

    Three-term recurrence of the Laguerre polynomials, scaled so that it also holds at V = 0.

    Args:
        difference: k - l.
        last: Highest tier.
        ratio: V over the square of the scale of the tiers, in [0, 1].
        amplitude: Beta over that scale, real.
    """
    p, x = abs(difference), amplitude**2
    values = np.zeros(last + 1)
    before, now = 0.0, float(np.prod(amplitude / np.sqrt(np.arange(1, p + 1))))
    for k, tier in enumerate(range(p, last + 1, 2)):
        values[tier] = now
        both = np.sqrt((k + 1.0) * (k + 1 + p))
        following = (x - ratio * (2 * k + 1 + p)) * now - ratio**2 * np.sqrt(k * (k + p)) * before
        before, now = now, following / both
    return values


@dataclass(frozen=True, eq=False)
class SharpStart:
    """A product of an emitters' state and a coherent state of the source, in one total charge.

    Args:
        h: The hierarchy, see `referred`.
        variance: That of the source in its stationary state, whatever it is in `h`.
        rho: The emitters' density matrix, (d, d), in the frame in which the amplitude is real.
        amplitude: Beta, real; zero for an empty source.
        charge: Total charge Q.
    """

    h: Hierarchy
    variance: float
    rho: np.ndarray
    amplitude: float
    charge: int

    def parts(self) -> dict[int, np.ndarray]:
        """The elements of rho that belong to this charge, (d^2,), by k - l of their tiers."""
        difference = element_charges(self.h.numbers) - self.charge
        parts = {
            int(value): np.where(difference == value, self.rho.ravel(), 0)
            for value in np.unique(difference)
            if self.amplitude != 0 or value == 0
        }
        return {value: part for value, part in parts.items() if np.any(part)}

    def chain(self) -> HierarchyChain | None:
        """The chain of tiers for this initial state; None if it has no part of this charge."""
        parts = self.parts()
        if not parts:
            return None
        d = len(self.h.numbers)
        # As few unknowns as hold the start: those that tier zero reaches from its own part of it,
        # those that it can reach at all, or all.
        everything = np.ones(d * d)
        for seed, complete in ((parts.get(0), False), (everything, False), (everything, True)):
            if seed is None:
                continue
            chain = hierarchy_chain(self.h, seed.reshape(d, d), self.charge, complete=complete)
            if self._held(chain):
                break
        return chain

    def vector(self, chain: HierarchyChain, last: int) -> np.ndarray:
        """The initial vector on all tiers of a chain up to `last`."""
        variance = self.h.modes[0].variance
        scale = _scale(variance)
        offset = offsets(chain, last)
        x = np.zeros(offset[-1], dtype=complex)
        for difference, part in self.parts().items():
            c = factors(difference, last, variance / scale**2, self.amplitude / scale)
            own = chain.basis[difference % 2].conj().T @ part
            n = np.arange(abs(difference), last + 1, 2)
            if n.size and n[0] == 0:
                x[: chain.tier0_size] += c[0] * own[: chain.tier0_size]
                n = n[1:]
            x[offset[n][:, None] + np.arange(len(own))] += np.multiply.outer(c[n], own)
        return x if np.iscomplexobj(chain.a[0]) else x.real

    def generator(self, chain: HierarchyChain, last: int) -> sparse.csr_array:
        """L up to a tier, with what leads from the reference to the source's own variance."""
        mode = self.h.modes[0]
        matrix = assemble(chain, last)
        if mode.variance == self.variance or last < 2:
            return matrix
        excess = 2 * mode.rate * (self.variance - mode.variance) / _scale(mode.variance) ** 2
        return sparse.csr_array(matrix + excess * pair_raising(chain, last))

    def real(self, chain: HierarchyChain) -> HierarchyChain:
        """The chain in real arithmetic, if it and the initial vector are real."""
        far = max(map(abs, self.parts()))  # every part has begun by then
        found = in_real_numbers(chain)
        return chain if found is None or np.any(self.vector(chain, far).imag) else found

    def _held(self, chain: HierarchyChain) -> bool:
        """Whether the unknowns of a chain contain all of the initial state."""
        d = len(self.h.numbers)
        for difference, part in self.parts().items():
            if difference and self.charge == 0:
                # Hermitian unknowns: an element shares them with its conjugate partner.
                part = part + part.reshape(d, d).conj().T.ravel()
            basis = chain.basis[difference % 2]
            missed = part - basis @ (basis.conj().T @ part)
            if np.max(np.abs(missed)) > _ROUNDING * np.max(np.abs(self.rho)):
                return False
        return True


def pair_raising(chain: HierarchyChain, last: int) -> sparse.csr_array:
    """E on all tiers up to `last`: from each tier two up, with the factor sqrt(k l)."""
    offset = offsets(chain, last)
    rows, cols, values = [np.zeros(0, int)], [np.zeros(0, int)], [np.zeros(0)]
    for n in range(2, last + 1):
        own = np.arange(offset[n - 1] - offset[n - 2])
        both = n**2 - chain.charge[n % 2][own] ** 2  # 4 k l
        rows.append(offset[n] + own)
        cols.append(offset[n - 2] + own)
        values.append(0.5 * np.sqrt(np.maximum(both, 0.0)))
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(cols)))
    return sparse.csr_array(entries, shape=(offset[-1], offset[-1]))


def _scale(variance: float) -> float:
    """The scale of the tiers, as in `hierarchy_chain`."""
    return float(np.sqrt(variance)) if variance > 1 else 1.0


def in_real_numbers(chain: HierarchyChain) -> HierarchyChain | None:
    """The chain in real arithmetic; None if some of it is complex."""
    if any(np.any(array.imag) for array in (*chain.a, *(b.value for b in chain.up + chain.down))):
        return None

    def real(band: Band) -> Band:
        return band._replace(value=np.ascontiguousarray(band.value.real))

    return chain._replace(
        a=(np.ascontiguousarray(chain.a[0].real), np.ascontiguousarray(chain.a[1].real)),
        up=(real(chain.up[0]), real(chain.up[1])),
        down=(real(chain.down[0]), real(chain.down[1])),
    )
