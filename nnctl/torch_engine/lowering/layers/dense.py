"""Dense."""

from torch.nn import functional as F

from nnctl.nn.layers.dense import Dense
from nnctl.torch_engine.lowering.layers.shared import real
from nnctl.torch_engine.lowering.table import lowers


@lowers(Dense)
def dense(layer, w, x, call):
    return F.linear(real(x, call), w["kernel"].t(), w.get("bias"))
