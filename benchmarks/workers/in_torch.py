"""Milliseconds of each training iteration of PyTorch.

VARIANT: eager (fused Adam), plain (Adam as it comes), channels_last, compile.
"""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from workers.data import peak_memory, rows_of  # noqa: E402
from workloads import WORKLOADS  # noqa: E402

import torch  # noqa: E402
from torch import nn  # noqa: E402


class Graph(nn.Module):
    """The workload's entries, channels first as PyTorch wants them; the last softmax is the loss's."""

    def __init__(self, workload):
        super().__init__()
        self.steps = []
        modules = nn.ModuleList()
        shapes = {"": workload.shape}
        above = ""
        for index, entry in enumerate(workload.layers):
            [(kind, given)] = entry.items()
            source = given.get("from", above)
            shape = shapes[source[0] if isinstance(source, list) else source]
            module, shape = layer(kind, given, shape)
            activation = given.get("activation")
            name = given.get("name", str(index))
            if module is not None:
                modules.append(module)
            self.steps.append((kind, module, source, name, nn.functional.relu if activation == "relu" else None))
            shapes[name] = shape
            above = name
        self.parts = modules

    def forward(self, x):
        values = {"": x}
        for kind, module, source, name, activation in self.steps:
            if kind == "Add":
                y = values[source[0]] + values[source[1]]
            elif kind == "Flatten":
                y = values[source].flatten(1)
            elif kind == "GlobalAveragePooling2D":
                y = values[source].mean((2, 3))
            elif kind == "Activation":
                y = values[source]
            elif isinstance(module, (nn.LSTM, nn.GRU)):
                y, state = module(values[source])
                if not module.sequences:
                    h = state[0] if isinstance(module, nn.LSTM) else state
                    y = torch.cat(tuple(h), dim=-1)  # (directions, rows, units)
            else:
                y = module(values[source])
            values[name] = y if activation is None else activation(y)
        return y


def layer(kind, given, shape):
    if kind == "Dense":
        return nn.Linear(shape[-1], given["units"]), (*shape[:-1], given["units"])
    if kind == "Conv2D":
        side = given["kernel_size"] // 2 if given.get("padding") == "same" else 0
        lost = 0 if side else given["kernel_size"] - 1
        return (nn.Conv2d(shape[-1], given["filters"], given["kernel_size"], padding=side),
                (shape[0] - lost, shape[1] - lost, given["filters"]))  # fmt: skip
    if kind == "MaxPooling2D":
        return nn.MaxPool2d(given["pool_size"]), (shape[0] // given["pool_size"], shape[1] // given["pool_size"], shape[2])
    if kind == "Flatten":
        return None, (shape[0] * shape[1] * shape[2],)
    if kind == "GlobalAveragePooling2D":
        return None, shape[-1:]
    if kind in ("LSTM", "GRU", "Bidirectional"):
        both = kind == "Bidirectional"
        if both:
            [(kind, given)] = given["layer"].items()
        module = getattr(nn, kind)(shape[-1], given["units"], batch_first=True, bidirectional=both)
        module.sequences = given.get("return_sequences", False)
        width = given["units"] * (1 + both)
        return module, (shape[0], width) if module.sequences else (width,)
    return None, shape


def main(name: str, threads: int, iterations: int, variant: str) -> None:
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    workload = WORKLOADS[name]
    x, y = map(torch.from_numpy, rows_of(workload))
    images = len(workload.shape) == 3
    if images:
        x = x.permute(0, 3, 1, 2).contiguous()
    model = Graph(workload)
    if variant == "channels_last":
        x, model = x.to(memory_format=torch.channels_last), model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), fused=variant != "plain")
    run = torch.compile(model) if variant == "compile" else model
    labels = workload.target == "labels"
    ends, correct, total = [], 0, 0.0
    per_epoch = -(-workload.rows // workload.batch)
    while len(ends) < iterations + per_epoch:
        order = torch.randperm(workload.rows)
        for first in range(0, workload.rows, workload.batch):
            rows = order[first : first + workload.batch]
            xb, yb = x[rows], y[rows]
            optimizer.zero_grad()
            out = run(xb)
            if labels:
                steps = torch.full((len(rows),), out.shape[1])
                long = torch.full((len(rows),), yb.shape[1])
                loss = nn.functional.ctc_loss(out.log_softmax(-1).transpose(0, 1), yb, steps, long)
            else:
                loss = nn.functional.cross_entropy(out, yb)
            loss.backward()
            optimizer.step()
            total += loss.item()  # a loop that shows its progress does as much
            if not labels:
                correct += (out.argmax(1) == yb).sum().item()
            ends.append(time.perf_counter())
    ms = sorted((b - a) * 1000 for a, b in zip(ends[per_epoch - 1 :], ends[per_epoch:], strict=False))
    print(json.dumps({"ms": ms[len(ms) // 2], "memory": peak_memory()}))


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
