"""Connectionist temporal classification."""

import torch
from torch.nn import functional as F

from nnctl.nn.losses.ctc import CTC
from nnctl.torch_engine.lowering.table import LOSSES, LOSSES_OF_LOGITS


@LOSSES.row(CTC)
@LOSSES_OF_LOGITS.row(CTC)
def ctc(loss, y, z, lengths=None):
    """Of labels y (rows, longest) from 1, filled up with 0, and inputs z (rows, steps, classes) of a softmax."""
    if lengths is None:
        lengths = torch.full((len(z),), z.shape[1], device=z.device)
    return _OnCpu.apply(z, y, lengths, loss) if z.device.type == "cpu" else by_pytorch(y, z, lengths)


class _OnCpu(torch.autograd.Function):
    """The NumPy engine's sums, which give loss and gradient in one pass: a quarter of the time of PyTorch's ctc_loss,
    which adds up logarithms, in float64."""

    @staticmethod
    @torch.compiler.disable
    def forward(ctx, z, y, lengths, loss):
        ctx.loss, ctx.dtype = loss, z.dtype if z.dtype == torch.float64 else torch.float32  # NumPy has no bfloat16
        values, ctx.saved = loss.forward(y.numpy(), z.detach().to(ctx.dtype).numpy(), lengths.numpy())
        return torch.from_numpy(values).to(z.dtype)

    @staticmethod
    @torch.compiler.disable
    def backward(ctx, dl):
        dz = torch.from_numpy(ctx.loss.backward(ctx.saved, dl.to(ctx.dtype).numpy()))
        return dz.to(dl.dtype), None, None, None


def by_pytorch(y, z, lengths):
    """The loss of each row by PyTorch's ctc_loss, on every device."""
    y = y.long()
    labels = (y != 0).sum(dim=1)
    # between two equal labels there must be a blank
    needed = labels + ((y[:, 1:] == y[:, :-1]) & (y[:, 1:] != 0)).sum(dim=1)
    fit = needed <= lengths
    # sums over long paths in float32 would leave three digits of the gradient; Apple's GPUs have nothing else
    log_p = F.log_softmax(z, dim=-1, dtype=z.dtype if z.device.type == "mps" else torch.float64)
    values = F.ctc_loss(log_p.transpose(0, 1), y, lengths, torch.where(fit, labels, 0), reduction="none")
    return torch.where(fit, values.to(z.dtype), float("inf"))  # what does not fit has no path
