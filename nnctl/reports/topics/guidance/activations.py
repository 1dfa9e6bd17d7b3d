"""Advice on activations, and their derivatives."""

from nnctl.reports.topics.guide import Guide

GUIDES = {
    "relu": Guide(
        use="The usual choice for the hidden layers of dense and convolutional networks: it is cheap, and its gradient "
        "does not shrink for positive inputs, so deep networks train well.",
        avoid="Not for the last layer, unless the target is never negative. A unit whose input is negative for every "
        "row has gradient 0 and learns no more; leaky_relu, elu or gelu help where many units do so.",
        see=("leaky_relu", "elu", "gelu", "he_normal"),
        derivative="1 where x > 0, else 0",
    ),
    "leaky_relu": Guide(
        use="In place of relu where many units stop learning: negative inputs keep a small gradient.",
        avoid="Not where relu works as well, which is cheaper and gives exact zeros; not for the last layer.",
        see=("relu", "elu", "layer leaky_relu"),
        derivative="1 where x > 0, else negative_slope",
    ),
    "relu6": Guide(
        use="In small networks for phones, which compute with few bits: no output is above 6.",
        avoid="Where the precision is float32, relu is simpler and as good.",
        see=("relu", "hard_silu", "hard_sigmoid"),
        derivative="1 where 0 < x < 6, else 0",
    ),
    "elu": Guide(
        use="In hidden layers, as a smooth relu whose outputs have a mean nearer to 0, which can speed up training.",
        avoid="Where speed counts: exp makes it slower than relu. Not for the last layer.",
        see=("selu", "relu", "softplus"),
        derivative="1 where x > 0, else alpha * exp(x)",
    ),
    "selu": Guide(
        use="In deep networks of dense layers alone, with kernel_initializer: lecun_normal and AlphaDropout, which "
        "together keep the activations normalized without normalization layers.",
        avoid="Not together with BatchNormalization or ordinary Dropout, and not in convolutional networks, where relu "
        "with BatchNormalization is the usual choice.",
        see=("elu", "lecun_normal", "AlphaDropout", "normalization"),
        derivative="scale where x > 0, else scale * alpha * exp(x)",
    ),
    "gelu": Guide(
        use="In transformers, and in other deep networks in place of relu: it is smooth, so gradients do not jump.",
        avoid="Where speed counts: it costs several times as much as relu. Not for the last layer.",
        see=("silu", "relu", "MultiHeadAttention"),
        derivative="Phi(x) + x * phi(x)",
    ),
    "silu": Guide(
        use="In deep convolutional networks in place of relu; it is close to gelu and cheaper.",
        avoid="In small networks, where relu is as good and faster. Not for the last layer.",
        see=("gelu", "hard_silu", "mish", "relu"),
        derivative="sigmoid(x) * (1 + x * (1 - sigmoid(x)))",
    ),
    "hard_silu": Guide(
        use="As silu in networks for phones: it needs no exp.",
        avoid="Where silu or gelu are fast enough.",
        see=("silu", "relu6", "hard_sigmoid"),
        derivative="x / 3 + 1 / 2 where abs(x) < 3, else 1 where x > 0, else 0",
    ),
    "mish": Guide(
        use="In deep networks for images, as a smooth curve in place of relu.",
        avoid="Where speed counts: it needs more exponentials than silu, which is much the same curve.",
        see=("silu", "gelu", "softplus"),
        derivative="tanh(softplus(x)) + x * sigmoid(x) * (1 - tanh(softplus(x)) ** 2)",
    ),
    "softplus": Guide(
        use="For the last layer where the target is positive, such as a standard deviation, a time or a rate.",
        avoid="In hidden layers relu is cheaper and trains as well or better.",
        see=("exponential", "relu", "poisson"),
        derivative="1 / (1 + exp(-x))",
    ),
    "exponential": Guide(
        use="For the last layer of a model of counts with the loss poisson, as in Poisson regression.",
        avoid="Not in hidden layers: outputs and gradients grow without limit. softplus is safer for large inputs.",
        see=("softplus", "poisson"),
        derivative="y",
    ),
    "linear": Guide(
        use="For the last layer of a regression, and of any model whose loss takes logits or margins.",
        avoid="Not between dense layers: two of them with nothing between are no more than one.",
        see=("mse", "logits", "relu"),
        derivative="1",
    ),
    "sigmoid": Guide(
        use="For the last layer of yes-or-no answers with binary_crossentropy, one unit for each question; and for the "
        "gates of recurrent layers.",
        avoid="Not in hidden layers: its gradient is at most 1/4 and almost 0 for large inputs, so deep networks "
        "hardly learn (vanishing gradients). For one class of several use softmax.",
        see=("binary_crossentropy", "softmax", "tanh", "logits"),
        derivative="y * (1 - y)",
    ),
    "hard_sigmoid": Guide(
        use="For gates where exp is too expensive.",
        avoid="For probabilities: outside of -3 to 3 it is exactly 0 or 1, with gradient 0. Use sigmoid.",
        see=("sigmoid", "hard_silu"),
        derivative="1 / 6 where abs(x) < 3, else 0",
    ),
    "log_sigmoid": Guide(
        use="Where a logarithm of a probability is wanted as the output, computed without loss of accuracy.",
        avoid="Not before binary_crossentropy, which takes the logarithm itself: use sigmoid.",
        see=("sigmoid", "log_softmax", "binary_crossentropy"),
        derivative="1 - exp(y)",
    ),
    "tanh": Guide(
        use="In recurrent layers, where it is the default, and in small dense networks: its outputs are centered on 0, "
        "which trains faster than sigmoid. For the last layer where targets lie between -1 and 1.",
        avoid="In deep networks: its gradient is almost 0 for large inputs. Use relu.",
        see=("sigmoid", "relu", "LSTM", "glorot_uniform"),
        derivative="1 - y ** 2",
    ),
    "softsign": Guide(
        use="As tanh, where inputs are often large: its gradient falls more slowly.",
        avoid="In deep networks: use relu.",
        see=("tanh", "sigmoid"),
        derivative="1 / (1 + abs(x)) ** 2",
    ),
    "softmax": Guide(
        use="For the last layer where exactly one class of several is right, with categorical_crossentropy or "
        "sparse_categorical_crossentropy; one unit for each class.",
        avoid="Not for yes-or-no answers, nor where several labels may be right at once: use sigmoid. Not in hidden "
        "layers, where units would have to compete. A single unit would always give 1.",
        see=("softmax with crossentropy", "sigmoid", "logits", "log_softmax"),
        derivative="dy_i/dx_j = y_i (1 - y_i) for i = j, else -y_i y_j",
    ),
    "log_softmax": Guide(
        use="Where logarithms of probabilities are wanted as the output, computed without loss of accuracy.",
        avoid="Not before a crossentropy, which takes the logarithm itself: use softmax.",
        see=("softmax", "log_sigmoid", "sparse_categorical_crossentropy"),
        derivative="dy_i/dx_j = 1 - exp(y_i) for i = j, else -exp(y_j)",
    ),
}
