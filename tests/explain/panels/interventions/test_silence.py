"""*Silence this* on the whole page, of networks that nothing in the project knows: from every view and back again."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explain.interventions.intervention import Intervention, Where, parse
from explain.panels.interventions import silence
from explain.panels.interventions.parts import WHAT_IF
from explain.panels.page import address as address_of_page
from explain.panels.page import views
from tests.explain.panels.layers.third import classifier, networks_in, recogniser
from tests.explain.panels.views import text_of

APP = Path(__file__).resolve().parents[4] / "app.py"
KINDS = {
    "third": (recogniser, {"lstms": ((5, "bidirectional"),)}),
    "forward": (recogniser, {"lstms": ((6, "forward"), (4, "forward"))}),
    "animals": (classifier, {}),
}
CHANNEL_AND_UNIT = [Where((2,)), Where((2,), (1, 2), (3, 4))]
# view, address, key, layer, and what can be silenced there
PLACES = [
    ("third", "Layer by layer", {"layer": "linear", "unit": "2.1.3"}, "layers", "linear", CHANNEL_AND_UNIT),
    ("third", "Layer by layer", {"frame": "7"}, "decoding", "memory_1", [Where(columns=(7, 8))]),
    ("third", "Layer by layer", {"deep": "linear", "deep_unit": "2.1.3"}, "deep", "linear", CHANNEL_AND_UNIT),
    ("third", "Layer by layer", {"deep": "linear", "deep_filter": "2"}, "deep", "linear", CHANNEL_AND_UNIT[:1]),
    ("third", "One unit by hand", {"hand_layer": "linear", "hand_unit": "2.1.3"}, "hand", "linear", CHANNEL_AND_UNIT),
    (
        "third",
        "One unit by hand",
        {"hand_layer": "memory_1", "hand_unit": "7.0.3"},
        "hand",
        "memory_1",
        [Where((7,)), Where((7,), columns=(3, 4))],
    ),
    (
        "third",
        "Recurrent layers",
        {"lstm_unit": "2", "lstm_direction": "backward", "frame": "7"},
        "recurrent",
        "memory_1",
        [Where((7,)), Where(direction="backward"), Where(columns=(7, 8))],
    ),
    (
        "forward",
        "Recurrent layers",
        {"lstm_unit": "2", "lstm_layer": "memory_2"},
        "recurrent",
        "memory_2",
        [Where((2,)), Where()],
    ),
    ("forward", "CTC in depth", {"frame": "5"}, "decoding", "memory_2", [Where(columns=(5, 6))]),
    ("animals", views.WHY_CLASS, {"vgg_part": "Filters", "vgg_filter": "3"}, "filters", "first", [Where((3,))]),
    (
        "animals",
        "One unit by hand",
        {"hand_vgg_layer": "mean", "hand_vgg_unit": "4.0.0"},
        "hand",
        "mean",
        [Where((4,))],
    ),
]


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    with networks_in(tmp_path_factory.mktemp("own"), KINDS) as made:
        yield made


@pytest.fixture(autouse=True)
def whole(monkeypatch):
    """Streamlit's test runner runs the whole page at every press, so that it need not be asked to."""
    monkeypatch.setattr(address_of_page, "tell_all", lambda: None)


def page(**address: str) -> AppTest:
    test = AppTest.from_file(str(APP), default_timeout=120)
    for name, value in address.items():
        test.query_params[name] = value
    return ran(test)


def ran(test: AppTest) -> AppTest:
    test.run()
    assert not test.exception, [(problem.message, problem.stack_trace[-3:]) for problem in test.exception]
    return test


def buttons(test: AppTest, key: str) -> list:
    return [one for one in test.button if one.key.startswith(f"silence-{key}-")]


def switches(test: AppTest) -> list[bool]:
    """Of the changes in the list."""
    return [one.value for one in test.toggle if one.key.startswith("changes-switch-")]


def view_of(test: AppTest) -> str:
    return test.button_group(key=views.VIEW).value


@pytest.mark.parametrize(("network", "view", "address", "key", "layer", "places"), PLACES)
def test_what_is_shown_can_be_silenced_and_one_way_leads_back(network, view, address, key, layer, places):
    test = page(network=network, view=view, **address)
    assert len(buttons(test, key)) == len(places)
    for number, where in enumerate(places):
        test = page(network=network, view=view, **address)
        before = text_of(test)
        buttons(test, key)[number].click()
        ran(test)
        assert view_of(test) == WHAT_IF and "**Changed**" in text_of(test)
        assert parse(test.query_params["changes"]) == [Intervention(layer, where)]
        assert switches(test) == [True]
    next(one for one in test.button if one.label == f"Back to {view}").click()
    ran(test)
    assert view_of(test) == view and text_of(test) == before
    assert "back" not in test.query_params


def test_what_was_silenced_before_stays_in_the_list_switched_off():
    test = page(network="third", view="Layer by layer", deep="linear", deep_unit="2.1.3", changes="row.c1.zero")
    buttons(test, "deep")[1].click()
    ran(test)
    assert parse(test.query_params["changes"]) == [
        Intervention("row", Where((1,))),
        Intervention("linear", CHANNEL_AND_UNIT[1]),
    ]
    assert switches(test) == [False, True]


def test_all_frames_of_a_character_are_silenced_as_spans(monkeypatch):
    asked = []
    monkeypatch.setattr(silence, "silence", lambda subject, layer, places, key: asked.extend(places))
    monkeypatch.setattr(silence, "layer_of_frames", lambda subject: object())
    silence.frames(None, [9, 3, 4, 5, 11], "why")
    assert asked == [Where(columns=(3, 6)), Where(columns=(9, 10)), Where(columns=(11, 12))]
    asked.clear()
    silence.frames(None, [], "why")
    assert asked == []


def test_nothing_is_offered_where_the_answer_is_not_made_of_it():
    test = page(network="third", view="Layer by layer", deep="nonsense", layer="linear", unit="99.1.1", frame="77")
    assert not buttons(test, "layers") and not buttons(test, "decoding") and len(buttons(test, "deep")) == 1
