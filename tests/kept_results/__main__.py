"""Compare the results of many calls with those that are kept, and keep the new ones if asked.

    python -m tests.kept_results             what differs
    python -m tests.kept_results --accept    the same, and the new results are kept
    python -m tests.kept_results --draw 100  adds random calls to calls/random.txt
    python -m tests.kept_results --times     the calls that take longest, which tests repeat

What is kept is computed twice, the second time as another processor would: numbers that differ
between the two, because they are made of rounding errors, are not kept.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.audit.calls.outcome import REFUSED, RESULT, outcome
from tests.audit.calls.random_calls import random_call
from tests.kept_results.calling import (
    CALLS,
    RESULTS,
    all_made_of,
    calls_of,
    cpu_seconds,
    groups,
    vocabulary,
)
from tests.kept_results.compare import differences, steady
from tests.kept_results.contents import Contents

# Another processor: kernels without vector instructions, and the oldest linear algebra.
_OTHER_PROCESSOR = {
    "NUMBA_CPU_NAME": "generic",
    "NUMBA_CPU_FEATURES": "",
    "OPENBLAS_CORETYPE": "Nehalem",
    "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX",
}
_LONGEST_CALL = 0.1  # CPU seconds of a random call that is kept


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.kept_results", description=__doc__)
    parser.add_argument("files", nargs="*", help="names of files of calls; all if there is none")
    parser.add_argument("--accept", action="store_true", help="keep the new results")
    parser.add_argument("--draw", type=int, default=0, help="random calls to add")
    parser.add_argument("--seed", type=int, default=1, help="of the random calls")
    parser.add_argument("--times", action="store_true", help="tell the CPU time of the calls")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--into", help=argparse.SUPPRESS)  # for the process that is the other one
    given = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if given.draw:
        draw(given.draw, given.seed)
    files = given.files or sorted(path.stem for path in CALLS.glob("*.txt"))
    if given.times:
        taken = cpu_seconds([call for file in files for call in calls_of(file)])
        print(f"{sum(taken.values()):8.2f} s of CPU time for {len(taken)} calls")
        for call in sorted(taken, key=lambda one: -taken[one])[:20]:
            print(f"{taken[call]:8.2f} s {call}")
        return
    if given.into and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # also of another number of cores
    found = all_made(files, given.processes)
    if given.into:
        Path(given.into).write_text(json.dumps(found))
        return
    other = as_another_processor(files, given.processes) if given.accept else {}
    for file in files:
        place = RESULTS / f"{file}.json"
        kept = json.loads(place.read_text()) if place.exists() else {}
        for call, now in found[file].items():
            if call in kept and (lines := differences(kept[call], now)):
                print(f"{file}: {call}", *lines, sep="\n  ")
        if given.accept:
            new = {call: steady(now, other[file][call]) for call, now in found[file].items()}
            rows = (f"{json.dumps(call)}: {json.dumps(of)}" for call, of in new.items())
            place.write_text("{\n" + ",\n".join(rows) + "\n}\n")
            count = sum(map(len, new.values()))
            dropped = sum(map(len, found[file].values())) - count
            print(f"{file}: {len(new)} calls, {count} places kept, {dropped} of rounding left out")


def all_made(files: list[str], processes: int) -> dict[str, dict[str, Contents]]:
    """What comes of every call, by file."""
    tasks = [(file, calls) for file in files for calls in groups(file).values()]
    fresh = multiprocessing.get_context("spawn")
    found: dict[str, dict[str, Contents]] = {file: {} for file in files}
    with ProcessPoolExecutor(processes, mp_context=fresh) as pool:
        for (file, _), results in zip(
            tasks, pool.map(all_made_of, [calls for _, calls in tasks]), strict=True
        ):
            found[file] |= results
    return {file: {call: found[file][call] for call in calls_of(file)} for file in files}


def as_another_processor(files: list[str], processes: int) -> dict[str, dict[str, Contents]]:
    """The same on a processor with other instructions; its kernels are compiled first."""
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder, "results.json")
        command = [sys.executable, "-m", "tests.kept_results", *files, "--into", str(into)]
        command += ["--processes", str(processes)]
        subprocess.run(command, env=os.environ | _OTHER_PROCESSOR, check=True)
        found: dict[str, dict[str, Contents]] = json.loads(into.read_text())
        return found


def draw(count: int, seed: int) -> None:
    """Add random calls that give a result or a refusal at once, and the same one twice."""
    file = CALLS / "random.txt"
    known = set(calls_of("random")) if file.exists() else set()
    new: list[str] = []
    folder, index = tempfile.mkdtemp(), 0
    while len(new) < count:
        call = random_call(seed, index)
        index += 1
        if call.text in known or len(call.text) > 300:
            continue
        with contextlib.chdir(folder):  # some calls write files
            found = outcome(call, vocabulary())
        if found.kind in (RESULT, REFUSED) and found.seconds < _LONGEST_CALL:
            known.add(call.text)
            new.append(call.text)
    with file.open("a") as lines:
        lines.writelines(f"{call}\n" for call in new)


if __name__ == "__main__":
    main()
