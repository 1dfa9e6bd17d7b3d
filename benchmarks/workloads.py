"""The models that are measured: small ones of the kinds that are trained on a laptop, described in Keras' terms.

Every worker (workers/) builds the same model from an entry: the same number of weights, the same batch, float32. batch
divides rows, so that all iterations are full.
"""

from dataclasses import dataclass
from typing import Any

Layers = list[dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class Workload:
    """shape: of one sample. target: "classes" or "labels" (CTC). rows: how many a training epoch has.

    repeats: how many times as many iterations a small model is measured for.
    """

    title: str
    shape: tuple[int, ...]
    layers: Layers
    batch: int = 128
    classes: int = 10
    target: str = "classes"
    rows: int = 4096
    repeats: int = 1

    @property
    def label(self) -> str:
        return f"{self.title}, {self.batch}"


def dense(units: int, activation: str = "relu") -> dict[str, dict[str, Any]]:
    return {"Dense": {"units": units, "activation": activation}}


def conv(filters: int, activation: str | None = "relu", **more: Any) -> dict[str, dict[str, Any]]:
    return {"Conv2D": {"filters": filters, "kernel_size": 3, "activation": activation, **more}}


def residual(filters: int, name: str, before: str) -> Layers:
    """A block of two convolutions and a shortcut around them."""
    return [
        conv(filters, padding="same", name=f"{name}_a", **{"from": before}),
        conv(filters, None, padding="same", name=f"{name}_b"),
        {"Add": {"from": [before, f"{name}_b"], "name": f"{name}_sum"}},
        {"Activation": {"activation": "relu", "name": name}},
    ]


POOL = {"MaxPooling2D": {"pool_size": 2}}
FLAT = {"Flatten": {}}
OUT = dense(10, "softmax")

WORKLOADS = {
    "mlp": Workload("MLP 784-512-512-10", (784,), [dense(512), dense(512), OUT]),
    "mlp_32": Workload("MLP 784-512-512-10", (784,), [dense(512), dense(512), OUT], batch=32),
    "cnn": Workload(
        "Conv32-pool-Conv64-pool-Dense on 28x28x1", (28, 28, 1), [conv(32), POOL, conv(64), POOL, FLAT, OUT], rows=2048
    ),
    "lstm": Workload("LSTM(128) on 28x28", (28, 28), [{"LSTM": {"units": 128}}, OUT], rows=2048),
    "iris": Workload(
        "iris-sized MLP 4-16-3", (4,), [dense(16), dense(3, "softmax")], batch=16, classes=3, rows=480, repeats=20
    ),
    "wide": Workload("wide MLP 784-4096-10", (784,), [dense(4096), OUT], rows=1024),
    "residual": Workload(
        "residual CNN on 32x32x3",
        (32, 32, 3),
        [
            conv(16, padding="same", name="stem"),
            *residual(16, "one", "stem"),
            POOL,
            conv(32, padding="same", name="wider"),
            *residual(32, "two", "wider"),
            {"GlobalAveragePooling2D": {}},
            OUT,
        ],
        batch=64,
        rows=512,
    ),
    "gru": Workload(
        "bidirectional GRU(64) on 28x28",
        (28, 28),
        [{"Bidirectional": {"layer": {"GRU": {"units": 64}}}}, OUT],
        rows=1024,
    ),
    "ctc": Workload(
        "BiLSTM(64) + CTC on lines of 96x8",
        (96, 8),
        [
            {"Bidirectional": {"layer": {"LSTM": {"units": 64, "return_sequences": True}}}},
            dense(11, "linear"),
        ],
        batch=32,
        classes=11,
        target="labels",
        rows=512,
    ),
}
MAIN = tuple(WORKLOADS)  # the rest is for growth
BATCHES, DEPTHS = (1, 8, 64, 512, 4096), (2, 8, 32)
WORKLOADS |= {
    f"batch_{size}": Workload(
        "MLP 64-128-64-10", (64,), [dense(128), dense(64), OUT], batch=size, rows=max(256, 4 * size)
    )
    for size in BATCHES
}
WORKLOADS |= {
    f"depth_{depth}": Workload(f"MLP of {depth} x Dense(256)", (256,), [*[dense(256)] * depth, OUT], rows=2048)
    for depth in DEPTHS
}
