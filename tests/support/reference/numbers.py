"""Entanglement measures and entropies in arbitrary precision, by mpmath's eigenvalues."""

from mpmath import mp, mpc
from mpmath import mpf as mpf

from tests.support.reference.system import State

_DIGITS = 90
_FLIP = [[0, 0, 0, -1], [0, 0, 1, 0], [0, 1, 0, 0], [-1, 0, 0, 0]]  # sigma_y (x) sigma_y


def to_mpmath(state: State):
    """The midpoints, as a Hermitian matrix of mpmath."""
    d = len(state.values)

    def number(ball):
        mantissa, exponent = ball.mid().man_exp()
        return mp.ldexp(mpf(int(mantissa)), int(exponent))

    with mp.workdps(_DIGITS):
        rho = mp.matrix(d, d)
        for i in range(d):
            for j in range(d):
                value = state.values[i][j]
                rho[i, j] = mpc(number(value.real), number(value.imag))
        return (rho + rho.transpose_conj()) / 2


def reduced(state: State, dims, keep) -> State:
    """The partial trace that keeps two emitters or one, in the order of the network."""
    keep = list(keep)
    size = 1
    for p in keep:
        size *= dims[p]
    out = [[None] * size for _ in range(size)]

    def digits(index):
        found = []
        for d in reversed(dims):
            found.append(index % d)
            index //= d
        return found[::-1]

    for a in range(len(state.values)):
        for b in range(len(state.values)):
            i, j = digits(a), digits(b)
            if any(i[p] != j[p] for p in range(len(dims)) if p not in keep):
                continue
            row = column = 0
            for p in keep:
                row, column = row * dims[p] + i[p], column * dims[p] + j[p]
            value = state.values[a][b]
            out[row][column] = value if out[row][column] is None else out[row][column] + value
    return State(out)


def _eigenvalues(rho):
    return mp.eighe(rho, eigvals_only=True)


def concurrence(state: State):
    """Wootters: singular values of R^T Y R with rho = R R^+."""
    with mp.workdps(_DIGITS):
        values, vectors = mp.eighe(to_mpmath(state))
        root = vectors * mp.diag([mp.sqrt(max(mpf(0), v)) for v in values])
        found = sorted(
            mp.svd_c(root.transpose() * mp.matrix(_FLIP) * root, compute_uv=False), reverse=True
        )
        return max(mpf(0), found[0] - found[1] - found[2] - found[3])


def negativity(state: State, dims=(2, 2)):
    """Minus the sum of the negative eigenvalues of the partial transpose."""
    with mp.workdps(_DIGITS):
        rho, (a, b) = to_mpmath(state), dims
        turned = mp.matrix(a * b, a * b)
        for i in range(a):
            for j in range(b):
                for k in range(a):
                    for l in range(b):
                        turned[i * b + j, k * b + l] = rho[k * b + j, i * b + l]
        return -sum((min(mpf(0), v) for v in _eigenvalues(turned)), mpf(0))


def logarithmic_negativity(state: State, dims=(2, 2)):
    with mp.workdps(_DIGITS):
        return mp.log(2 * negativity(state, dims) + 1, 2)


def entanglement_of_formation(state: State):
    with mp.workdps(_DIGITS):
        c = concurrence(state)
        x = (1 + mp.sqrt(max(mpf(0), 1 - c * c))) / 2
        return _bits([x, 1 - x])


def purity(state: State):
    with mp.workdps(_DIGITS):
        return sum(v * v for v in _eigenvalues(to_mpmath(state)))


def entropy(state: State):
    """In bits."""
    with mp.workdps(_DIGITS):
        return _bits(_eigenvalues(to_mpmath(state)))


def _bits(values):
    return -sum((v * mp.log(v, 2) for v in values if v > 0), mpf(0))


def populations(state: State) -> dict:
    """{"00", "S", "T", "11"} of two qubits."""
    with mp.workdps(_DIGITS):
        rho = to_mpmath(state)
        mean, cross = (rho[1, 1] + rho[2, 2]) / 2, (rho[1, 2] + rho[2, 1]) / 2
        found = {"00": rho[0, 0], "S": mean - cross, "T": mean + cross, "11": rho[3, 3]}
        return {label: mp.re(value) for label, value in found.items()}
