"""A described model (see prepare.py) as a PyTorch user would write it: a module, its loss, its optimizer, its schedule.

Images are channels first, as PyTorch wants them; a last softmax or sigmoid is left to the loss.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class NotExpressed(Exception):
    """The config asks for something that PyTorch (or this script) does not have."""


ACTIVATIONS = {"relu": F.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "linear": None, None: None}
MERGES = {
    "Add": torch.add,
    "Subtract": torch.sub,
    "Multiply": torch.mul,
    "Concatenate": lambda *xs: torch.cat(xs, dim=-1),
}


class Recurrent(nn.Module):
    """LSTM or GRU, in one or both directions; padded steps are left out by packing."""

    def __init__(self, kind: str, arguments: dict, shape: list[int], both: bool):
        super().__init__()
        known = {"units", "return_sequences", "dropout"}
        if kind not in ("LSTM", "GRU") or not known.issuperset(arguments):
            raise NotExpressed(f"{kind} with {', '.join(set(arguments) - known)}")
        self.cells = getattr(nn, kind)(shape[-1], arguments["units"], batch_first=True, bidirectional=both)
        self.sequences = arguments.get("return_sequences", False)
        self.drop = nn.Dropout(arguments["dropout"]) if "dropout" in arguments else None  # one mask a step

    def forward(self, x, lengths=None):
        steps = x.shape[1]
        if self.drop is not None:
            x = self.drop(x)
        if lengths is not None:
            x = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        y, state = self.cells(x)
        if self.sequences:
            return y if lengths is None else pad_packed_sequence(y, batch_first=True, total_length=steps)[0]
        last = state[0] if isinstance(state, tuple) else state  # (directions, rows, units)
        return last[0] if len(last) == 1 else torch.cat((last[0], last[1]), dim=-1)


class Conv1D(nn.Module):
    """On (rows, steps, features), as recurrent layers have it."""

    def __init__(self, inner: nn.Module):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x.transpose(1, 2)).transpose(1, 2)


class RandomTranslation(nn.Module):
    """Moves each image by a random fraction of its height and width, in training."""

    def __init__(self, height: list[float], width: list[float]):
        super().__init__()
        self.low, self.high = torch.tensor([width[0], height[0]]), torch.tensor([width[1], height[1]])

    def forward(self, x):
        if not self.training:
            return x
        theta = torch.eye(2, 3).repeat(len(x), 1, 1)
        theta[:, :, 2] = 2 * (self.low + (self.high - self.low) * torch.rand(len(x), 2))  # the picture is 2 wide
        return F.grid_sample(x, F.affine_grid(theta, x.shape, align_corners=False), align_corners=False)


def build(kind: str, given: dict, shape: list[int]):
    """The module (or function) of a layer that takes a tensor of that shape, the batch axis left out."""
    if kind == "Dense":
        return nn.Linear(shape[-1], given["units"], bias=given.get("use_bias", True))
    if kind in ("Conv1D", "Conv2D"):
        sides = given["kernel_size"] if kind == "Conv2D" else [given["kernel_size"]]
        sides = [sides] * 2 if isinstance(sides, int) else sides
        if not {"filters", "kernel_size", "padding", "activation", "use_bias"}.issuperset(given):
            raise NotExpressed(f"{kind} with {', '.join(given)}")
        padding = tuple(side // 2 for side in sides) if given.get("padding") == "same" else 0
        made = (nn.Conv2d if kind == "Conv2D" else nn.Conv1d)(
            shape[-1], given["filters"], tuple(sides), padding=padding, bias=given.get("use_bias", True)
        )
        return made if kind == "Conv2D" else Conv1D(made)
    if kind in ("MaxPooling1D", "MaxPooling2D") and given.get("padding", "valid") == "valid":
        size = given.get("pool_size", 2)
        size = tuple(size) if isinstance(size, list) else size
        return nn.MaxPool2d(size) if kind == "MaxPooling2D" else Conv1D(nn.MaxPool1d(size))
    if kind in ("LSTM", "GRU"):
        return Recurrent(kind, given, shape, both=False)
    if kind == "Bidirectional" and set(given) == {"layer"}:
        [(inner, arguments)] = given["layer"].items()
        return Recurrent(inner, arguments, shape, both=True)
    if kind == "BatchNormalization":
        made = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
        return made(shape[-1], eps=given.get("epsilon", 1e-3), momentum=1 - given.get("momentum", 0.99))
    if kind == "RandomTranslation" and given.get("fill_mode") == "constant":
        return RandomTranslation(given["height_factor"], given["width_factor"])
    if kind == "Embedding":
        return nn.Embedding(given["input_dim"], given["output_dim"])
    if kind == "Dropout":
        return nn.Dropout(given["rate"])
    if kind == "Flatten":
        return nn.Flatten()
    if kind == "GlobalAveragePooling2D":
        return lambda x: x.mean((2, 3))
    if kind == "ReLU" and not given:
        return F.relu
    if kind == "Activation":
        return ACTIVATIONS[given["activation"]] or (lambda x: x)
    if kind in MERGES:
        return MERGES[kind]
    raise NotExpressed(kind)


class Graph(nn.Module):
    """The nodes in their order; forward takes the inputs and their lengths and gives the outputs."""

    def __init__(self, model: dict):
        super().__init__()
        shapes = dict(model["inputs"])
        places = {name: place for place, name in enumerate(shapes)}
        taken_over = {
            output
            for output, (loss, _) in zip(model["outputs"], model["losses"], strict=True)
            if loss.endswith("crossentropy") or loss == "ctc"
        }
        made: dict = {}
        self.regularized = []  # (rate, weight) of L2
        self.parts = nn.ModuleList()
        self.steps = []  # (what to call, places of what it takes, lengths' name, activation)
        for place, node in enumerate(model["nodes"], start=len(shapes)):
            name, given = node["name"], node["arguments"]
            part = made.get(node["shared"])
            if part is None:
                part = build(node["kind"], given, shapes[node["sources"][0]])
                if isinstance(part, nn.Module):
                    self.parts.append(part)
                if "kernel_regularizer" in given:
                    self.regularized.append((given["kernel_regularizer"]["l2"]["l2"], part.weight))
            made[name] = part
            activation = given.get("activation") if node["kind"] != "Activation" else None
            if name in taken_over and activation in ("softmax", "sigmoid"):
                activation = None  # the loss takes logits
            lengths = node["lengths"] if isinstance(part, Recurrent) else None
            takes = tuple(places[source] for source in node["sources"])
            self.steps.append((part, takes, lengths, ACTIVATIONS[activation]))
            shapes[name], places[name] = node["shape"], place
        self.outputs = [places[output] for output in model["outputs"]]

    def forward(self, inputs, lengths):
        values = list(inputs)
        for part, takes, counted, activation in self.steps:
            if len(takes) > 1:
                y = part(*[values[place] for place in takes])
            else:
                y = part(values[takes[0]]) if counted is None else part(values[takes[0]], lengths[counted])
            values.append(y if activation is None else activation(y))
        return [values[place] for place in self.outputs]


def loss_of(kind: str, arguments: dict):
    """(output, y, lengths or None) -> the loss of each row, or its mean where `mean` is true."""
    if kind == "ctc":

        def ctc(z, y, lengths, mean):
            steps = torch.full((len(z),), z.shape[1]) if lengths is None else lengths
            long = (y != 0).sum(dim=1)
            return F.ctc_loss(z.log_softmax(-1).transpose(0, 1), y, steps, long, reduction="mean" if mean else "none")

        return ctc
    losses = {
        "sparse_categorical_crossentropy": F.cross_entropy,
        "categorical_crossentropy": F.cross_entropy,
        "binary_crossentropy": F.binary_cross_entropy_with_logits,
        "mse": F.mse_loss,
        "mae": F.l1_loss,
        "huber": F.huber_loss,
    }
    if kind not in losses or arguments:
        raise NotExpressed(f"the loss {kind} {arguments or ''}")
    function = losses[kind]

    def loss(z, y, lengths, mean):
        if mean:
            return function(z, y)
        each = function(z, y, reduction="none")
        return each if each.ndim == 1 else each.flatten(1).mean(dim=1)

    return loss


def optimizer_of(model: dict, weights, fused: bool = True):
    """The optimizer and the schedule of its rate, stepped each iteration, or None."""
    name, given = model["optimizer"]
    if given.get("clipvalue") or given.get("weight_decay"):
        raise NotExpressed(f"{name} with clipvalue or weight_decay")
    rate, schedule = given["learning_rate"], None
    if isinstance(rate, dict):
        if set(rate) != {"CosineDecay"} or not {"initial_learning_rate", "decay_steps"}.issuperset(*rate.values()):
            raise NotExpressed(f"the schedule {next(iter(rate))}")
        steps, rate = rate["CosineDecay"]["decay_steps"], rate["CosineDecay"]["initial_learning_rate"]

        def schedule(step):
            return 0.5 * (1 + math.cos(math.pi * min(step, steps) / steps))

    moments = {"betas": (given.get("beta_1"), given.get("beta_2")), "eps": given.get("epsilon")}
    made = {
        "adam": lambda: torch.optim.Adam(weights, rate, **moments, fused=fused),
        "nadam": lambda: torch.optim.NAdam(weights, rate, **moments),
        "rmsprop": lambda: torch.optim.RMSprop(weights, rate, alpha=given["rho"], eps=given["epsilon"]),
        "adagrad": lambda: torch.optim.Adagrad(weights, rate, eps=given["epsilon"]),
        "adadelta": lambda: torch.optim.Adadelta(weights, rate, rho=given["rho"], eps=given["epsilon"]),
    }
    made |= dict.fromkeys(("sgd", "momentum", "nesterov"), lambda: torch.optim.SGD(
        weights, rate, momentum=given["momentum"], nesterov=given["nesterov"]))  # fmt: skip
    if name not in made:
        raise NotExpressed(f"the optimizer {name}")
    optimizer = made[name]()
    return optimizer, schedule and torch.optim.lr_scheduler.LambdaLR(optimizer, schedule)


def tensors(part, images_last: bool = False):
    """The inputs, targets, lengths by input and weights of a split as tensors; images channels first."""
    x = [torch.from_numpy(a) for a in part.x]
    x = [a.permute(0, 3, 1, 2) if a.ndim == 4 else a for a in x]
    form = torch.channels_last if images_last else torch.contiguous_format
    x = [a.contiguous(memory_format=form) if a.ndim == 4 else a for a in x]
    y = [torch.from_numpy(a) for a in part.y]
    y = [a if a.is_floating_point() else a.long() for a in y]
    lengths = {name: torch.from_numpy(a).long() for name, a in part.lengths.items()}
    return x, y, lengths, None if part.weights is None else torch.from_numpy(part.weights)
