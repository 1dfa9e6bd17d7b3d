"""Recurrent layers. PyTorch's own have tanh and sigmoid; others are cells that `run_cell` runs step by step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from nnctl.interop.torch_code.activations import as_function
from nnctl.interop.torch_code.layers.recurrent_weights import of_cell, of_module
from nnctl.interop.torch_code.python_text import call as code

MODULES = {"LSTM": "nn.LSTM", "GRU": "nn.GRU", "SimpleRNN": "nn.RNN"}
CELLS = {"LSTM": "LSTMCell", "GRU": "GRUCell", "SimpleRNN": "RNNCell"}


@dataclass(frozen=True)
class Ran:
    """What a recurrent layer gives: the variable of its outputs, of all steps or the last; and of its last states."""

    output: str
    states: list[str]


def recurrent(call):
    ran = one_direction(call)
    return call.result(ran.output, mask=call.mask if call.layer.return_sequences else None, states=ran.states)


def bidirectional(call):
    ahead, back = call.layer.both
    together = call.layer.backward_layer is None and not ahead.go_backwards and usual(ahead)
    frozen = [of_direction(call, name, layer, 0).frozen for name, layer in (("forward", ahead), ("backward", back))]
    outputs, states = (both_at_once if together and len(set(frozen)) == 1 else one_by_one)(call, ahead, back)
    if call.layer.merge_mode is None:
        states = [outputs[1], *states]
    keep = states if call.layer.state_names() else []
    return call.result(merged(call, *outputs), mask=call.mask if ahead.return_sequences else None, states=keep)


def one_direction(call) -> Ran:
    """Runs a layer over its first input; further inputs are its initial states."""
    layer, mask = call.layer, call.mask
    x, starts = given(call), [call.x(number) for number in range(1, len(call.tensors))]
    if layer.go_backwards:
        x = call.let("backwards", f"{x}.flip(1)", passing=True)
        mask = mask and call.let("mask", f"{mask}.flip(1)")
    if not usual(layer):
        return by_cell(call, x, mask, starts)
    say_biases(call, layer)
    module = call.module(module_code(call, layer), of_module(layer, call.weights, ""))
    y, last = run(call, module, x, mask, [f"{start}[None]" for start in starts])
    states = [f"{state}[-1]" for state in last]
    if not layer.return_sequences:
        return Ran(f"{last[0]}[-1]{unless_padding(mask, starts)}", states)
    return Ran(y if mask is None else f"at_each_step({y}, {mask})", states)


def by_cell(call, x, mask, starts) -> Ran:
    """Runs a layer that PyTorch does not have."""
    layer = call.layer
    cell = CELLS[layer.kind]
    if layer.kind == "GRU" and not layer.reset_after:
        cell = "GRUCellResetBefore"
    gate = as_function(layer.recurrent_activation) if hasattr(layer, "recurrent_activation") else None
    module = call.module(
        code(cell, call.shape[-1], layer.units, activation=as_function(layer.activation), gate=gate,
             bias=None if layer.use_bias else False, recurrent_dropout=layer.recurrent_dropout or None),
        of_cell(layer, call.weights),
    )  # fmt: skip
    y, states = variables(call, len(layer.states))
    state = f"({', '.join(starts)}{',' if len(starts) == 1 else ''})" if starts else None
    more = "," if len(states) == 1 else ""
    call.assign(f"{y}, ({', '.join(states)}{more})", code("run_cell", module, x, mask=mask, state=state))
    return Ran(y if layer.return_sequences else f"{y}[:, -1]", states)


def both_at_once(call, ahead, back):
    """((forward output, backward output), states) of a module with bidirectional=True."""
    x, mask = given(call, ahead), call.mask
    weights = [{key.partition("/")[2]: w for key, w in call.weights.items() if key.startswith(f"{name}/")}
               for name in ("forward", "backward")]  # fmt: skip
    say_biases(call, ahead)
    if ahead.dropout:
        call.differs(f"{call.name} drops the same features in both directions; nnctl draws them for each.")
    module = call.module(module_code(call, ahead, bidirectional=True),
                         of_module(ahead, weights[0], "") | of_module(back, weights[1], "_reverse"))  # fmt: skip
    starts = [call.x(number) for number in range(1, len(call.tensors))]
    half = len(starts) // 2
    pairs = [f"torch.stack([{one}, {other}])" for one, other in zip(starts[:half], starts[half:], strict=True)]
    y, last = run(call, module, x, mask, pairs)
    states = [
        f"{state}[{direction}]"
        for direction in range(2) for state in last
    ]  # fmt: skip
    if not ahead.return_sequences:
        return [f"{last[0]}[{direction}]{unless_padding(mask, starts)}" for direction in range(2)], states
    if mask is not None:
        y = call.let("both", f"at_each_step({y}, {mask}) * {mask}[..., None]", passing=True)
    if call.layer.merge_mode == "concat":
        return [y, None], states
    outputs = [call.variable(name) for name in ("ahead", "back")]
    call.assign(", ".join(outputs), f"{y}.chunk(2, dim=-1)")
    return outputs, states


def one_by_one(call, ahead, back):
    """((forward output, backward output), states) of two modules."""
    outputs, states = [], []
    half = (len(call.tensors) - 1) // 2
    for number, (name, layer) in enumerate((("forward", ahead), ("backward", back))):
        ran = one_direction(of_direction(call, name, layer, half))
        y = ran.output
        if call.layer.layer.return_sequences:
            y = f"({y}).flip(1)" if number and "*" in y else f"{y}.flip(1)" if number else y
            y = y if call.mask is None else f"{y} * {call.mask}[..., None]"
        outputs.append(call.let(name, y))
        states += ran.states if layer.return_state else []
    return outputs, states


def of_direction(call, name, layer, half):
    """The call of one of the two layers."""
    weights = {key.partition("/")[2]: w for key, w in call.weights.items() if key.startswith(f"{name}/")}
    starts = call.tensors[1 : 1 + half] if name == "forward" else call.tensors[1 + half :]
    attribute = call.builder.attribute(call.owner, f"{call.name}_{name}")
    return replace(call, layer=layer, name=attribute, weights=weights, tensors=[call.tensors[0], *starts],
                   frozen=not call.trains(f"{name}/"))  # fmt: skip


def merged(call, ahead, back):
    """The two outputs as one."""
    mode = call.layer.merge_mode
    if mode == "concat":
        return ahead if back is None else f"torch.cat([{ahead}, {back}], dim=-1)"
    return {None: ahead, "sum": f"{ahead} + {back}", "mul": f"{ahead} * {back}", "ave": f"({ahead} + {back}) / 2"}[mode]


def usual(layer: Any) -> bool:
    """Whether PyTorch has the layer."""
    activation, gate = layer.activation, getattr(layer, "recurrent_activation", None)
    known = activation is not None and activation.kind == "tanh"
    if layer.kind == "SimpleRNN":
        return not layer.recurrent_dropout and (known or (activation is not None and activation.is_plain_relu))
    sigmoid = gate is not None and gate.kind == "sigmoid"
    return known and sigmoid and not layer.recurrent_dropout and getattr(layer, "reset_after", True)


def say_biases(call, layer):
    if layer.use_bias and layer.kind != "GRU":
        call.differs(f"{MODULES[layer.kind]} has two biases, which add up and are both trained; nnctl has one.")


def module_code(call, layer, **more):
    """The code of PyTorch's module."""
    relu = '"relu"' if layer.kind == "SimpleRNN" and layer.activation.kind == "relu" else None
    return code(MODULES[layer.kind], call.shape[-1], layer.units, nonlinearity=relu,
                bias=None if layer.use_bias else False, batch_first=True, **more)  # fmt: skip


def given(call, layer=None):
    """The sequence, after dropout of the same features at every step."""
    rate = (layer or call.layer).dropout
    if not rate:
        return call.x()
    module = call.module(code("nn.Dropout1d", rate), suffix="_dropout", comment="the same features at every step")
    return call.let("dropped", f"{module}({call.x()}.transpose(1, 2)).transpose(1, 2)", passing=True)


def run(call, module, x, mask, starts):
    """(the outputs' variable, the states' variables) of a module."""
    y, states = variables(call, 2 if module_kind(call) == "LSTM" else 1)
    start = starts[0] if len(starts) == 1 else f"({', '.join(starts)})" if starts else None
    state = f"({', '.join(states)})" if len(states) > 1 else states[0]
    values = [x] if mask is None else [module, x, mask]
    values += [] if start is None else [start]
    call.assign(f"{y}, {state}", code(module if mask is None else "without_padding", *values))
    return y, states


def module_kind(call):
    return getattr(call.layer, "layer", call.layer).kind


def variables(call, count):
    """Variables for the outputs and the states."""
    return call.variable(call.name, passing=True), [call.variable(name) for name in ("h", "c")[:count]]


def unless_padding(mask, starts):
    """A factor for the last output: a row of padding alone has none, while its state is the initial one."""
    return f" * {mask}.any(dim=1)[:, None]" if mask is not None and starts else ""


LAYERS = {"LSTM": recurrent, "GRU": recurrent, "SimpleRNN": recurrent, "Bidirectional": bidirectional}
