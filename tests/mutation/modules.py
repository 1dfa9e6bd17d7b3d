"""Which modules are mutated, and by which tests each is held."""

DATA = "tests/data/test_{}.py"
METRICS = ("tests/test_metric_base.py", "tests/test_metrics_of_logits.py", "tests/test_metrics.py")

TESTS: dict[str, tuple[str, ...]] = {
    **{f"nnctl/data/{name}.py": tuple(DATA.format(each) for each in (name, *others)) for name, others in {
        "splits": (),
        "features": (),
        "roles": (),
        "targets": ("soft_targets",),
        "preprocess": (),
        "missing": (),
        "inputs": ("rows",),
        "from_tables": (),
        "long_tables": (),
        "checks": (),
    }.items()},
    "nnctl/data/text.py": (DATA.format("texts"),),
    "nnctl/training/callbacks.py": ("tests/training/test_callbacks.py",),
    "nnctl/training/compatibility.py": ("tests/training/test_compatibility.py", "tests/training/test_loss_and_activation.py"),
    **{f"nnctl/metrics/{name}.py": METRICS for name in ("accuracy", "auc", "base", "losses", "regression", "scores")},
    "nnctl/metrics/sequences.py": ("tests/test_sequence_metrics.py",),
}  # fmt: skip
