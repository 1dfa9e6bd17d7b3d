"""Advice on layers for sequences."""

from nnctl.reports.topics.guide import Guide

GUIDES = {
    "AdditiveAttention": Guide(
        use=(
            "To let each step of one sequence choose among the steps of another, where both have few features, as "
            "in translation with recurrent layers."
        ),
        avoid=("For long sequences or many features: Attention and MultiHeadAttention need less time and memory."),
        see=("Attention", "MultiHeadAttention", "LSTM"),
    ),
    "Attention": Guide(
        use="To let each step of one sequence take what it needs from the steps of another, or of its own.",
        avoid=(
            "Where the order of the steps matters and nothing else tells it: add a PositionEmbedding first. For "
            "large models use MultiHeadAttention."
        ),
        see=("MultiHeadAttention", "AdditiveAttention", "PositionEmbedding"),
        formula=("y = softmax(s query key^T) value",),
    ),
    "AveragePooling1D": Guide(
        use="To shorten a sequence, keeping the mean of neighboring steps, where all of a window counts.",
        avoid="Where a single strong signal should be kept: use MaxPooling1D.",
        see=("MaxPooling1D", "GlobalAveragePooling1D", "Conv1D"),
        formula=("y[t, f] = mean of x[t strides + i, f] over i = 0 ... pool_size - 1",),
    ),
    "Bidirectional": Guide(
        use=(
            "Where the whole sequence is known before the answer, as for a sentence or a recording: each step then "
            "sees what comes before and after it."
        ),
        avoid="For forecasts, where the future is not known when the model is used.",
        see=("LSTM", "GRU", "ctc"),
        formula=("y = merge(layer(x), backward_layer(x reversed))",),
    ),
    "Conv1D": Guide(
        use=(
            "To find local patterns in sequences, such as sensor data, sound or text, wherever they occur. Several "
            "layers with strides or pooling see longer stretches."
        ),
        avoid=(
            "Where the order of columns means nothing, as in a table: use Dense. For dependencies over hundreds of "
            "steps use LSTM, GRU or MultiHeadAttention."
        ),
        see=("MaxPooling1D", "GlobalAveragePooling1D", "LSTM", "SeparableConv1D"),
        formula=("y[t, f] = activation(sum over i, c of x[t strides + i dilation_rate, c] W[i, c, f] + b[f])",),
    ),
    "Conv1DTranspose": Guide(
        use="To make a sequence longer again, as in the second half of an autoencoder of signals.",
        avoid="Where repeating steps is enough: UpSampling1D followed by Conv1D gives smoother results.",
        see=("UpSampling1D", "Conv1D", "Conv2DTranspose"),
        formula=("y[t strides + i, f] += sum over c of x[t, c] W[i, f, c]",),
    ),
    "Cropping1D": Guide(
        use="To drop steps at the ends of a sequence, for example so that two branches have equal length.",
        avoid="To drop rows or columns of data: do so in the dataset section of the config.",
        see=("ZeroPadding1D", "Conv1D"),
        formula=("y = x[before : steps - after]",),
    ),
    "DepthwiseConv1D": Guide(
        use="To filter each feature of a sequence on its own, with few weights.",
        avoid="Where features must be combined: use Conv1D or SeparableConv1D.",
        see=("SeparableConv1D", "Conv1D"),
        formula=("y[t, c] = activation(sum over i of x[t + i, c] W[i, c] + b[c])",),
    ),
    "Embedding": Guide(
        use=(
            "The first layer for texts and for categories with many values: it learns a vector for each token, in "
            "which similar tokens become neighbors."
        ),
        avoid=(
            "For numbers that can be compared, such as prices: give them to Dense. For few categories one-hot "
            "encoding is as good."
        ),
        see=("one-hot encoding", "LSTM", "GlobalAveragePooling1D", "PositionEmbedding"),
    ),
    "GRU": Guide(
        use=(
            "For sequences in which earlier steps matter for later ones: as good as LSTM in most tasks, with a "
            "quarter fewer weights."
        ),
        avoid=(
            "For tables and images. For very long sequences use Conv1D first, which shortens them, or "
            "MultiHeadAttention."
        ),
        see=("LSTM", "SimpleRNN", "Bidirectional"),
    ),
    "GlobalAveragePooling1D": Guide(
        use=("To make one vector of a sequence of any length, for example after an Embedding to classify texts."),
        avoid="Where the order of the steps decides: use LSTM or GRU.",
        see=("GlobalMaxPooling1D", "Embedding", "LSTM"),
        formula=("y[f] = mean of x[t, f] over t",),
    ),
    "GlobalMaxPooling1D": Guide(
        use="To find out whether a pattern occurs anywhere in a sequence, after Conv1D.",
        avoid="Where it counts how often it occurs: use GlobalAveragePooling1D.",
        see=("GlobalAveragePooling1D", "Conv1D"),
        formula=("y[f] = max of x[t, f] over t",),
    ),
    "LSTM": Guide(
        use=(
            "For sequences in which something early matters for much later steps, such as text, speech and sensor "
            "data. return_sequences: true gives an output for every step, as the next LSTM and the loss ctc need."
        ),
        avoid=(
            "For tables and images. For very long sequences use Conv1D first, which shortens them, or "
            "MultiHeadAttention."
        ),
        see=("GRU", "Bidirectional", "ctc", "SimpleRNN", "tensor shapes"),
    ),
    "Masking": Guide(
        use=(
            "Before recurrent layers, where sequences of different lengths were filled up with a value that no real"
            " step has."
        ),
        avoid=(
            "Where lengths are known to the dataset (lengths, or sequence), which then makes the mask itself. For "
            "token ids use Embedding with mask_zero."
        ),
        see=("LSTM", "Embedding", "tensor shapes"),
        formula=("mask[t] = any(x[t] != mask_value)",),
    ),
    "MaxPooling1D": Guide(
        use="To shorten a sequence between convolutions, keeping the strongest signal of each window.",
        avoid="Where exact positions matter. To make one vector of all steps use GlobalMaxPooling1D.",
        see=("AveragePooling1D", "Conv1D"),
        formula=("y[t, f] = max of x[t strides + i, f] over i = 0 ... pool_size - 1",),
    ),
    "MultiHeadAttention": Guide(
        use=(
            "For sequences in which any step may depend on any other, as in transformers. With PositionEmbedding "
            "before it, and Add and LayerNormalization around it."
        ),
        avoid=(
            "For small data sets, where LSTM or Conv1D learn more from the same rows. Time and memory grow with the"
            " square of the number of steps."
        ),
        see=("Attention", "PositionEmbedding", "LayerNormalization", "LSTM"),
    ),
    "PositionEmbedding": Guide(
        use=(
            "Before MultiHeadAttention or Attention, which treat the steps as a set: it tells them where each step is."
        ),
        avoid="Before recurrent and convolutional layers, which see the order themselves.",
        see=("MultiHeadAttention", "Embedding"),
    ),
    "RepeatVector": Guide(
        use="Between an encoder that gives one vector and a recurrent decoder that needs it at every step.",
        avoid="Where the decoder may start from the encoder's state instead: use initial_state.",
        see=("LSTM", "TimeDistributed", "Reshape"),
        formula=("y[t] = x for t = 0 ... n - 1",),
    ),
    "SeparableConv1D": Guide(
        use="As Conv1D, with far fewer weights and multiplications for many features.",
        avoid="With few features, where it saves nothing and learns less.",
        see=("Conv1D", "DepthwiseConv1D"),
        formula=("y = activation(depthwise(x) W + b)",),
    ),
    "SimpleRNN": Guide(
        use="To learn how recurrent layers work, and for short sequences.",
        avoid="For more than some 20 steps: gradients vanish, and early steps are forgotten. Use LSTM or GRU.",
        see=("LSTM", "GRU", "backpropagation"),
    ),
    "SpatialDropout1D": Guide(
        use=(
            "Against overfitting after an Embedding or Conv1D: neighboring steps are so alike that dropping single "
            "numbers would hide nothing."
        ),
        avoid="After Dense: use Dropout.",
        see=("Dropout", "Conv1D", "overfitting"),
        formula=("y[t, f] = x[t, f] m[f] / (1 - rate), m[f] = 0 with probability rate, else 1",),
    ),
    "TimeDistributed": Guide(
        use=(
            "To apply a layer for single rows, such as Flatten or Conv2D, to each step of a sequence, for example "
            "to each image of a film."
        ),
        avoid="For Dense and activations, which work on each step anyway.",
        see=("LSTM", "Dense", "RepeatVector"),
    ),
    "UpSampling1D": Guide(
        use="To make a sequence longer, followed by Conv1D, as in the second half of an autoencoder.",
        avoid="Where the model should learn how to fill in: use Conv1DTranspose.",
        see=("Conv1DTranspose", "MaxPooling1D"),
        formula=("y[t] = x[floor(t / size)]",),
    ),
    "ZeroPadding1D": Guide(
        use="To make room at the ends of a sequence before a layer that shortens it.",
        avoid="Around a convolution: padding: same or causal says it in one word.",
        see=("Cropping1D", "Conv1D"),
        formula=("y = [0, ..., 0, x, 0, ..., 0]",),
    ),
}
