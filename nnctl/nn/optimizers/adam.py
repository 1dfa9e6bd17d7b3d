"""Running means of the gradient and of its square: Adam, AdamW, Adamax, Nadam."""

import math

import numpy as np

from nnctl.nn.optimizers.base import Fraction, NotNegative, Optimizer, Positive, optimizers


class Moments(Optimizer):
    """Base of Adam and its children: they keep a running mean m of g, and v of its square or size."""

    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.999
    epsilon: Positive = 1e-7

    def slots(self):
        return {"momentum": 0.0, "velocity": 0.0}


@optimizers.register("adam")
class Adam(Moments):
    """Adam: RMSprop with momentum; steps of about lr, along the mean gradient over its root mean square.

    m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2;
    w <- w - lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + eps).
    Both means start at 0; the factor in front frees them of that bias.
    amsgrad: the largest v so far instead of v, so that the rate never rises.
    Source: Kingma and Ba 2014; amsgrad: Reddi, Kale and Kumar 2018.
    """

    amsgrad: bool = False

    def slots(self):
        return super().slots() | ({"velocity_hat": 0.0} if self.amsgrad else {})

    def scalars(self, lr, step, memory):
        t = step + 1
        unbiased = lr * math.sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)
        return unbiased, self.beta_1, self.beta_2, self.epsilon

    def formula(self):
        return self.amsgrad_rule if self.amsgrad else self.rule

    @staticmethod
    def rule(w, g, m, v, lr, beta_1, beta_2, eps):
        m = m + (1 - beta_1) * (g - m)
        v = v + (1 - beta_2) * (g * g - v)
        return w - lr * m / (np.sqrt(v) + eps), m, v

    @staticmethod
    def amsgrad_rule(w, g, m, v, largest, lr, beta_1, beta_2, eps):
        m = m + (1 - beta_1) * (g - m)
        v = v + (1 - beta_2) * (g * g - v)
        largest = np.maximum(largest, v)
        return w - lr * m / (np.sqrt(largest) + eps), m, v, largest


@optimizers.register("adamw")
class AdamW(Adam):
    """AdamW: Adam with weight decay, which pulls every weight towards 0 apart from its gradient.

    w <- w - weight_decay lr w, then Adam's step. An L2 penalty in the loss would be divided by sqrt(v)
    with the rest of the gradient; decay is not. Source: Loshchilov and Hutter 2019.
    """

    weight_decay: NotNegative | None = 0.004


@optimizers.register("adamax")
class Adamax(Moments):
    """Adamax: Adam with the largest recent gradient in the place of the root mean square.

    m <- b1 m + (1 - b1) g;  u <- max(b2 u, |g|);  w <- w - lr / (1 - b1^t) m / (u + eps).
    Source: Kingma and Ba 2014, section 7.
    """

    def scalars(self, lr, step, memory):
        return lr / (1 - self.beta_1 ** (step + 1)), self.beta_1, self.beta_2, self.epsilon

    @staticmethod
    def rule(w, g, m, u, lr, beta_1, beta_2, eps):
        m = m + (1 - beta_1) * (g - m)
        u = np.maximum(beta_2 * u, np.abs(g))
        return w - lr * m / (u + eps), m, u


@optimizers.register("nadam")
class Nadam(Moments):
    """Nadam: Adam with Nesterov's look ahead; the next step's mean is guessed from this gradient.

    u_t = b1 (1 - 0.96^t / 2);  P_t = u_1 u_2 ... u_t;  m and v as in Adam;
    mean = u_{t+1} m / (1 - P_{t+1}) + (1 - u_t) g / (1 - P_t);
    w <- w - lr mean / (sqrt(v / (1 - b2^t)) + eps).
    Source: Dozat 2016.
    """

    def memory(self):
        return {"u_product": 1.0}

    def scalars(self, lr, step, memory):
        t = step + 1
        u, u_next = (self.beta_1 * (1 - 0.5 * 0.96**n) for n in (t, t + 1))
        product = memory["u_product"] = memory["u_product"] * u
        of_mean = lr * u_next / (1 - product * u_next)
        of_gradient = lr * (1 - u) / (1 - product)
        return of_mean, of_gradient, 1 - self.beta_2**t, self.beta_1, self.beta_2, self.epsilon

    @staticmethod
    def rule(w, g, m, v, of_mean, of_gradient, unbias, beta_1, beta_2, eps):
        m = m + (1 - beta_1) * (g - m)
        v = v + (1 - beta_2) * (g * g - v)
        return w - (of_mean * m + of_gradient * g) / (np.sqrt(v / unbias) + eps), m, v


@optimizers.register("radam")
class RAdam(Moments):
    """RAdam: Adam that waits with dividing by sqrt(v) until v is known well enough.

    m and v as in Adam;  n = 2 / (1 - b2) - 1;  n_t = n - 2 t b2^t / (1 - b2^t), the number of gradients in v.
    If n_t > 5:  w <- w - lr r sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + eps),
    with r = sqrt((n_t - 4) (n_t - 2) n / ((n - 4) (n - 2) n_t));  otherwise w <- w - lr m / (1 - b1^t).
    It needs no warm-up of the learning rate. Not in Keras. Source: Liu et al. 2020.
    """

    def scalars(self, lr, step, memory):
        t = step + 1
        unbiased, left = lr / (1 - self.beta_1**t), self.beta_2**t
        most = 2 / (1 - self.beta_2) - 1
        known = most - 2 * t * left / (1 - left)
        if known <= 5:
            return 0.0, unbiased, self.beta_1, self.beta_2, self.epsilon
        r = math.sqrt((known - 4) * (known - 2) * most / ((most - 4) * (most - 2) * known))
        return unbiased * r * math.sqrt(1 - left), 0.0, self.beta_1, self.beta_2, self.epsilon

    @staticmethod
    def rule(w, g, m, v, adaptive, plain, beta_1, beta_2, eps):
        m = m + (1 - beta_1) * (g - m)
        v = v + (1 - beta_2) * (g * g - v)
        return w - (adaptive / (np.sqrt(v) + eps) + plain) * m, m, v
