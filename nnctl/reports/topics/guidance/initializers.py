"""Advice on initializers."""

from nnctl.reports.topics.guide import Guide

GUIDES = {
    "constant": Guide(
        use="For a bias that should start at a known value, such as the mean of the target.",
        avoid="For kernels: units that start equal stay equal, and learn only one thing.",
        see=("zeros", "ones"),
        formula=("w = value",),
    ),
    "glorot_normal": Guide(
        use="As glorot_uniform: for layers with tanh, sigmoid or softmax.",
        avoid="Before relu: use he_normal.",
        see=("glorot_uniform", "he_normal", "variance_scaling"),
        formula=("w ~ truncated N(0, 2 / (fan_in + fan_out))",),
    ),
    "glorot_uniform": Guide(
        use=(
            "The default of almost all layers: signals keep their size forward and gradients backward, for tanh, "
            "sigmoid and softmax."
        ),
        avoid="In deep networks with relu he_normal or he_uniform start better.",
        see=("glorot_normal", "he_uniform", "variance_scaling", "parameters"),
        formula=("w ~ U(-a, a), a = sqrt(6 / (fan_in + fan_out))",),
    ),
    "he_normal": Guide(
        use="For layers with relu and similar activations, above all in deep networks.",
        avoid="Before tanh and sigmoid: use glorot_uniform.",
        see=("he_uniform", "relu", "variance_scaling"),
        formula=("w ~ truncated N(0, 2 / fan_in)",),
    ),
    "he_uniform": Guide(
        use="For layers with relu and similar activations, above all in deep networks.",
        avoid="Before tanh and sigmoid: use glorot_uniform.",
        see=("he_normal", "relu", "variance_scaling"),
        formula=("w ~ U(-a, a), a = sqrt(6 / fan_in)",),
    ),
    "identity": Guide(
        use="For recurrent kernels of SimpleRNN with relu, so that the state is kept at first.",
        avoid="For kernels that are not square, where part of the outputs would start at 0.",
        see=("orthogonal", "SimpleRNN"),
        formula=("w[i, j] = gain where i = j, else 0",),
    ),
    "lecun_normal": Guide(
        use="For layers with selu, which needs it to keep mean and variance.",
        avoid="Before relu: use he_normal.",
        see=("selu", "lecun_uniform", "variance_scaling"),
        formula=("w ~ truncated N(0, 1 / fan_in)",),
    ),
    "lecun_uniform": Guide(
        use="For layers with selu, in place of lecun_normal.",
        avoid="Before relu: use he_uniform.",
        see=("selu", "lecun_normal", "variance_scaling"),
        formula=("w ~ U(-a, a), a = sqrt(3 / fan_in)",),
    ),
    "ones": Guide(
        use="For scales, such as gamma of BatchNormalization, which should change nothing at first.",
        avoid="For kernels: units that start equal stay equal, and learn only one thing.",
        see=("zeros", "constant"),
        formula=("w = 1",),
    ),
    "orthogonal": Guide(
        use=(
            "The default of recurrent kernels: lengths are kept over many time steps, so that gradients neither "
            "vanish nor explode at once."
        ),
        avoid="For biases, which are not matrices.",
        see=("LSTM", "identity", "glorot_uniform"),
        formula=("w = gain Q, Q^T Q = 1",),
    ),
    "random_normal": Guide(
        use="Where a recipe names a standard deviation, such as 0.02 in transformers.",
        avoid=(
            "For layers of different sizes, whose signals it makes grow or shrink: use glorot_uniform or he_normal."
        ),
        see=("truncated_normal", "random_uniform", "glorot_normal"),
        formula=("w ~ N(mean, stddev^2)",),
    ),
    "random_uniform": Guide(
        use="The default of Embedding; and where a recipe names a range.",
        avoid=(
            "For layers of different sizes, whose signals it makes grow or shrink: use glorot_uniform or he_uniform."
        ),
        see=("random_normal", "Embedding", "glorot_uniform"),
        formula=("w ~ U(minval, maxval)",),
    ),
    "truncated_normal": Guide(
        use="As random_normal, without weights that are far out.",
        avoid=(
            "For layers of different sizes, whose signals it makes grow or shrink: use glorot_uniform or he_normal."
        ),
        see=("random_normal", "variance_scaling"),
        formula=("w ~ N(mean, stddev^2) without |w - mean| > 2 stddev",),
    ),
    "variance_scaling": Guide(
        use="To set how signals grow or shrink from layer to layer; glorot, he and lecun are special cases.",
        avoid="Where one of these fits, whose name says more.",
        see=("glorot_uniform", "he_normal", "lecun_normal"),
        formula=("variance of w = scale / n",),
    ),
    "zeros": Guide(
        use="The default of biases.",
        avoid="For kernels: units that start equal stay equal, and learn only one thing.",
        see=("ones", "constant", "glorot_uniform"),
        formula=("w = 0",),
    ),
}
