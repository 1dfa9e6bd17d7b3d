import numpy as np

from nnctl.nn.initializers import InitializerName
from nnctl.nn.layers.base import Layer, Weight, layers


@layers.register("Gain")
class Gain(Layer):
    """Multiplies every feature by a trained number of its own: y = gain x.

    initializer: how the numbers start. Not in Keras.
    """

    initializer: InitializerName = "ones"

    passes_mask = True

    def weights(self, shape):
        return {"gain": Weight((shape[-1],), self.initializer)}

    def forward(self, w, x, call):
        return np.multiply(x, w["gain"], out=call.empty(x.shape)), (x, w["gain"])

    def backward(self, w, grads, saved, dy, call):
        x, gain = saved
        if grads:
            grads["gain"][...] = (dy * x).reshape(-1, x.shape[-1]).sum(axis=0)
        return dy * gain
