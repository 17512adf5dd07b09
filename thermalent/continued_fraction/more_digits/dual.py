r"""The fraction in more digits, checked by its residual.

Balls that go through thousands of tiers grow on the way, whatever the numbers do. So the numbers
are computed with many digits and no radii, and what they are is proven afterwards. With any rows
\(y_n\) for the tiers 1 to N, the stationary hierarchy gives

$$(A_0 + y_1 B_1)\, x_0 = -\sum_{n=1}^{N} \rho_n x_n - y_N C_N\, x_{N+1}$$

$$\rho_n = y_{n-1} C_{n-1} + y_n (A_n - \lambda n) + y_{n+1} B_{n+1}, \qquad y_0 = 1,\ y_{N+1} = 0$$

exactly. The y of the chain that ends at tier N make all \(\rho_n\) vanish but for their rounding,
and \(\rho_n\) is evaluated in balls, one tier at a time. What multiplies \(\rho_n\) and
\(y_N C_N\) is the true solution, and of that a bound is known: see docs/errors.md.
"""

from __future__ import annotations

from flint import arb, arb_mat

from thermalent.continued_fraction.more_digits.balls import frobenius
from thermalent.continued_fraction.more_digits.chain import BallChain


class DualFold:
    """Rows y that eliminate the tiers 1 to N, and their residuals."""

    def __init__(self, chain: BallChain) -> None:
        self.chain = chain
        self.tier = 0
        self._left = chain.down(0)  # P_n = y_n C_n of the chain that ends at tier n
        self._inverses: list[arb_mat] = []
        self._rows: list[arb_mat] = []  # P_{n-1} D_n^{-1}
        self._into: list[arb_mat] = []  # B_n D_{n-1}^{-1}, for n >= 2

    def advance(self) -> None:
        """Add one tier: D_n = lambda n - A_n - B_n D_{n-1}^{-1} C_{n-1}, without radii.

        Raises:
            ZeroDivisionError: D_n is singular to the precision of the moment.
        """
        chain, n = self.chain, self.tier + 1
        d = self._diagonal(n)
        if self._inverses:
            into = (chain.up(n) * self._inverses[-1]).mid()
            d = (d - into * chain.down(n - 1)).mid()
            self._into.append(into)
        inverse = d.inv().mid()
        row = (self._left * inverse).mid()
        self._inverses.append(inverse)
        self._rows.append(row)
        self._left = (row * chain.down(n)).mid()
        self.tier = n

    def size_left(self) -> float:
        """Norm |y_N C_N|: the strength with which tier N + 1 acts on tier 0."""
        return frobenius(self._left)

    def finished(self) -> tuple[arb_mat, list[arb_mat], list[arb_mat]]:
        """The sum K = y_1 B_1, the residuals rho_1 ... rho_N, and y_N C_N with y_N, in balls."""
        chain, last = self.chain, self.tier
        # y_n = (P_{n-1} + y_{n+1} B_{n+1}) D_n^{-1}, from the last tier back.
        y = [self._rows[-1]]
        for n in range(last - 1, 0, -1):
            y.append((self._rows[n - 1] + y[-1] * self._into[n - 1]).mid())
        y.reverse()
        rho = []
        for n in range(1, last + 1):
            residual = -(y[n - 1] * self._diagonal(n))
            residual += y[n - 2] * chain.down(n - 1) if n > 1 else chain.down(0)
            if n < last:
                residual += y[n] * chain.up(n + 1)
            rho.append(residual)
        return y[0] * chain.up(1), rho, [y[-1] * chain.down(last)]

    def sizes(self, x: list[arb]) -> list[float]:
        """Norms |x_n|, n = 1 ... N, of the chain that ends at tier N, for unknowns at tier 0."""
        chain, last = self.chain, self.tier
        right = [(chain.up(1) * arb_mat(len(x), 1, x)).mid()]
        for into in self._into:
            right.append((into * right[-1]).mid())
        solution = (self._inverses[-1] * right[-1]).mid()
        sizes = [frobenius(solution)]
        for n in range(last - 1, 0, -1):
            solution = (self._inverses[n - 1] * (right[n - 1] + chain.down(n) * solution)).mid()
            sizes.append(frobenius(solution))
        return sizes[::-1]

    def _diagonal(self, n: int) -> arb_mat:
        """The matrix lambda n - A_n."""
        size = self.chain.size(n)
        d = -self.chain.a(n)
        shift = self.chain.rate * n
        for i in range(size):
            d[i, i] = d[i, i] + shift
        return d
