"""The statements of `forward`, written with references first; their variables get names once all are known.

A tensor that only the next layer uses is called x, as PyTorch users write it; one that is needed later, or together
with others, is called as the layer that it comes from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from nnctl.interop.torch_code.copied import definitions
from nnctl.interop.torch_code.python_text import INDENT, RESERVED, commented, identifier

REFERENCE = re.compile("\0(\\d+)\0")  # a variable in code that has no names yet


@dataclass(frozen=True)
class Statement:
    """`targets = value`, or a comment alone. layer: how many layers with statements come before it."""

    targets: str
    value: str
    layer: int
    comment: str = ""


@dataclass(frozen=True)
class Variable:
    """wanted: the name it should have. passing: it may be called x."""

    wanted: str
    passing: bool


class Statements:
    """A function's body that grows.

    given: the names of its parameters, which are the first variables.
    """

    def __init__(self, given: list[str]):
        self.given = given
        self.layer = 0
        self._variables = [Variable(name, False) for name in given]
        self._statements: list[Statement] = []

    def variable(self, wanted: str, *, passing: bool = False) -> str:
        """A new variable, as a reference."""
        self._variables.append(Variable(wanted, passing))
        return f"\0{len(self._variables) - 1}\0"

    def parameter(self, name: str) -> str:
        """The reference to a parameter."""
        return f"\0{self.given.index(name)}\0"

    def assign(self, targets: str, value: str, comment: str = "") -> None:
        self._statements.append(Statement(targets, value, self.layer, comment))

    def remark(self, comment: str) -> None:
        """A comment on a line of its own."""
        self._statements.append(Statement("", "", self.layer, comment))

    def end_layer(self) -> None:
        """The statements that follow belong to the next layer."""
        if any(each.targets and each.layer == self.layer for each in self._statements):
            self.layer += 1

    def used(self, names: list[str], returned: str) -> list[str]:
        """Those parameters that anything returned depends on."""
        text = "".join(each.value for each in self._needed(returned)) + returned
        return [name for name in names if self.parameter(name) in text]

    def lines(self, returned: str, indent: str = INDENT * 2, *, remarks: bool = True) -> list[str]:
        """The body, which returns `returned`, with names for all variables."""
        statements = [each for each in self._needed(returned) if remarks or each.targets]
        if statements and statements[-1].targets == returned:  # return f(x), not x = f(x); return x
            last = statements.pop()
            statements.append(replace(last, targets="return"))
        else:
            statements.append(Statement("return", returned, self.layer))
        names = self._named(statements)
        lines = []
        for each in statements:
            if not each.targets:
                lines += commented("", each.comment, indent) if not each.value else []
                continue
            value = REFERENCE.sub(lambda m: names[int(m[1])], each.value)
            if each.targets == "return":
                lines += commented(f"return {value}", each.comment, indent)
                continue
            targets = REFERENCE.sub(lambda m: names.get(int(m[1]), "_"), each.targets)
            targets = re.sub(r"\(_(, _)*,?\)", "_", targets)
            lines += commented(f"{targets} = {value}", each.comment, indent)
        return lines

    def _tensors(self, value: str) -> set[int]:
        """The inputs and the outputs of layers in the code of a value."""
        found = {int(number) for number in REFERENCE.findall(value)}
        return {number for number in found if self._variables[number].passing or number < len(self.given)}

    def _needed(self, returned: str) -> list[Statement]:
        """The statements that what is returned depends on, and the remarks."""
        wanted = set(REFERENCE.findall(returned))
        kept = []
        for each in reversed(self._statements):
            if not each.targets or wanted & set(REFERENCE.findall(each.targets)):
                wanted |= set(REFERENCE.findall(each.value))
                kept.append(each)
        return kept[::-1]

    def _named(self, statements: list[Statement]) -> dict[int, str]:
        """The names of the variables that are used."""
        uses: dict[int, list[int]] = {}
        for at, each in enumerate(statements):
            for number in map(int, REFERENCE.findall(each.value)):
                uses.setdefault(number, []).append(at)
        names = {number: name for number, name in enumerate(self.given) if number in uses}
        taken = {*RESERVED, *definitions(), *self.given}
        x_until = max(uses.get(self.given.index("x"), [-1])) if "x" in self.given else -1
        for at, each in enumerate(statements):
            for number in map(int, REFERENCE.findall(each.targets)):
                if number not in uses:
                    continue
                variable = self._variables[number]
                soon = all(statements[use].layer <= each.layer + 1 for use in uses[number])
                alone = not any(self._tensors(statements[use].value) - {number} for use in uses[number])
                if variable.passing and soon and alone and x_until <= at:
                    names[number], x_until = "x", uses[number][-1]
                else:
                    names[number] = identifier(variable.wanted, taken)
                    taken.add(names[number])
        return names
