"""The ideas behind training, each a topic of its own."""

from __future__ import annotations

from nnctl.reports.topics.ideas import models_and_data, training
from nnctl.reports.topics.ideas.idea import Idea
from nnctl.reports.topics.ideas.korean_names import KOREAN_NAMES

# In the order of a course.
_ORDER = (
    "unit", "classification and regression", "loss function", "gradient descent", "backpropagation", "epoch",
    "iteration", "batch", "batch size", "learning rate", "overfitting", "train/validation/test split",
    "normalization", "one-hot encoding", "tensor shapes", "sequential and functional models", "parameters", "logits",
    "softmax with crossentropy", "vanishing gradients", "confusion matrix", "seed",
)  # fmt: skip
_WRITTEN = {**models_and_data.IDEAS, **training.IDEAS}
IDEAS: dict[str, Idea] = {name: _WRITTEN[name] for name in _ORDER}

# Further names of topics, as normalised names: abbreviations, and names of other libraries and books.
_FURTHER_NAMES = {
    "adamw": "decoupledweightdecay weightdecay",
    "auc": "roc rocauc roccurve",
    "AveragePooling2D": "averagepooling avgpool",
    "backpropagation": "backprop backwardpass chainrule",
    "batch": "batches minibatch",
    "BatchNormalization": "batchnorm",
    "Bidirectional": "bilstm birnn",
    "binary_crossentropy": "bce logloss",
    "binary_focal_crossentropy": "focalloss",
    "categorical_crossentropy": "cce",
    "classification and regression": "classification multiclass regression",
    "confusion matrix": "errormatrix",
    "Conv2D": "cnn conv convolution",
    "CosineDecay": "cosine",
    "ctc": "connectionisttemporalclassification ctcloss",
    "Dense": "fc fullyconnected",
    "Dropout": "dropouts",
    "EarlyStopping": "earlystop",
    "Embedding": "embeddings wordembedding",
    "epoch": "epochs",
    "f1_score": "fmeasure fscore",
    "glorot_uniform": "xavier",
    "gradient descent": "batchgradientdescent gd gradient gradients minibatchgradientdescent optimizer",
    "GRU": "gatedrecurrentunit",
    "he_normal": "he kaiming",
    "he_uniform": "kaiminguniform",
    "iteration": "iterations step update",
    "l1": "lasso",
    "l2": "ridge",
    "LayerNormalization": "layernorm",
    "learning rate": "lr",
    "lecun_normal": "lecun",
    "logits": "logit",
    "loss function": "costfunction loss",
    "LSTM": "longshorttermmemory lstms",
    "mae": "absoluteerror l1loss",
    "MaxPooling2D": "maxpool maxpooling pooling",
    "mse": "l2loss squarederror",
    "MultiHeadAttention": "mha",
    "nesterov": "nesterovacceleratedgradient nesterovmomentum",
    "normalization": "featurescaling standardization",
    "one-hot encoding": "onehot tocategorical",
    "overfitting": "generalization overfit regularization underfitting",
    "parameters": "bias hyperparameter hyperparameters kernel parameter weights",
    "PositionEmbedding": "positionalencoding",
    "r2_score": "r2score rsquared",
    "relu": "activationfunction rectifier",
    "seed": "randomseed",
    "sequential and functional models": "functionalapi functionalmodel model sequentialmodel sequential functional",
    "sgd": "stochasticgradientdescent",
    "SimpleRNN": "rnn",
    "softmax with crossentropy": (
        "crossentropy sigmoidcrossentropy softmaxcrossentropy softmaxsparsecategoricalcrossentropy "
        "softmaxcategoricalcrossentropy sigmoidbinarycrossentropy"
    ),
    "sparse_categorical_crossentropy": "nll",
    "tensor shapes": "input shape shapes tensor tensors 2d 3d 4d",
    "train/validation/test split": "split testset trainvalidationandtestsplit traintestsplit validationset",
    "unit": "neuron perceptron units",
    "vanishing gradients": "explodinggradients vanishinggradient",
}  # fmt: skip
ABBREVIATIONS = {
    other: name
    for names in (_FURTHER_NAMES, KOREAN_NAMES)
    for name, others in names.items()
    for other in others.lower().split()
}
