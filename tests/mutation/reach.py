"""Which tests can notice a change: those that run its line, the fastest first."""

from __future__ import annotations

import ast
import difflib
import re
from functools import cache
from pathlib import Path

from tests.mutation.mutants import Mutant
from tests.mutation.recording import Recording, file_of
from tests.mutation.selection import nearest_tests, room

# A file whose tests share what they computed: the change is run in the first of them only.
_SHARES = re.compile(r"@(functools\.)?(lru_)?cache\b|\bscope=|cached_property")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Seconds of the tests that are asked first: those of the module's own room.
_FIRST = 30.0


class Reach:
    """The tests for a change, from recordings.

    Args:
        recordings: Of which tests ran which lines; the latest first.
        tree: The copy that holds the package and the tests.
    """

    def __init__(self, recordings: list[Recording], tree: Path) -> None:
        self.recordings, self.tree = recordings, tree
        self.seconds: dict[str, float] = {}
        for one in recordings:
            self.seconds |= one.seconds
        self._modules = [
            path.relative_to(tree) for path in sorted((tree / "thermalent").rglob("*.py"))
        ]
        self._tests = cache(self._tests_of_module)
        self._shares = cache(lambda file: bool(_SHARES.search((tree / file).read_text())))

    def tests(self, mutant: Mutant) -> list[list[str]]:
        """Tests that can notice a change: the quick ones of its room, then all.

        A line that no test is known to run may be run by other processes: then the tests of the
        files that name its module.
        """
        found = self._running(mutant.path, mutant.line, set())
        if not found:
            near = {str(path) for path in nearest_tests(mutant.path, self.tree)}
            found = {test for test in self.seconds if file_of(test) in near}
        shared = {file for file in map(file_of, found) if self._shares(file)}
        rest = {test for test in self.seconds if file_of(test) in shared} - found
        near, far = [], []
        left = _FIRST
        for test in self._ordered(found):
            left -= self.seconds[test] * (own := file_of(test).split("/")[1] == room(mutant.path))
            (near if own and left > 0 else far).append(test)
        return [stage for stage in (near, far + self._ordered(rest)) if stage]

    def _ordered(self, tests: set[str]) -> list[str]:
        """The fastest first, where a file's tests of like duration stay together."""

        def key(test: str) -> tuple[int, str]:
            return round(2 * max(0.0, self.seconds[test]) ** 0.5), test

        return sorted(tests, key=key)

    def _running(self, module: Path, line: int, seen: set[str]) -> set[str]:
        """The tests that run a statement.

        Coverage sees neither inside a compiled kernel nor who uses a constant, a default or a
        field that the import sets: those are run by whoever runs a statement that uses the name.
        """
        lines, names = statement((self.tree / module).read_text(), line)
        if not names:
            return self._recorded(module, lines)
        found: set[str] = set()
        for name in names - seen:
            seen.add(name)
            for user, at in self._users(name, module):
                if user != module or at not in lines:
                    found |= self._running(user, at, seen)
        return found

    def _users(self, name: str, module: Path) -> list[tuple[Path, int]]:
        """Where a name is read: anywhere, or in its own module if it is private."""
        private = name.startswith("_") and not name.startswith("__")
        modules = [module] if private else self._modules
        found = []
        for one in modules:
            lines = used((self.tree / one).read_text()).get(name, ())
            found += [(one, at) for at in lines]
        return found

    def _recorded(self, module: Path, lines: range) -> set[str]:
        found: set[str] = set()
        for i in range(len(self.recordings)):
            ran, then = self._tests(i, module)
            for line in lines:
                found |= ran.get(then.get(line, -1), set())
        return found

    def _tests_of_module(self, i: int, module: Path) -> tuple[dict[int, set[str]], dict[int, int]]:
        """The tests by line of a recording, and the lines of then by those of now."""
        one = self.recordings[i]
        before, now = one.source(module), (self.tree / module).read_text()
        return one.tests(module), lines_before(before, now)


def lines_before(before: str, now: str) -> dict[int, int]:
    """For each line of a text, from 1, that of an earlier version.

    A line that is new takes that of the last one before it that is old.
    """
    old, new = before.splitlines(), now.splitlines()
    matching = difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    found = {b + k + 1: a + k + 1 for a, b, size in matching for k in range(size)}
    last = 0
    for line in range(1, len(new) + 1):
        last = found.setdefault(line, last)
    return found


def statement(source: str, line: int) -> tuple[range, set[str]]:
    """The lines of the innermost statement at a line, and the names that stand for it.

    Those are empty where the statement is run line by line, and else what uses it goes by: the
    compiled kernel around it, the constant, function or class that the import makes there.
    """
    around = _around(_parsed(source), line)
    functions = [i for i, node in enumerate(around) if isinstance(node, _FUNCTIONS)]
    inner = around[-1]
    kernels = [around[i] for i in functions if _is_kernel(around[i])]
    if kernels:
        return _own_lines(kernels[0], whole=True), {kernels[0].name}  # type: ignore[attr-defined]
    if functions and not (functions[0] == len(around) - 1 and isinstance(inner, _FUNCTIONS)):
        return _own_lines(inner), set()
    return _own_lines(inner), _defined(around[0]) | _defined(inner)


@cache
def used(source: str) -> dict[str, list[int]]:
    """The lines of a module at which each name is read."""
    found: dict[str, list[int]] = {}
    for node in ast.walk(_parsed(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.setdefault(node.id, []).append(node.lineno)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            found.setdefault(node.attr, []).append(node.lineno)
    return found


@cache
def _parsed(source: str) -> ast.Module:
    return ast.parse(source)


def _around(node: ast.AST, line: int) -> list[ast.stmt]:
    """The statements around a line, the outermost first."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            first = min([child.lineno, *(d.lineno for d in getattr(child, "decorator_list", []))])
            if first <= line <= (child.end_lineno or first):
                return [child, *_around(child, line)]
        elif isinstance(child, ast.ExceptHandler | ast.match_case) and (
            found := _around(child, line)
        ):
            return found
    return []


def _own_lines(node: ast.stmt, whole: bool = False) -> range:
    """The lines of a statement without those of the statements in it."""
    inside = [child.lineno for child in ast.walk(node) if child is not node
              and isinstance(child, ast.stmt)]  # fmt: skip
    end = node.end_lineno or node.lineno
    if not whole and inside:
        end = max(node.lineno, min(inside) - 1)
    return range(node.lineno, end + 1)


def _is_kernel(node: ast.stmt) -> bool:
    decorators = getattr(node, "decorator_list", [])
    return any("compiled" in ast.unparse(one) for one in decorators)


def _defined(node: ast.stmt) -> set[str]:
    """The names that a statement of a module or a class binds."""
    if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        return {node.name}
    return {
        one.id
        for one in ast.walk(node)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }
