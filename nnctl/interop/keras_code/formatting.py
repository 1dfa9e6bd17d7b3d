"""Python expressions as text, broken into lines as `ruff format` breaks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from nnctl.interop.keras.objects import KerasObject

WIDTH = 88
STEP = "    "


@dataclass(frozen=True)
class Bracket:
    """head(items)tail: a call, a list or a dict, whose items may have lines of their own."""

    head: str
    items: tuple[Expression, ...]
    tail: str

    def flat(self) -> str:
        return f"{self.head}{', '.join(map(flat, self.items))}{self.tail}"

    def before(self, text: str) -> Bracket:
        """The same after a text, such as the name of an argument."""
        return Bracket(text + self.head, self.items, self.tail)

    def then(self, text: str) -> Bracket:
        """The same before a text, such as a second call."""
        return Bracket(self.head, self.items, self.tail + text)


Expression = str | Bracket


def flat(expression: Expression) -> str:
    """In one line."""
    return expression if isinstance(expression, str) else expression.flat()


def named(name: str, expression: Expression) -> Expression:
    """name=expression, or any other text before it."""
    return name + expression if isinstance(expression, str) else expression.before(name)


def call(function: str, *given: Expression, **arguments: Expression) -> Bracket:
    """function(given, name=value)."""
    items = (*given, *(named(f"{name}=", value) for name, value in arguments.items()))
    return Bracket(f"{function}(", items, ")")


def listed(items: Sequence[Expression]) -> Bracket:
    return Bracket("[", tuple(items), "]")


def mapping(items: Mapping[str, Expression]) -> Bracket:
    """A dict whose keys are texts."""
    return Bracket("{", tuple(named(f"{text(key)}: ", value) for key, value in items.items()), "}")


def statement(expression: Expression, indent: str = "") -> list[str]:
    """A statement in lines."""
    return _lines(expression, indent, "")


def _lines(expression: Expression, indent: str, comma: str) -> list[str]:
    whole = f"{indent}{flat(expression)}{comma}"
    if len(whole) <= WIDTH or isinstance(expression, str) or not expression.items:
        return [whole]
    first, last, inside = indent + expression.head, indent + expression.tail + comma, indent + STEP
    body = f"{inside}{', '.join(map(flat, expression.items))}"
    is_call = expression.head.endswith("(") and expression.head[-2:-1].isidentifier()
    if len(body) <= WIDTH and (is_call or len(expression.items) == 1):
        return [first, body, last]
    return [first, *(line for item in expression.items for line in _lines(item, inside, ",")), last]


def paragraph(words: str, indent: str = "", hanging: str = "") -> list[str]:
    """Text in lines."""
    return wrap(words, WIDTH, initial_indent=indent, subsequent_indent=indent + hanging, break_long_words=False,
                break_on_hyphens=False)  # fmt: skip


def text(value: str) -> str:
    """A string, in double quotes unless it has some itself."""
    shown = repr(value)
    return shown if '"' in value or "\\" in shown else f'"{value}"'


def number(value: float) -> str:
    """A number as ruff writes it."""
    return repr(value).replace("e+", "e")


def value_of(value: Any) -> Expression:
    """A plain value, or an object of Keras with the arguments that are not defaults."""
    if isinstance(value, KerasObject):
        return made(value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, list | tuple):
        items = tuple(map(value_of, value))
        return Bracket("(", items, ",)" if len(items) == 1 else ")")
    return number(value)


# How the script calls Keras' modules; the layers are imported by their own name.
MODULES = {"keras.layers": "layers"}
# Objects that are named by a string where their arguments are defaults.
BY_NAME = ("keras.initializers", "keras.regularizers")


def made(given: KerasObject) -> Expression:
    """The call that makes an object."""
    if given.name == "Gelu":
        return f"lambda x: keras.ops.gelu(x, approximate={given.arguments['approximate']})"
    unlike = {name: value for name, value in given.given().items() if name != "dtype"}
    if given.module in BY_NAME and not unlike and given.name != "Constant":  # which has no default by its name
        return text(snake(given.name))
    positional = [value_of(value) for name, value in unlike.items() if name not in given.defaults and name in FIRST]
    rest = {name: value_of(value) for name, value in unlike.items() if name in given.defaults or name not in FIRST}
    return call(f"{MODULES.get(given.module, given.module)}.{given.name}", *positional, **rest)


# Arguments without defaults that are written without their names.
FIRST = frozenset((
    "units", "filters", "kernel_size", "input_dim", "output_dim", "num_heads", "key_dim", "rate", "stddev", "layer",
    "target_shape", "dims", "n", "axes", "scale", "activation", "height_factor", "width_factor", "factor", "pool_size",
))  # fmt: skip


def snake(name: str) -> str:
    """GlorotUniform -> glorot_uniform, L1L2 -> l1_l2."""
    from nnctl.config.layer_list import snake_case  # imported here, as the config's modules need not be loaded

    return "l1_l2" if name == "L1L2" else snake_case(name)
