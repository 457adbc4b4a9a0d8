"""What of an answer can be asked about: the text and its characters, or the likeliest classes."""

from __future__ import annotations

import numpy as np
import pytest

from explain.attribution import targets
from explain.panels.inputs import target, word
from explain.panels.page.subject import Subject
from explain.pictures.notation import ordinal
from tests.explain.panels.layers.third import LABELS, classifier, networks_in, recogniser

KINDS = {"third": (recogniser, {}), "animals": (classifier, {})}


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    with networks_in(tmp_path_factory.mktemp("own"), KINDS) as made:
        yield made


def subject(network: str) -> Subject:
    return Subject.of(network, *word.from_sample("elephant"))


def test_of_a_reading_the_text_and_each_character_in_order():
    read = subject("third")
    path = read.values["answer"].argmax(axis=1)
    text = [int(label) for at, label in enumerate(path) if label and (not at or path[at - 1] != label)]
    by_name = target.of_answer(read)
    assert list(by_name) == [target.WHOLE, *(f"{ordinal(place)}: {LABELS[label]}" for place, label in enumerate(text))]
    assert [one.label for one in list(by_name.values())[1:]] == text
    assert by_name[target.WHOLE] == targets.WholeText(tuple(text), 0)
    assert {target.quantity(one) for one in by_name.values()} == {"log-probability"}


def test_of_a_classifier_the_likeliest_classes():
    seen = subject("animals")
    by_name = target.of_answer(seen)
    order = np.argsort(-seen.values["answer"], kind="stable")
    assert [one.unit for one in by_name.values()] == order[: target.SHOWN].tolist()
    assert all(f"({one.unit})" in name and target.quantity(one) == "logit" for name, one in by_name.items())


def test_of_nothing_read_there_is_nothing(monkeypatch):
    read = subject("third")
    monkeypatch.setattr(Subject, "best", type("Nothing", (), {"labels": ()}))
    assert target.of_answer(read) == {}


def page(network, usual, in_a_row):
    import streamlit as st

    from explain.panels.inputs import target, word
    from explain.panels.page.subject import Subject

    by_name = target.of_answer(Subject.of(network, *word.from_sample("elephant")))
    st.text(target.choose("Which", by_name, "which", usual, in_a_row))


@pytest.mark.parametrize("in_a_row", [False, True])
@pytest.mark.parametrize(("value", "place"), [("1", 1), ("", 2), ("99", 2), ("x", 2), ("0", 0)])
def test_the_choice_is_the_one_in_the_address_else_the_usual_one(in_a_row, value, place):
    from streamlit.testing.v1 import AppTest

    asked = {"network": "animals", "usual": 2, "in_a_row": in_a_row}
    test = AppTest.from_function(page, default_timeout=60, kwargs=asked)
    test.query_params["which"] = value
    test.run()
    names = list(target.of_answer(subject("animals")))
    assert not test.exception and test.text[0].value == names[place]
    chooser = test.button_group[0] if in_a_row else test.selectbox[0]
    chooser.set_value(names[3]).run()
    assert test.text[0].value == names[3] and test.query_params["which"] == "3"
