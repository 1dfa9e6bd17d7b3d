"""What the report says of a model's insides agrees with the model: importance, outputs of layers, weights, pictures."""

import base64
import struct
import zlib

import numpy as np
import pytest
from trained_kinds import trained, write_data

from nnctl.api import load
from nnctl.data.load_sample import load_sample
from nnctl.data.table import Table
from nnctl.reports.findings import activations, importance, pictures, structure
from nnctl.training.batching import cast


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("insides")
    write_data(place)
    return place


@pytest.fixture
def table_run(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return load(folder / "number" if (folder / "number").exists() else trained("number", folder))


def test_shuffling_what_is_encoded_is_shuffling_the_column(table_run):
    sample = load_sample(table_run.preprocessing, 1000)
    places = importance.encoded_places(table_run.preprocessing)
    assert list(places) == ["a", "b", "<script>"]
    for column, where in places.items():
        order = np.random.default_rng(5).permutation(sample.split.rows)
        columns = {**sample.raw.columns, column: sample.raw[column].take(order)}
        again = table_run.preprocessing.transform(Table(columns, sample.raw.rows, "again"), True, [])
        ours = importance.shuffled(sample.split, where, np.random.default_rng(5))
        np.testing.assert_array_equal(ours.inputs["input"], again.inputs["input"])


def test_importance_is_how_much_worse_the_metric_becomes(table_run):
    split = cast(load_sample(table_run.preprocessing, 1000).split, np.float32)
    found = importance.importance_of(table_run.model, table_run.preprocessing, split, ["regression"], seed=3)
    rng, expected = np.random.default_rng(3), {}
    before = table_run.model.compute_metrics(split)["mae"]
    for column, where in importance.encoded_places(table_run.preprocessing).items():
        after = [table_run.model.compute_metrics(importance.shuffled(split, where, rng))["mae"] for _ in range(5)]
        expected[column] = np.mean(after) - before
    assert found["metric"] == "mae" and found["repeats"] == 5 and found["score"] == pytest.approx(before, rel=1e-6)
    assert {each["column"]: each["mean"] for each in found["columns"]} == pytest.approx(expected, rel=1e-5)
    means = [each["mean"] for each in found["columns"]]
    assert means == sorted(means, reverse=True)


@pytest.mark.parametrize("kind", ["number", "color pictures", "a class at each step"])
def test_the_last_output_is_the_models(kind, folder, monkeypatch):
    monkeypatch.chdir(folder)
    place = folder / kind.replace(" ", "_")
    run = load(place if place.exists() else trained(kind, folder))
    split = cast(load_sample(run.preprocessing, 1000).split, np.float32)
    before = run.model.program.parameters.copy()
    found = [(name, y.copy()) for name, y, _ in activations.layer_outputs(run.model, split, split.rows)]
    assert [name for name, _ in found] == [node.name for node in run.model.graph.nodes]
    outputs, _ = run.model.predict(split)
    np.testing.assert_allclose(found[-1][1], outputs[found[-1][0]], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(run.model.program.parameters, before)


def test_weights_and_layers(table_run):
    found = {f"{each['layer']}/{each['weight']}": each for each in structure.weights_of(table_run.model)}
    for name, w in table_run.model.program.named_weights().items():
        assert found[name]["mean"] == pytest.approx(float(w.mean()), rel=1e-5, abs=1e-7)
        assert sum(found[name]["histogram"]["counts"]) == w.size if w.size > 1 else found[name]["histogram"] is None
    assert sum(layer["parameters"] for layer in structure.layers_of(table_run.model)) == table_run.model.parameters
    assert structure.graph_svg(table_run.model).startswith("<svg")


def read_png(content):
    """The pixels, by the format's description: chunks of length, kind, content and checksum."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    at, parts = 8, {}
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        body = content[at + 8 : at + 8 + length]
        assert struct.unpack(">I", content[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + body)
        parts[kind], at = body, at + 12 + length
    width, height, bits, color, *rest = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    assert bits == 8 and rest == [0, 0, 0] and parts[b"IEND"] == b""
    lines = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape((height, width, 3) if color == 2 else (height, width))


@pytest.mark.parametrize("shape", [(5, 3), (2, 7, 3), (1, 1)])
def test_a_png_file(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    np.testing.assert_array_equal(read_png(pictures.png(pixels)), pixels)


def test_a_large_picture_is_made_smaller():
    uri = pictures.data_uri(np.zeros((300, 200), np.uint8))
    assert read_png(base64.b64decode(uri.partition("base64,")[2])).shape == (75, 50)


def test_colors():
    np.testing.assert_array_equal(
        pictures.gray(np.array([[0.0, 0.5, 1.0, 9.0, np.nan]]), 0, 1), [[0, 128, 255, 255, 0]]
    )
    colors = pictures.diverging(np.array([[0.0, 2.0, -2.0]]))[0]
    assert colors.tolist() == [[255, 255, 255], [178, 24, 43], [33, 102, 172]]
    assert pictures.side_of_square(64) == 8 and pictures.side_of_square(60) is None
