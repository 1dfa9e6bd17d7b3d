"""nnctl init --from: a config for the user's own data that passes `check` and trains."""

import json

from click.testing import CliRunner

from nnctl import cli
from nnctl.data.catalog.bundled import bundled_path


def nnctl(*arguments):
    return CliRunner().invoke(cli.program, [str(a) for a in arguments])


def test_a_table_of_classes_and_one_of_numbers_train_at_the_first_try(tmp_path):
    for name, target, metric, least in (
        ("iris", "species", "accuracy", 0.8),
        ("diabetes", "progression", "r2_score", 0.2),
    ):
        path = tmp_path / f"{name}.yaml"
        written = nnctl("init", "--from", bundled_path(name), "--target", target, "-o", path)
        assert written.exit_code == 0, written.output
        assert f"nnctl train {path}" in written.output
        assert nnctl("check", path).exit_code == 0
        trained = nnctl("train", path, "--run", tmp_path / name, "--json")
        assert json.loads(trained.stdout.splitlines()[-1])["test"][metric] > least


def test_an_unclear_target_is_asked_for_with_the_columns(tmp_path):
    result = nnctl("init", "--from", bundled_path("diabetes"), "-o", tmp_path / "c.yaml")
    assert result.exit_code == 2
    assert "--target" in result.output and "blood_pressure" in result.output
    assert not (tmp_path / "c.yaml").exists()
