"""A field of constant phase whose amplitude fluctuates like that of thermal light."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from thermalent.analytic.methods.classical_field import ClassicalField, classical, field
from thermalent.analytic.methods.null_vector import OneMode, result
from thermalent.analytic.methods.steady_state_plan import planned
from thermalent.analytic.radial_elements import RadialElements, radial_elements
from thermalent.solution.method import Claim, Method
from thermalent.solution.plan import Cost, Plan, Refusal
from thermalent.solution.result import Outcome, SteadyState
from thermalent.solution.tasks import Task
from thermalent.support import checks

# Emitter levels together: 3 qubits take a second, 4 would take minutes.
_LARGEST_DIMENSION = 8
_FIRST_COUNT = 8
_FIRST_END = 1e-2
_MOST_REFINEMENTS = 4


@dataclass(frozen=True, kw_only=True)
class AmplitudeFluctuations(Method):
    r"""The steady state for a field of constant phase whose amplitude alone fluctuates.

    $$0 = \Big[ L + r\,(L_+ + L_-) \Big] \mu(r)
      + \lambda \frac{\partial}{\partial r} \Big( r - \frac{V}{2 r} \Big) \mu(r)
      + \frac{\lambda V}{2} \frac{\partial^2 \mu(r)}{\partial r^2}, \qquad
      \rho = \int_0^\infty dr\, \mu(r)$$

    with lambda and V the source's amplitude decay rate and variance: the radius |u| of the thermal
    field u, which follows dr = (-lambda r + lambda V/(2r)) dt + sqrt(lambda V) dW, while the phase
    stands still. It is the counterpart of `PhaseDiffusion`, and no closed equation for the
    emitters: the state is found at all radii together, by finite elements in r.

    Args:
        averaged: Whether to average over the constant phase, which removes all elements of charge
            q != 0. That is the state to compare with those of the other methods.
        rtol: Allowed error of the finite elements, from 1e-11 to 0.1; the error of the
            approximation itself is another matter.

    Raises:
        ValueError: rtol is out of range, or averaged is not a truth value.

    Source: THERMAL, Eq. (35); the paper says that a closed equation for it cannot be obtained.
    """

    averaged: bool = False
    rtol: float = 1e-8

    claim: ClassVar[Claim] = Claim.APPROXIMATE
    domain: ClassVar[str] = (
        "one mode without back-action, excitation number conserved up to decay; a model of "
        "amplitude noise, which leaves out that the phase of a thermal field diffuses"
    )

    def __post_init__(self) -> None:
        checks.within("rtol", self.rtol, 1e-11, 0.1)
        if not isinstance(self.averaged, bool):
            checks.fail("averaged", "True or False", self.averaged)

    def plan(self, task: Task) -> Plan | Refusal:
        """The plan; refused unless one classical field of random phase drives few levels."""
        return planned(task, classical, self._plan)

    def _plan(self, problem: OneMode) -> Plan | Refusal:
        d = int(np.prod(problem.network.dims))
        if d > _LARGEST_DIMENSION:
            return Refusal(
                f"the emitters have {d} levels together, more than the {_LARGEST_DIMENSION} that "
                "finite elements in the amplitude are fast for. Use te.ContinuedFraction(...)."
            )
        return AmplitudePlan(method=self, problem=problem)


@dataclass(frozen=True, kw_only=True, eq=False)
class AmplitudePlan(Plan):
    """The stationary state at all amplitudes."""

    method: AmplitudeFluctuations
    problem: OneMode

    @property
    def cost(self) -> Cost:
        """Cost of a banded factorisation with 16 elements of degree 6."""
        block = float(np.prod(self.problem.network.dims)) ** 2
        unknowns, band = 96 * block, 12 * block
        return Cost(bytes=16.0 * unknowns * band, operations=8.0 * unknowns * band**2)

    def compute(self) -> SteadyState:
        """The state, of unknown error."""
        field_of_mode = field(self.problem)
        found = _refined(field_of_mode, self.method.rtol)
        state = found.state
        if self.method.averaged and found.unique:
            frame = field_of_mode.space.frame
            turned = field_of_mode.phase_average(frame.conj().T @ state @ frame)
            state = frame @ turned @ frame.conj().T
        answer = result(
            self.method.record,
            self.problem.network,
            state,
            order=(
                "it is proportional to the bandwidth; the finite elements are good to "
                f"{found.error:.1g}"
            ),
            unique=found.unique,
            stats={"elements": found.elements, "element_error": found.error},
        )
        if found.unique and not found.error <= self.method.rtol:
            status = Outcome.NOT_CONVERGED.because(
                f"The {found.elements} finite elements in the amplitude have not converged: the "
                f"state still changes by {found.error:.1e}, for rtol = {self.method.rtol:.1e}. Ask "
                "for a larger rtol."
            )
            return replace(answer, status=status)
        return answer


class _Averaged(NamedTuple):
    """A state averaged over the amplitude, its error, and the number of elements."""

    state: np.ndarray
    error: float
    elements: int
    unique: bool


def _refined(classical_field: ClassicalField, rtol: float) -> _Averaged:
    """Twice as many elements, and a smaller first one, until the state no longer changes.

    Halving elements of degree p lowers the error of a mean by 2^(2p): the change is that of the
    coarser state.
    """
    # What is conserved at this amplitude is conserved at all, and diffusion between them keeps it.
    typical = classical_field.stationary(np.sqrt(classical_field.variance))
    if not typical.unique:
        return _Averaged(np.full_like(typical.state, np.nan), np.inf, 0, False)
    before = None
    for k in range(_MOST_REFINEMENTS + 1):
        count = _FIRST_COUNT * 2**k
        state = averaged_over_radius(classical_field, radial_elements(count, _FIRST_END / 10**k))
        error = np.inf if before is None else float(np.max(np.abs(state - before)))
        if error <= rtol:
            break
        before = state
    return _Averaged(state, error, count, True)


def averaged_over_radius(
    classical_field: ClassicalField, elements: RadialElements, phase_diffuses: bool = False
) -> np.ndarray:
    r"""The stationary state averaged over the radius, in the frame of the phase, (d, d).

    $$\sum_j \Big[ O_{ij} L + \sqrt V R_{ij} (L_+ + L_-) - \tfrac\lambda2 S_{ij} \Big] \mu_j = 0,
      \qquad \rho = \sum_j m_j \mu_j$$

    Args:
        classical_field: The emitters under the field.
        elements: The integrals O, R, S and m over the radius.
        phase_diffuses: Whether the phase diffuses as well, at the rate lambda/(2 s^2) q^2 of an
            element of charge q: then the field is the thermal one, and the part of charge zero of
            the state is exact.
    """
    f = classical_field
    size = len(f.liouvillian)
    generator = (
        sparse.kron(elements.overlap, f.liouvillian)
        + sparse.kron(np.sqrt(f.variance) * elements.radius, f.drive)
        - sparse.kron(f.rate / 2 * elements.slopes, sparse.eye_array(size))
    )
    if phase_diffuses:
        squares = sparse.diags_array(f.charge.astype(float) ** 2)
        generator = generator - sparse.kron(f.rate / 2 * elements.inverse_square, squares)
    trace = np.eye(len(f.space.frame)).ravel()
    # This row, of a population where the field is most likely, follows from the others.
    row = int(np.argmax(elements.mean)) * size
    pinned = _with_row(sparse.csr_array(generator), row, np.kron(elements.mean, trace))
    solution = _solve_row(pinned, row)
    state: np.ndarray = f.space.matrix(elements.mean @ solution.reshape(-1, size))
    state /= np.trace(state).real  # the row of the trace has been scaled
    return state


def _with_row(matrix: sparse.csr_array, row: int, values: np.ndarray) -> sparse.csr_array:
    """The matrix with another row, all rows scaled to a largest element of one."""
    keep = np.ones(matrix.shape[0])
    keep[row] = 0
    columns = np.flatnonzero(values)
    place = (np.full(len(columns), row), columns)
    pinned = sparse.diags_array(keep) @ matrix + sparse.csr_array(
        (values[columns], place), shape=matrix.shape
    )
    largest = np.asarray(abs(pinned).max(axis=1).todense()).ravel()
    return sparse.csr_array(sparse.diags_array(1 / np.where(largest > 0, largest, 1)) @ pinned)


def _solve_row(matrix: sparse.csr_array, row: int) -> np.ndarray:
    """The solution for one in one row of an otherwise empty right-hand side."""
    factors = splu(sparse.csc_array(matrix), permc_spec="NATURAL")  # block-banded as it stands
    right = np.zeros(matrix.shape[0], dtype=matrix.dtype)
    right[row] = 1.0
    solution = factors.solve(right)
    # Refinement leaves the error of the residual alone.
    return solution + factors.solve(right - matrix @ solution)
