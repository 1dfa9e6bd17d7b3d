"""The data sets with a name: what each predicts, which columns are left out, and where it is from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nnctl.data.catalog.download import folder_of
from nnctl.data.config import DatasetSpec, TextSpec
from nnctl.errors import DataError
from nnctl.quoting import yaml_map
from nnctl.similar_names import alike


@dataclass(frozen=True)
class Bundled:
    """One data set of `datasets/`, or one that is downloaded.

    text: the column of texts. array, divisor, shape: for arrays, the one that feeds the model, what its values are
    divided by, and the shape of one row. classes: the names of the classes, by number.
    fetched: the size in megabytes of a data set that is downloaded, see download.py. rows: its number of rows.
    """

    file: str
    title: str
    target: str
    source: str
    licence: str
    ignore: tuple[str, ...] = ()
    text: TextSpec | None = None
    array: str | None = None
    divisor: float = 1.0
    shape: tuple[int, ...] | None = None
    classes: tuple[str, ...] = ()
    rows: int = 0
    fetched: int = 0


_DIGITS = Bundled(
    file="digits.npz",
    title="handwritten digits of 8 x 8 pixels, flattened",
    target="labels",
    source="Alpaydin and Kaynak 1998, UCI Optical Recognition of Handwritten Digits, test set",
    licence="CC BY 4.0",
    array="images",
    divisor=16.0,
    shape=(64,),
)

BUNDLED = {
    "iris": Bundled(
        file="iris.csv",
        title="irises: the species from four lengths in cm",
        target="species",
        source="Fisher 1936, UCI Iris",
        licence="public domain; CC BY 4.0 at UCI",
    ),
    "wine": Bundled(
        file="wine.csv",
        title="wines: the cultivar from a chemical analysis",
        target="cultivar",
        source="Forina and others 1988, UCI Wine",
        licence="CC BY 4.0",
    ),
    "breast_cancer": Bundled(
        file="breast_cancer.csv",
        title="tumours: the diagnosis from measurements of cell nuclei",
        target="diagnosis",
        source="Wolberg and others 1995, UCI Breast Cancer Wisconsin (Diagnostic)",
        licence="CC BY 4.0",
    ),
    "diabetes": Bundled(
        file="diabetes.csv",
        title="patients: the progression of diabetes a year later",
        target="progression",
        source="Efron, Hastie, Johnstone and Tibshirani 2004, Least Angle Regression",
        licence="published with the article for free use",
    ),
    "cars": Bundled(
        file="cars.csv",
        title="cars of 1970 to 1982: miles per gallon; numbers, a category, missing values",
        target="mpg",
        source="Ramos and Donoho, 1983 ASA Data Exposition, StatLib",
        licence="free to use with the source named",
        ignore=("name",),
    ),
    "digits": _DIGITS,
    "digits_images": Bundled(
        **{**vars(_DIGITS), "title": "handwritten digits as images of 8 x 8 x 1", "shape": (8, 8, 1)}
    ),
    "digit_pairs": Bundled(
        file="digit_pairs.npz",
        title="pairs of handwritten digits: is it the same digit? (two inputs, left and right)",
        target="same",
        source="made by make_digit_pairs.py from the digits of `digits`",
        licence="CC BY 4.0",
        array="left",
        divisor=16.0,
        shape=(64,),
    ),
    "japanese_vowels": Bundled(
        file="japanese_vowels.npz",
        title="sequences: which of 9 men says /ae/, from up to 29 frames of 12 numbers",
        target="y",
        source="Kudo, Toyama and Shimbo 1999, UCI Japanese Vowels",
        licence="CC BY 4.0",
    ),
    "digit_lines": Bundled(
        file="digit_lines.npz",
        title="lines of 3 to 8 handwritten digits, column by column; their text (CTC)",
        target="y",
        source="made by make_digit_lines.py from the digits of `digits`",
        licence="CC BY 4.0",
        divisor=16.0,
    ),
    "reviews": Bundled(
        file="reviews.csv",
        title="generated film reviews: the sentiment, which depends on the word order",
        target="sentiment",
        source="made by make_reviews.py",
        licence="MIT, like nnctl",
        text=TextSpec(column=("review",)),
    ),
}


BUNDLED |= {
    "fashion_mnist": Bundled(
        file="fashion-mnist",
        title="images of clothes, 28 x 28 x 1",
        target="y",
        source="Xiao, Rasul and Vollgraf 2017, Zalando",
        licence="MIT",
        array="x",
        divisor=255.0,
        shape=(28, 28, 1),
        classes=("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
                 "Ankle boot"),
        rows=70_000,
        fetched=31,
    ),
    "mnist": Bundled(
        file="mnist",
        title="handwritten digits as images of 28 x 28 x 1, the classic",
        target="y",
        source="LeCun, Cortes and Burges 1998",
        licence="CC BY-SA 3.0",
        array="x",
        divisor=255.0,
        shape=(28, 28, 1),
        classes=tuple("0123456789"),
        rows=70_000,
        fetched=12,
    ),
}  # fmt: skip


def bundled_names() -> tuple[str, ...]:
    """The names that `dataset: NAME` accepts."""
    return tuple(BUNDLED)


def bundled_path(name: str) -> Path:
    """The file of a bundled data set, inside the installed package or beside it in a checkout; the folder of one that
    is downloaded."""
    if BUNDLED[name].fetched:
        return folder_of(name)
    package = Path(__file__).resolve().parents[2]
    file = BUNDLED[name].file
    for folder in (package / "_bundled" / "datasets", package.parent / "datasets"):
        if (folder / file).is_file():
            return folder / file
    raise DataError(f"the file {file} of the bundled data set {name!r} is missing", hint="reinstall nnctl")


def resolve(dataset: DatasetSpec) -> tuple[DatasetSpec, Bundled | None]:
    """The data set with the file and the target of its bundled name; what the config gives takes precedence.

    Raises DataError for an unknown name, and if both or neither of name and path are given.
    """
    if dataset.name is None:
        if dataset.path is None:
            raise DataError(
                "dataset has neither a name nor a path",
                hint=f"give `path: FILE`, or one of the bundled sets: {', '.join(BUNDLED)}",
            )
        return dataset, None
    if dataset.path is not None:
        raise DataError(f"dataset has both a name ({dataset.name!r}) and a path", hint="keep one of name and path")
    entry = BUNDLED.get(dataset.name)
    if entry is None:
        raise DataError(f"there is no bundled data set {dataset.name!r}", hint=_hint(dataset.name))
    ignore = dataset.ignore or tuple(name for name in entry.ignore if name not in (dataset.features or ()))
    return dataset.model_copy(
        update={
            "path": (str(bundled_path(dataset.name)),),
            "target": dataset.target or (entry.target,),
            "ignore": ignore,
            "text": dataset.text or entry.text,
        }
    ), entry


def _hint(name: str) -> str:
    if Path(name).suffix or "/" in name:
        return f"for a file write `dataset: {yaml_map({'path': name, 'target': 'COLUMN'})}`"
    near = alike(name, BUNDLED, 2)
    known = f"bundled: {', '.join(BUNDLED)}; for a file of your own give `path: FILE`"
    return f"did you mean {' or '.join(near)}? {known}" if near else known
