"""The tour's card without a browser: each step opens by its link, leads on, is left and taken up again."""

from __future__ import annotations

import json
import re
import time

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from explain.panels.tour.steps import OF_WORDS
from tests.explain.panels.views import opened


def page():
    import streamlit as st

    from explain.panels.inputs import word
    from explain.panels.page import views
    from explain.panels.page.subject import Subject
    from explain.panels.tour import card, start

    start.button()
    card.show(Subject.of("crnn", *word.from_sample("elephant")))
    st.caption(f"view: {views.title_of(views.switch())}")


def parts(test) -> dict[str, dict]:
    return {node.proto.component_name: json.loads(node.proto.json)[0] for node in test.get("bidi_component")}


@pytest.mark.parametrize("number", range(1, len(OF_WORDS) + 1))
def test_each_step_opens_by_its_link(number):
    test = opened(page, tour=str(number))
    card = parts(test)["inside_tour_card"]
    step = OF_WORDS[number - 1]
    assert card["step"] == number and card["titles"][number - 1] == step.title and "{" not in card["text"]
    assert card["place"] == f".st-key-{step.place.key}"
    if step.place.view is not None:
        assert test.caption[-1].value == f"view: {step.place.view.title}"
    working = len(test.get("progress"))
    assert working or "inside_tour_picture" in parts(test)


def test_the_place_shows_what_the_step_speaks_of():
    """The view beside a step is opened with its unit, channel, method and network; what is found out comes later."""
    names = [step.name for step in OF_WORDS]
    test = opened(page, tour=str(names.index("filter") + 1), hand_network="VGG16", hand_unit="3.1.1")
    text = parts(test)["inside_tour_card"]["text"]
    row, column = re.search(r"row (\d+), column (\d+)", text).groups()
    assert "".join(test.query_params["hand_unit"]).split(".")[1:] == [row, column]
    assert test.session_state["hand_network"] == "CRNN"
    tell(test, to=names.index("deeper") + 1, at=1)
    channel = re.search(r"channel (\d+)", parts(test)["inside_tour_card"]["text"]).group(1)
    assert "".join(test.query_params["deep_unit"]).split(".")[0] == channel
    tell(test, to=names.index("fails") + 1, at=2)
    until = time.monotonic() + 60
    while "picture_change" not in test.session_state and time.monotonic() < until:
        test.run()
    assert not test.exception
    text = parts(test)["inside_tour_card"]["text"]
    assert test.session_state["picture_change"].lower() in text and text.startswith("Yes.")
    tell(test, to=1, at=3)
    tell(test, to=names.index("fails") + 1, at=4)  # switches that have been on the page may be set once more
    assert not test.exception and parts(test)["inside_tour_card"]["text"] == text


@pytest.mark.parametrize("nonsense", ["", "0", "-1", "x", "1.2"])
def test_nonsense_in_the_address_is_no_tour(nonsense):
    test = opened(page, tour=nonsense)
    assert not parts(test) and test.button(key="tour-start").label == "Take the tour"


def test_beyond_the_end_is_the_last_step():
    assert parts(opened(page, tour="99"))["inside_tour_card"]["step"] == len(OF_WORDS)


def tell(test, **go):
    node = next(node for node in test.get("bidi_component") if node.proto.component_name == "inside_tour_card")
    state = test._tree.get_widget_states()
    state.widgets.append(WidgetState(id=node.proto.id, json_value=json.dumps({"go": go})))
    test._run(state)
    assert not test.exception


def test_it_is_started_left_and_resumed():
    test = opened(page)
    test.button(key="tour-start").click().run()
    assert parts(test)["inside_tour_card"]["step"] == 1 and "1" in test.query_params["tour"]
    tell(test, to=3, at=1)
    assert parts(test)["inside_tour_card"]["step"] == 3
    tell(test, to=0, at=2)
    assert not parts(test) and "tour" not in test.query_params
    resume = test.button(key="tour-start")
    assert resume.label == "Resume the tour at step 3"
    resume.click().run()
    assert parts(test)["inside_tour_card"]["step"] == 3
    tell(test, to="nonsense", at=3)
    assert parts(test)["inside_tour_card"]["step"] == 3
