"""Small configs of every kind of model, with data that a test writes; and how to train one in a folder."""

from pathlib import Path

import numpy as np

import nnctl


def write_data(folder: Path) -> None:
    """The files that CONFIGS name."""
    rng = np.random.default_rng(0)
    lines = []
    for i in range(120):
        a, b = rng.normal(), rng.normal()
        names = f"{'rgb'[i % 3]},{'yes' if a > 0 else 'no'},{'xyz'[(a > 0) + (b > 0)]}"
        flags = f"{int(a > 0)},{int(b > 0)},{0.5 + np.tanh(a) / 2:.3f},{1 + i % 2}"
        lines.append(f"{a:.3f},{b:.3f},{names},{2 * a + b:.3f},{a * b:.3f},{flags}")
    (folder / "t.csv").write_text("a,b,<script>,yes,kind,sum,product,p,q,share,w\n" + "\n".join(lines) + "\n")
    places = [(i, t) for i in range(40) for t in range(2 + i % 3)]
    steps = [f"s{i:02},{t},{rng.normal():.2f},{'uv'[(i + t) % 2]},{'AB'[i % 2]}" for i, t in places]
    (folder / "steps.csv").write_text("id,t,a,tag,y\n" + "\n".join(steps) + "\n")
    words = ["good film", "bad film", "good and good", "bad and bad"]
    (folder / "text.csv").write_text("text,y\n" + "\n".join(f"{words[i % 4]} {i},{i % 2}" for i in range(60)) + "\n")
    lengths = {"x_lengths": rng.integers(9, 13, 60), "y_lengths": rng.integers(1, 5, 60)}
    np.savez(folder / "lines.npz", x=rng.random((60, 12, 5)), y=rng.integers(0, 3, (60, 4)), **lengths)
    x = rng.random((80, 6, 6, 3))
    np.savez(folder / "pictures.npz", x=(x * 255).astype(np.uint8), y=rng.integers(0, 4, 80), flat=x[..., 0],
             part=(3 * x[..., 0]).astype(int), dark=(x[..., :1] < 0.5).astype(int), doubled=2 * x[..., :1])  # fmt: skip


TABLE = "dataset: {{path: t.csv, target: {target}, features: [a, b, <script>]{more}}}\nepochs: {epochs}\n"


def table(target, last, loss, more="", epochs=3, rest=""):
    layers = f"layers: [{{Dense: {{units: 8, activation: relu}}}}, {{Dense: {last}}}]\n"
    return TABLE.format(target=target, more=more, epochs=epochs) + layers + f"loss: {loss}\n{rest}"


def each_pixel(target, filters, activation, loss):
    return (
        f"dataset: {{path: pictures.npz, target: {target}}}\ninputs: {{x: {{array: x}}}}\nepochs: 2\n"
        f"layers: [{{Conv2D: {{filters: {filters}, kernel_size: 1, activation: {activation}}}}}]\nloss: {loss}\n"
    )


CONFIGS = {
    "classes": table("kind", "{units: 3, activation: softmax}", "sparse_categorical_crossentropy"),
    "onehot": table("kind", "{units: 3, activation: softmax}", "categorical_crossentropy"),
    "logits": table("kind", "{units: 3}", "{sparse_categorical_crossentropy: {from_logits: true}}"),
    "hinge": table("kind", "{units: 3}", "categorical_hinge"),
    "yes and no": table("yes", "{units: 1, activation: sigmoid}", "binary_crossentropy", ", weight: w"),
    "yes and no as logits": table("yes", "{units: 1}", "{binary_crossentropy: {from_logits: true}}"),
    "margins": table("yes", "{units: 1}", "hinge"),
    "two flags": table("[p, q]", "{units: 2, activation: sigmoid}", "binary_crossentropy"),
    "share": table("share", "{units: 1, activation: sigmoid}", "binary_crossentropy"),
    "number": table("sum", "{units: 1}", "mse", ", normalize: {sum: standard}", rest="metrics: [mae]\n"),
    "two numbers": table("[sum, product]", "{units: 2}", "mae"),
    "no validation": table("sum", "{units: 1}", "mse", ", split: {validation: 0, test: 0}"),
    "two outputs": (
        "dataset: {path: t.csv, target: {k: kind, s: sum}, features: [a, b, <script>]}\nepochs: 2\n"
        "layers: [{Dense: {units: 4, name: h}}, {Dense: {units: 3, activation: softmax, from: h, name: k}},\n"
        " {Dense: {units: 1, from: h, name: s}}]\noutputs: [k, s]\n"
        "loss: {k: sparse_categorical_crossentropy, s: mse}\n"
    ),
    "a sequence": (
        "dataset: {path: steps.csv, target: y, sequence: {id: id, order: t}}\nepochs: 2\n"
        "layers: [{GRU: {units: 3}}, {Dense: {units: 1, activation: sigmoid}}]\nloss: binary_crossentropy\n"
    ),
    "a class at each step": (
        "dataset: {path: steps.csv, target: tag, features: [a], sequence: {id: id, order: t, target: each}}\n"
        "epochs: 2\nlayers: [{LSTM: {units: 3, return_sequences: true}}, {Dense: {units: 2, activation: softmax}}]\n"
        "loss: sparse_categorical_crossentropy\n"
    ),
    "yes or no at each step": (
        "dataset: {path: steps.csv, target: tag, features: [a], sequence: {id: id, order: t, target: each}}\n"
        "epochs: 2\nlayers: [{LSTM: {units: 3, return_sequences: true}}, {Dense: {units: 1, activation: sigmoid}}]\n"
        "loss: binary_crossentropy\n"
    ),
    "text": (
        "dataset: {path: text.csv, target: y, text: {column: text}}\nepochs: 2\n"
        "layers: [{Embedding: {input_dim: 70, output_dim: 4, mask_zero: true}}, {GRU: {units: 3}},\n"
        " {Dense: {units: 1, activation: sigmoid}}]\nloss: binary_crossentropy\n"
    ),
    "color pictures": (
        "dataset: {path: pictures.npz, target: y}\nepochs: 2\n"
        "layers: [{Rescaling: {scale: 0.0039}}, {Conv2D: {filters: 3, kernel_size: 3, activation: relu}},\n"
        " BatchNormalization, Flatten, {Dense: {units: 4, activation: softmax}}]\n"
        "loss: sparse_categorical_crossentropy\n"
    ),
    "a class at each pixel": each_pixel("part", 3, "softmax", "sparse_categorical_crossentropy"),
    "yes or no at each pixel": each_pixel("dark", 1, "sigmoid", "binary_crossentropy"),
    "a number at each pixel": each_pixel("doubled", 1, "linear", "mse"),
    "rebuilt pictures": (
        "dataset: {path: pictures.npz, target: flat}\ninputs: {flat: {array: flat}}\nepochs: 2\n"
        "layers: [Flatten, {Dense: {units: 3}}, {Dense: {units: 36, activation: sigmoid}},\n"
        " {Reshape: {target_shape: [6, 6]}}]\nloss: mse\n"
    ),
    "lines": (
        "dataset: {path: lines.npz, target: y}\nepochs: 2\n"
        "layers: [{GRU: {units: 4, return_sequences: true}}, {Dense: {units: 4, activation: softmax}}]\nloss: ctc\n"
    ),
    "tanh": table("sum", "{units: 1}", "mse").replace("relu", "tanh"),
}  # fmt: skip


def trained(name: str, folder: Path) -> Path:
    """The folder of a run of that kind; the current folder must be the one of the data."""
    (folder / "c.yaml").write_text(CONFIGS[name])
    nnctl.train(folder / "c.yaml", folder=folder / name.replace(" ", "_"))
    return folder / name.replace(" ", "_")
