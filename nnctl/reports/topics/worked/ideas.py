"""Which worked example belongs to which idea."""

from __future__ import annotations

from importlib import import_module

from nnctl.reports.topics.document import Example, Plot

# Idea -> module and function; both are imported when the page is shown.
_EXAMPLES = {
    "unit": ("model_ideas", "unit"),
    "classification and regression": ("model_ideas", "classification_and_regression"),
    "loss function": ("training_ideas", "loss_function"),
    "gradient descent": ("training_ideas", "gradient_descent"),
    "backpropagation": ("training_ideas", "backpropagation"),
    "epoch": ("training_ideas", "epoch"),
    "iteration": ("training_ideas", "iteration"),
    "batch": ("training_ideas", "batch"),
    "batch size": ("training_ideas", "batch_size"),
    "learning rate": ("training_ideas", "learning_rate"),
    "overfitting": ("training_ideas", "overfitting"),
    "train/validation/test split": ("model_ideas", "split"),
    "normalization": ("model_ideas", "normalization"),
    "one-hot encoding": ("model_ideas", "one_hot_encoding"),
    "tensor shapes": ("model_ideas", "tensor_shapes"),
    "sequential and functional models": ("model_ideas", "sequential_and_functional_models"),
    "parameters": ("model_ideas", "parameters"),
    "logits": ("model_ideas", "logits"),
    "softmax with crossentropy": ("training_ideas", "softmax_with_crossentropy"),
    "vanishing gradients": ("training_ideas", "vanishing_gradients"),
    "confusion matrix": ("model_ideas", "confusion_matrix"),
    "seed": ("model_ideas", "seed"),
}


def example(idea: str) -> Example:
    """The worked example of an idea."""
    module, function = _EXAMPLES[idea]
    found: Example = getattr(import_module(f"nnctl.reports.topics.worked.{module}"), function)()
    return found


def plots(idea: str) -> list[Plot]:
    """The curves of an idea that has some."""
    if idea != "learning rate":
        return []
    from nnctl.reports.topics.worked.training_ideas import learning_rate_plots  # imported here to keep start-up fast

    return learning_rate_plots()
