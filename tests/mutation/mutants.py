"""Small faults, one at a time, in the syntax tree of a module.

Left alone: docstrings, type hints, imports, decorators, and wording: the texts in an error, a note or an f-string, and
any text with a blank in it. What an error or a note computes, a row's number say, is mutated.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

SWAPS: dict[type, type] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.Break: ast.Continue, ast.Continue: ast.Break,
}  # fmt: skip
NAMES = dict(
    pair
    for one, other in (("min", "max"), ("any", "all"), ("minimum", "maximum"), ("argmin", "argmax"), ("mean", "median"),
                       ("floor", "ceil"), ("zeros", "ones"), ("lower", "upper"), ("isnan", "isinf"), ("std", "var"))
    for pair in ((one, other), (other, one))
)  # fmt: skip
KEPT = {"strict", "out", "hint"}  # keywords that change nothing, or only words
HINTS = {"Annotated", "Literal", "Mapping", "Sequence", "dict", "tuple", "list", "ClassVar"}
SHOWN = 100  # characters of a mutant's line


@dataclass(frozen=True)
class Mutant:
    """One fault. put: writes it into the tree that `mutants` was given. before, after: the code that changes.

    function: what it stands in, `module` at a module's top. body: the outermost function in whose body it lies, or "".
    """

    function: str
    body: str
    line: int
    before: str
    after: str
    put: Callable[[], None]

    @property
    def inside(self) -> bool:
        return bool(self.body)

    @property
    def name(self) -> str:
        return f"{self.function}: {self.before} -> {self.after}"


def mutants(tree: ast.Module) -> Iterator[Mutant]:
    """All mutants of a module, in the order of its syntax tree."""
    for at, statement in enumerate(tree.body):
        yield from _Walk(tree).within(statement, tree.body, at)


@dataclass(frozen=True)
class _Walk:
    """Where a walk through a tree is. wording: in what is for people to read."""

    tree: ast.Module
    function: str = ""
    body: str = ""
    wording: bool = False

    def within(self, node: ast.AST, place: object, key: object) -> Iterator[Mutant]:
        """The mutants of a node that stands at place[key], or as its attribute `key`, and of what is in it."""
        if _left_alone(node):
            return
        here = replace(self, wording=self.wording or _words(node))
        for new in _changed(node, here.wording):
            yield here.mutant(node, new, place, key)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            here = replace(here, function=f"{self.function}.{node.name}".lstrip("."))
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "bases", "type_params", "ctx"):
                continue
            there = here
            if isinstance(node, ast.FunctionDef) and name == "body" and not here.body:
                there = replace(here, body=here.function)
            for at, each in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(each, ast.AST) and not (isinstance(each, ast.keyword) and each.arg in KEPT):
                    yield from there.within(each, *((value, at) if isinstance(value, list) else (node, name)))

    def mutant(self, node: ast.AST, new: ast.AST, place: object, key: object) -> Mutant:
        def put() -> None:
            if isinstance(place, list):
                place[key] = new
            else:
                setattr(place, key, new)
            ast.fix_missing_locations(self.tree)

        line = getattr(node, "lineno", 0) or node.target.lineno
        return Mutant(self.function or "module", self.body, line, _shown(node), _shown(new), put)


def _shown(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def _left_alone(node: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Subscript(value=ast.Name(id=name)):
            return name in HINTS
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.operator() | ast.cmpop() | ast.boolop() | ast.unaryop():
            return True
    return False


def _words(node: ast.AST) -> bool:
    """Whether what stands inside is for people to read."""
    match node:
        case ast.JoinedStr() | ast.Raise():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name.endswith(("Error", "Problem", "error", "_note", "listing"))
        case ast.Call(func=ast.Attribute(value=ast.Name(id="notes"))):
            return True
        case ast.AugAssign(target=ast.Name(id="notes")):
            return True
    return False


def _changed(node: ast.AST, wording: bool) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    match node:
        case ast.Constant(value=bool(value)):
            yield _like(node, ast.Constant(not value))
        case ast.Constant(value=int(value) | float(value)) if not wording:
            yield _like(node, ast.Constant(value + 1))
        case ast.Constant(value=str(value)) if not wording and value and " " not in value:
            yield _like(node, ast.Constant(value + "x"))
        case ast.Compare(left=left, ops=[*ops], comparators=comparators):
            for at, op in enumerate(ops):
                swapped = [SWAPS[type(op)]() if at == k else each for k, each in enumerate(ops)]
                yield _like(node, ast.Compare(left, swapped, comparators))
        case ast.BoolOp(op=op, values=values):
            yield _like(node, ast.BoolOp(SWAPS[type(op)](), values))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in SWAPS and not isinstance(left, ast.JoinedStr):
            yield _like(node, ast.BinOp(left, SWAPS[type(op)](), right))
        case ast.AugAssign(target=target, op=op, value=value):
            yield _like(node, ast.Pass())
            if type(op) in SWAPS and not wording:
                yield _like(node, ast.AugAssign(target, SWAPS[type(op)](), value))
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert(), operand=operand):
            yield operand
        case ast.If(test=test, body=body, orelse=orelse):
            yield _like(node, ast.If(_not(test), body, orelse))
        case ast.IfExp(test=test, body=body, orelse=orelse) if not wording:
            yield _like(node, ast.IfExp(_not(test), body, orelse))
        case ast.While(test=test, body=body, orelse=orelse):
            yield _like(node, ast.While(_not(test), body, orelse))
        case ast.comprehension(target=target, iter=each, ifs=[_, *rest], is_async=is_async) if not wording:
            yield ast.comprehension(target, each, rest, is_async)
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield _like(node, ast.Return(ast.Constant(None)))
        case ast.Raise() | ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
            yield _like(node, ast.Pass())
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute()]):
            yield _like(node, ast.Pass())
        case ast.Break() | ast.Continue():
            yield _like(node, SWAPS[type(node)]())
        case ast.Subscript(slice=ast.Name() | ast.Attribute() | ast.Compare(), ctx=ast.Load()) if not wording:
            yield node.value
        case ast.Call() if not wording:
            yield from _changed_call(node)
        case ast.Attribute(value=value, attr=attr, ctx=ctx) if attr in NAMES:
            yield _like(node, ast.Attribute(value, NAMES[attr], ctx))
        case ast.Name(id=name, ctx=ctx) if name in NAMES:
            yield _like(node, ast.Name(NAMES[name], ctx))


def _changed_call(node: ast.Call) -> Iterator[ast.AST]:
    match node.func:
        case ast.Name(id="sorted"):
            yield _like(node, ast.Call(ast.Name("list", ast.Load()), node.args[:1], []))
    for at, keyword in enumerate(node.keywords):
        if keyword.arg is not None and keyword.arg not in KEPT:
            yield _like(node, ast.Call(node.func, node.args, [*node.keywords[:at], *node.keywords[at + 1 :]]))


def _like(old: ast.AST, new: ast.AST) -> ast.AST:
    return ast.copy_location(new, old)


def _not(test: ast.expr) -> ast.expr:
    return _like(test, ast.UnaryOp(ast.Not(), test))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
