"""Connectionist temporal classification."""

import torch
from torch.nn import functional as F

from nnctl.nn.losses.ctc import CTC
from nnctl.torch_engine.lowering.table import LOSSES, LOSSES_OF_LOGITS


@LOSSES.row(CTC)
@LOSSES_OF_LOGITS.row(CTC)
def ctc(loss, y, z, lengths=None):
    """Of labels y (rows, longest) from 1, filled up with 0, and inputs z (rows, steps, classes) of a softmax."""
    rows, steps, _ = z.shape
    y = y.long()
    lengths = torch.full((rows,), steps, device=z.device) if lengths is None else lengths.to(z.device)
    labels = (y != 0).sum(dim=1)
    # between two equal labels there must be a blank
    needed = labels + ((y[:, 1:] == y[:, :-1]) & (y[:, 1:] != 0)).sum(dim=1)
    fit = needed <= lengths
    # sums over long paths in float32 would leave three digits of the gradient; Apple's GPUs have nothing else
    log_p = F.log_softmax(z, dim=-1, dtype=z.dtype if z.device.type == "mps" else torch.float64)
    values = F.ctc_loss(log_p.transpose(0, 1), y, lengths, torch.where(fit, labels, 0), reduction="none")
    return torch.where(fit, values.to(z.dtype), float("inf"))  # what does not fit has no path
