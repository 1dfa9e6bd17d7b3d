"""Files of arrays are read by the safetensors library."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy
from safetensors import safe_open
from safetensors.numpy import load

from nnctl.training.safetensors_writer import TYPES, pieces

ARRAYS = st.dictionaries(
    st.text(min_size=1, max_size=9).filter(lambda name: name != "__metadata__"),
    st.sampled_from(sorted(TYPES)).flatmap(
        lambda kind: of_numpy.arrays(np.dtype(kind), of_numpy.array_shapes(min_dims=0, min_side=0, max_side=4))
    ),
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(ARRAYS)
def test_the_library_reads_the_same_arrays(arrays):
    found = load(b"".join(bytes(piece) for piece in pieces(arrays)))
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes()


def test_parts_of_arrays_and_metadata(tmp_path):
    whole = np.arange(24, dtype=np.float32).reshape(4, 6)
    path = tmp_path / "some.safetensors"
    path.write_bytes(b"".join(bytes(piece) for piece in pieces({"a": whole[:, ::2], "b": whole.T}, {"who": "é"})))
    with safe_open(path, "numpy") as file:
        assert file.metadata() == {"who": "é"}
        np.testing.assert_array_equal(file.get_tensor("a"), whole[:, ::2])
        np.testing.assert_array_equal(file.get_tensor("b"), whole.T)


def test_a_type_that_the_format_lacks():
    with pytest.raises(KeyError):
        list(pieces({"a": np.zeros(2, np.complex64)}))
