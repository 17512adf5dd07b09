"""What distinguishes a study from the one that filled a store, and what of it is accepted."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from thermalent.support import checks
from thermalent.sweeping.failures import StoreError
from thermalent.sweeping.storage.attributes import attributes_of
from thermalent.sweeping.storage.identity import code as code_identity
from thermalent.sweeping.storage.layout import Study

# Attributes that must agree for a study to continue, and those that may be changed knowingly.
_FIXED = ("builder", "fixed", "initial", "observables", "along")
CHANGES = {"grid": "grid_digest", "method": "method", "version": "version", "code": "code"}


def accepted_changes(path: Path, study: Study, accept: Sequence[str] = ()) -> list[str]:
    """The differences from the stored study that are accepted.

    Raises:
        StoreError: something differs that is not accepted.
    """
    stored, given = attributes_of(path), study.attributes()
    assert stored is not None  # the path exists
    other = [key for key in _FIXED if stored.get(key) != given.get(key)]
    changed = [name for name, key in CHANGES.items() if stored.get(key) != given[key]]
    if "code" not in stored and not study.code.get("Python"):
        # A store of an older version, which told functions by name; here all are the package's own.
        changed.remove("code")
    if _told(stored["method"]) == _told(given["method"]):
        changed = [name for name in changed if name != "method"]
    refused = [*other, *(name for name in changed if name not in accept)]
    if refused:
        differences = "; ".join(_difference(name, stored, given) for name in refused)
        allowed = [name for name in refused if name in CHANGES]
        remedy = "Choose another store"
        if not other:
            remedy += f", or accept the change: accept={allowed!r}"
        raise StoreError(f"The store {str(path)!r} is of another study. {differences}. {remedy}.")
    return changed


def _difference(name: str, stored: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """The difference of two studies, in words."""
    if name == "code":
        if "code" not in stored:
            return "code: the store does not say by which code it was filled"
        before, now = json.loads(str(stored["code"])), json.loads(given["code"])
        return f"code: {', '.join(code_identity.code_differences(before, now))}"
    key = {**CHANGES, "grid": "grid"}.get(name, name)
    other = " (other values)" if name == "grid" else ""
    return f"{name}: {stored.get(key)} in the store, {given.get(key)} asked for{other}"


def _told(method: str) -> str:
    """A method in words without parameters that are None: older stores do not know all of them."""
    inside = re.sub(r"\b\w+=None(, )?", "", method)
    return inside.replace(", )", ")")


def check_accept(given: Any) -> tuple[str, ...]:
    """The changes to a stored study that a caller accepts."""
    names = (given,) if isinstance(given, str) else tuple(given)
    for name in names:
        if name not in CHANGES:
            checks.fail("accept", f"of {list(CHANGES)}", name)
    return names
