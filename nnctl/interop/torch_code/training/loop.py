"""The loop over epochs and batches."""

from __future__ import annotations

from nnctl.interop.torch_code.builder import Builder
from nnctl.training.model import Model


def training_code(model: Model, builder: Builder) -> str:
    """The function `train`."""
    return f'''def train(model, x, y, epochs={model.spec.epochs}, batch_size={model.spec.batch_size}):
    """Trains the model as the config says."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, eps=1e-7)
    model.train()
    for epoch in range(epochs):
        for rows in torch.randperm(len(x)).split(batch_size):
            loss = F.cross_entropy(model.logits(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {{epoch + 1}}: loss {{loss.item():.4f}}")
    model.eval()'''
