"""The names in Keras that the pages of explain give are Keras' own."""

import re

from nnctl.reports.topics.names import all_topics
from nnctl.reports.topics.pages import page_of
from tests.interop.keras.real_keras import keras


def test_every_name_exists():
    missing = []
    for topic in all_topics():
        for name in re.findall(r"\bkeras\.[A-Za-z_.0-9]+", page_of(topic)["keras"]):
            found = keras
            for part in name.rstrip(".").split(".")[1:]:
                found = getattr(found, part, None)
            if found is None:
                missing.append(f"{topic.family} {topic.name}: {name}")
    assert missing == []
