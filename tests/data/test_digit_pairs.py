"""digit_pairs.npz is the output of its script, and no image is in two splits."""

import importlib.util

import numpy as np

from nnctl.data.catalog.bundled import bundled_path

SPLITS = ("train", "validation", "test")


def test_pairs_are_the_output_of_their_script_and_splits_share_no_image():
    spec = importlib.util.spec_from_file_location("make", bundled_path("digit_pairs").parent / "make_digit_pairs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.make()
    with np.load(bundled_path("digit_pairs")) as kept:
        assert set(kept) == set(made)
        for name, array in made.items():
            assert kept[name].dtype == array.dtype
            np.testing.assert_array_equal(kept[name], array)
    seen = {
        split: {image.tobytes() for side in ("left", "right") for image in made[f"{side}_{split}"]} for split in SPLITS
    }
    assert not seen["train"] & seen["test"] and not seen["train"] & seen["validation"]
    for split in SPLITS:
        assert made[f"same_{split}"].mean() == 0.5
        assert (made[f"left_{split}"] != made[f"right_{split}"]).any(axis=(1, 2)).all()
