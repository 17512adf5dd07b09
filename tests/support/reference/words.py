r"""The equation of motion from the words of the master equation.

With the P-representation of the modes and \(\chi(\zeta) = \int e^{\zeta \cdot z} \mu(z)\),
z = (alpha_1, alpha_1^*, alpha_2, ...), every operator that multiplies the density matrix from the
left or from the right is a differential operator in zeta times a superoperator of the emitters:

    a_j rho   -> d/dzeta_{2j}                    rho a_j^+ -> d/dzeta_{2j+1}
    a_j^+ rho -> d/dzeta_{2j+1} + zeta_{2j}      rho a_j   -> d/dzeta_{2j} + zeta_{2j+1}

(the last two because a^+ |alpha><alpha| = (alpha^* + d/dalpha) |alpha><alpha|, integrated by
parts). The master equation is a sum of products of such words; multiplied out with
[d_i, zeta_j] = delta_ij it is a polynomial of second order. Nothing is collected by hand.
"""

from collections import defaultdict

from flint import acb

from tests.support.reference.data import Data

# A superoperator of the emitters: {(row, column): value} on row-major vectors, (d^2, d^2).
Super = dict
# A polynomial: {(zetas, derivatives): superoperator}, both sorted tuples of indices.
Polynomial = dict


def times(a: Super, b: Super) -> Super:
    rows = defaultdict(list)
    for (i, j), value in b.items():
        rows[i].append((j, value))
    out: Super = {}
    for (i, k), left in a.items():
        for j, right in rows[k]:
            out[i, j] = out[i, j] + left * right if (i, j) in out else left * right
    return out


def plus(a: Super, b: Super, factor=1) -> Super:
    out = dict(a)
    for key, value in b.items():
        out[key] = out[key] + factor * value if key in out else factor * value
    return out


def pruned(a: Super) -> Super:
    """Without elements that are exactly zero."""
    return {key: value for key, value in a.items() if not value.is_zero()}


def embedded(local, position, dims) -> dict:
    """One emitter's operator on the product space, {(i, j): value}."""
    before, after = 1, 1
    for d in dims[:position]:
        before *= d
    for d in dims[position + 1 :]:
        after *= d
    d = dims[position]
    out = {}
    for i in range(d):
        for j in range(d):
            if local[i][j].is_zero():
                continue
            for b in range(before):
                for a in range(after):
                    out[(b * d + i) * after + a, (b * d + j) * after + a] = local[i][j]
    return out


def conjugated(operator: dict) -> dict:
    """The adjoint of an operator {(i, j): value}."""
    return {(j, i): value.conjugate() for (i, j), value in operator.items()}


def left(operator: dict, size: int) -> Super:
    return {
        (i * size + k, j * size + k): value
        for (i, j), value in operator.items()
        for k in range(size)
    }


def right(operator: dict, size: int) -> Super:
    """rho -> rho B: (rho B)_{kj} = sum_i rho_ki B_ij."""
    return {
        (k * size + j, k * size + i): value
        for (i, j), value in operator.items()
        for k in range(size)
    }


def compose(first: Polynomial, second: Polynomial) -> Polynomial:
    """`first` applied after `second`: d_i zeta_j = zeta_j d_i + delta_ij."""
    out: Polynomial = {}

    def add(key, value):
        out[key] = plus(out[key], value) if key in out else value

    for (z1, d1), a in first.items():
        for (z2, d2), b in second.items():
            product = times(a, b)
            add((tuple(sorted(z1 + z2)), tuple(sorted(d1 + d2))), product)
            for i in d1:
                for j in z2:
                    if i == j:
                        rest_d, rest_z = list(d1), list(z2)
                        rest_d.remove(i)
                        rest_z.remove(j)
                        add(
                            (tuple(sorted(z1 + tuple(rest_z))), tuple(sorted((*rest_d, *d2)))),
                            product,
                        )
    return out


class Words:
    """The words of a network: every node's operators as left and right factors."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.size = 1
        for d in data.dims:
            self.size *= d
        self.one: Super = {(i, i): acb(1) for i in range(self.size**2)}
        self.lowering = [
            embedded(emitter.lowering, p, data.dims) for p, emitter in enumerate(data.emitters)
        ]
        nodes = range(data.modes + len(data.emitters))
        self.left = [self._word(j, False, True) for j in nodes]  # c_j rho
        self.left_dagger = [self._word(j, True, True) for j in nodes]  # c_j^+ rho
        self.right = [self._word(j, False, False) for j in nodes]  # rho c_j
        self.right_dagger = [self._word(j, True, False) for j in nodes]  # rho c_j^+

    def _word(self, node: int, dagger: bool, from_left: bool) -> Polynomial:
        m = self.data.modes
        if node >= m:
            operator = self.lowering[node - m]
            operator = conjugated(operator) if dagger else operator
            side = left if from_left else right
            return {((), ()): side(operator, self.size)}
        a, conj = 2 * node, 2 * node + 1
        if from_left:
            return self._linear(conj, a) if dagger else self._linear(a, None)
        return self._linear(conj, None) if dagger else self._linear(a, conj)

    def _linear(self, derivative: int, zeta: int | None) -> Polynomial:
        out: Polynomial = {((), (derivative,)): self.one}
        if zeta is not None:
            out[(zeta,), ()] = self.one
        return out

    def generator(self) -> Polynomial:
        """The whole master equation as a polynomial in zeta and d/dzeta."""
        data, total = self.data, {}
        L, Ld, R, Rd = self.left, self.left_dagger, self.right, self.right_dagger

        def add(weight, *factors):
            """weight times a product of words, the last acting first."""
            if weight.is_zero():
                return
            product = factors[0]
            for factor in factors[1:]:
                product = compose(product, factor)
            for key, value in product.items():
                total[key] = plus(total.get(key, {}), value, weight)

        def dissipator(weight, xl, yd_r, ydx_l, ydx_r):
            """weight (x rho y^+ - {y^+ x, rho}/2), each product given by its words."""
            add(weight, xl, yd_r)
            add(-weight / 2, *ydx_l)
            add(-weight / 2, *ydx_r)

        i = acb(0, 1)
        nodes = range(data.modes + len(data.emitters))
        for j in nodes:
            for l in nodes:
                # -i J_jl [c_j^+ c_l, rho]: rho c_j^+ c_l is c_l from the right after c_j^+.
                add(-i * data.exchange[j][l], Ld[j], L[l])
                add(i * data.exchange[j][l], R[l], Rd[j])
                # -(i/2) [P_jl c_j^+ c_l^+ + h.c., rho]
                p = data.pumping[j][l] / 2
                add(-i * p, Ld[j], Ld[l])
                add(i * p, Rd[l], Rd[j])
                add(-i * p.conjugate(), L[l], L[j])
                add(i * p.conjugate(), R[j], R[l])
                # G_jl D[c_j, c_l], U_jl D[c_j^+, c_l^+]
                dissipator(data.decay[j][l], L[j], Rd[l], (Ld[l], L[j]), (R[j], Rd[l]))
                dissipator(data.absorption[j][l], Ld[j], R[l], (L[l], Ld[j]), (Rd[j], R[l]))
                # M_jl D[c_j^+, c_l] + M_jl^* D[c_j, c_l^+]
                m = data.anomalous[j][l]
                dissipator(m, Ld[j], Rd[l], (Ld[l], Ld[j]), (Rd[j], Rd[l]))
                dissipator(m.conjugate(), L[j], R[l], (L[l], L[j]), (R[j], R[l]))
        for j in range(data.modes):
            k, n = data.bath_rate[j], data.n_th[j]
            dissipator(k * (n + 1), L[j], Rd[j], (Ld[j], L[j]), (R[j], Rd[j]))
            dissipator(k * n, Ld[j], R[j], (L[j], Ld[j]), (Rd[j], R[j]))
        for p, emitter in enumerate(data.emitters):
            h = embedded(emitter.hamiltonian, p, data.dims)
            add(-i, {((), ()): left(h, self.size)})
            add(i, {((), ()): right(h, self.size)})
            for rate, jump in emitter.jumps:
                x = embedded(jump, p, data.dims)
                xd = conjugated(x)
                xl, xr = left(x, self.size), right(x, self.size)
                dl, dr = left(xd, self.size), right(xd, self.size)
                dissipator(
                    rate,
                    {((), ()): xl},
                    {((), ()): dr},
                    ({((), ()): dl}, {((), ()): xl}),
                    ({((), ()): xr}, {((), ()): dr}),
                )
        return {key: pruned(value) for key, value in total.items()}
