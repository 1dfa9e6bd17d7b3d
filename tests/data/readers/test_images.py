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

from nnctl import cli  # noqa: E402
from nnctl import config as spec  # noqa: E402
from nnctl.api import load  # noqa: E402
from nnctl.data.config import ImageSpec  # noqa: E402
from nnctl.data.readers.images import read_image_folder  # noqa: E402
from nnctl.errors import DataError  # noqa: E402
from nnctl.training import runner  # noqa: E402


def paint(path, pixels, **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path, **how)


@pytest.fixture
def photos(tmp_path):
    """Bright and dark images, 30 of each, of 6 x 5 pixels in color."""
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


# -- transparency, depth, pages


def sixteen(pixels):
    """A PNG file with 16 bits per channel, (height, width, 3 or 4), which Pillow cannot write."""
    pixels = np.asarray(pixels)
    height, width, channels = pixels.shape
    lines = b"".join(b"\0" + line.astype(">u2").tobytes() for line in pixels)

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 16, {3: 2, 4: 6}[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(*each) for each in ((b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    )


def read(folder, **image):
    """The pixels of the first image, and the notes."""
    arrays = read_image_folder(folder, ImageSpec(**image))
    return arrays["x"][0], arrays.notes


def transparent(mode, ending, **how):
    """A file with a black, a half transparent and a fully transparent pixel."""
    image = Image.new("RGBA", (3, 1))
    image.putdata([(0, 0, 0, 255), (0, 0, 0, 128), (255, 0, 0, 0)])
    if mode == "P":
        image = Image.new("P", (3, 1))
        image.putpalette([0, 0, 0, 0, 0, 255, 255, 0, 0])
        image.putdata([0, 0, 2])
        how["transparency"] = 2
    elif mode in ("L", "RGB"):
        image = Image.new(mode, (3, 1))
        image.putdata([0, 0, 9] if mode == "L" else [(0, 0, 0), (0, 0, 0), (9, 9, 9)])
        how["transparency"] = 9 if mode == "L" else (9, 9, 9)
    elif mode == "LA":
        image = image.convert("LA")
    data = io.BytesIO()
    image.save(data, ending, **how)
    return data.getvalue()


@pytest.mark.parametrize(
    ("mode", "ending", "how"),
    [("RGBA", "png", {}), ("LA", "png", {}), ("P", "png", {}), ("P", "gif", {}), ("L", "png", {}), ("RGB", "png", {}),
     ("RGBA", "webp", {"lossless": True, "exact": True}), ("RGBA", "tiff", {})],
)  # fmt: skip
@pytest.mark.parametrize(("background", "pixel"), [("white", 255), ("black", 0), ("#406080", None), ([7, 7, 7], 7)])
def test_transparent_pixels_show_the_background(mode, ending, how, background, pixel, tmp_path):
    for label in "ab":
        (tmp_path / label).mkdir()
        (tmp_path / label / f"x.{ending}").write_bytes(transparent(mode, ending, **how))
    x, notes = read(tmp_path, background=background, color="rgb")
    behind = np.full(3, pixel) if pixel is not None else np.array([0x40, 0x60, 0x80])
    half = behind * (127 / 255) if mode in ("RGBA", "LA") else np.zeros(3)
    np.testing.assert_allclose(x[0], [[0, 0, 0], half, behind], atol=1)
    shown = background if isinstance(background, str) else "#070707"
    assert any(f"2 of 2 images have transparent pixels, which are placed on {shown}" in note for note in notes)


def test_an_opaque_image_is_unchanged(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (4, 4, 4))
    pixels[..., 3] = 255
    for label in "ab":
        paint(tmp_path / label / "x.png", pixels)
    x, notes = read(tmp_path)
    np.testing.assert_array_equal(x, pixels[..., :3])
    assert notes == ()


@pytest.mark.parametrize("background", ["green", "#12345", "#gggggg", [1, 2], [1, 2, 256], 7])
def test_a_background_that_is_not_a_color(background):
    with pytest.raises(Exception, match=r"color|background|255|3|tuple"):
        spec.loads(
            f"dataset: {{path: x, image: {{background: {json.dumps(background)}}}}}\nlayers: [Flatten]\nloss: mse"
        )


DEEP = [
    # (the pixels of the images in a folder, the bytes of the first)
    ([np.array([[20, 200]], np.uint16)], [0, 254]),
    ([np.array([[0, 255, 256, 65535]], np.uint16)], [0, 0, 1, 255]),
    ([np.array([[1000, 1128]], np.uint16), np.array([[1255, 1000]], np.uint16)], [0, 128]),
    ([np.array([[0.25, 0.5, 1.0, 1.25]], np.float32)], [0, 64, 192, 255]),
    ([np.array([[-50, 0, 205]], np.int32)], [0, 50, 255]),
    ([np.array([[7, 7]], np.uint16)], [0, 0]),
]


@pytest.mark.parametrize("kind", ["png", "tif", "tif, big-endian"])
@pytest.mark.parametrize("case", range(len(DEEP)))
def test_deep_images_keep_their_range(kind, case, tmp_path):
    images, expected = DEEP[case]
    ending, _, order = kind.partition(", ")
    if ending == "png" and images[0].dtype != np.uint16:
        ending = "tif"
    for label, pixels in zip("ab", [images[0], images[-1]], strict=True):
        (tmp_path / label).mkdir()
        kept = pixels.astype(pixels.dtype.newbyteorder(">")) if order and pixels.dtype == np.uint16 else pixels
        Image.fromarray(kept).save(tmp_path / label / f"x.{ending}")
    arrays = read_image_folder(tmp_path, ImageSpec(size=images[0].shape))
    assert arrays["x"].shape[3] == 1 and arrays["x"].dtype == np.uint8
    np.testing.assert_allclose(arrays["x"][0, 0, :, 0], expected, atol=1)
    assert any("2 of 2 images have more than 8 bits per channel" in note for note in arrays.notes)


def test_deep_colors_keep_both_bytes(tmp_path):
    pixels = np.random.default_rng(0).integers(20, 276, (4, 5, 3))
    pixels[0, 0] = 20, 275, 100
    opaque = np.dstack([pixels, np.full((4, 5), 65535)])
    opaque[1, 1, 3] = 0
    for label, values in (("a", pixels), ("b", opaque)):
        (tmp_path / label).mkdir()
        (tmp_path / label / "x.png").write_bytes(sixteen(values))
    arrays = read_image_folder(tmp_path, ImageSpec())
    np.testing.assert_array_equal(arrays["x"][0], pixels - 20)
    np.testing.assert_array_equal(arrays["x"][1, 1, 1], [255, 255, 255])
    np.testing.assert_array_equal(arrays["x"][1, 2:], pixels[2:] - 20)
    assert arrays.image.range == (20, 275)


def test_a_range_that_is_given_and_one_of_the_training_folder(tmp_path):
    for split, high in (("train", 100), ("test", 400)):
        for label in "ab":
            (tmp_path / split / label).mkdir(parents=True)
            Image.fromarray(np.array([[0, high]], np.uint16)).save(tmp_path / split / label / "x.png")
    arrays = read_image_folder(tmp_path, ImageSpec())
    assert arrays.image.range == (0, 100)
    assert arrays["x_train"][0, 0, :, 0].tolist() == [0, 253] and arrays["x_test"][0, 0, :, 0].tolist() == [0, 255]
    assert any("2 of 4 images have values outside of 0 to 100" in note for note in arrays.notes)
    given = read_image_folder(tmp_path, ImageSpec(range=[0, 511]))
    assert given["x_train"][0, 0, :, 0].tolist() == [0, 50] and given["x_test"][0, 0, :, 0].tolist() == [0, 200]
    with pytest.raises(ValueError, match="less than"):
        ImageSpec(range=[5, 5])


def test_pixels_that_are_not_finite_are_named(tmp_path):
    for label, value in (("a", 0.5), ("b", np.nan)):
        (tmp_path / label).mkdir()
        Image.fromarray(np.array([[0, value]], np.float32)).save(tmp_path / label / "x.tif")
    with pytest.raises(DataError, match=r"b/x\.tif.*not finite numbers"):
        read_image_folder(tmp_path, ImageSpec())


def test_deep_images_are_rotated_by_exif(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.arange(0, 8 * 256, 256, np.uint16).reshape(2, 4)
    for label in "ab":
        (tmp_path / label).mkdir()
        Image.fromarray(pixels).save(tmp_path / label / "x.png", exif=exif)
    x, _ = read(tmp_path, range=[0, 65535])
    np.testing.assert_array_equal(x[..., 0], np.rot90(pixels >> 8, -1))


@pytest.mark.parametrize("ending", ["tif", "gif", "png", "webp"])
def test_further_pages_are_named(ending, tmp_path):
    pages = [Image.new("RGB", (3, 2), color) for color in ((9, 9, 9), (200, 0, 0), (0, 200, 0))]
    for label in "ab":
        (tmp_path / label).mkdir()
        how = {"lossless": True} if ending == "webp" else {}
        pages[0].save(tmp_path / label / f"x{label}.{ending}", save_all=True, append_images=pages[1:], **how)
    x, notes = read(tmp_path)
    assert set(x.ravel().tolist()) == {9}
    assert any("2 of 2 images have several pages" in note and f"xa.{ending} has 3" in note for note in notes)


def test_cmyk_has_a_note(tmp_path):
    for label in "ab":
        (tmp_path / label).mkdir()
        Image.new("CMYK", (2, 2), (0, 255, 255, 0)).save(tmp_path / label / "x.jpg")
    x, notes = read(tmp_path)
    assert notes == ("2 of 2 images are converted to RGB",)
    np.testing.assert_allclose(x[0, 0], [255, 0, 0], atol=3)


def test_a_model_reads_new_images_as_those_it_was_trained_on(tmp_path):
    """Range and background are saved with the model: an image alone is read as among others."""
    rng = np.random.default_rng(0)
    for number in range(20):
        for label, low in (("bar", 150), ("square", 20)):
            (tmp_path / "deep" / label).mkdir(parents=True, exist_ok=True)
            pixels = (rng.integers(0, 50, (4, 4)) + low).astype(np.uint16)
            Image.fromarray(pixels).save(tmp_path / "deep" / label / f"{number}.png")
    text = f"""
    dataset: {{path: {tmp_path / "deep"}, image: {{background: "#102030"}}}}
    layers: [Flatten, {{Dense: {{units: 2, activation: softmax}}}}]
    loss: sparse_categorical_crossentropy
    optimizer: {{adam: {{learning_rate: 0.05}}}}
    epochs: 30
    batch_size: 8
    """
    ended = runner.train(spec.loads(text), folder=tmp_path / "run")
    assert ended.test["accuracy"] == 1.0
    whole = load(tmp_path / "run").predictions(str(tmp_path / "deep"))
    for number in (0, 25):
        alone = load(tmp_path / "run").predictions(str(tmp_path / "deep" / whole.columns["file"][number]))
        assert alone.columns["probability_bar"][0] == pytest.approx(whole.columns["probability_bar"][number], abs=1e-6)
        assert any("20 to 199 becomes 0 to 1" in note for note in alone.notes)


def test_a_model_of_plain_images_takes_deep_ones_by_the_whole_range(photos, tmp_path):
    text = f"""
    dataset: {{path: {photos}}}
    layers: [Flatten, {{Dense: {{units: 1, activation: sigmoid}}}}]
    loss: binary_crossentropy
    epochs: 2
    """
    runner.train(spec.loads(text), folder=tmp_path / "run")
    pixels = np.random.default_rng(1).integers(0, 256, (6, 5, 3))
    paint(tmp_path / "plain.png", pixels)
    (tmp_path / "deep.png").write_bytes(sixteen(pixels * 257))
    plain, deep = (load(tmp_path / "run").predictions(str(tmp_path / f"{name}.png")) for name in ("plain", "deep"))
    assert list(plain.columns["probability_dark"]) == list(deep.columns["probability_dark"])
    assert any("0 to 65535 becomes 0 to 1" in note for note in deep.notes) and not plain.notes
