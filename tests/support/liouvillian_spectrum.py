"""Eigenvalues of a master equation in Fock space, written from J and G alone: an independent route.

Nothing of the package is used but the network's matrices. The sector of total charge Q is cut out
of the product space, in double precision or in ball arithmetic of 60 digits.
"""

import numpy as np
from flint import acb, acb_mat, ctx
from scipy.optimize import linear_sum_assignment

LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])


def _operators(network, cutoff):
    """Lowering operators of all nodes, qubits and at most one mode, real (D, D)."""
    dims = [cutoff if node in network.modes else 2 for node in network.nodes]
    local = [
        np.diag(np.sqrt(np.arange(1.0, d)), 1) if node in network.modes else LOWER
        for node, d in zip(network.nodes, dims, strict=True)
    ]
    whole = []
    for j, matrix in enumerate(local):
        before, after = int(np.prod(dims[:j])), int(np.prod(dims[j + 1 :]))
        whole.append(np.kron(np.kron(np.eye(before), matrix), np.eye(after)))
    return whole


def _terms(network, cutoff):
    """Hamiltonian and jumps (rate, x, y) of x rho y^+ as (weight, operators)."""
    nodes = _operators(network, cutoff)
    hops = [
        (network.exchange[j, l], a, b)
        for j, a in enumerate(nodes)
        for l, b in enumerate(nodes)
        if network.exchange[j, l] != 0
    ]
    jumps = [
        (network.decay[j, l], a, b)
        for j, a in enumerate(nodes)
        for l, b in enumerate(nodes)
        if network.decay[j, l] != 0
    ]
    jumps += [
        (network.absorption[j, l], a.T, b.T)
        for j, a in enumerate(nodes)
        for l, b in enumerate(nodes)
        if network.absorption[j, l] != 0
    ]
    for mode in network.modes:
        a = nodes[0]
        jumps += [(mode.bath_rate * (mode.n_th + 1), a, a), (mode.bath_rate * mode.n_th, a.T, a.T)]
    for emitter, c in zip(network.emitters, nodes[len(network.modes) :], strict=True):
        for jump in emitter.collapse_operators:  # dephasing: a multiple of sigma^z
            z = 2 * c.T @ c - np.eye(len(c))
            assert np.allclose(jump, jump[1, 1] * np.diag([-1, 1]))
            jumps.append((1.0, jump[1, 1].real * z, jump[1, 1].real * z))
    charge = np.rint(np.diag(sum(c.T @ c for c in nodes))).astype(int)
    return hops, jumps, charge


def spectrum(network, cutoff, charge=0):
    """All r of -L X = r X in the sector, in double precision, (n,) in order of the real part."""
    hops, jumps, charges = _terms(network, cutoff)
    h = sum((w * a.T @ b for w, a, b in hops), np.zeros((len(charges),) * 2, dtype=complex))
    loss = sum(w * b.T @ a for w, a, b in jumps)
    row, col = np.nonzero(charges[:, None] - charges[None, :] == charge)
    left, right = -1j * h - loss / 2, 1j * h - loss / 2
    matrix = left[np.ix_(row, row)] * (col[:, None] == col[None, :])
    matrix = matrix + right[np.ix_(col, col)].T * (row[:, None] == row[None, :])
    for w, a, b in jumps:
        matrix = matrix + w * a[np.ix_(row, row)] * b[np.ix_(col, col)]
    values = -np.linalg.eigvals(matrix)
    return values[np.argsort(values.real, kind="stable")]


def exact_spectrum(network, cutoff, charge=0):
    """The same in 60 digits: for rates over many decades, and where rounding makes them."""
    hops, jumps, charges = _terms(network, cutoff)
    with ctx.workprec(256):
        return _exact_spectrum(hops, jumps, charges, charge)


def _exact_spectrum(hops, jumps, charges, charge):
    def root(x):  # elements are square roots of integers, or their products with floats
        square = round(x * x)
        if abs(x * x - square) < 1e-9 and square > 1:
            return acb(square).sqrt() if x > 0 else -acb(square).sqrt()
        return acb(float(x))

    def whole(m):
        return acb_mat([[root(x) for x in line] for line in m.tolist()])

    def weight(w):
        return acb(complex(w).real, complex(w).imag)

    size = len(charges)
    h, loss = acb_mat(size, size), acb_mat(size, size)
    for w, a, b in hops:
        h += whole(a.T) * whole(b) * weight(w)
    for w, a, b in jumps:
        loss += whole(b.T) * whole(a) * weight(w)
    left, right = h * acb(0, -1) - loss * acb(0.5), h * acb(0, 1) - loss * acb(0.5)
    pairs = np.argwhere(charges[:, None] - charges[None, :] == charge).tolist()
    matrix = acb_mat(len(pairs), len(pairs))
    sparse = [(weight(w), whole(a), whole(b), a, b) for w, a, b in jumps]
    for p, (i, j) in enumerate(pairs):
        for q, (k, l) in enumerate(pairs):
            total = acb(0)
            if j == l:
                total += left[i, k]
            if i == k:
                total += right[l, j]
            for w, a, b, there, back in sparse:
                if there[i, k] and back[j, l]:
                    total += w * a[i, k] * b[j, l]
            matrix[p, q] = total.mid()
    values = np.array([complex(-v) for v in matrix.eig(algorithm="approx")])
    return values[np.argsort(values.real, kind="stable")]


def distances(found, reference):
    """Distance of each found rate to its partner in the reference, one to one."""
    apart = np.abs(found[:, None] - reference[None, :])
    row, col = linear_sum_assignment(apart)
    return apart[row, col], np.setdiff1d(np.arange(len(reference)), col)
