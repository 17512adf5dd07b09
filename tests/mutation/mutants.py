"""Single changes of a module's code: what a slip of a physicist or of an editor would leave."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ARITHMETIC = {ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*")}
_COMPARISONS = {
    ast.Lt: ("<", ">="), ast.LtE: ("<=", ">"), ast.Gt: (">", "<="), ast.GtE: (">=", "<"),
    ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="),
}  # fmt: skip
# Of what states a number's error: which argument that is.
_STATES_AN_ERROR = {"ErrorEstimate": 0, "Estimate": 1}
_SWAPPED = {"max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum"}


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change.

    Args:
        path: The module's file.
        line: Of the change, from 1.
        kind: What is changed: sign, factor, conjugate, comparison, guard, term, extremum, error.
        start: First byte that is replaced.
        end: The byte behind the last one.
        new: What stands there instead.
    """

    path: Path
    line: int
    kind: str
    start: int
    end: int
    new: str

    def applied(self, source: bytes) -> bytes:
        """The source with the change; all other lines keep their numbers."""
        new = self.new.encode()
        gone = source[self.start : self.end].count(b"\n") - new.count(b"\n")
        within = len(new) - new.endswith(b")")  # a line may end within brackets
        new = new[:within] + b"\n" * gone + new[within:]
        return source[: self.start] + new + source[self.end :]

    def shown(self, source: bytes) -> str:
        """The change in one line."""
        old = " ".join(source[self.start : self.end].decode().split())
        return f"{self.path}:{self.line} [{self.kind}] {old[:60]}  ->  {self.new[:60]}"


class _Finder:
    """Walks the code of a module, but not its docstrings, messages and annotations."""

    def __init__(self, path: Path, source: bytes) -> None:
        self.path, self.source = path, source
        lines = source.splitlines(keepends=True)
        self.starts = [sum(map(len, lines[:i])) for i in range(len(lines) + 1)]
        self.found: list[Mutant] = []

    def span(self, node: ast.AST) -> tuple[int, int]:
        at = self.starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        end = self.starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        return at, end

    def text(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.source[start:end].decode()

    def add(self, kind: str, node: ast.AST, new: str) -> None:
        start, end = self.span(node)
        line: int = node.lineno  # type: ignore[attr-defined]
        self.found.append(
            Mutant(path=self.path, line=line, kind=kind, start=start, end=end, new=new)
        )

    def visit(self, node: ast.AST) -> None:
        """The mutants of a node and of what it holds."""
        if _says_something(node):
            return
        getattr(self, f"_{type(node).__name__.lower()}", lambda _: None)(node)
        for child in _code(node):
            self.visit(child)

    def _binop(self, node: ast.BinOp) -> None:
        left, right = f"({self.text(node.left)})", f"({self.text(node.right)})"
        if any(isinstance(x, ast.Constant) and isinstance(x.value, str | bytes)
               for x in (node.left, node.right)):  # fmt: skip
            return
        if isinstance(node.op, ast.Add | ast.Sub) and _is_zero(node.right):
            return  # which only makes a number complex
        if "perf_counter" in left:
            return  # seconds are told, and no number depends on them
        if type(node.op) in _ARITHMETIC:
            _, other = _ARITHMETIC[type(node.op)]
            kind = "sign" if other in "+-" else "factor"
            self.add(kind, node, f"({left} {other} {right})")
        if isinstance(node.op, ast.Add | ast.Sub):
            self.add("term", node, left)
        for one, operand in ((left, node.left), (right, node.right)):
            number = operand.value if isinstance(operand, ast.Constant) else None
            if isinstance(number, int | float) and number:  # twice zero is zero
                self.add("factor", operand, f"(2 * {one})")

    def _unaryop(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.USub):
            self.add("sign", node, f"({self.text(node.operand)})")

    def _constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, complex) and node.value:
            self.add("conjugate", node, f"(-{self.text(node)})")

    def _call(self, node: ast.Call) -> None:
        name = node.func
        if isinstance(name, ast.Attribute) and name.attr == "conj":
            of = node.args[0] if node.args else name.value
            self.add("conjugate", node, f"({self.text(of)})")
        elif isinstance(name, ast.Attribute | ast.Name):
            called = name.attr if isinstance(name, ast.Attribute) else name.id
            if called in _SWAPPED:
                whole = self.text(name)
                self.add("extremum", name, whole[: len(whole) - len(called)] + _SWAPPED[called])
            self._stated_errors(node, called)

    def _stated_errors(self, node: ast.Call, called: str) -> None:
        """Errors that a call is given, a hundred times smaller: a bound from below notices it."""
        at = _STATES_AN_ERROR.get(called, len(node.args))
        given = [*node.args[at : at + 1], *(k.value for k in node.keywords if k.arg == "error")]
        for one in given:
            error = one.body if isinstance(one, ast.Lambda) else one
            if not isinstance(error, ast.Constant | ast.Starred) and not _states_no_size(error):
                self.add("error", error, f"(0.01 * ({self.text(error)}))")

    def _compare(self, node: ast.Compare) -> None:
        if len(node.ops) == 1 and type(node.ops[0]) in _COMPARISONS:
            left, right = self.text(node.left), self.text(node.comparators[0])
            self.add("comparison", node, f"({left} {_COMPARISONS[type(node.ops[0])][1]} {right})")

    def _if(self, node: ast.If) -> None:
        if isinstance(node.body[-1], ast.Raise | ast.Return | ast.Continue | ast.Expr):
            self.add("guard", node.test, f"(False and ({self.text(node.test)}))")

    def _augassign(self, node: ast.AugAssign) -> None:
        if isinstance(node.op, ast.Add | ast.Sub | ast.Mult):
            target = self.text(node.target)
            self.add("term", node, f"{target} = {target}")


def _is_zero(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value == 0


def _states_no_size(node: ast.AST) -> bool:
    """Whether an error is not known, infinite, words, or stated by a call within."""
    inside = list(ast.walk(node))
    words = {one.attr for one in inside if isinstance(one, ast.Attribute)}
    words |= {one.id for one in inside if isinstance(one, ast.Name)}
    said = any(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in inside)
    return said or bool(words & {"nan", "inf", *_STATES_AN_ERROR})


def _says_something(node: ast.AST) -> bool:
    """Whether a node only talks to people or to type checkers."""
    if isinstance(node, ast.JoinedStr | ast.Raise | ast.Import | ast.ImportFrom | ast.Assert):
        return True
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
        return True
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and (
        node.func.attr in ("fail", "Words", "warn")
    )  # fmt: skip


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """What a node holds, without annotations."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child


def mutants(path: Path, source: bytes | None = None) -> list[Mutant]:
    """Every change of a module that this knows, in the order of its code.

    Args:
        path: The module's file.
        source: Its text; read from the file if it is not given.
    """
    source = path.read_bytes() if source is None else source
    finder = _Finder(path, source)
    finder.visit(ast.parse(source))
    return sorted(finder.found, key=lambda one: (one.start, one.end, one.new))
