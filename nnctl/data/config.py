"""What a config says under `dataset:`, and under `inputs:` of what feeds an input."""

from collections.abc import Mapping
from typing import Annotated, Literal

from nnctl.components.fast_checks import AfterValidator, BeforeValidator, Field
from nnctl.components.registry import Declared, listed

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
# Words that may be given as numbers: -999 as "-999".
Words = Annotated[
    tuple[str, ...], BeforeValidator(lambda v: tuple(map(_word, v if isinstance(v, list | tuple) else [v])))
]


def _word(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


class SplitSpec(Declared):
    """`split:`: which rows train, which validate, which test.

    validation, test: parts of all rows. stratify: keep the classes' proportions; default: for class targets.
    order: `random` shuffles with the seed, `keep` takes the last rows, in file order.
    time: a column; the latest rows validate and test. column: a column that holds train, validation or test.
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
    """`sequence:` of a table whose rows are time steps: the rows of an id make a sequence.

    order: the column that orders the steps; default the file's order. length: sequences are cut or filled up to so
    many steps; default the longest. target: `one` a sequence, or one at `each` step.
    """

    id: str
    order: str | None = None
    length: Annotated[int, Field(ge=1)] | None = None
    target: Literal["one", "each"] = "one"


class TextSpec(Declared):
    """`text:`: a column of texts (or several, each an input of its own), as numbers of words for an Embedding.

    split: into words or characters. lower: in small letters, without punctuation. vocabulary: the most numbers,
    padding's 0 and unknown words' 1 among them. length: of every row; default the longest text in training.
    """

    column: Names
    split: Literal["word", "character"] = "word"
    lower: bool = True
    vocabulary: Annotated[int, Field(ge=3)] = 10_000
    length: Annotated[int, Field(ge=1)] | None = None


def _colour(value: object) -> object:
    """White, black or #rrggbb as three numbers; anything else as it is."""
    if isinstance(value, str):
        text = {"white": "#ffffff", "black": "#000000"}.get(value.strip().lower(), value.strip())
        if len(text) != 7 or text[0] != "#" or not set(text[1:].lower()) <= set("0123456789abcdef"):
            raise ValueError('a color must be white, black, "#rrggbb" or [red, green, blue] of 0 to 255')
        return tuple(int(text[at : at + 2], 16) for at in (1, 3, 5))
    return listed(value)


def _rising(value: tuple[float, float]) -> tuple[float, float]:
    if not value[0] < value[1]:
        raise ValueError("the range's first number must be below its second")
    return value


Byte = Annotated[int, Field(ge=0, le=255)]
Color = Annotated[
    tuple[Byte, Byte, Byte], BeforeValidator(_colour, json_schema_input_type=str | tuple[Byte, Byte, Byte])
]


class ImageSpec(Declared):
    """`image:`: how images of a folder are read.

    size: [height, width] that all are brought to; default the first image's. color: rgb or gray; default the
    first image's. background: what transparent images are laid on: white, black, "#rrggbb" or [red, green, blue].
    range: [lowest, highest] value of images of more than 8 bits a color, which become 0 to 1; default what occurs in
    the images trained on.
    """

    size: Annotated[tuple[Side, Side], BeforeValidator(listed)] | None = None
    color: Literal["rgb", "gray"] | None = None
    background: Color = (255, 255, 255)
    range: Annotated[tuple[float, float], BeforeValidator(listed), AfterValidator(_rising)] | None = None


class DatasetSpec(Declared):
    """`dataset:`: a bundled name, or files and what to make of them.

    name: a bundled data set, or one that is fetched once. path: file, glob or list of files, or a folder of images or
    of IDX files (MNIST's); validation_path and test_path: files of their own for these parts. query: SQL over the
    table `data`. target: column(s), or {output: column(s)}; for npz the array's name (an input's own array: an
    autoencoder's target, scaled as the input is). features: default all columns but the target.
    ignore: columns to leave out.
    categorical, numeric: columns to take as such, whatever they look like. encode: what becomes of categories.
    dates: the order of day, month and year in dates of numbers (`dmy`), of all columns or {column: order}; default what
    fits all rows. decimal: the mark before a fraction, "." or ","; default what the file shows. missing_values: words
    that stand for no value, instead of NA, None, ? and the like; an empty field of a CSV file always does. encoding:
    of CSV files; default UTF-8.
    missing, normalize: a rule for all columns, or {column: rule}; sequences with lengths are scaled feature by
    feature, padding left out. weight: a column of sample weights.
    lengths: the npz array of the sequences' lengths, or {input: array}; default NAME_lengths, or lengths.
    image: of a folder of images, photos/CLASS/..., or photos/train/CLASS/... and photos/test/CLASS/...: their size and
    colour. IDX files bring their labels with them by MNIST's names: train-images-idx3-ubyte[.gz] and
    train-labels-idx1-ubyte[.gz] train, t10k-images-... and t10k-labels-... test.
    sequence: rows are time steps; which make a sequence. text: columns of texts, for an Embedding.
    alphabet: the characters that a target of texts (CTC) may hold; default all that it holds, sorted.
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
    rare: Annotated[int, Field(ge=0)] = 0  # categories seen fewer times in training become one, "(rare)"
    dates: DateOrder | Mapping[str, DateOrder] | None = None
    decimal: Literal[".", ","] | None = None
    missing_values: Words | None = None
    encoding: str | None = None
    missing: MissingRule | Mapping[str, MissingRule] = "error"
    normalize: NormalizeRule | Mapping[str, NormalizeRule] | None = None  # None: standard for tables, none else
    weight: str | None = None
    lengths: str | Mapping[str, str] | None = None
    alphabet: Characters | None = None
    image: ImageSpec | None = None
    sequence: SequenceSpec | None = None
    text: TextSpec | None = None
    split: SplitSpec = SplitSpec()


class InputSpec(Declared):
    """One entry of `inputs:`: what feeds an input of the model.

    shape: without the batch axis; found from the data where it is left out.
    columns: the table's columns that feed it. array: the array of an npz that feeds it (default: the input's name).
    """

    shape: Annotated[tuple[int | None, ...], BeforeValidator(listed)] | None = None
    columns: Annotated[tuple[str, ...], BeforeValidator(listed)] | None = None
    array: str | None = None
