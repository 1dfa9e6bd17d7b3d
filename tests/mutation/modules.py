"""Which modules are mutated, and by which tests each is held."""

METRICS = tuple(
    f"tests/nn/metrics/test_{name}.py" for name in ("metric_base", "metrics_of_logits", "metrics", "stated_facts")
)


def _data(folder: str, name: str, *others: str) -> tuple[str, tuple[str, ...]]:
    """A module of nnctl/data and its tests, the one of the same name first."""
    return f"nnctl/data/{folder}{name}.py", tuple(f"tests/data/{folder}test_{name}.py" for name in (name, *others))


TESTS: dict[str, tuple[str, ...]] = {
    **dict(_data(*each) for each in (
        ("", "splits", "assigned_splits"), ("", "load_tables", "load_sequence_tables"), ("", "leakage"),
        ("preprocessing/", "features", "category_features"), ("preprocessing/", "column_roles", "column_reading"),
        ("preprocessing/", "column_reading", "column_roles"),
        ("preprocessing/", "targets", "soft_targets"), ("preprocessing/", "fitted"),
        ("preprocessing/", "target_values", "targets", "soft_targets"),
        ("preprocessing/", "missing_values"), ("preprocessing/", "sequence_tables"),
    )),
    "nnctl/data/preprocessing/target_columns.py": ("tests/data/preprocessing/test_column_roles.py",
                                                   "tests/data/preprocessing/test_column_reading.py"),
    "nnctl/data/preprocessing/feature_fitting.py": ("tests/data/preprocessing/test_features.py",
                                                    "tests/data/preprocessing/test_category_features.py"),
    "nnctl/data/preprocessing/inputs.py": ("tests/data/preprocessing/test_inputs.py", "tests/data/test_lazy_array.py"),
    "nnctl/data/preprocessing/text.py": ("tests/data/preprocessing/test_texts.py",),
    "nnctl/data/readers/text_files.py": ("tests/data/readers/test_text_files.py",),
    "nnctl/data/readers/class_folders.py": ("tests/data/readers/test_text_files.py",
                                            "tests/data/readers/test_images.py"),
    "nnctl/training/dispatcher.py": ("tests/training/test_dispatcher.py",),
    "nnctl/training/run_log.py": ("tests/training/test_run_log.py",),
    "nnctl/training/callbacks.py": ("tests/training/test_callbacks.py", "tests/training/test_early_stopping.py"),
    "nnctl/training/checks/outputs.py": ("tests/training/checks/test_outputs.py",
                                         "tests/training/checks/test_loss_and_activation.py"),
    **{f"nnctl/nn/metrics/{name}.py": METRICS for name in ("accuracy", "auc", "base", "losses", "regression",
                                                           "scores")},
    "nnctl/nn/metrics/sequences.py": ("tests/nn/metrics/test_sequence_metrics.py",),
}  # fmt: skip
