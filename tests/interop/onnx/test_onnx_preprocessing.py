"""Preprocessing inside of the ONNX file: raw values give what nnctl predicts for them."""

import json

import numpy as np
import pytest

import nnctl
from nnctl.errors import InputError

pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from raw_rows import answers_agree  # noqa: E402

from nnctl.interop.onnx import export  # noqa: E402

SOFTMAX = {"Dense": {"units": 2, "activation": "softmax"}}
SPARSE = "sparse_categorical_crossentropy"
COLOURS = ("red", "blue", "green", "teal")


def people(rows=40, seed=0):
    """A table of columns of every kind, some values missing."""
    rng = np.random.default_rng(seed)
    lines = ["age,height,colour,member,rooms,size,kind,when,note,price,flag,other,share,y"]
    for row in range(rows):
        lines.append(
            f"{'' if row % 7 == 3 else 20 + row},{1.5 + rng.random():.3f},{'' if row % 5 == 4 else COLOURS[row % 3]},"
            f"{'true' if row % 2 else 'false'},{row % 4 + 1},{rng.normal() * 1e4:.1f},{'abc'[row % 3]},"
            f"2024-0{row % 9 + 1}-11,a note {row % 3},{rng.random() * 900:.2f},{row % 2},{row % 3 // 2},"
            f"{rng.random():.2f},{('no', 'yes')[row % 2]}"
        )
    return "\n".join(lines) + "\n"


def trained(folder, dataset, layers, loss, text=None, **more):
    (folder / "train.csv").write_text(text or people(), encoding="utf-8")
    described = {"dataset": {"path": str(folder / "train.csv"), "split": {"validation": 0, "test": 0}, **dataset},
                 "layers": layers, "loss": loss, "epochs": 2, **more}  # fmt: skip
    return nnctl.train(described, folder=folder / "run")


def session_of(run, folder, **options):
    exported = export(run, folder / "model.onnx", **options)
    return onnxruntime.InferenceSession(folder / "model.onnx"), exported


# Datasets of the table, each with layers and a loss.
TABLES = {
    "mixed": (
        {"target": "y", "features": ["age", "height", "colour", "member"],
         "missing": {"age": "median", "colour": "category"}},
        [SOFTMAX], SPARSE,
    ),
    "minmax": ({"target": "y", "features": ["height", "size"], "normalize": {"height": "minmax", "size": "none"}},
               [SOFTMAX], SPARSE),
    "zero": ({"target": "y", "features": ["age"], "missing": "zero"}, [SOFTMAX], SPARSE),
    "rare": ({"target": "y", "features": ["colour", "age"], "missing": {"colour": "category", "age": "mean"},
              "rare": 12}, [SOFTMAX], SPARSE),
    "numbers_as_categories": ({"target": "y", "features": ["rooms", "height"], "categorical": ["rooms"]},
                              [SOFTMAX], SPARSE),
    "embedding": ({"target": "y", "features": ["kind", "colour"], "encode": "integer",
                   "missing": {"colour": "category"}},
                  [{"Embedding": {"input_dim": 6, "output_dim": 3}}, "Flatten", SOFTMAX], SPARSE),
    "binary": ({"target": "y", "features": ["height", "member"]}, [{"Dense": {"units": 1, "activation": "sigmoid"}}],
               "binary_crossentropy"),
    "logits": ({"target": "y", "features": ["height"]}, [{"Dense": {"units": 1}}],
               {"binary_crossentropy": {"from_logits": True}}),
    "margins": ({"target": "y", "features": ["height"]}, [{"Dense": {"units": 1}}], "hinge"),
    "onehot": ({"target": "kind", "features": ["height"]}, [{"Dense": {"units": 3, "activation": "softmax"}}],
               "categorical_crossentropy"),
    "class_numbers": ({"target": "rooms", "features": ["height"]}, [{"Dense": {"units": 4, "activation": "softmax"}}],
                      SPARSE),
    "flags": ({"target": ["flag", "other"], "features": ["height"]}, [{"Dense": {"units": 2, "activation": "sigmoid"}}],
              "binary_crossentropy"),
    "one_flag": ({"target": "flag", "features": ["height"]}, [{"Dense": {"units": 1, "activation": "sigmoid"}}],
                 "binary_crossentropy"),
    "share": ({"target": "share", "features": ["height"]}, [{"Dense": {"units": 1, "activation": "sigmoid"}}],
              "binary_crossentropy"),
    "share_of_logits": ({"target": "share", "features": ["height"]}, [{"Dense": {"units": 1}}],
                        {"binary_crossentropy": {"from_logits": True}}),
    "price": ({"target": "price", "features": ["height", "colour"], "normalize": {"price": "standard"},
               "missing": {"colour": "category"}}, [{"Dense": {"units": 1}}], "mse"),
    "two_numbers": ({"target": ["price", "size"], "features": ["height"], "normalize": {"price": "minmax"}},
                    [{"Dense": {"units": 2}}], "mse"),
    "sigmoids": ({"target": "kind", "features": ["height"]}, [{"Dense": {"units": 3, "activation": "sigmoid"}}],
                 "categorical_crossentropy"),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLES)
def test_table(case, tmp_path):
    run = trained(tmp_path, *TABLES[case])
    session, exported = session_of(run, tmp_path, preprocessing=True)
    assert exported.notes == ()
    answers_agree(run, session, str(tmp_path / "train.csv"))


def test_values_that_training_did_not_have(tmp_path):
    run = trained(tmp_path, *TABLES["mixed"])
    session, _ = session_of(run, tmp_path)
    (tmp_path / "new.csv").write_text("age,height,colour,member\n,1.5,mauve,true\n30,1.7,,false\n50,1.9,N/A,perhaps\n")
    found = answers_agree(run, session, str(tmp_path / "new.csv"))
    assert len(found["y"]) == 3 and found["y"].dtype == object


STEPS = "id,t,a,kind,y\n" + "".join(
    f"s{i:02},{t},{i + t},{'uv'[(i + t) % 2]},{'AB'[i % 2]}\n" for i in range(12) for t in range(i % 3 + 1)
)


# A layer that leaves out the padding, and one that reads it, which must then be zeros.
READS_SEQUENCES = {"mask": [{"GRU": {"units": 3}}], "zeros": [{"Conv1D": {"filters": 2, "kernel_size": 2}}, "Flatten"]}


@pytest.mark.parametrize("layers", READS_SEQUENCES.values(), ids=READS_SEQUENCES)
@pytest.mark.parametrize("features", [["a"], ["a", "kind"], ["kind"]])
def test_sequences_of_rows(features, layers, tmp_path):
    dataset = {"target": "y", "features": features, "sequence": {"id": "id", "order": "t"}}
    run = trained(tmp_path, dataset, [*layers, SOFTMAX], SPARSE, text=STEPS)
    session, _ = session_of(run, tmp_path)
    assert [each.name for each in session.get_inputs()] == ["lengths", *features]
    answers_agree(run, session, str(tmp_path / "train.csv"))


def test_a_column_named_lengths(tmp_path):
    dataset = {"target": "y", "features": ["lengths"], "sequence": {"id": "id", "order": "t"}}
    text = STEPS.replace("id,t,a,", "id,t,lengths,")
    run = trained(tmp_path, dataset, [{"GRU": {"units": 3}}, SOFTMAX], SPARSE, text=text)
    session, _ = session_of(run, tmp_path)
    rows = {"lengths": np.array([[1, 2, 3]], np.float32), "sequence_lengths": np.array([2])}
    columns = {"id": ["s", "s"], "t": [1, 2], "lengths": [1, 2]}
    assert np.allclose(session.run(["probabilities"], rows)[0], run.predict_proba(columns), atol=1e-5)


def test_a_class_for_each_time_step(tmp_path):
    dataset = {"target": "kind", "features": ["a"], "sequence": {"id": "id", "order": "t", "target": "each"}}
    run = trained(tmp_path, dataset, [{"GRU": {"units": 3, "return_sequences": True}}, SOFTMAX], SPARSE, text=STEPS)
    session, _ = session_of(run, tmp_path)
    values = np.array([[1, 2, 3], [4, 0, 0]], np.float32)
    said, shares = session.run(None, {"a": values, "lengths": np.array([3, 1])})
    assert said.shape == (2, 3) and shares.shape == (2, 3, 2) and set(said.ravel()) <= {"u", "v"}


def test_what_onnx_cannot_express_is_named(tmp_path):
    layers = [{"Embedding": {"input_dim": 9, "output_dim": 2}}, "Flatten", SOFTMAX]
    run = trained(tmp_path, {"target": "y", "text": {"column": "note"}}, layers, SPARSE)
    with pytest.raises(InputError, match='column "note" holds texts') as raised:
        export(run, tmp_path / "no.onnx", preprocessing=True)
    assert "--no-preprocessing" in str(raised.value)
    assert not (tmp_path / "no.onnx").exists()
    session, exported = session_of(run, tmp_path)  # by default the input takes the token ids
    assert len(exported.notes) == 1 and 'column "note" holds texts' in exported.notes[0]
    assert [each.type for each in session.get_inputs()] == ["tensor(int64)"]
    answers_agree(run, session, str(tmp_path / "train.csv"))


def test_numbers_that_mean_a_missing_value(tmp_path):
    dataset = {"target": "y", "features": ["age", "rooms"], "missing_values": ["", "-999"], "categorical": ["rooms"],
               "missing": {"age": "median", "rooms": "category"}}  # fmt: skip
    text = people().replace(",2,", ",-999,").replace("\n21,", "\n-999,")
    run = trained(tmp_path, dataset, [SOFTMAX], SPARSE, text=text)
    session, _ = session_of(run, tmp_path)
    answers_agree(run, session, str(tmp_path / "train.csv"))
    rows = {"age": np.array([[-999]], np.float32), "rooms": np.array([[-999]], np.float32)}
    as_missing = {"age": np.array([[np.nan]], np.float32), "rooms": np.array([[np.nan]], np.float32)}
    one, two = session.run(["probabilities"], rows)[0], session.run(["probabilities"], as_missing)[0]
    assert np.array_equal(one, two)
    assert np.allclose(one, run.predict_proba({"age": [-999], "rooms": [-999]}), atol=1e-5)


def test_pixels_are_bytes(tmp_path):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (30, 6, 5), np.uint8), rng.integers(0, 3, 30)
    np.savez(tmp_path / "d.npz", x=images, y=labels)
    described = {
        "dataset": {"path": str(tmp_path / "d.npz"), "normalize": "standard"}, "loss": SPARSE, "epochs": 1,
        "layers": [{"Reshape": {"target_shape": [6, 5, 1]}}, {"Conv2D": {"filters": 2, "kernel_size": 3}}, "Flatten",
                   {"Dense": {"units": 3, "activation": "softmax"}}],
    }  # fmt: skip
    run = nnctl.train(described, folder=tmp_path / "run")
    session, _ = session_of(run, tmp_path)
    answers_agree(run, session, str(tmp_path / "d.npz"))


@pytest.mark.parametrize("layers", READS_SEQUENCES.values(), ids=READS_SEQUENCES)
def test_lengths_of_arrays(layers, tmp_path):
    rng = np.random.default_rng(0)
    x, lengths = rng.normal(3, 2, (30, 6, 2)).astype(np.float32), rng.integers(1, 7, 30)
    np.savez(tmp_path / "d.npz", x=x, x_lengths=lengths, y=rng.integers(0, 2, 30))
    described = {"dataset": {"path": str(tmp_path / "d.npz"), "normalize": "standard"}, "loss": SPARSE, "epochs": 1,
                 "layers": [*layers, SOFTMAX]}  # fmt: skip
    run = nnctl.train(described, folder=tmp_path / "run")
    session, _ = session_of(run, tmp_path)
    answers_agree(run, session, str(tmp_path / "d.npz"))
    given = {"x": x, "x_lengths": lengths}
    other = np.where(np.arange(6)[:, None] < lengths[:, None, None], x, np.nan)  # the padding does not matter
    one, two = (session.run(["probabilities"], {**given, "x": each.astype(np.float32)})[0] for each in (x, other))
    assert np.allclose(one, two, atol=1e-6)


def test_metadata_names_classes_and_inputs(tmp_path):
    session, _ = session_of(trained(tmp_path, *TABLES["mixed"]), tmp_path)
    about = session.get_modelmeta().custom_metadata_map
    assert json.loads(about["classes"]) == {"dense": ["no", "yes"]}
    assert json.loads(about["inputs"]) == ["age", "height", "colour", "member"]


def test_float64_is_noted_and_the_same_run_gives_the_same_bytes(tmp_path):
    run = trained(tmp_path, *TABLES["mixed"], engine={"dtype": "float64"})
    session, exported = session_of(run, tmp_path)
    assert exported.notes == ("the weights are float64 in the run and float32 in the file",)
    answers_agree(run, session, str(tmp_path / "train.csv"))
    content = (tmp_path / "model.onnx").read_bytes()
    session_of(run, tmp_path)
    assert (tmp_path / "model.onnx").read_bytes() == content
