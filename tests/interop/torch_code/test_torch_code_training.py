"""The function `train` of the generated file: losses, optimizers, schedules and whole epochs, by value."""

import numpy as np
import pytest
from contract import check_rows
from golden import read

from nnctl.interop.torch_code.copied import needed_by
from nnctl.interop.torch_code.training.losses import LOSSES, Compared
from nnctl.interop.torch_code.training.losses import written as loss_written
from nnctl.interop.torch_code.training.optimizers import OPTIMIZERS, clipping
from nnctl.interop.torch_code.training.optimizers import written as optimizer_written
from nnctl.interop.torch_code.training.schedules import SCHEDULES, schedule_code
from nnctl.nn.losses import losses
from nnctl.nn.optimizers import optimizers
from nnctl.nn.schedules import schedules

pytest.importorskip("torch")
LOSS_NUMBERS, PATHS, RATES = read("losses"), read("optimizers"), read("schedules")


def executed(code, **names):
    """What the code, with copies of what it uses, defines."""
    import math

    import torch
    import torch.nn.functional as F
    from torch import nn

    names |= {"torch": torch, "F": F, "nn": nn, "math": math}
    exec("\n\n".join([*needed_by(code), code]), names)
    return names


@pytest.mark.parametrize("case", LOSS_NUMBERS.cases)
def test_a_loss(case):
    import torch

    loss = losses.build(LOSS_NUMBERS.cases[case])
    p, y = (torch.from_numpy(np.array(LOSS_NUMBERS[f"{case}/{name}"])) for name in "py")
    code = loss_written(loss, Compared("p", "y", getattr(loss, "from_logits", False), p.ndim - 1))
    found = executed(f"each = {code.each}\nmean = {code.mean}", p=p, y=y)
    each = found["each"].mean(dim=-1) if code.wide else found["each"]
    np.testing.assert_allclose(each, LOSS_NUMBERS[f"{case}/each"], rtol=1e-5, atol=1e-6)
    assert float(found["mean"]) == pytest.approx(float(LOSS_NUMBERS[f"{case}/mean"]), rel=1e-5, abs=1e-6)


def test_every_loss_has_a_row():
    covered = {losses.build(entry).kind for entry in LOSS_NUMBERS.cases.values()}
    check_rows(losses, covered | {"ctc"}, "tests/golden/losses.py")
    check_rows(losses, LOSSES, "LOSSES in nnctl/interop/torch_code/training/losses.py")


@pytest.mark.parametrize("steps", [None, [4, 3]], ids=["all steps", "padding"])
def test_ctc(steps):
    import torch

    scores = (np.arange(24, dtype=np.float32).reshape(2, 4, 3) - 12) / 100
    labels = np.array([[1, 2, 0], [2, 0, 0]])
    lengths = None if steps is None else np.array(steps)
    each, _ = losses.build("ctc").forward(labels, scores, lengths)
    code = "each = ctc(scores, labels, steps)"
    found = executed(code, scores=torch.from_numpy(scores), labels=torch.from_numpy(labels),
                     steps=None if steps is None else torch.tensor(steps))  # fmt: skip
    np.testing.assert_allclose(found["each"], each, rtol=1e-5)


# How far a path may be off where PyTorch has eps in another place, which the docstring says.
FAR = {"adam": 1e-5, "adamw": 1e-5, "adagrad": 1e-6, "rmsprop": 1e-6, "adamax": 1e-5}


@pytest.mark.parametrize("case", PATHS.cases)
def test_an_optimizer(case):
    import torch

    given = optimizers.build(PATHS.cases[case])
    model = torch.nn.Module()
    model.kernel, model.bias = (torch.nn.Parameter(torch.from_numpy(np.array(PATHS[f"start/{name}"])))
                                for name in ("kernel", "bias"))  # fmt: skip
    code = optimizer_written(given)
    scheduled = not isinstance(given.learning_rate, float)
    lines = [f"optimizer = {code.code}", "def step():", *(f"    {line}" for line in clipping(given))]
    if given.weight_decay and not code.decays:
        lines.append(f"    decay(optimizer, {given.weight_decay})")
    lines.append("    optimizer.step()")
    if scheduled:
        lines = [schedule_code(given.learning_rate), *lines, "    schedule.step()",
                 "schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, learning_rate)"]  # fmt: skip
    found = executed("\n".join(lines), model=model)
    close = FAR.get(given.kind, 1e-7) * (1 if getattr(given, "epsilon", 0) < 1e-4 else 1e3)
    assert bool(code.differs) == (given.kind in FAR)
    for at in range(len(PATHS["gradients/bias"])):
        for name, w in model.named_parameters():
            w.grad = torch.from_numpy(PATHS[f"gradients/{name}"][at].copy())
        found["step"]()
        for name, w in model.named_parameters():
            np.testing.assert_allclose(w.detach(), PATHS[f"{case}/{name}"][at], rtol=close, atol=close, err_msg=name)


def test_every_optimizer_has_a_row():
    check_rows(
        optimizers, {optimizers.build(entry).kind for entry in PATHS.cases.values()}, "tests/golden/optimizers.py"
    )
    check_rows(optimizers, OPTIMIZERS, "OPTIMIZERS in nnctl/interop/torch_code/training/optimizers.py")


@pytest.mark.parametrize("case", RATES.cases)
def test_a_schedule(case):
    code = schedule_code(schedules.build(RATES.cases[case]))
    rate = executed(code)["learning_rate"]
    expected = [schedules.build(RATES.cases[case]).rate(int(step)) for step in RATES["steps"]]
    np.testing.assert_allclose([rate(int(step)) for step in RATES["steps"]], expected, rtol=1e-9, atol=1e-12)


def test_every_schedule_has_a_row():
    check_rows(schedules, {schedules.build(entry).kind for entry in RATES.cases.values()}, "tests/golden/schedules.py")
    check_rows(schedules, SCHEDULES, "SCHEDULES in nnctl/interop/torch_code/training/schedules.py")
