"""A statement of a paper on a platform, beside the number that decides it."""

from __future__ import annotations

from typing import NamedTuple


class PaperClaim(NamedTuple):
    """A statement of the paper, and the number that decides it.

    Args:
        preset: Which laboratory.
        quantity: The quantity, with the parameters that differ from the preset.
        paper: The statement of the paper.
        exact: The computed number, with the back-action of the qubits on the source.
        approximate: The computed number without back-action, where there is any.
    """

    preset: str
    quantity: str
    paper: str
    exact: str
    approximate: str = ""
