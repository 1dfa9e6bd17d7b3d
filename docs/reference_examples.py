"""Data for docs/make_reference.py that the declarations do not contain: examples of the keys of a config."""

# Top-level key: (type, default, example, Keras).
TOP_LEVEL: dict[str, tuple[str, str, str, str]] = {
    "name": ("text", "the file's name", "name: flowers", "`keras.Model(name=...)`"),
    "seed": ("a whole number, at least 0", "0", "seed: 7", "`keras.utils.set_random_seed`"),
    "dataset": ("a name, or a mapping of the keys [below](#dataset)", "required", "dataset: iris", "none"),
    "inputs": (
        "a name, a list of names, or a mapping from names to their source", "one input",
        "inputs:\n  image: {shape: [28, 28, 1]}\n  meta: {shape: [4]}\n"
        "layers:\n  - Flatten: {from: image}\n  - Concatenate: {from: [flatten, meta]}\n  - Dense: {units: 1}",
        "`keras.Input`",
    ),
    "layers": (
        "a list of [layers](layers.md)", "required",
        "layers:\n  - Dense: {units: 16, activation: relu}\n  - repeat: {times: 2, layers: [{Dense: {units: 8}}]}\n"
        "  - Dense: {units: 1}",
        "`keras.Sequential`, and the functional API",
    ),
    "outputs": (
        "a name or a list of names", "the layers whose output no other layer takes",
        "outputs: [price, sold]\nlayers:\n  - Dense: {units: 1, from: input, name: price}\n"
        "  - Dense: {units: 1, from: input, name: sold}",
        "`keras.Model(outputs=...)`",
    ),
    "loss": (
        "a [loss](losses.md), a list of losses, or a mapping from outputs to losses", "required", "loss: mse",
        "`Model.compile(loss=...)`",
    ),
    "loss_weights": (
        "a number of at least 0, a list of numbers, or a mapping from outputs to numbers", "1 each",
        "outputs: [price, sold]\nlayers:\n  - Dense: {units: 1, from: input, name: price}\n"
        "  - Dense: {units: 1, from: input, name: sold}\nloss_weights: {price: 1.0, sold: 0.2}",
        "`Model.compile(loss_weights=...)`",
    ),
    "optimizer": (
        "an [optimizer](optimizers.md)", "`adam`", "optimizer: {adam: {learning_rate: 0.003}}",
        "`Model.compile(optimizer=...)`",
    ),
    "metrics": (
        "a [metric](metrics.md), a list of metrics, or a mapping from outputs to metrics", "one that fits the loss",
        "metrics: [mae, r2_score]", "`Model.compile(metrics=...)`",
    ),
    "weighted_metrics": (
        "as `metrics`", "none", "weighted_metrics: [mae]", "`Model.compile(weighted_metrics=...)`",
    ),
    "epochs": ("a whole number, at least 1", "1", "epochs: 50", "`Model.fit(epochs=...)`"),
    "batch_size": ("a whole number, at least 1, or `all`", "32", "batch_size: 64", "`Model.fit(batch_size=...)`"),
    "class_weight": (
        "a mapping from classes to numbers of at least 0, or `balanced`", "null", "class_weight: balanced",
        "`Model.fit(class_weight=...)`",
    ),
    "callbacks": (
        "a list of [callbacks](callbacks.md)", "none", "callbacks:\n  - EarlyStopping: {patience: 10}",
        "`Model.fit(callbacks=...)`",
    ),
    "weights": (
        "the path of a run or of a safetensors file, or a mapping of the keys [below](#weights)", "none",
        "weights: {from: runs/iris, layers: [dense]}", "`Model.load_weights(skip_mismatch=True)`",
    ),
    "keep": (
        "`best` or `last`", "`best`, or `last` without a validation split", "keep: last",
        "`ModelCheckpoint(save_best_only=...)`",
    ),
    "engine": (
        "a mapping of the keys [below](#engine)", "all defaults", "engine: {threads: 2}",
        "`keras.config.set_backend`",
    ),
}  # fmt: skip

# Key of `dataset:`: (example, Keras).
DATASET: dict[str, tuple[str, str]] = {
    "name": ("{name: iris}", "`keras.datasets`"),
    "path": ("{path: [january.csv, february.csv], target: price}", "none"),
    "validation_path": ("{path: train.csv, validation_path: later.csv, target: price}", "`validation_data`"),
    "test_path": ("{path: train.csv, test_path: test.csv, target: price}", "`Model.evaluate`"),
    "query": ('{path: data.csv, query: "select * from data where price > 0", target: price}', "none"),
    "target": ("{path: data.csv, target: [length, width]}", "`y` of `Model.fit`"),
    "features": ("{path: data.csv, target: price, features: [area, rooms]}", "`x` of `Model.fit`"),
    "ignore": ("{path: data.csv, target: price, ignore: [id]}", "none"),
    "categorical": ("{path: data.csv, target: price, categorical: [zip]}", "`keras.layers.StringLookup`"),
    "numeric": ("{path: data.csv, target: price, numeric: [rooms]}", "none"),
    "encode": ("{path: data.csv, target: price, encode: integer}", "`keras.layers.CategoryEncoding`"),
    "rare": ("{path: data.csv, target: price, rare: 5}", "none"),
    "dates": ("{path: data.csv, target: price, dates: {sold: dmy}}", "none"),
    "decimal": ('{path: data.csv, target: price, decimal: ","}', "none"),
    "missing_values": ('{path: data.csv, target: price, missing_values: [-999, "n/a"]}', "none"),
    "encoding": ("{path: data.csv, target: price, encoding: cp949}", "none"),
    "missing": ("{path: data.csv, target: price, missing: {area: median}}", "none"),
    "normalize": ("{path: data.csv, target: price, normalize: minmax}", "`keras.layers.Normalization`"),
    "weight": ("{path: data.csv, target: price, weight: importance}", "`Model.fit(sample_weight=...)`"),
    "lengths": ("{path: data.npz, target: y, lengths: steps}", "`keras.layers.Masking`"),
    "alphabet": ('{path: data.npz, target: y, alphabet: "0123456789"}', "none"),
    "image": ("{path: photos, image: {size: [64, 64], color: rgb}}", "`keras.utils.image_dataset_from_directory`"),
    "sequence": ("{path: data.csv, target: label, sequence: {id: patient, order: day}}", "none"),
    "stream": ("{path: clicks-*.parquet, target: bought, stream: true}", "`tf.data.experimental.make_csv_dataset`"),
    "text": ("{path: data.csv, target: stars, text: {column: review}}", "`keras.layers.TextVectorization`"),
    "split": ("{path: data.csv, target: price, split: {validation: 0.1, test: 0.1}}", "`validation_split`"),
}
