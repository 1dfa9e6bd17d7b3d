"""Folders of images: classes by folder, sizes, colours, broken files; a model that is trained on them."""

import io

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image")

from nnctl import spec  # noqa: E402
from nnctl.data.images import read_image_folder  # noqa: E402
from nnctl.data.spec import ImageSpec  # noqa: E402
from nnctl.errors import DataError  # noqa: E402
from nnctl.training import runner  # noqa: E402


def paint(path, pixels, **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path, **how)


@pytest.fixture
def photos(tmp_path):
    """Bright and dark pictures, 30 of each, of 6 x 5 pixels in colour."""
    rng = np.random.default_rng(0)
    for label, low in (("bright", 130), ("dark", 0)):
        for number in range(30):
            paint(tmp_path / "photos" / label / f"{number}.png", rng.integers(low, low + 120, (6, 5, 3)))
    return tmp_path / "photos"


def test_folders_are_classes(photos):
    arrays = read_image_folder(photos, ImageSpec())
    assert arrays["x"].shape == (60, 6, 5, 3) and arrays["x"].dtype == np.uint8
    assert arrays["y"].tolist() == ["bright"] * 30 + ["dark"] * 30
    assert np.all((arrays["x"].mean(axis=(1, 2, 3)) > 125) == (arrays["y"] == "bright"))


def test_size_and_colour_are_the_configs_or_the_firsts(photos):
    paint(photos / "dark" / "large.png", np.full((12, 10, 3), 40))
    assert read_image_folder(photos, ImageSpec())["x"].shape == (61, 6, 5, 3)
    small = read_image_folder(photos, ImageSpec(size=[3, 4], color="gray"))
    assert small["x"].shape == (61, 3, 4, 1)


def test_folders_of_parts_are_parts(photos, tmp_path):
    (tmp_path / "whole").mkdir()
    photos.rename(tmp_path / "whole" / "train")
    for label, value in (("bright", 200), ("dark", 40)):
        paint(tmp_path / "whole" / "test" / label / "one.png", np.full((6, 5, 3), value))
    arrays = read_image_folder(tmp_path / "whole", ImageSpec())
    assert {name: len(array) for name, array in arrays.arrays.items()} == {
        "x_train": 60, "y_train": 60, "x_test": 2, "y_test": 2,
    }  # fmt: skip


def test_a_camera_held_upright_is_turned(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by a quarter
    picture = np.zeros((8, 4), np.uint8)
    picture[0] = 255
    for label in "ab":
        paint(tmp_path / label / "x.png", picture, exif=exif)
    turned = read_image_folder(tmp_path, ImageSpec())["x"][0, ..., 0]
    np.testing.assert_array_equal(turned, np.rot90(picture, -1))


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


def test_hidden_files_are_passed_over_and_empty_classes_are_not(photos):
    (photos / "dark" / ".DS_Store").write_bytes(b"?")
    read_image_folder(photos, ImageSpec())
    (photos / "none").mkdir()
    with pytest.raises(DataError, match="no images"):
        read_image_folder(photos, ImageSpec())


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
    said = runner.predict(tmp_path / "run", str(tmp_path / "new")).columns
    assert dict(zip(said["file"], said["y"], strict=True)) == {"night.png": "dark", "noon.png": "bright"}
    single = runner.predict(tmp_path / "run", str(tmp_path / "new" / "noon.png")).columns
    assert list(single["y"]) == ["bright"]
