"""The keys under `dataset:`, and those under `inputs:`."""

from collections.abc import Mapping
from typing import Annotated, Literal

from nnctl.components.fast_checks import AfterValidator, BeforeValidator, Field
from nnctl.components.registry import Declared, listed

IN_MEMORY = "(rows in memory)"  # the path of a data set that a program passed to nnctl.train

_NAMES = str | tuple[str, ...]  # as a config may write them
Names = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda v: (v,) if isinstance(v, str) else listed(v), json_schema_input_type=_NAMES),
]
Characters = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda v: tuple(v) if isinstance(v, str) else listed(v), json_schema_input_type=_NAMES),
]
Split = Annotated[float, Field(ge=0, lt=1)]
MissingRule = Literal["error", "drop", "mean", "median", "zero", "category"]
NormalizeRule = Literal["standard", "minmax", "none"]
DateOrder = Literal["ymd", "dmy", "mdy"]
# Words that may be written as numbers: -999 for "-999".
Words = Annotated[
    tuple[str, ...], BeforeValidator(lambda v: tuple(map(_word, v if isinstance(v, list | tuple) else [v])))
]


def _word(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


class SplitSpec(Declared):
    """`split:`: which rows are for training, validation and test.

    validation, test: fractions of all rows. stratify: keep the classes' proportions; by default for class targets.
    order: `random` shuffles with the seed; `keep` takes the last rows, in file order.
    time: a column; the latest rows are for validation and test. column: a column of train, validation or test.
    """

    validation: Split = 0.2
    test: Split = 0.2
    stratify: bool | None = None
    order: Literal["random", "keep"] = "random"
    time: str | None = None
    column: str | None = None
    seed: int | None = None


Side = Annotated[int, Field(ge=1, le=100_000)]


class SequenceSpec(Declared):
    """`sequence:` of a table whose rows are time steps: the rows with the same id form a sequence.

    order: the column that orders the steps; by default the order of the file. length: sequences are truncated or
    padded to this many steps; by default the longest. target: `one` per sequence, or one at `each` step.
    """

    id: str
    order: str | None = None
    length: Annotated[int, Field(ge=1)] | None = None
    target: Literal["one", "each"] = "one"


class TextSpec(Declared):
    """`text:`: a column of texts, or several, each an input of its own, as token ids for an Embedding.

    split: into words or characters. lower: lower case, without punctuation. vocabulary: the largest number of token
    ids, including 0 for padding and 1 for unknown words. length: of every row; by default that of the longest
    training text.
    """

    column: Names
    split: Literal["word", "character"] = "word"
    lower: bool = True
    vocabulary: Annotated[int, Field(ge=3)] = 10_000
    length: Annotated[int, Field(ge=1)] | None = None


def _colour(value: object) -> object:
    """White, black or #rrggbb as three numbers; anything else unchanged."""
    if isinstance(value, str):
        text = {"white": "#ffffff", "black": "#000000"}.get(value.strip().lower(), value.strip())
        if len(text) != 7 or text[0] != "#" or not set(text[1:].lower()) <= set("0123456789abcdef"):
            raise ValueError('a color must be white, black, "#rrggbb" or [red, green, blue] of 0 to 255')
        return tuple(int(text[at : at + 2], 16) for at in (1, 3, 5))
    return listed(value)


def _rising(value: tuple[float, float]) -> tuple[float, float]:
    if not value[0] < value[1]:
        raise ValueError("the first number of the range must be less than the second")
    return value


Byte = Annotated[int, Field(ge=0, le=255)]
Color = Annotated[
    tuple[Byte, Byte, Byte], BeforeValidator(_colour, json_schema_input_type=str | tuple[Byte, Byte, Byte])
]


class ImageSpec(Declared):
    """`image:`: how the images of a folder are read.

    size: [height, width] that all images are resized to; by default that of the first image. color: rgb or gray; by
    default as the first image. background: what transparent images are placed on: white, black, "#rrggbb" or
    [red, green, blue]. range: [lowest, highest] value of images with more than 8 bits per channel, which become 0 to
    1; by default the extremes of the training images.
    """

    size: Annotated[tuple[Side, Side], BeforeValidator(listed)] | None = None
    color: Literal["rgb", "gray"] | None = None
    background: Color = (255, 255, 255)
    range: Annotated[tuple[float, float], BeforeValidator(listed), AfterValidator(_rising)] | None = None


class DatasetSpec(Declared):
    """`dataset:`: the name of a bundled data set, or files and how to read them.

    name: a bundled data set, or one that is downloaded once. path: a file, a glob or a list of files, or a folder of
    images or of IDX files (as of MNIST); validation_path and test_path: separate files for these splits. query: SQL
    over the table `data`. target: column(s), or {output: column(s)}; for npz files the name of an array (the array of
    an input is the target of an autoencoder, scaled as the input). features: by default all columns but the target.
    ignore: columns to leave out.
    categorical, numeric: columns to treat as such, whatever they look like. encode: how categories are encoded.
    dates: the order of day, month and year in numeric dates (`dmy`), for all columns or {column: order}; by default
    the one that fits all rows. decimal: the decimal separator, "." or ","; by default as found in the file.
    missing_values: words that mean a missing value, instead of NA, None, ? and the like; an empty field of a CSV file
    always does. encoding: of CSV files and texts; by default UTF-8.
    missing, normalize: a rule for all columns, or {column: rule}; sequences with lengths are scaled feature by
    feature, without the padding. weight: a column of sample weights.
    lengths: the npz array of the sequences' lengths, or {input: array}; by default NAME_lengths, or lengths.
    image: size and color for a folder of images, photos/CLASS/..., or photos/train/CLASS/... and
    photos/test/CLASS/.... The labels of IDX files are found by MNIST's names: train-images-idx3-ubyte[.gz] and
    train-labels-idx1-ubyte[.gz] for training, t10k-images-... and t10k-labels-... for test.
    sequence: the rows are time steps, and which of them form a sequence. text: columns of texts, for an Embedding.
    A folder of texts, reviews/CLASS/*.txt, or reviews/train/CLASS/*.txt and reviews/test/CLASS/*.txt, is a table with
    the columns `text` and `class`.
    alphabet: the characters that a text target (CTC) may contain; by default all that occur, sorted.
    stream: true reads CSV and Parquet files piece by piece into files in the user's cache, from which every batch is
    read, so that they may be larger than memory; false loads them into memory. By default, files are streamed that
    would take more than half of the memory that is available. The results are the same.
    """

    name: str | None = None
    path: Names | None = None
    validation_path: Names | None = None
    test_path: Names | None = None
    query: str | None = None
    target: Names | Mapping[str, Names] | None = None
    features: Names | None = None
    ignore: Names = ()
    categorical: Names = ()
    numeric: Names = ()
    encode: Literal["onehot", "integer"] = "onehot"
    rare: Annotated[int, Field(ge=0)] = 0  # categories with fewer training rows are combined as "(rare)"
    dates: DateOrder | Mapping[str, DateOrder] | None = None
    decimal: Literal[".", ","] | None = None
    missing_values: Words | None = None
    encoding: str | None = None
    missing: MissingRule | Mapping[str, MissingRule] = "error"
    normalize: NormalizeRule | Mapping[str, NormalizeRule] | None = None  # None: standard for tables, none for arrays
    weight: str | None = None
    lengths: str | Mapping[str, str] | None = None
    alphabet: Characters | None = None
    image: ImageSpec | None = None
    sequence: SequenceSpec | None = None
    text: TextSpec | None = None
    stream: bool | None = None
    split: SplitSpec = SplitSpec()


class InputSpec(Declared):
    """One entry of `inputs:`: the data of one input of the model.

    shape: without the batch axis; by default as in the data.
    columns: the table's columns that it takes. array: the array of an npz file that it takes; by default the one with
    the input's name.
    """

    shape: Annotated[tuple[int | None, ...], BeforeValidator(listed)] | None = None
    columns: Annotated[tuple[str, ...], BeforeValidator(listed)] | None = None
    array: str | None = None
