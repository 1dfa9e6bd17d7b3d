"""Optimizers, and the weight decay of those that have none of their own."""

# mypy: ignore-errors
# like the users' own code that it becomes part of, it has no types

import torch


def decay(optimizer, rate):
    """Makes every weight smaller by the learning rate times this rate."""
    with torch.no_grad():
        for group in optimizer.param_groups:
            for w in group["params"]:
                if w.grad is not None:
                    w.mul_(1 - group["lr"] * rate)


class Lion(torch.optim.Optimizer):
    """Momentum of which only the sign counts."""

    def __init__(self, params, lr, betas=(0.9, 0.99)):
        super().__init__(params, {"lr": lr, "betas": betas})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for w in group["params"]:
                if w.grad is None:
                    continue
                m = self.state[w].setdefault("momentum", torch.zeros_like(w))
                w -= group["lr"] * torch.sign(b1 * m + (1 - b1) * w.grad)
                m.mul_(b2).add_(w.grad, alpha=1 - b2)


class Ftrl(torch.optim.Optimizer):
    """Follow the regularized leader: Adagrad whose l1 makes weights exactly 0."""

    def __init__(self, params, lr, power, accumulator, l1, l2, shrinkage, beta):
        self.power, self.accumulator, self.beta = power, accumulator, beta
        self.l1, self.l2, self.shrinkage = l1, l2, shrinkage
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            lr = group["lr"]
            for w in group["params"]:
                if w.grad is None:
                    continue
                state = self.state[w]
                z = state.get("linear", torch.zeros_like(w))
                a = state.get("accumulator", torch.full_like(w, self.accumulator))
                grown = a + w.grad**2
                slower = (grown**self.power - a**self.power) / lr
                z = z + w.grad + 2 * self.shrinkage * w - slower * w
                steepness = grown**self.power / lr + 2 * self.l2 + self.beta / lr
                w.copy_((z.clamp(-self.l1, self.l1) - z) / steepness)
                state["linear"], state["accumulator"] = z, grown


class Lars(torch.optim.Optimizer):
    """Momentum with steps in proportion to the norm of each weight."""

    def __init__(self, params, lr, momentum, trust, eps):
        self.momentum, self.trust, self.eps = momentum, trust, eps
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for w in group["params"]:
                if w.grad is None:
                    continue
                v = self.state[w].setdefault("momentum", torch.zeros_like(w))
                sizes = w.norm(), w.grad.norm()
                ratio = 1.0
                if w.ndim > 1 and sizes[0] > 0 and sizes[1] > 0:
                    ratio = self.trust * sizes[0] / (sizes[1] + self.eps)
                v.mul_(self.momentum).sub_(group["lr"] * ratio * w.grad)
                w += v


class Lamb(torch.optim.Optimizer):
    """Adam with steps in proportion to the norm of each weight."""

    def __init__(self, params, lr, betas, eps):
        self.eps = eps
        super().__init__(params, {"lr": lr, "betas": betas})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for w in group["params"]:
                if w.grad is None:
                    continue
                state = self.state[w]
                t = state["step"] = state.get("step", 0) + 1
                m = state.setdefault("m", torch.zeros_like(w)).lerp_(w.grad, 1 - b1)
                v = state.setdefault("v", torch.zeros_like(w))
                v.lerp_(w.grad**2, 1 - b2)
                mean, square = m / (1 - b1**t), v / (1 - b2**t)
                update = mean / (square.sqrt() + self.eps)
                sizes = w.norm(), update.norm()
                ratio = sizes[0] / sizes[1] if sizes[0] > 0 and sizes[1] > 0 else 1.0
                w -= group["lr"] * ratio * update
