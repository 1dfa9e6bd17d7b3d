"""Rows as a program that has only the ONNX file would give them: from what nnctl read of a file."""

import numpy as np

from nnctl.data.named_arrays import Arrays
from nnctl.data.preprocessing.sequence_tables import LongTable

TYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(uint8)": np.uint8, "tensor(string)": object}


def feed(session, run, source):
    """The file's inputs: raw columns or arrays; and what nnctl made of them, for inputs that take preprocessed rows."""
    given = run.preprocessing.read(source, with_targets=False)
    inputs = {}
    for described in session.get_inputs():
        name, kind = described.name, TYPES[described.type]
        if name == "lengths" and isinstance(given.rows, LongTable):
            x = np.minimum(given.rows.lengths, next(iter(run.preprocessing.inputs.values())).shape[0])
        elif isinstance(given.rows, Arrays) and name in given.rows.arrays:
            x = np.asarray(given.rows[name]).reshape(len(given.rows[name]), *described.shape[1:])
        elif isinstance(given.rows, LongTable):
            long = given.rows
            x = _packed(_column(long.table[name], kind), long, described.shape[1], kind)
        elif not isinstance(given.rows, Arrays) and name in given.rows.columns:
            x = _column(given.rows[name], kind)[:, None]
        else:
            x = np.asarray(given.split.inputs[name])
        inputs[name] = x.astype(kind)
    return inputs


def _column(column, kind):
    if column.kind == "number" and kind is not object:
        return column.values
    column = column.as_text()
    words = [*column.words, ""]
    if kind is object:
        return np.array(words, object)[column.values]
    return np.array([float(word or "nan") for word in words])[column.values]


def _packed(values, long, steps, kind):
    """(sequences, steps), with values in the padding that must not matter."""
    out = np.full((len(long.names), steps), "padding" if kind is object else np.nan, object)
    for number, (first, last) in enumerate(zip(long.starts, long.starts[1:], strict=False)):
        own = values[long.order[first:last]][:steps]
        out[number, : len(own)] = own
    return out


def answers_agree(run, session, source, rows=40):
    """onnxruntime's answers are those of run.predict and run.predict_proba. Returns them."""
    inputs = {name: x[:rows] for name, x in feed(session, run, source).items()}
    names = [output.name for output in session.get_outputs()]
    found = dict(zip(names, session.run(None, inputs), strict=True))
    several = len(run.outputs) > 1
    for output in run.outputs:
        coder = run.preprocessing.targets[output]
        column = coder.columns[0] if len(coder.columns) == 1 else output
        said = next(found[name] for name in (f"{column}_predicted", column) if name in found)
        expected = run.predict(source)
        expected = np.asarray(expected[output] if several else expected)[:rows]
        if expected.dtype.kind == "f":
            assert np.allclose(said.reshape(expected.shape), expected, rtol=1e-4, atol=1e-4)
        else:
            assert said.tolist() == expected.tolist()
        prefix = f"{output}_" if several else ""
        if f"{prefix}probabilities" in found:
            shares = run.predict_proba(source)
            shares = (shares[output] if several else shares)[:rows]
            if found[f"{prefix}probabilities"].shape == shares.shape:
                assert np.allclose(found[f"{prefix}probabilities"], shares, atol=1e-4)
    return found
