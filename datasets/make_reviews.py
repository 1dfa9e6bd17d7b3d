"""Writes reviews.csv: short film reviews, positive or negative, that nobody wrote: a grammar with a seed makes them.

The order of the words decides. "dull at first, but moving in the end" is positive, the same words the other way
round are negative, and a "not" turns its neighbour over. Every contrast is there in both orders, so that counting
words alone cannot tell them apart.

    python datasets/make_reviews.py [FOLDER]
"""

import csv
import random
import sys
from pathlib import Path

SEED = 2015
ROWS = 2000
GOOD = ("wonderful", "moving", "clever", "funny", "gripping", "charming", "brilliant", "lovely", "honest",
        "fresh", "warm", "sharp")  # fmt: skip
BAD = ("dull", "clumsy", "boring", "awful", "tired", "noisy", "predictable", "shallow", "lifeless",
       "messy", "silly", "cold")  # fmt: skip
SUBJECTS = ("the plot", "the acting", "the music", "the ending", "the first half", "the script", "the camera work",
            "the cast", "the dialogue", "the whole film")  # fmt: skip
VERBS = ("was", "is", "felt", "seemed")
ADVERBS = ("really", "rather", "truly", "a little", "so")
NEGATIONS = ("not", "never", "hardly")
NAMES = ("positive", "negative")


def adjective(rng, good):
    return rng.choice(GOOD if good else BAD)


def clause(rng, good):
    """A sentence's part that says good or bad, in two of five cases by turning the opposite over."""
    subject, verb = rng.choice(SUBJECTS), rng.choice(VERBS)
    if rng.random() < 0.4:
        return f"{subject} {verb} {rng.choice(NEGATIONS)} {adjective(rng, not good)}"
    adverb = rng.choice(ADVERBS) + " " if rng.random() < 0.4 else ""
    return f"{subject} {verb} {adverb}{adjective(rng, good)}"


def plain(rng):
    """One or two clauses that agree."""
    good = rng.random() < 0.5
    text = clause(rng, good)
    if rng.random() < 0.5:
        text += f" and {clause(rng, good)}"
    return [(text, good)]


def contrast(rng):
    """Two clauses, or adjectives, that disagree, in both orders: which of them wins depends on its place."""
    form = rng.choice(("{}, but {}", "although {}, {}", "not {} but {}", "I expected something {} and it was {}",
                       "{} at first, {} in the end"))  # fmt: skip
    make = clause if "{}, but" in form or "although" in form else adjective
    good, bad = make(rng, True), make(rng, False)
    return [(form.format(bad, good), True), (form.format(good, bad), False)]


def make():
    """(review, sentiment) rows, none twice."""
    rng = random.Random(SEED)
    rows = {}
    while len(rows) < ROWS:
        for text, good in plain(rng) if rng.random() < 0.4 else contrast(rng):
            rows.setdefault(text, NAMES[not good])
    rows = list(rows.items())[:ROWS]
    rng.shuffle(rows)
    return [(text[0].upper() + text[1:] + rng.choice((".", ".", "!", "...")), name) for text, name in rows]


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    with open(folder / "reviews.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("review", "sentiment"), *make()])
