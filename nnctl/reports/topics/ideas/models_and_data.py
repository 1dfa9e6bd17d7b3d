"""What a model is, what it is given, and how it is judged."""

from nnctl.reports.topics.ideas.idea import Idea

IDEAS = {
    "unit": Idea(
        summary=(
            "A unit (neuron) multiplies each of its inputs by a weight, adds them up with a bias, and applies an "
            "activation."
        ),
        use=(
            "Start with 16 to 64 units in each of one or two hidden layers for a table, and change the number only "
            "after a first run."
        ),
        avoid=("Units of the last layer are not chosen freely: one for each number to predict, or one for each class."),
        formula=("y = f(w_1 x_1 + w_2 x_2 + ... + b)",),
        text=(
            (
                "A layer is many units that see the same inputs, and a network is layers one after the other. "
                "Training finds the weights and the biases; everything else is chosen by you."
            ),
        ),
        yaml=("layers:\n  - Dense: {units: 16, activation: relu}\n  - Dense: {units: 1}"),
        keras="keras.layers.Dense",
        see=("Dense", "parameters", "relu", "backpropagation"),
    ),
    "classification and regression": Idea(
        summary="Classification predicts which class a row belongs to, regression predicts a number.",
        use=("Begin with the row of the table that fits your target; `nnctl check` says if they do not fit together."),
        avoid="Class numbers are names, not amounts: a loss for numbers would take class 2 for twice class 1.",
        text=(
            (
                "The last layer and the loss follow from what is predicted: see the table. Everything before the "
                "last layer may be the same."
            ),
        ),
        yaml=(
            "layers:\n"
            "  - Dense: {units: 16, activation: relu}\n"
            "  - Dense: {units: 3, activation: softmax}\n"
            "loss: sparse_categorical_crossentropy"
        ),
        keras="Model.compile(loss=...)",
        see=("loss function", "softmax", "sigmoid", "mse", "accuracy"),
    ),
    "parameters": Idea(
        summary=(
            "The parameters of a model are all numbers that training finds: the weights (kernels) and the biases of"
            " its layers."
        ),
        use=(
            "Compare their number with that of the training rows: many more parameters than rows make overfitting "
            "likely."
        ),
        avoid="More parameters are not better by themselves, and training takes longer.",
        formula=(
            "Dense: (inputs + 1) units",
            "Conv2D: (height width channels + 1) filters",
            "LSTM: 4 units (inputs + units + 1)",
        ),
        text=(
            (
                "What you choose before training is called hyperparameters: layers, units, learning rate, batch "
                "size. `nnctl summary` shows the parameters of every layer."
            ),
        ),
        yaml=("layers:\n  - Dense: {units: 16, activation: relu}\n  - Dense: {units: 3, activation: softmax}"),
        keras="Model.count_params",
        see=("overfitting", "Dense", "Conv2D", "LSTM"),
    ),
    "tensor shapes": Idea(
        summary=(
            "A tensor is an array of numbers, and its shape says how many there are along each axis; the first axis"
            " is the rows."
        ),
        use="`nnctl summary CONFIG` shows the shape after every layer.",
        avoid=(
            "A layer takes only the shapes it is made for: LSTM and Conv1D need steps and features, Conv2D an "
            "image. Flatten or GlobalAveragePooling2D leads from images to Dense."
        ),
        formula=("2D (rows, features)", "3D (rows, steps, features)", "4D (rows, height, width, channels)"),
        text=(
            (
                "Tables are 2D, sequences such as text and sensor data 3D, images 4D. Messages write the rows as "
                "None, since their number changes from batch to batch: (None, 28, 28, 1)."
            ),
        ),
        yaml=(
            "layers:\n"
            "  - Reshape: {target_shape: [4, 4, 1]}\n"
            "  - Conv2D: {filters: 8, kernel_size: 3}\n"
            "  - Flatten\n"
            "  - Dense: {units: 1}"
        ),
        keras="keras.Input(shape=...)",
        see=("Flatten", "Reshape", "Conv2D", "LSTM", "Dense"),
    ),
    "sequential and functional models": Idea(
        summary=(
            "In a sequential model each layer follows the one before; in a functional model layers name their "
            "inputs and may branch and join."
        ),
        use=(
            "Write a list of layers, and add `from` only where the model branches: for several inputs or outputs, "
            "and for shortcuts."
        ),
        avoid="Branches do not join by themselves: Concatenate, Add and other layers take several inputs.",
        text=(
            (
                "`from` names the layers or inputs that a layer takes; without it, it takes the layer before. Every"
                " layer has a name, by default its class in lower case."
            ),
        ),
        yaml=(
            "layers:\n"
            "  - Dense: {units: 8, activation: relu, name: a}\n"
            "  - Dense: {units: 8, activation: relu, from: input, name: b}\n"
            "  - Concatenate: {from: [a, b]}\n"
            "  - Dense: {units: 1}"
        ),
        keras="keras.Sequential, keras.Model",
        see=("Concatenate", "Add", "Dense", "tensor shapes"),
    ),
    "one-hot encoding": Idea(
        summary=(
            "One-hot encoding makes a vector of a category: 1 at its place and 0 elsewhere, so that no category is "
            "larger than another."
        ),
        use="For columns with a few categories; for hundreds of them use encode: integer and an Embedding.",
        avoid=(
            "Numbers that are names, such as zip codes, must be listed under categorical, or they are taken for "
            "amounts."
        ),
        formula=("y[i] = 1 where i is the class, else 0",),
        text=(
            (
                "nnctl encodes columns of words so, and class targets as their loss needs them: one-hot for "
                "categorical_crossentropy, as class numbers for sparse_categorical_crossentropy."
            ),
        ),
        yaml=("dataset:\n  path: data.csv\n  target: y\n  categorical: [zip]\n  encode: onehot"),
        keras="keras.utils.to_categorical, keras.layers.CategoryEncoding",
        see=("Embedding", "categorical_crossentropy", "sparse_categorical_crossentropy", "normalization"),
    ),
    "normalization": Idea(
        summary=(
            "Normalization brings all inputs to a similar scale, usually mean 0 and standard deviation 1, so that "
            "no column dominates."
        ),
        use="Keep the default of tables (standard); minmax brings every column to 0 to 1.",
        avoid=("Do not scale the file yourself by the mean of all rows: the test rows would leak into the training."),
        formula=("x' = (x - mean) / std",),
        text=(
            (
                "Mean and standard deviation are those of the training rows; validation, test and new rows are "
                "scaled by the same numbers, which nnctl saves with the model. Layers such as BatchNormalization do"
                " the same between layers."
            ),
        ),
        yaml=("dataset:\n  path: data.csv\n  target: y\n  normalize: standard"),
        keras="keras.layers.Normalization",
        see=("BatchNormalization", "LayerNormalization", "Rescaling", "learning rate"),
    ),
    "logits": Idea(
        summary=(
            "Logits are the outputs of the last layer before sigmoid or softmax: any numbers, of which these make "
            "probabilities."
        ),
        use=(
            "End in softmax or sigmoid: nnctl computes loss and gradient from the logits anyway, exactly. With a "
            "linear last layer, set from_logits: true in the loss."
        ),
        avoid=("Without from_logits, a loss of probabilities on a linear layer trains badly; nnctl refuses it."),
        formula=("p = sigmoid(z)", "p_i = exp(z_i) / sum_j exp(z_j)"),
        text=(("A logit of 0 is a probability of 1/2 for sigmoid; equal logits are equal probabilities for softmax."),),
        yaml=("layers:\n  - Dense: {units: 1}\nloss: {binary_crossentropy: {from_logits: true}}"),
        keras="from_logits=True",
        see=("softmax with crossentropy", "sigmoid", "softmax", "binary_crossentropy"),
    ),
    "overfitting": Idea(
        summary=(
            "A model overfits if it learns the training rows by heart: their loss still falls, while that of new "
            "rows rises."
        ),
        use=(
            "Against overfitting, in this order: more rows, EarlyStopping, Dropout or l2, fewer units. Against "
            "underfitting: more units or layers, more epochs, a better learning rate."
        ),
        avoid="A good result on the training rows says nothing; only rows that the model has not seen do.",
        text=(
            (
                "The gap between the training and the validation loss shows it. If both losses are high, the model "
                "underfits: it is too small, or not trained for long enough."
            ),
        ),
        yaml=("callbacks:\n  - EarlyStopping: {patience: 10, restore_best_weights: true}"),
        keras="validation_split, keras.callbacks.EarlyStopping",
        see=("train/validation/test split", "EarlyStopping", "Dropout", "l2"),
    ),
    "train/validation/test split": Idea(
        summary=(
            "The rows are split into three: training rows change the weights, validation rows help to choose, test "
            "rows judge at the end."
        ),
        use=("Keep 10 to 20% of the rows for each; with dates, let the latest rows be the test (split: {time: ...})."),
        avoid=(
            "Rows of one person, or of one day, must not be in two splits, or the result is too good. Do not choose"
            " between models by the test rows."
        ),
        text=(
            (
                "The validation rows decide which epoch is best and when to stop, so they are no longer unseen. The"
                " test rows are used once, for the final number."
            ),
        ),
        yaml=("dataset:\n  path: data.csv\n  target: y\n  split: {validation: 0.2, test: 0.2}"),
        keras="validation_split, validation_data, Model.evaluate",
        see=("overfitting", "EarlyStopping", "accuracy"),
    ),
    "confusion matrix": Idea(
        summary=(
            "A confusion matrix counts, for each true class, how often each class was predicted; what is off the "
            "diagonal is wrong."
        ),
        use="Look at the row of the class that matters most to you.",
        avoid="With classes of different sizes compare shares of rows, not counts.",
        formula=(
            "accuracy = sum of the diagonal / all",
            "recall = diagonal / sum of its row",
            "precision = diagonal / sum of its column",
        ),
        text=(
            (
                "It shows which classes are taken for which others, and whether a class is never predicted, which "
                "accuracy hides. `nnctl eval` prints it for a run."
            ),
        ),
        yaml=("metrics: [accuracy, f1_score]"),
        keras="none",
        see=("accuracy", "precision", "recall", "f1_score"),
    ),
}
