"""Notes in another language: recognised by the patterns that they were made from."""

import ast
import re
from pathlib import Path

import pytest

from nnctl.reports.notes import translated, translated_origin, translated_values
from nnctl.reports.notes.patterns import NOTES, PARTS
from nnctl.translation import use_language

ROOT = Path(__file__).parents[2]


@pytest.fixture
def korean():
    use_language("ko")
    yield
    use_language("en")


@pytest.mark.parametrize("note, expected", [
    ("4 columns of numbers scaled to mean 0 and standard deviation 1, using the training rows",
     "수로 된 열 4개를 훈련 행을 기준으로 평균 0, 표준 편차 1로 맞춥니다"),
    ('split: 90 train, 30 validation, 30 test rows (stratified by "species", shuffled with seed 1)',
     '데이터 분할: 훈련 90, 검증 30, 테스트 30행("species" 열을 기준으로 층화, 섞음(시드 1))'),
    ('column "a, b": 8 of 406 rows have no value and are left out (rows 11, 12)',
     '"a, b" 열: 406행 중 8행에 값이 없어 그 행을 뺍니다(11, 12행)'),
    ('array "x": values divided by 16, to the range 0 to 1',
     '"x" 배열: 값을 나누어(÷ 16) 0에서 1까지의 범위로 맞춥니다'),
    ("Class \"rare\" (12) is never predicted on the validation rows that have it: balance the classes with "
     "class_weight: balanced",
     '클래스 "rare" (12): 검증 행에 있는데도 한 번도 예측하지 않습니다. class_weight: balanced로 클래스의 균형을'
     " 맞추세요"),
    ("Validation is far worse than training (loss 0.9 against 0.1): add a Dropout: {rate: 0.3} to layers:, use fewer "
     "units, or train on more rows",
     "검증 손실이 훈련 손실보다 훨씬 나쁩니다(검증 0.9, 훈련 0.1). layers:에 Dropout: {rate: 0.3}을 더하거나, 유닛을 "
     "줄이거나, 훈련 행을 늘리세요"),
    ('column "sex": 11 missing values are taken as the category "(missing)"',
     '"sex" 열: 누락된 값 11개를 채웁니다: 범주 "(missing)"'),
    ("words taken as missing values: 'NA' in column \"a\" (2 rows), 'NA', '?' in column \"b\" (1 row); "
     "`missing_values: []` keeps them as words",
     "누락된 값으로 본 단어: \"a\" 열의 'NA'(2행), \"b\" 열의 'NA', '?'(1행). `missing_values: []`로 단어 그대로 둘 수 "
     "있습니다"),
    ("words taken as missing values: 'NA' in column \"a\" (2 rows), '?' in column \"b\" (1,234 rows) and 3 more; "
     "`missing_values: []` keeps them as words",
     "누락된 값으로 본 단어: \"a\" 열의 'NA'(2행), \"b\" 열의 '?'(1,234행) 외 3개. "
     "`missing_values: []`로 단어 그대로 둘 수 있습니다"),
    ('column "when" holds times of day and is left out; for example `query: select *, hour("when") from data`',
     '"when" 열은 내용(시각) 때문에 뺍니다. 예: `query: select *, hour("when") from data`'),
    ('column "t" is not used as a feature: it holds the time of the split',
     '"t" 열은 특성으로 쓰지 않습니다. 용도: 데이터 분할에 쓰는 시간'),
    ("ignored, as configured: test, dates", "설정에 따라 쓰지 않음: test, dates"),
    ("a note that nobody has translated, from 1 to 2", "a note that nobody has translated, from 1 to 2"),
])  # fmt: skip
def test_a_note(korean, note, expected):
    assert translated(note) == expected


def test_origins_and_values(korean):
    assert [translated_origin(each) for each in ("line 4", "default", "--set")] == ["4번째 줄", "기본값", "--set"]
    assert [translated_values(each) for each in ("4.3 to 7.9", "a, b")] == ["4.3~7.9", "a, b"]


def test_notes_stay_as_they_are_in_english():
    assert translated("1 test row is also in the training split, with equal values").startswith("1 test row")


def written():
    """The texts of nnctl's source; what f-strings fill in is a line break."""
    for path in (ROOT / "nnctl").rglob("*.py"):
        if path.parent.name != "notes":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    parts = (part.value if isinstance(part, ast.Constant) else "\n" for part in node.values)
                    yield "".join(map(str, parts))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_every_pattern_is_that_of_a_note():
    source = "\n".join(written())
    for pattern in (*NOTES, *PARTS):
        words = max(re.split(r"{[a-z_]+}", pattern), key=len).split()
        assert any(" ".join(words[i : i + 2]) in source for i in range(max(1, len(words) - 1))), pattern


# Notes whose words depend on a number or come from elsewhere: here with words that they have.
FILLED = {
    "training rows is combined": 'column "a": 1 category with fewer than 3 training rows is combined as "(rare)" (R)',
    "training rows are combined":
        'column "city": 2 categories with fewer than 3 training rows are combined as "(rare)" (Oslo, Rome)',
    "value does not occur": 'column "a": 1 value does not occur in the training rows (Rome) and counts as no category',
    "values do not occur": 'column "city": 2 values do not occur in the training rows (A, B) and count as no category',
    "taken as": 'array "x": 2 missing values are taken as 0',
    "no value and": 'column "x": 1 of 10 rows has no value and is left out (row 3)',
    "left out (7)": 'array "x": 2 rows with NaN are left out (rows 1, 2)',
    "longer than": 'column "x": 2 of 9 texts are longer than 8 words and are truncated',
    "not in the vocabulary": 'column "x": 12.5% of the words are not in the vocabulary and are read as [UNK]',
    "scaled (": 'array "x": scaled (standard), using the training rows',
    "early stopping": "early stopping: val_loss has not improved since epoch 4",
    "the model cannot learn": 'target "y": class Rome has no training rows, so the model cannot learn it',
    "7 7: 7": "the optimizer is set to adam: no such optimizer",
}  # fmt: skip


def said():
    """Every note that nnctl's source makes, with 7 for what is filled in."""
    for path in sorted((ROOT / "nnctl").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call):
                function = ast.unparse(call.func)
                given = [keyword.value for keyword in call.keywords if keyword.arg == "note"]
                if function.endswith(("notes.append", "Said", ".say")):
                    given += call.args
                for argument in given:
                    yield from samples(argument)


def samples(node):
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        found = [""]
        for part in node.values:
            values = samples(part) if isinstance(part, ast.Constant) else samples(part.value) or ["7"]
            found = [text + value for text in found for value in values]
        return found
    if isinstance(node, ast.IfExp):
        return (samples(node.body) or ["7"]) + (samples(node.orelse) or ["7"])
    if isinstance(node, ast.BinOp):
        return [a + b for a in samples(node.left) or ["7"] for b in samples(node.right) or ["7"]]
    return []


def test_every_note_has_a_pattern(korean):
    used = set()
    for note in said():
        if len(note.split()) > 2 and translated(note) == note:
            parts = [part for part in FILLED if part in note]
            assert parts, note
            used.update(parts)
            assert all(translated(FILLED[part]) != FILLED[part] for part in parts), note
    assert used == FILLED.keys()
