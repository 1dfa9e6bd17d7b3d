"""Milliseconds of a training iteration of PyTorch.

    python in_torch.py FOLDER THREADS ITERATIONS VARIANT

VARIANT: adam (Adam as it comes), fused (Adam in one call), channels_last (and fused), compile (torch.compile, fused).
The loop takes its batches by index tensors, which no DataLoader is faster than, and keeps a running loss and accuracy
as a loop with a progress bar does.
"""

import sys
import time

import torch
from rows import epochs_for, model_of, parts_of, report
from torch_model import Graph, loss_of, optimizer_of, tensors


def main(folder: str, threads: int, iterations: int, variant: str) -> None:
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    description = model_of(folder)
    channels_last = variant == "channels_last"
    [x], [y], *_ = tensors(parts_of(folder, description)["train"], channels_last)
    model = Graph(description)
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
    loss_function = loss_of(*description["losses"][0])
    optimizer, _ = optimizer_of(description, model.parameters(), fused=variant != "adam")
    run = torch.compile(model) if variant == "compile" else model
    classes, rows, batch = y.ndim == 1, len(x), description["batch"]
    ends = []
    for _ in range(epochs_for(iterations, description["iterations"])):
        order = torch.randperm(rows)
        correct, total = 0, 0.0
        for first in range(0, rows, batch):
            chosen = order[first : first + batch]
            xb, yb = x[chosen], y[chosen]
            optimizer.zero_grad()
            [out] = run([xb], {})
            loss = loss_function(out, yb, None, True)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(chosen)
            if classes:
                correct += (out.argmax(1) == yb).sum().item()
        ends.append(time.perf_counter())
    report(ends, description["iterations"])


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
