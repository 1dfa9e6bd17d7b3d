"""What a command line with a mistake was probably meant to be: for the hint of its error."""

from __future__ import annotations

import click

from nnctl.similar_names import alike

# What other programs call a command of this one.
_ELSEWHERE = {
    "fit": "train", "learn": "train", "test": "eval", "evaluate": "eval", "score": "eval", "infer": "predict",
    "inference": "predict", "new": "init", "create": "init", "validate": "check", "lint": "check",
    "describe": "summary", "list": "runs", "ls": "runs", "plot": "report", "show": "report", "convert": "export",
    "data": "datasets", "doc": "explain", "docs": "explain", "man": "explain", "help": "--help", "version": "--version",
}  # fmt: skip


def command_hint(name: str, commands: list[str]) -> str:
    """For a name that is no command."""
    known = _ELSEWHERE.get(name.lower())
    near = [known] if known else alike(name, commands, 2, 0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"commands: {', '.join(commands)}"


def usage_message(error: click.ClickException) -> tuple[str, str | None]:
    """The message of a usage error, and what comes before the usage in its hint."""
    message, context = error.format_message(), getattr(error, "ctx", None)
    if not isinstance(context, click.Context) or all(each.name != "overrides" for each in context.command.params):
        return message, None
    if isinstance(error, click.NoSuchOption) and (key := _config_key(error.option_name)):
        return error.message, f"it is a key of the config: --set {key}=VALUE"
    if context.params.get("overrides") and "unexpected extra argument" in message:
        return message, "write --set key=value without blanks, or in quotes: --set 'metrics=[mse, mae]'"
    return message, None


def _config_key(option: str) -> str | None:
    """The key path that an option such as --batch-size or --lr stands for in other programs."""
    from nnctl.config.loader import KEYS  # imported here to keep start-up fast
    from nnctl.config.messages import same_elsewhere

    word = option.lstrip("-").replace("-", "_").lower()
    word = same_elsewhere(word) or word
    return "optimizer.learning_rate" if word == "learning_rate" else word if word in KEYS else None
