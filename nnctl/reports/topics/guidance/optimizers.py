"""Advice on optimizers, and their family tree: what each adds to its parent."""

from nnctl.reports.topics.guide import Guide

GUIDES = {
    "sgd": Guide(
        use=(
            "To learn how training works, and with momentum and a learning rate schedule for the best results on "
            "images, given time to tune them."
        ),
        avoid=(
            "Without momentum it crawls along narrow valleys, and its learning rate must be chosen with care. adam "
            "is the easier start."
        ),
        adds="the gradient of a batch instead of all rows",
        parent="gradient descent",
        see=("gradient descent", "momentum", "learning rate", "adam"),
    ),
    "momentum": Guide(
        use=(
            "Where sgd goes back and forth across a valley: the running sum cancels the swings and adds up along "
            "the valley."
        ),
        avoid="With a large learning rate it overshoots; lower the rate when you turn momentum on.",
        adds="a running sum of the gradients (velocity)",
        parent="sgd",
        see=("sgd", "nesterov", "adam"),
    ),
    "nesterov": Guide(
        use="In place of momentum: as fast, and with less overshooting.",
        avoid="Where adam works without tuning.",
        adds="a look ahead to where the velocity leads",
        parent="momentum",
        see=("momentum", "nadam", "sgd"),
    ),
    "lion": Guide(
        use="For large models where memory counts: it keeps one array for each weight, adam two.",
        avoid=(
            "With small batches, whose noisy gradients it takes at full size. Use a learning rate 3 to 10 times "
            "smaller than adam's."
        ),
        adds="only the sign of the velocity counts",
        parent="momentum",
        see=("momentum", "adamw"),
    ),
    "adagrad": Guide(
        use="For rare features, such as words that few texts have: their weights keep a large rate.",
        avoid="For long training: the rate only ever falls, until nothing moves. Use rmsprop or adam.",
        adds="a rate for each weight, by the sum of its squared gradients",
        parent="sgd",
        see=("rmsprop", "adadelta", "ftrl"),
    ),
    "ftrl": Guide(
        use=(
            "For linear models with very many features, such as clicks on advertisements, of which most weights "
            "should become exactly 0."
        ),
        avoid="For deep networks: use adam.",
        adds="an L1 penalty that makes weights exactly 0",
        parent="adagrad",
        see=("adagrad", "l1"),
    ),
    "adadelta": Guide(
        use=("Where no learning rate is to be chosen: with learning_rate 1 it finds the size of its steps itself."),
        avoid="With the default rate of 0.001, which is Keras', it hardly moves. adam is faster.",
        adds="squares that fade, and steps sized by the recent steps",
        parent="adagrad",
        see=("adagrad", "rmsprop"),
    ),
    "rmsprop": Guide(
        use="For recurrent networks, and wherever gradients change their size in the course of training.",
        avoid="adam is the same with momentum and corrected starts, and rarely worse.",
        adds="squares that fade, so that the rate can rise again",
        parent="adagrad",
        see=("adagrad", "adam"),
    ),
    "adam": Guide(
        use=(
            "The usual choice to start with: it works on most problems with its defaults, or with a learning rate "
            "from 0.0001 to 0.01."
        ),
        avoid=(
            "For the last bit of accuracy on images, sgd with momentum and a schedule may be better. With weight "
            "decay use adamw."
        ),
        adds="momentum, and a correction of the first steps",
        parent="rmsprop",
        see=("rmsprop", "momentum", "adamw", "nadam", "learning rate"),
    ),
    "adamw": Guide(
        use=(
            "Where weights should be kept small, as in transformers: decay works the same for all weights, which an"
            " L2 penalty with adam does not."
        ),
        avoid="For small networks on few rows adam is as good.",
        adds="weight decay apart from the gradient",
        parent="adam",
        see=("adam", "l2", "overfitting"),
    ),
    "adamax": Guide(
        use="Where single gradients are far larger than the others, as with embeddings.",
        avoid="Where adam works: it rarely makes a difference.",
        adds="the largest recent gradient in place of the mean square",
        parent="adam",
        see=("adam", "Embedding"),
    ),
    "nadam": Guide(
        use="As adam, with Nesterov's look ahead; often a little faster.",
        avoid="Where adam works: the difference is small.",
        adds="Nesterov's look ahead",
        parent="adam",
        see=("adam", "nesterov"),
    ),
    "radam": Guide(
        use="As adam, where the first steps are unstable and a warm-up of the learning rate would be needed.",
        avoid="With a schedule that has a warm-up, which does the same.",
        adds="waits until the mean square is known well enough",
        parent="adam",
        see=("adam", "CosineDecay"),
    ),
    "lars": Guide(
        use=("For very large batches (thousands of rows) on images: every layer moves in proportion to its own size."),
        avoid="With ordinary batches: use momentum.",
        adds="steps in proportion to the norm of each layer's weights",
        parent="momentum",
        see=("momentum", "lamb", "batch size"),
    ),
    "lamb": Guide(
        use="For very large batches (thousands of rows) on texts: as lars, on top of adam.",
        avoid="With ordinary batches: use adamw.",
        adds="steps in proportion to the norm of each layer's weights",
        parent="adam",
        see=("adamw", "lars", "batch size"),
    ),
}
