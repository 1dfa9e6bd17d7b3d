"""The function `train`: epochs, batches, and in each a step of the optimizer."""

from __future__ import annotations

from nnctl.interop.torch_code.builder import Builder
from nnctl.interop.torch_code.data import Described
from nnctl.interop.torch_code.data_in_words import target_text
from nnctl.interop.torch_code.python_text import INDENT, fitted, literal, paragraph
from nnctl.interop.torch_code.training import losses, optimizers
from nnctl.interop.torch_code.training.regularizers import penalties
from nnctl.interop.torch_code.training.schedules import schedule_code
from nnctl.training.model import Model

ROWS = "[rows]"
SCHEDULE = "schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, learning_rate)"


def training_code(model: Model, builder: Builder, described: Described) -> list[str]:
    """The function, and before it that of the learning rate if it has a schedule."""
    optimizer = model.spec.optimizer
    scheduled = not isinstance(optimizer.learning_rate, float)
    written = optimizers.written(optimizer)
    decay = (
        [] if written.decays or not optimizer.weight_decay else [f"decay(optimizer, {literal(optimizer.weight_decay)})"]
    )
    first = builder.inputs[builder.graph.inputs[0]]
    batch = "None" if model.spec.batch_size is None else str(model.spec.batch_size)
    size = "batch_size or len(" + first + ")" if model.spec.batch_size is None else "batch_size"
    given = [*builder.in_training, *targets(builder), *(["sample_weight"] if described.preprocessing.weight else [])]
    lines = [
        *fitted(f"def train(model, {', '.join(given)}, epochs={model.spec.epochs}, batch_size={batch}):"),
        *documentation(model, builder, described, written.differs),
        *fitted(f"optimizer = {written.code}", INDENT),
        *_indented([SCHEDULE] if scheduled else [], 1),
        *_indented(row_weights(model, described), 1),
        f"{INDENT}model.train()",
        *(f"{INDENT}model.{name}.eval()  # trainable: false" for name in builder.still),
        f"{INDENT}for epoch in range(epochs):",
        f"{INDENT * 2}total = 0.0",
        f"{INDENT * 2}for rows in torch.randperm(len({first})).split({size}):",
        *_indented(loss_code(model, builder, described), 3),
        *_indented(penalties(builder, model.program), 3),
        *_indented(["optimizer.zero_grad()", "loss.backward()", *optimizers.clipping(optimizer), *decay,
                    "optimizer.step()", *(["schedule.step()"] if scheduled else []),
                    "total += loss.item() * len(rows)"], 3),
        f'{INDENT * 2}print(f"epoch {{epoch + 1}}: loss {{total / len({first}):.4f}}")',
        f"{INDENT}model.eval()",
    ]  # fmt: skip
    function = "\n".join(lines)
    return [schedule_code(optimizer.learning_rate), function] if scheduled else [function]


def targets(builder: Builder) -> list[str]:
    """The parameters with the targets, by output."""
    outputs = builder.output_names
    return ["y"] if len(outputs) == 1 else [f"{name}_target" for name in outputs]


def documentation(model: Model, builder: Builder, described: Described, differs: tuple[str, ...]) -> list[str]:
    """The docstring."""
    lines = [f'{INDENT}"""Trains the model as the config says.', ""]
    for output, target in zip(builder.graph.outputs, targets(builder), strict=True):
        lines += paragraph(f"{target} {target_text(output, described)}", INDENT)
    if described.preprocessing.weight:
        lines += paragraph(f"sample_weight (rows,): {described.preprocessing.weight}, how much a row counts.", INDENT)
    remarks = [*differs, *builder.differs]
    if kinds := [each.kind for each in model.spec.callbacks]:
        remarks.append(f"The callbacks are left out: {', '.join(kinds)}.")
    if remarks:
        lines += ["", f"{INDENT}What differs from nnctl:"]
        for remark in remarks:
            lines += paragraph(f"- {remark}", INDENT, hanging="  ")
    return [*lines, f'{INDENT}"""']


def loss_code(model: Model, builder: Builder, described: Described) -> list[str]:
    """The lines that compute `loss` of a batch."""
    given = ", ".join(f"{name}{ROWS}" for name in builder.parameters)
    method = "model.logits" if builder.after else "model"
    names = builder.output_names
    if len(names) == 1:
        names = ["z" if builder.after else "p"]
    lines = fitted(f"{', '.join(names)} = {method}({given})")
    weighted = bool(described.preprocessing.weight or model.spec.class_weight)
    for number, (output, name, target) in enumerate(zip(builder.graph.outputs, names, targets(builder), strict=True)):
        loss, axes = model.spec.losses[output], len(model.graph.shapes[output])
        logits = output in builder.after or getattr(loss, "from_logits", False)
        it = losses.Compared(name, f"{target}{ROWS}", logits, axes)
        code = losses.written(loss, it)
        mask = builder.masks.get(output)
        value = code.mean
        if mask:
            parameters = ", ".join(f"{each}{ROWS}" for each in builder.parameters_of(mask))
            lines += fitted(f"mask = model.{builder.mask_method(output)}({parameters})")
        if mask and loss.labels == "sequence":
            value = code.each.removesuffix(")") + ", mask.sum(dim=1)).mean()"
            mask = None
        if mask or weighted:
            lines += [*fitted(f"each = {code.each}"), *(["each = each.mean(dim=-1)"] if code.wide else [])]
            one_a_row = loss.labels == "sequence" or axes == 1
            weight = f"weight{ROWS}" if one_a_row else f"weight{ROWS}{'[:, None]' * (axes == 2)}"
            each = f"each * {weight}" if weighted else "each"
            value = f"({each} * mask).sum() / mask.sum()" if mask else f"({each}).mean()"
        share = model.spec.loss_weights.get(output, 1.0)
        value = value if share == 1 else f"{literal(share)} * {_in_brackets(value)}"
        lines += fitted(f"loss = {value}" if not number else f"loss = loss + {value}")
    return lines


def row_weights(model: Model, described: Described) -> list[str]:
    """The lines that make `weight`, (rows,): how much each row counts."""
    given = "sample_weight" if described.preprocessing.weight else ""
    if not model.spec.class_weight:
        return [f"weight = {given}"] if given else []
    [coder] = described.preprocessing.targets.values()
    classes = {"integer": "y", "onehot": "y.argmax(dim=-1)", "binary": "y[:, 0].long()"}[coder.labels]
    more = f" * {given}" if given else ""
    if model.spec.class_weight == "balanced":
        return [f"count = {classes}.bincount(minlength={len(coder.class_words)})",
                "class_weight = len(y) / ((count > 0).sum() * count.clamp(min=1))",
                f"weight = class_weight[{classes}]{more}"]  # fmt: skip
    weights = {str(name): float(value) for name, value in model.spec.class_weight.items()}
    given_weights = ", ".join(literal(weights.get(word, 1.0)) for word in coder.class_words)
    return [
        *fitted(f"class_weight = torch.tensor([{given_weights}], device=y.device)"),
        f"weight = class_weight[{classes}]{more}",
    ]


def _in_brackets(value: str) -> str:
    return f"({value})" if " / " in value else value


def _indented(lines: list[str], depth: int) -> list[str]:
    """The lines, deeper and short enough."""
    found = []
    for line in lines:
        bare = line.lstrip()
        found += fitted(bare, INDENT * depth + line[: len(line) - len(bare)])
    return found
