"""The store of a study, opened for one writer: made, gone on with, or extended."""

from __future__ import annotations

import errno
import json
import os
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from thermalent.sweeping.failures import StoreError
from thermalent.sweeping.storage.attributes import attributes_of
from thermalent.sweeping.storage.empty_store import empty_group, make
from thermalent.sweeping.storage.extend import NotContained, extend_store
from thermalent.sweeping.storage.identity.differences import accepted_changes
from thermalent.sweeping.storage.integrity import damaged_words, inspected, remove_open, reopen
from thermalent.sweeping.storage.layout import Study
from thermalent.sweeping.storage.lock import Locked, held
from thermalent.sweeping.storage.store import Store, explained
from thermalent.sweeping.storage.workspace import Workspace

# Where there can be no lock, and no harm in reading.
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


@contextmanager
def writing(
    path: Path, study: Study, accept: Sequence[str], *, retry: bool = False
) -> Iterator[Store]:
    """Open a study's store for one writer; make it if there is none.

    Args:
        path: A folder, usually "....zarr". A link is followed, so that there is one writer by
            whatever name.
        study: What the store is for.
        accept: What may differ from the stored study: "grid", "method", "version", "code".
        retry: Whether points that failed are computed again.

    Raises:
        StoreError: see there.
    """
    path = Path(os.path.realpath(path))
    workspace = Workspace(path)
    with ExitStack() as held_locks:
        try:
            if not path.parent.is_dir():
                raise StoreError(f"There is no folder {str(path.parent)!r} for the store.")
            try:
                held_locks.enter_context(workspace.held())
            except OSError as problem:
                if problem.errno not in _READ_ONLY or not path.exists():
                    raise
                store = _finished(path, study)
            else:
                store = _opened_for_writing(workspace, study, accept, retry)
                # A second lock, on a file without which there is no store.
                held_locks.enter_context(held(path / "status" / "zarr.json"))
        except Locked as problem:
            raise StoreError(
                f"The store {str(path)!r} is being written by {problem}. Wait for it, or choose "
                "another store."
            ) from None
        except OSError as problem:
            raise explained(path, problem) from problem
        yield store
        # The sweep is complete, so that parts of ensembles are of no use, whoever left them.
        if store.writable:
            shutil.rmtree(workspace.parts, ignore_errors=True)


def _opened_for_writing(
    workspace: Workspace, study: Study, accept: Sequence[str], retry: bool
) -> Store:
    path = workspace.store
    workspace.tidy()
    if not path.exists():
        make(workspace, study)
        return Store(path, study)
    changed = accepted_changes(path, study, accept)
    report = inspected(path)
    if report.metadata:
        raise StoreError(f"The store {str(path)!r} is damaged: {report}")
    if report.blocks:
        warnings.warn(
            f"{len(report.blocks)} of {report.finished} finished blocks of {str(path)!r} are "
            "damaged; they are computed again.",
            stacklevel=5,
        )
    if changed:
        reopen(path, report.blocks)
        remove_open(path)  # what may be damaged is not carried over
        _extend(workspace, study)
        return Store(path, study, retry=retry)
    return Store(path, study, retry=retry, damaged=report.blocks)


def _finished(path: Path, study: Study) -> Store:
    """A store where nothing can be written, if nothing needs to be."""
    changed = accepted_changes(path, study)
    store = Store(path, study, mode="r")
    if changed or len(store.done()) < len(study.tiles):
        raise StoreError(
            f"The store {str(path)!r} cannot be written, and is not finished. Choose a folder that "
            "can be written."
        )
    return store


def _extend(workspace: Workspace, study: Study) -> None:
    """Carry every finished point over into a store for the new study, then put it in place.

    Raises:
        StoreError: the new grid does not hold the old one, or the old store is damaged meanwhile.
    """
    path, aside = workspace.store, workspace.aside()
    stored = attributes_of(path)
    assert stored is not None  # the path exists
    origins, now = json.loads(str(stored["origins"])), study.origin()
    if origins[-1] != now:
        origins.append(now)
    try:
        extend_store(path, empty_group(aside, study, json.dumps(origins, sort_keys=True)), study)
        os.rename(path, workspace.before)
        os.rename(aside, path)
    except NotContained as problem:
        raise StoreError(f"The store {str(path)!r} cannot be extended. {problem}") from None
    except (KeyError, ValueError) as problem:  # somebody removed files since it was inspected
        raise StoreError(damaged_words(path, problem)) from problem
    finally:
        shutil.rmtree(aside, ignore_errors=True)  # unless it is in place
    shutil.rmtree(workspace.before)
