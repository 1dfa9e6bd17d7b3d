"""Folders of images: classes by folder, sizes, colors, broken files, and models trained on them."""

import io
import json
import shutil
import struct
import zlib

import numpy as np
import pytest
from click.testing import CliRunner

Image = pytest.importorskip("PIL.Image")

from data.files import loaded  # noqa: E402
from data.readers.pictures import bright_and_dark, paint  # noqa: E402

from nnctl import cli  # noqa: E402
from nnctl import config as spec  # noqa: E402
from nnctl.api import load  # noqa: E402
from nnctl.data.config import ImageSpec  # noqa: E402
from nnctl.data.readers.images import read_image_folder  # noqa: E402
from nnctl.errors import DataError  # noqa: E402
from nnctl.training import runner  # noqa: E402


@pytest.fixture
def photos(tmp_path):
    return bright_and_dark(tmp_path / "photos")


def test_folders_are_classes(photos):
    arrays = read_image_folder(photos, ImageSpec())
    assert arrays["x"].shape == (60, 6, 5, 3) and arrays["x"].dtype == np.uint8
    assert arrays["y"].tolist() == ["bright"] * 30 + ["dark"] * 30
    assert np.all((arrays["x"].mean(axis=(1, 2, 3)) > 125) == (arrays["y"] == "bright"))


def test_size_and_color_are_from_the_config_or_the_first_image(photos):
    paint(photos / "dark" / "large.png", np.full((12, 10, 3), 40))
    assert read_image_folder(photos, ImageSpec())["x"].shape == (61, 6, 5, 3)
    small = read_image_folder(photos, ImageSpec(size=[3, 4], color="gray"))
    assert small["x"].shape == (61, 3, 4, 1)
    paint(photos / "dark" / "gray.png", np.full((6, 5), 40))
    assert read_image_folder(photos, ImageSpec()).notes == (
        "1 of 62 images is resized to 6 x 5 pixels",
        "1 of 62 images is converted to RGB",
    )


def test_folders_of_splits_are_splits(photos, tmp_path):
    (tmp_path / "whole").mkdir()
    photos.rename(tmp_path / "whole" / "train")
    for label, value in (("bright", 200), ("dark", 40)):
        paint(tmp_path / "whole" / "test" / label / "one.png", np.full((6, 5, 3), value))
    arrays = read_image_folder(tmp_path / "whole", ImageSpec())
    assert {name: len(array) for name, array in arrays.arrays.items()} == {
        "x_train": 60, "y_train": 60, "file_train": 60, "x_test": 2, "y_test": 2, "file_test": 2,
    }  # fmt: skip
    data = loaded(tmp_path / "whole", split={"validation": 0.1})
    assert (data.train.rows, data.validation.rows, data.test.rows) == (54, 6, 2)
    assert data.test.names.tolist() == ["test/bright/one.png", "test/dark/one.png"]
    for split in (data.train, data.validation, data.test):
        classes = [name.split("/")[1] for name in split.names]
        assert [data.targets["out"].classes[number] for number in split.targets["out"]] == classes


def test_images_are_rotated_by_exif(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # rotated by 90 degrees
    picture = np.zeros((8, 4), np.uint8)
    picture[0] = 255
    for label in "ab":
        paint(tmp_path / label / "x.png", picture, exif=exif)
    turned = read_image_folder(tmp_path, ImageSpec())["x"][0, ..., 0]
    np.testing.assert_array_equal(turned, np.rot90(picture, -1))


def test_sixteen_bits_become_eight(tmp_path):
    values = np.array([[0, 255, 256, 65535]], np.uint16)
    for label in "ab":
        (tmp_path / label).mkdir()
        Image.fromarray(values).save(tmp_path / label / "x.png")
    assert read_image_folder(tmp_path, ImageSpec())["x"][0, 0, :, 0].tolist() == [0, 0, 1, 255]


def broken(tmp_path):
    data = io.BytesIO()
    Image.fromarray(np.zeros((50, 50), np.uint8)).save(data, "PNG")
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("dark/cut.png", lambda path: broken(path)[:40], "cut.png"),
        ("dark/fake.jpg", lambda path: b"no image", "fake.jpg"),
        ("dark/empty.png", lambda path: b"", "empty.png"),
        ("dark/notes.txt", lambda path: b"text", "notes.txt"),
    ],
)
def test_a_broken_file_is_named(photos, name, content, words):
    (photos / name).write_bytes(content(photos))
    with pytest.raises(DataError, match=words):
        read_image_folder(photos, ImageSpec())


def test_hidden_files_are_ignored_and_empty_classes_are_not(photos):
    (photos / "dark" / ".DS_Store").write_bytes(b"?")
    read_image_folder(photos, ImageSpec())
    (photos / "none").mkdir()
    with pytest.raises(DataError, match="no images"):
        read_image_folder(photos, ImageSpec())


def test_all_broken_files_are_named_at_once(photos):
    for name in ("bright/a.png", "dark/b.png"):
        (photos / name).write_bytes(b"no image")
    with pytest.raises(DataError, match=r"2 of 62 images.*bright/a\.png.*dark/b\.png"):
        read_image_folder(photos, ImageSpec())


def huge(path):
    """An image file of a few bytes whose header promises 60,000 x 60,000 pixels."""
    data = bytearray(broken(path))
    data[16:24] = struct.pack(">II", 60_000, 60_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    path.write_bytes(data)


def test_an_image_that_would_fill_the_memory_is_refused(photos):
    huge(photos / "dark" / "bomb.png")
    with pytest.raises(DataError, match=r"bomb\.png.*pixels"):
        read_image_folder(photos, ImageSpec())


def test_images_that_do_not_fit_into_memory_together_are_refused_before_it_is_taken(photos):
    with pytest.raises(DataError, match=r"GB.*\n.*size"):
        read_image_folder(photos, ImageSpec(size=[100_000, 100_000]))


def test_images_next_to_the_class_folders_are_named(photos):
    paint(photos / "stray.png", np.zeros((6, 5, 3)))
    with pytest.raises(DataError, match=r"stray\.png"):
        read_image_folder(photos, ImageSpec())


def test_images_without_classes_can_be_targets_of_themselves_alone(photos):
    with pytest.raises(DataError, match="no class"):
        loaded(photos / "dark")
    data = loaded(photos / "dark", labels="number", target="x")
    assert data.targets["out"].shape == (6, 5, 3)


def test_sizes_whose_bytes_make_no_whole_words(photos):
    """Rows of 3 x 3 x 3 bytes, which are compared for duplicates."""
    data = loaded(photos, image={"size": [3, 3]})
    assert data.train.inputs["input"].shape[1:] == (3, 3, 3)


def test_it_trains_and_answers_for_files_by_name(photos, tmp_path):
    text = f"""
    dataset: {{path: {photos}, image: {{size: [4, 4]}}}}
    layers: [Flatten, {{Dense: {{units: 1, activation: sigmoid}}}}]
    loss: binary_crossentropy
    optimizer: {{adam: {{learning_rate: 0.05}}}}
    epochs: 30
    """
    ended = runner.train(spec.loads(text), folder=tmp_path / "run")
    assert ended.test["accuracy"] == 1.0
    paint(tmp_path / "new" / "noon.png", np.full((30, 20, 3), 220))
    paint(tmp_path / "new" / "night.png", np.full((9, 9, 3), 20))
    said = load(tmp_path / "run").predictions(str(tmp_path / "new")).columns
    assert dict(zip(said["file"], said["y"], strict=True)) == {"night.png": "dark", "noon.png": "bright"}
    for source in ("new/noon.png", "new/noo*.png"):
        single = load(tmp_path / "run").predictions(str(tmp_path / source)).columns
        assert list(single["y"]) == ["bright"]
    again = load(tmp_path / "run").evaluation(str(photos))
    assert again.metrics["accuracy"] == 1.0 and again.rows == 60
    one_class = photos.rename(tmp_path / "rest")
    shutil.rmtree(one_class / "dark")
    assert load(tmp_path / "run").evaluation(str(one_class)).rows == 30
    said = load(tmp_path / "run").predictions(str(one_class)).columns
    assert said["file"][0] == "bright/0.png" and set(said["y"]) == {"bright"}


def test_the_commands_on_a_folder(photos, tmp_path):
    """Prediction uses the size and color of the folder, also for layers that accept any shape."""
    config = tmp_path / "photos.yaml"
    config.write_text(
        f"""
dataset: {{path: {photos}, image: {{color: gray}}}}
layers: [Flatten, {{Dense: {{units: 2, activation: softmax}}}}]
loss: sparse_categorical_crossentropy
epochs: 1
""",
        encoding="utf-8",
    )
    trained = CliRunner().invoke(cli.program, ["train", str(config), "--run", str(tmp_path / "run"), "--json"])
    assert trained.exit_code == 0, trained.output
    paint(tmp_path / "new.jpg", np.full((31, 17, 3), 200))
    said = CliRunner().invoke(cli.program, ["predict", str(tmp_path / "run"), str(tmp_path / "new.jpg"), "--json"])
    assert said.exit_code == 0, said.output
    [row] = json.loads(said.stdout)
    assert row["file"] == "new.jpg" and row["probability_bright"] + row["probability_dark"] == pytest.approx(1)
    (photos / "dark" / "0.png").write_bytes(b"cut")
    failed = CliRunner().invoke(cli.program, ["check", str(config)])
    assert failed.exit_code == 2 and "dark/0.png" in failed.stderr and "Traceback" not in failed.output


def test_pixels_are_refused_where_other_numbers_were_trained_on(tmp_path):
    text = """
    dataset: digits_images
    layers: [Flatten, {Dense: {units: 10, activation: softmax}}]
    loss: sparse_categorical_crossentropy
    epochs: 1
    """
    runner.train(spec.loads(text), folder=tmp_path / "run")
    paint(tmp_path / "seven.png", np.zeros((8, 8)))
    with pytest.raises(DataError, match="another scale"):
        load(tmp_path / "run").predictions(str(tmp_path / "seven.png"))
