"""The mutation run itself, and a bounded one of the modules it is for."""

import ast
import os
import re
import subprocess
import sys

import pytest

from mutation import running, survivors
from mutation.modules import TESTS
from mutation.mutants import mutants

SOURCE = '''
"""A docstring."""
from nnctl.errors import DataError

BOUND = 3


class Thing:
    size: int = 4

    def bad(self, rows, most=2):
        """Another one."""
        if rows < most and not self.size:
            raise DataError(f"{rows + 1} rows are {most} too many", "where", "a hint of words")
        return [row * 2 for row in rows if row in self.known][rows]


def loop(rows):
    for row in rows:
        if row == 1:
            continue
        rows.sort(key="size", strict=True)
    return None
'''


def names():
    return [(mutant.body, mutant.name) for mutant in mutants(ast.parse(SOURCE))]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("", "module: 3 -> 4"),
        ("", "Thing: 4 -> 5"),
        ("", "Thing.bad: 2 -> 3"),
        ("Thing.bad", "Thing.bad: rows < most -> rows <= most"),
        ("Thing.bad", "Thing.bad: rows < most and (not self.size) -> rows < most or not self.size"),
        ("Thing.bad", "Thing.bad: not self.size -> self.size"),
        ("Thing.bad", "Thing.bad: rows + 1 -> rows - 1"),
        ("Thing.bad", "Thing.bad: row * 2 -> row / 2"),
        ("Thing.bad", "Thing.bad: row in self.known -> row not in self.known"),
        ("Thing.bad", "Thing.bad: for row in rows if row in self.known -> for row in rows"),
        ("loop", "loop: continue -> break"),
        ("loop", "loop: row == 1 -> row != 1"),
        ("loop", "loop: 'size' -> 'sizex'"),
        ("loop", "loop: rows.sort(key='size', strict=True) -> rows.sort(strict=True)"),
        ("loop", "loop: rows.sort(key='size', strict=True) -> pass"),
    ],
)
def test_faults_that_are_put_in(body, name):
    assert (body, name) in names()


def test_words_and_hints_are_left_alone():
    text = " ".join(name for _, name in names())
    unwanted = ("docstring", "Another", "hint of wordsx", "wherex", "True -> False", "intx")
    assert not any(word in text for word in unwanted)


def test_each_mutant_is_another_module():
    seen = {ast.unparse(ast.parse(SOURCE))}
    for number in range(len(names())):
        tree = ast.parse(SOURCE)
        list(mutants(tree))[number].put()
        compile(tree, "x", "exec")
        text = ast.unparse(tree)
        assert text not in seen
        seen.add(text)


def test_every_module_and_its_tests_are_there():
    absent = [path for file, tests in TESTS.items() for path in (file, *tests) if not (running.ROOT / path).is_file()]
    assert absent == []


def test_reasons_are_kept(tmp_path):
    path = tmp_path / "survivors.md"
    tree = ast.parse(SOURCE)
    some = list(mutants(tree))[:2]
    survivors.write(path, {"a.py": (8, 10, some)})
    text = path.read_text(encoding="utf-8")
    assert "| a.py | 10 | 8 | 80.0% |" in text and "| all | 10 | 8 | 80.0% |" in text
    path.write_text(text.replace(f"`{some[1].name}`:", f"`{some[1].name}`: it is the same: {{a: b}}"), encoding="utf-8")
    survivors.write(path, {"b.py": (10, 10, [])})
    survivors.write(path, {"a.py": (9, 10, some[1:])})
    text = path.read_text(encoding="utf-8")
    assert "the same: {a: b}" in text and some[0].name not in text
    assert "| a.py | 10 | 9 | 90.0% |" in text and "| b.py | 10 | 10 | 100.0% |" in text and "| all | 20 | 19 |" in text


@pytest.mark.slow
def test_a_sample_of_all_modules_is_killed():
    """Some minutes; `python -m tests.mutation` runs all of them, and says which survive."""
    env = {**os.environ, "PYTHONPATH": str(running.ROOT)}
    command = [sys.executable, "-m", "tests.mutation", "--sample", "20"]
    done = subprocess.run(command, cwd=running.ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    killed, total = map(int, re.findall(r"^(\d+) of (\d+) mutants killed", done.stdout, re.M)[0])
    assert total > 250 and killed / total >= 0.85, done.stdout


def test_a_fault_in_a_split_is_noticed():
    """Of the tool itself, in the default run: two faults of one module, one of which survives by its nature."""
    code = (
        "import sys; from tests.mutation import running; from tests.mutation.mutants import mutants;"
        "running.load_what_is_heavy(); file = 'nnctl/data/preprocessing/missing_values.py';"
        "names = [each.name for each in mutants(running.tree_of(file))];"
        "wanted = ('rule: isinstance(', 'rule: return', 'module: 20');"
        "chosen = [at for at, name in enumerate(names) if name.startswith(wanted)];"
        "found = running.survivors_of(file, ['tests/data/preprocessing/test_missing_values.py'], chosen, 2);"
        "print(len(chosen), [names[at] for at in found])"
    )
    env = {**os.environ, "PYTHONPATH": str(running.ROOT)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=running.ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "2 ['module: 20 -> 21']"
