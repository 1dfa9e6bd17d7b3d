"""Advice on layers for inputs of any kind."""

from nnctl.reports.topics.guide import Guide

GUIDES = {
    "Activation": Guide(
        use="To apply an activation as a layer of its own, for example after BatchNormalization.",
        avoid="Where the layer before has the argument activation, which says the same in fewer lines.",
        see=("relu", "softmax", "Dense"),
    ),
    "Add": Guide(
        use=(
            "For shortcuts: the output of some layers is added to their input, so that gradients reach early layers"
            " of a deep network undiminished (residual networks)."
        ),
        avoid="Where the inputs have different shapes or meanings: use Concatenate.",
        see=("Concatenate", "Average", "sequential and functional models"),
    ),
    "AlphaDropout": Guide(
        use="Against overfitting in networks of dense layers with selu, whose mean and variance it keeps.",
        avoid="With any other activation: use Dropout.",
        see=("selu", "Dropout", "lecun_normal"),
    ),
    "Average": Guide(
        use="To combine the predictions of several branches or models into one.",
        avoid=(
            "Where the inputs have different shapes or meanings: use Concatenate, and let the next layer weigh them."
        ),
        see=("Add", "Concatenate", "Maximum"),
    ),
    "BatchNormalization": Guide(
        use=(
            "In deep convolutional and dense networks: training becomes faster and tolerates larger learning rates."
            " Between a layer and its activation, or after the activation."
        ),
        avoid=(
            "With batches of fewer than about 8 rows, whose means are too noisy: use LayerNormalization or "
            "GroupNormalization. Not in recurrent layers."
        ),
        see=("LayerNormalization", "GroupNormalization", "batch size", "normalization"),
    ),
    "Concatenate": Guide(
        use=(
            "To join the outputs of several branches or inputs, such as an image and a table, so that the next "
            "layer sees all of them."
        ),
        avoid="For shortcuts around layers: Add needs no more weights.",
        see=("Add", "sequential and functional models", "tensor shapes"),
        formula=("y = [x_1, x_2, ...]",),
    ),
    "Dense": Guide(
        use=(
            "The layer of networks for tables, and the last layer of almost all networks: one unit for each number "
            "or class to predict."
        ),
        avoid=(
            "Not directly on images or long sequences, where it needs very many weights and ignores that neighbors "
            "belong together: use Conv2D, Conv1D or LSTM first."
        ),
        see=("relu", "softmax", "Flatten", "parameters", "glorot_uniform"),
    ),
    "Dot": Guide(
        use=(
            "To compare two vectors, for example of a user and a film in a recommendation: their product is large "
            "where they are alike."
        ),
        avoid="Where the model should learn how to combine its inputs: use Concatenate and Dense.",
        see=("Embedding", "Multiply", "cosine_similarity"),
    ),
    "Dropout": Guide(
        use="Against overfitting: between the last dense layers of a network, with a rate from 0.2 to 0.5.",
        avoid=(
            "In networks that underfit, which it makes worse. Between recurrent steps use recurrent_dropout, "
            "between convolutions SpatialDropout2D."
        ),
        see=("overfitting", "SpatialDropout2D", "l2", "EarlyStopping"),
    ),
    "ELU": Guide(
        use="To apply elu as a layer of its own, for example after BatchNormalization.",
        avoid="Where the layer before has the argument activation, which says the same in fewer lines.",
        see=("elu", "LeakyReLU", "Activation"),
    ),
    "Flatten": Guide(
        use="Between convolutions and Dense: it makes one long vector of an image or a sequence.",
        avoid=(
            "Where images are large: GlobalAveragePooling2D leaves far fewer weights to the next layer. Recurrent "
            "layers need the sequence as it is."
        ),
        see=("Dense", "GlobalAveragePooling2D", "Reshape", "tensor shapes"),
        formula=("(rows, a, b, c) -> (rows, a b c)",),
    ),
    "GaussianDropout": Guide(
        use=("Against overfitting, as Dropout: every number is multiplied by noise, and none becomes exactly 0."),
        avoid="As Dropout: in networks that underfit.",
        see=("Dropout", "GaussianNoise", "overfitting"),
        formula=("y = x (1 + s n), s = sqrt(rate / (1 - rate))",),
    ),
    "GaussianNoise": Guide(
        use=(
            "As the first layer, against overfitting on few rows: the model never sees exactly the same numbers twice."
        ),
        avoid=("Where inputs are not scaled to about the same size: the noise would hit some of them hardly at all."),
        see=("GaussianDropout", "Dropout", "normalization"),
    ),
    "GroupNormalization": Guide(
        use="In convolutional networks with small batches, where BatchNormalization is too noisy.",
        avoid="With large batches BatchNormalization usually gives better results.",
        see=("BatchNormalization", "LayerNormalization"),
    ),
    "LayerNormalization": Guide(
        use=("In transformers and recurrent networks, and with small batches: it does not depend on the other rows."),
        avoid=("In convolutional networks with large batches, where BatchNormalization usually gives better results."),
        see=("BatchNormalization", "RMSNormalization", "MultiHeadAttention"),
    ),
    "LeakyReLU": Guide(
        use="To apply leaky_relu as a layer of its own, for example after BatchNormalization.",
        avoid="Where the layer before has the argument activation, which says the same in fewer lines.",
        see=("leaky_relu", "ReLU", "Activation"),
        formula=("y = x where x > 0, else negative_slope x",),
    ),
    "Maximum": Guide(
        use="To keep, at each place, the strongest of several branches.",
        avoid="Where each branch carries information of its own: use Concatenate.",
        see=("Minimum", "Average", "Concatenate"),
    ),
    "Minimum": Guide(
        use="To keep, at each place, the weakest of several branches: high only where all of them are.",
        avoid="Where each branch carries information of its own: use Concatenate.",
        see=("Maximum", "Multiply", "Concatenate"),
    ),
    "Multiply": Guide(
        use="For gates: one branch, which ends in sigmoid, decides how much of another one passes.",
        avoid="To combine branches with equal rights: use Add or Concatenate.",
        see=("Add", "Dot", "sigmoid"),
    ),
    "Permute": Guide(
        use="To swap axes, for example of images stored with the channels first.",
        avoid="To change the shape only: use Reshape, which moves nothing.",
        see=("Reshape", "Flatten", "tensor shapes"),
        formula=("y[j, i] = x[i, j] for dims [2, 1]",),
    ),
    "RMSNormalization": Guide(
        use="In deep transformers in place of LayerNormalization: as good and cheaper.",
        avoid="Where the mean of the features should be removed, too: use LayerNormalization.",
        see=("LayerNormalization", "BatchNormalization"),
    ),
    "ReLU": Guide(
        use="To apply relu as a layer of its own, for example after BatchNormalization.",
        avoid="Where the layer before has the argument activation, which says the same in fewer lines.",
        see=("relu", "LeakyReLU", "Activation"),
    ),
    "Rescaling": Guide(
        use="To bring numbers to a range that networks train well on, as part of the model.",
        avoid=(
            "For tables: dataset.normalize learns the scale from the training rows. nnctl divides the pixels of "
            "images by 255 itself."
        ),
        see=("normalization", "BatchNormalization"),
        formula=("y = scale x + offset",),
    ),
    "Reshape": Guide(
        use=("To give numbers another arrangement, for example to make an image of a vector before Conv2DTranspose."),
        avoid="To swap axes: use Permute. To make one long vector: use Flatten.",
        see=("Flatten", "Permute", "tensor shapes"),
        formula=("(rows, ...) -> (rows, *target_shape)",),
    ),
    "Softmax": Guide(
        use=(
            "To apply softmax as a layer of its own, for example to turn the logits of an earlier layer into "
            "probabilities."
        ),
        avoid="Where the layer before has the argument activation, which says the same in fewer lines.",
        see=("softmax", "softmax with crossentropy", "logits"),
    ),
    "Subtract": Guide(
        use="To compare two branches: the difference is 0 where they agree.",
        avoid="To combine branches with equal rights: use Add or Concatenate.",
        see=("Add", "Dot"),
    ),
    "UnitNormalization": Guide(
        use="Where only the direction of a vector counts, for example before Dot as a measure of similarity.",
        avoid=(
            "Where the length carries information. To make training of deep networks easier use LayerNormalization."
        ),
        see=("Dot", "LayerNormalization", "cosine_similarity"),
    ),
}
