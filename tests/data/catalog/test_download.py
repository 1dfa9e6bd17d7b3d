"""Data sets that are downloaded: where they are searched and downloaded from, and how they are verified."""

import dataclasses
import gzip
import hashlib
import http.server
import struct
import threading

import numpy as np
import pytest

from nnctl.data import load_dataset
from nnctl.data.catalog import download
from nnctl.data.catalog.bundled import bundled_path
from nnctl.data.config import DatasetSpec, SplitSpec
from nnctl.errors import DataError

FILES = {"train-images-idx3-ubyte.gz": b"images", "train-labels-idx1-ubyte.gz": b"labels"}


@pytest.fixture
def entry(tmp_path, monkeypatch):
    """A small data set called mnist, with two files."""
    monkeypatch.setenv("NNCTL_DATA", str(tmp_path / "cache"))
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()}
    entry = download.Fetched("mnist", ("http://127.0.0.1:1/",), sums, (str(tmp_path / "system"),))
    monkeypatch.setitem(download.FETCHED, "mnist", entry)
    return entry


def put(folder, files=FILES):
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


def test_the_users_cache_comes_before_the_systems_folder(entry, tmp_path):
    assert download.find("mnist") is None
    put(tmp_path / "system")
    assert download.folder_of("mnist") == tmp_path / "system"
    put(tmp_path / "cache" / "mnist")
    assert bundled_path("mnist") == tmp_path / "cache" / "mnist"


def test_a_folder_that_lacks_a_file_is_passed_over(entry, tmp_path):
    put(tmp_path / "cache" / "mnist", {"train-images-idx3-ubyte.gz": b"images"})
    put(tmp_path / "system")
    assert download.find("mnist") == tmp_path / "system"


def test_a_recompressed_file_is_recognized_by_its_own_checksum(entry, tmp_path, monkeypatch):
    put(tmp_path / "system", FILES | {"train-labels-idx1-ubyte.gz": b"Labels"})
    anew = {"train-labels-idx1-ubyte.gz": hashlib.sha256(b"Labels").hexdigest()}
    monkeypatch.setitem(download.FETCHED, "mnist", dataclasses.replace(entry, repacked=anew))
    assert download.folder_of("mnist") == tmp_path / "system"


def test_a_changed_file_is_refused(entry, tmp_path):
    put(tmp_path / "system", FILES | {"train-labels-idx1-ubyte.gz": b"Labels"})
    with pytest.raises(DataError, match="SHA-256") as caught:
        download.folder_of("mnist")
    assert "train-labels" in str(caught.value)


class Server:
    """Serves a folder on this machine."""

    def __init__(self, folder):
        handler = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *args: None})
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), lambda *args: handler(*args, directory=str(folder))
        )
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def server(tmp_path):
    (tmp_path / "web").mkdir()
    server = Server(tmp_path / "web")
    yield server
    server.server.shutdown()
    server.server.server_close()


def serve(entry, monkeypatch, server, urls=()):
    monkeypatch.setitem(download.FETCHED, "mnist", download.Fetched("mnist", (*urls, server.url), entry.sums))


def test_it_is_downloaded_once_and_verified(entry, server, tmp_path, monkeypatch):
    """Also if the first address has no files."""
    pytest.importorskip("pooch")
    serve(entry, monkeypatch, server, (server.url + "nothing-here/",))
    for name, data in FILES.items():
        (tmp_path / "web" / name).write_bytes(data)
    folder = download.folder_of("mnist")
    assert folder == tmp_path / "cache" / "mnist"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
    server.server.shutdown()
    server.server.server_close()
    assert download.folder_of("mnist") == folder


@pytest.mark.parametrize("served", [{}, {"train-images-idx3-ubyte.gz": b"other"}])
def test_a_failed_download_says_where_to_put_the_files(entry, server, tmp_path, monkeypatch, served):
    pytest.importorskip("pooch")
    serve(entry, monkeypatch, server)
    for name, data in served.items():
        (tmp_path / "web" / name).write_bytes(data)
    with pytest.raises(DataError) as caught:
        download.folder_of("mnist")
    assert "cannot be downloaded" in str(caught.value) and str(tmp_path / "cache" / "mnist") in str(caught.value)
    assert download.find("mnist") is None


def test_without_pooch_the_error_says_what_to_install(entry, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    with pytest.raises(DataError, match="pooch") as caught:
        download.folder_of("mnist")
    assert "nnctl[download]" in str(caught.value)


def test_the_real_ones_have_four_files_each_with_a_sum():
    for name in ("fashion_mnist", "mnist"):
        entry = download.FETCHED[name]
        assert len(entry.sums) == 4 and all(len(value) == 64 for value in entry.sums.values())
        assert not entry.repacked or entry.repacked.keys() == entry.sums.keys()
        assert entry.urls and all(url.startswith("https://") and url.endswith("/") for url in entry.urls)


def test_published_files_and_debians_hold_the_same():
    """With the published gzip header, the labels of the test split have the published SHA-256."""
    folder = download.find("fashion_mnist")
    if folder is None:
        pytest.skip("Fashion-MNIST is not on this machine")
    entry, name = download.FETCHED["fashion_mnist"], "t10k-labels-idx1-ubyte.gz"
    data = (folder / name).read_bytes()
    if data[3] == 0:  # no name in the header, as in Debian's package
        made = struct.pack("<I", 1504176627)  # 31 August 2017
        data = b"\x1f\x8b\x08\x08" + made + b"\x00\x03" + name.removesuffix(".gz").encode() + b"\0" + data[10:]
    assert hashlib.sha256(data).hexdigest() == entry.sums[name]


def test_fashion_mnist_has_its_classes_by_number_and_by_name(tmp_path, monkeypatch):
    """Twelve images per split replace it: class names, class numbers, scale and splits."""
    monkeypatch.setenv("NNCTL_DATA", str(tmp_path))
    folder = tmp_path / "fashion-mnist"
    folder.mkdir()
    sums, labels = {}, np.arange(12, dtype=np.uint8) % 10
    for split in ("train", "t10k"):
        for what, values in (("images-idx3", np.full((12, 28, 28), 255, np.uint8)), ("labels-idx1", labels)):
            head = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
            data = gzip.compress(head + values.tobytes())
            (folder / f"{split}-{what}-ubyte.gz").write_bytes(data)
            sums[f"{split}-{what}-ubyte.gz"] = hashlib.sha256(data).hexdigest()
    monkeypatch.setitem(download.FETCHED, "fashion_mnist", download.Fetched("fashion-mnist", (), sums))
    dataset = DatasetSpec(name="fashion_mnist", split=SplitSpec(validation=0.1))
    data = load_dataset(dataset, {}, {"out": "integer"}, 0)
    classes = data.targets["out"].classes
    assert classes[0] == "T-shirt/top" and classes[9] == "Ankle boot"
    assert data.test.rows == 12 and data.test.targets["out"].tolist() == labels.tolist()
    assert data.input_shapes["input"] == (28, 28, 1) and data.train.divisors["input"] == 255
    split, _ = data.preprocessing.apply(folder, with_targets=True)
    assert split.targets["out"].tolist() == labels.tolist()
    assert data.preprocessing.decode("out", labels).tolist() == [classes[number] for number in labels]
