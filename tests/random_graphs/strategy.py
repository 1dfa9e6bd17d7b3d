"""Draws a small random model as plain data (see the package). Every draw is a valid model.

What a kind of layer takes is its row in rows.py. nnctl's own declaration says whether what was drawn fits, and
gives the output's shape.
"""

from dataclasses import dataclass, field
from math import prod

from hypothesis import strategies as st

from nnctl.errors import ShapeError
from nnctl.nn.layers import layers
from random_graphs.arrays import kinds_of
from random_graphs.rows import BOOL, ROWS, SIZE

LARGEST = 120  # numbers in one sample of any tensor
MOST_OUTPUTS = 4


@dataclass(frozen=True)
class Tensor:
    """One tensor of the model being drawn. last: the activation it comes from, which says what losses suit."""

    name: str
    shape: tuple[int, ...]
    words: int = 0
    last: str | None = None

    @property
    def real(self):
        return not self.words


@dataclass
class Drawing:
    """A model so far."""

    tensors: list[Tensor]
    entries: list[dict] = field(default_factory=list)
    states: dict[str, list[str]] = field(default_factory=dict)
    owners: dict[str, tuple] = field(default_factory=dict)  # name -> kind, layer, tensors it took, how many by `from`

    def add(self, kind, layer, arguments, sources, starts=()):
        """Adds an entry, unless it does not fit."""
        by_name = {t.name: t for t in self.tensors}
        taken = [by_name[name] for name in (*sources, *starts)]
        shapes = [t.shape for t in taken]
        shape = shapes if layer.merges else shapes[0]
        try:
            out = tuple(layer.output_shape(shape))
            further = layer.state_shapes(shape)
            layer.weights(shape)
        except ShapeError:
            return
        if not 1 <= len(out) <= 4 or prod(out) > LARGEST:
            return
        name = f"l{len(self.entries)}"
        entry = {"name": name, "from": list(sources), **arguments}
        if starts:
            entry["initial_state"] = list(starts)
        self.entries.append({kind: entry})
        if states := list(layer.state_names()):
            self.states[name] = states
        function = getattr(layer, "function", layer.outer_activation())
        self.tensors.append(Tensor(name, out, last=function.kind if function is not None else None))
        self.tensors += [Tensor(f"{name}.{state}", tuple(s)) for state, s in zip(states, further, strict=True)]
        if "shared" not in arguments:
            self.owners[name] = kind, layer, taken, len(sources)

    def dangling(self):
        taken = set()
        for entry in self.entries:
            [own] = entry.values()
            taken |= {source.partition(".")[0] for source in (*own["from"], *own.get("initial_state", ()))}
        return [name for name in (next(iter(e.values()))["name"] for e in self.entries) if name not in taken]


@st.composite
def inputs(draw):
    """One to three inputs by name."""
    drawn = {}
    for name in "abc"[: draw(st.sampled_from([1, 1, 2, 2, 3]))]:
        kind = draw(st.sampled_from(["plain", "plain", "plain", "padding", "lengths", "words"]))
        if kind == "words":
            drawn[name] = {"shape": draw(st.lists(SIZE, min_size=1, max_size=1)), "words": draw(st.integers(2, 5))}
            continue
        rank = draw(st.sampled_from([1, 2, 3, 3])) if kind == "plain" else 2
        shape = draw(st.lists(SIZE if rank < 3 else st.integers(2, 4), min_size=rank, max_size=rank))
        drawn[name] = {"shape": shape}
        if kind == "padding":
            drawn[name]["padding"] = draw(st.sampled_from([0.5, -1.0]))  # 0 is where relu and its kin have a corner
        elif kind == "lengths":
            drawn[name]["lengths"] = True
    return drawn


def add_one(draw, model, kinds, first):
    """Tries to add a layer of one of the kinds to the first tensor."""
    able = [kind for kind in kinds if ROWS[kind].words == bool(first.words) and ROWS[kind].takes(first.shape)]
    if not able:
        return
    kind = draw(st.sampled_from(able))
    row = ROWS[kind]
    arguments = dict(draw(row.arguments(first.shape)))
    if first.words:
        arguments["input_dim"] = first.words
    others, more = row.further(draw, {**arguments, "kind": kind}, first, model.tensors)
    starts_from = more.pop("initial_state", [])
    arguments |= more
    model.add(kind, layers.build({kind: arguments}), arguments, [first.name, *others], starts_from)


def share_one(draw, model):
    """Tries to apply an earlier layer's weights to tensors of the same shapes."""
    name = draw(st.sampled_from(sorted(model.owners)))
    kind, layer, taken, count = model.owners[name]
    sources = []
    for like in taken:
        able = [t.name for t in model.tensors if t.shape == like.shape and t.words == like.words]
        sources.append(draw(st.sampled_from(able)))
    model.add(kind, layer, {"shared": name}, sources[:count], sources[count:])


def losses_of(tensor):
    """Losses that suit an output."""
    fits = [{"mse": {}}, {"huber": {"delta": 0.5}}, {"mae": {}}]
    if tensor.last == "sigmoid":
        fits += [{"binary_crossentropy": {}}, {"binary_crossentropy": {"label_smoothing": 0.2}}] * 2
    if tensor.last == "softmax" and tensor.shape[-1] > 1:
        fits += [{"categorical_crossentropy": {}}, {"sparse_categorical_crossentropy": {}},
                 {"categorical_crossentropy": {"label_smoothing": 0.1}}] * 2  # fmt: skip
    if tensor.last in (None, "linear"):
        fits.append({"binary_crossentropy": {"from_logits": True}})
        if tensor.shape[-1] > 1:
            fits += [{"categorical_crossentropy": {"from_logits": True}},
                     {"sparse_categorical_crossentropy": {"from_logits": True}}]  # fmt: skip
    return fits


@st.composite
def models(draw, kinds=None):
    """A model. kinds: of its layers, default all that have a row."""
    kinds = sorted(kind for kind in kinds or ROWS if kind in layers)
    given = draw(inputs())
    model = Drawing([Tensor(name, tuple(how["shape"]), how.get("words", 0)) for name, how in given.items()])
    used = list(model.tensors)
    for first in used:
        able = ["Masking"] if "padding" in given[first.name] and "Masking" in kinds and draw(BOOL) else kinds
        while not any(first.name in next(iter(e.values()))["from"] for e in model.entries):
            add_one(draw, model, able, first)  # until something takes this input
    for _ in range(draw(st.integers(1, 8))):
        loose = set(model.dangling())
        real = [t for t in model.tensors if t.real]
        ends = [t for t in real if t.name.partition(".")[0] in loose]
        if draw(st.integers(0, 5)) == 0 and model.owners:
            share_one(draw, model)
        else:
            add_one(draw, model, kinds, draw(st.sampled_from(ends if ends and draw(BOOL) else real)))
    outputs = model.dangling()
    names = [next(iter(e.values()))["name"] for e in model.entries]
    if draw(st.integers(0, 3)) == 0:  # a tensor may be an output and be taken, too
        extra = draw(st.sampled_from(names))
        outputs += [extra] if extra not in outputs else []
    used_kinds = set(kinds_of(model.entries))
    training = not any(ROWS[kind].drawn for kind in used_kinds)
    by_name = {t.name: t for t in model.tensors}
    losses = weights = None
    if training and draw(st.integers(0, 2)) == 0 and all(len(by_name[name].shape) <= 2 for name in outputs):
        losses = {name: draw(st.sampled_from(losses_of(by_name[name]))) for name in outputs}
        weights = {name: draw(st.sampled_from([0.3, 1.0, 2.0])) for name in outputs}
    return {
        "seed": draw(st.integers(0, 2**31)), "rows": draw(st.integers(2, 4)), "training": training,
        "moving": "BatchNormalization" in used_kinds, "inputs": given, "layers": model.entries, "states": model.states,
        "outputs": outputs, "losses": losses, "loss_weights": weights, "weighted": losses is not None and draw(BOOL),
    }  # fmt: skip
