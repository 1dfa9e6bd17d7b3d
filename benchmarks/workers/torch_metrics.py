"""Running metrics as in a script without a metrics library: a few sums per batch, results at the end of an epoch.

y and z are a batch's targets and logits. label_error_rate and exact_match have no ready form: left out.
"""

import torch


class Accuracy:
    def __init__(self):
        self.right = self.seen = 0

    def add(self, y, z):
        if z.shape[-1] == 1:
            self.right += ((z > 0) == (y > 0.5)).sum().item()
        else:
            self.right += (z.argmax(-1) == (y.argmax(-1) if y.ndim == z.ndim else y)).sum().item()
        self.seen += len(y)

    def result(self):
        return self.right / max(1, self.seen)


class AbsoluteError:
    def __init__(self):
        self.total, self.seen = 0.0, 0

    def add(self, y, z):
        self.total += (z - y).abs().sum().item()
        self.seen += y.numel()

    def result(self):
        return self.total / max(1, self.seen)


class R2:
    def __init__(self):
        self.sums = torch.zeros(4)  # rows, y, y^2, (z - y)^2

    def add(self, y, z):
        self.sums += torch.stack([torch.tensor(float(y.numel())), y.sum(), y.square().sum(), (z - y).square().sum()])

    def result(self):
        rows, y, squares, residual = self.sums.tolist()
        return 1 - residual / max(squares - y * y / rows, 1e-12)


class Confusion:
    """Precision, recall or F1, of the second of two classes or the mean over several."""

    def __init__(self, kind: str):
        self.kind, self.counts = kind, None

    def add(self, y, z):
        if z.shape[-1] == 1:
            true, guess, classes = (y > 0.5).long().flatten(), (z > 0).long().flatten(), 2
        else:
            true, guess, classes = y.argmax(-1) if y.ndim == z.ndim else y, z.argmax(-1), z.shape[-1]
        here = torch.bincount(true * classes + guess, minlength=classes * classes).view(classes, classes)
        self.counts = here if self.counts is None else self.counts + here

    def result(self):
        hits = self.counts.diagonal().float()
        precision = hits / self.counts.sum(0).clamp(min=1)
        recall = hits / self.counts.sum(1).clamp(min=1)
        found = {"precision": precision, "recall": recall,
                 "f1_score": 2 * precision * recall / (precision + recall).clamp(min=1e-12)}[self.kind]  # fmt: skip
        return (found[1] if len(found) == 2 else found.mean()).item()


class AUC:
    """By the ranks of all scores, at the end of the epoch."""

    def __init__(self):
        self.y, self.z = [], []

    def add(self, y, z):
        self.y.append(y.flatten() > 0.5)
        self.z.append(z.detach().flatten())

    def result(self):
        y = torch.cat(self.y)[torch.cat(self.z).argsort()]
        positive = y.sum().item()
        ranks = torch.arange(1, len(y) + 1)[y].sum().item()
        return (ranks - positive * (positive + 1) / 2) / max(1, positive * (len(y) - positive))


METRICS = {
    "accuracy": Accuracy,
    "mae": AbsoluteError,
    "r2_score": R2,
    "auc": AUC,
    **{kind: lambda kind=kind: Confusion(kind) for kind in ("precision", "recall", "f1_score")},
}
