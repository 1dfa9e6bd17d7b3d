"""How training works: loss, gradients, epochs and batches."""

from nnctl.reports.topics.ideas.idea import Idea

IDEAS = {
    "loss function": Idea(
        summary=(
            "The loss is one number that says how wrong the predictions are; training changes the weights so that "
            "it falls."
        ),
        use="Choose the loss by the kind of the target, and the metrics by what you would tell others.",
        avoid="Losses of different kinds or of differently scaled targets cannot be compared with one another.",
        formula=("loss = mean over the rows of loss(target, prediction)",),
        text=(
            (
                "The loss of a row is 0, or as low as it can be, where the prediction is exactly right. It must "
                "have a gradient, which says how to change each weight; metrics such as accuracy have none and are "
                "only measured."
            ),
        ),
        yaml=("loss: sparse_categorical_crossentropy\nmetrics: [accuracy]"),
        keras="Model.compile(loss=..., metrics=...)",
        see=("classification and regression", "mse", "sparse_categorical_crossentropy", "gradient descent"),
    ),
    "gradient descent": Idea(
        summary=(
            "Gradient descent lowers the loss step by step: every weight goes a little against its gradient, downhill."
        ),
        use="Use mini-batches and adam first; look at the loss of every epoch to see whether it falls.",
        avoid=(
            "The smallest loss on the training rows is not the aim: a model must be good on rows that it has not seen."
        ),
        formula=("w <- w - lr dL/dw",),
        text=(
            (
                "The gradient dL/dw says how fast the loss L rises if the weight rises. All rows give the exact "
                "gradient (gradient descent), one row a very noisy one (stochastic gradient descent), and a batch a"
                " good guess (mini-batch gradient descent, the usual choice)."
            ),
            "All optimizers are descendants of this rule: see the family tree on their pages.",
        ),
        yaml=("optimizer: {sgd: {learning_rate: 0.1}}\nbatch_size: all"),
        keras="keras.optimizers.SGD",
        see=("sgd", "learning rate", "batch size", "backpropagation", "adam"),
    ),
    "backpropagation": Idea(
        summary=(
            "Backpropagation computes the gradients of all weights in one pass from the loss back to the inputs, by"
            " the chain rule."
        ),
        use="Nothing is to be configured: every layer of nnctl knows its own gradient.",
        avoid=(
            "Backpropagation is not the optimizer: it finds the gradients, and the optimizer decides how far to go."
        ),
        formula=("dL/dw = dL/dy dy/dz dz/dw",),
        text=(
            (
                "Forward, every layer computes its output and keeps what it needs. Backward, every layer gets the "
                "gradient of its output and computes those of its weights and of its input, which is the output of "
                "the layer before."
            ),
            "`nnctl explain RUN --row N` shows these numbers for a row of your own.",
        ),
        yaml=("layers:\n  - Dense: {units: 1, activation: sigmoid}\nloss: mse"),
        keras="Model.fit",
        see=("gradient descent", "vanishing gradients", "iteration"),
    ),
    "epoch": Idea(
        summary="An epoch is one pass over all training rows, in a new order each time.",
        use="Set epochs high and let EarlyStopping end the training.",
        avoid=(
            "More epochs are not always better: from some epoch on the model learns the training rows by heart. An "
            "epoch is not an iteration either: it consists of many."
        ),
        formula=("iterations = ceil(rows / batch size) * epochs",),
        text=(
            (
                "Networks need many epochs, since each update changes the weights only a little. After each epoch "
                "nnctl measures the validation rows, which shows whether more epochs help."
            ),
        ),
        yaml=("epochs: 50\ncallbacks:\n  - EarlyStopping: {patience: 10}"),
        keras="Model.fit(epochs=...)",
        see=("iteration", "batch size", "overfitting", "EarlyStopping"),
    ),
    "iteration": Idea(
        summary=(
            "An iteration takes one batch through the network, forward and backward, and updates all weights once."
        ),
        use="Count in iterations what depends on updates, such as decay_steps of a schedule.",
        avoid=("The number of iterations is not chosen; it follows from the rows, the batch size and the epochs."),
        formula=("iterations in an epoch = ceil(rows / batch size)",),
        text=(
            (
                "Other names are step and update. The bar of an epoch counts iterations: 60,000 rows in batches of "
                "32 are 1875 iterations, so it says 1875/1875 and not 60,000."
            ),
        ),
        yaml=("batch_size: 32\nepochs: 10"),
        keras="steps of Model.fit",
        see=("epoch", "batch size", "batch", "CosineDecay"),
    ),
    "batch": Idea(
        summary="A batch is the rows that go through the network together before the weights are updated once.",
        use="`nnctl explain-batches` draws the batches of a config.",
        avoid=("Do not mix up the batch size (rows in a batch) and the number of batches (iterations in an epoch)."),
        text=(
            (
                "The gradient of a batch is the mean of the gradients of its rows. If the rows cannot be divided "
                "evenly, the last batch of an epoch is smaller, and no row is left out."
            ),
        ),
        yaml=("batch_size: 32"),
        keras="Model.fit(batch_size=...)",
        see=("batch size", "iteration", "epoch"),
    ),
    "batch size": Idea(
        summary=(
            "The batch size is how many rows are in a batch: it decides how many updates an epoch has, and how "
            "noisy each is."
        ),
        use=(
            "Keep 32 at first. Take a larger one if the loss jumps or an epoch takes long, and raise the learning "
            "rate with it."
        ),
        avoid=(
            "It is not the number of batches: a batch size of 100 makes 10 batches of 1000 rows. `batch_size: all` "
            "makes a single one."
        ),
        formula=("updates in an epoch = ceil(rows / batch size)",),
        text=(
            (
                "Small batches make many noisy updates and need little memory. Large batches make few exact ones, "
                "use the machine better, and need a larger learning rate or more epochs."
            ),
        ),
        yaml=("batch_size: 64"),
        keras="Model.fit(batch_size=...)",
        see=("batch", "iteration", "learning rate", "gradient descent", "BatchNormalization"),
    ),
    "learning rate": Idea(
        summary=(
            "The learning rate is how far the weights go along the gradient in one update: the most important "
            "number to tune."
        ),
        use=(
            "Try 0.01, 0.001 and 0.0001 with adam and compare the losses after a few epochs; take the largest that "
            "falls steadily."
        ),
        avoid=(
            "A rate that suits one optimizer does not suit another: sgd needs about ten times that of adam, lion a "
            "third or less."
        ),
        formula=("w <- w - learning_rate dL/dw",),
        text=(
            (
                "Too small, and the loss falls slowly. Too large, and it jumps up and down or grows without limit "
                "(the run then stops with a loss that is no longer a number). A schedule starts with large steps "
                "and ends with small ones."
            ),
        ),
        yaml=("optimizer: {adam: {learning_rate: 0.003}}"),
        keras="keras.optimizers.Adam(learning_rate=...)",
        see=("gradient descent", "CosineDecay", "ReduceLROnPlateau", "adam"),
    ),
    "vanishing gradients": Idea(
        summary=(
            "In a deep network gradients are products of many factors: if most are below 1, early layers get almost"
            " none and hardly learn."
        ),
        use=(
            "Use relu with he_normal, BatchNormalization, shortcuts with Add, and LSTM in place of SimpleRNN. "
            "Against exploding gradients set clipnorm."
        ),
        avoid="More layers are not better where the gradients do not reach the first ones.",
        formula=("dL/dx = dL/dy f'(z_1) w_1 f'(z_2) w_2 ...",),
        text=(
            (
                "The derivative of sigmoid is at most 1/4, so ten layers leave less than a millionth. That of relu "
                "is 1 for positive inputs. Factors above 1 make gradients explode instead."
            ),
        ),
        yaml=(
            "layers:\n"
            "  - Dense: {units: 16, activation: relu, kernel_initializer: he_normal}\n"
            "optimizer: {adam: {clipnorm: 1.0}}"
        ),
        keras="clipnorm",
        see=("relu", "sigmoid", "Add", "BatchNormalization", "LSTM", "backpropagation"),
    ),
    "softmax with crossentropy": Idea(
        summary=(
            "A last layer with softmax and a crossentropy loss belong together: the gradient of the logits is "
            "simply p - y."
        ),
        use="Write softmax as the last activation and a crossentropy as the loss; nothing else is needed.",
        avoid=(
            "Not softmax with mse: where the model is sure and wrong, the gradient is almost 0, and it hardly learns."
        ),
        formula=(
            "p_i = exp(z_i) / sum_j exp(z_j)",
            "loss = -log p_y = log(sum_j exp(z_j)) - z_y",
            "dloss/dz_i = p_i - y_i",
        ),
        text=(
            (
                "The same holds for sigmoid with binary_crossentropy. nnctl computes both in one step from the "
                "logits, which is exact however large they are: no exp overflows, and no log of 0 occurs."
            ),
        ),
        yaml=("layers:\n  - Dense: {units: 3, activation: softmax}\nloss: sparse_categorical_crossentropy"),
        keras="from_logits=True",
        see=("softmax", "sparse_categorical_crossentropy", "categorical_crossentropy", "logits", "one-hot encoding"),
    ),
    "seed": Idea(
        summary=("The seed fixes all random choices: the split, the first weights, the order of the rows and dropout."),
        use="Keep a seed while you compare settings; try three seeds before you believe a small improvement.",
        avoid="Do not pick the best of many seeds and report it: that is luck, not progress.",
        text=(
            (
                "The same config with the same seed gives the same model; another computer or number of threads "
                "changes it by rounding only. Another seed gives another result, and the spread of several seeds "
                "shows how much of a difference is luck."
            ),
        ),
        yaml=("seed: 7"),
        keras="keras.utils.set_random_seed",
        see=("train/validation/test split", "glorot_uniform", "Dropout"),
    ),
}
