"""Small data files for the tests of loading."""

from nnctl.data import Preprocessing, load_dataset
from nnctl.data.config import DatasetSpec

KEEP = {"order": "keep"}  # a split that keeps the order of the file


def loaded(path, labels="integer", inputs=None, seed=0, **keys):
    """The data set of one file, for a config with these dataset keys and one output, "out"."""
    return load_dataset(
        DatasetSpec.model_validate({"path": [str(path)], **keys}, strict=False), inputs or {}, {"out": labels}, seed
    )


def again(data):
    """The preprocessing as it is loaded from a saved model."""
    import json

    return Preprocessing.from_json(json.loads(json.dumps(data.preprocessing.to_json())))
