"""Images with transparency, with more than 8 bits per channel, with several pages: what becomes of their pixels."""

import io
import json
import struct
import zlib

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image")

from data.readers.pictures import bright_and_dark, paint  # noqa: E402

from nnctl import config as spec  # noqa: E402
from nnctl.api import load  # noqa: E402
from nnctl.data.config import ImageSpec  # noqa: E402
from nnctl.data.readers.images import read_image_folder  # noqa: E402
from nnctl.errors import DataError  # noqa: E402
from nnctl.training import runner  # noqa: E402


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


def test_a_model_of_plain_images_takes_deep_ones_by_the_whole_range(tmp_path):
    photos = bright_and_dark(tmp_path / "photos")
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
