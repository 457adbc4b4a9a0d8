"""What units are for, on the page: in both views, with whatever stands in the address."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explain.exemplars.word_bank import BankError, open_bank
from explain.layers.receptive_field import receptive_field
from explain.network.description import describe
from explain.panels.inputs import word
from explain.panels.layers import exemplars, feature_maps
from explain.panels.page import resources
from explain.panels.page.subject import Subject
from models.crnn import CARD, LABELS
from tests.explain.panels.views import opened, text_of


def recurrent_page():
    from explain.panels.inputs import word
    from explain.panels.layers import recurrent
    from explain.panels.page.subject import Subject

    recurrent.show(Subject.of("crnn", *word.from_sample("elephant")))


def by_hand_page():
    from explain.panels.inputs import word
    from explain.panels.layers import by_hand
    from explain.panels.page.subject import Subject

    by_hand.show(Subject.of("crnn", *word.from_sample("elephant")))


def unit_of(test: AppTest) -> int:
    return test.number_input(key="lstm-number").value


@pytest.mark.parametrize(
    "address",
    [
        {},
        {"lstm_unit": "", "lstm_answers": ""},
        {"lstm_unit": "127", "lstm_answers": "7", "lstm_direction": "backward", "lstm_layer": "blstm_2"},
        {"lstm_unit": "128", "lstm_answers": "é"},
        {"lstm_unit": "-1", "lstm_answers": "<b>"},
    ],
)
def test_every_unit_is_told_what_it_is_for(address):
    test = opened(recurrent_page, **address)
    assert f"What unit {unit_of(test)} is for" in text_of(test)
    assert any(said in text_of(test) for said in ("of how it varies", "nothing in particular"))
    wanted = address.get("lstm_answers")
    assert test.selectbox(key="lstm-answers").value == (wanted if wanted and wanted in LABELS else "e")


def test_a_unit_is_found_by_the_character_it_answers_to():
    test = opened(recurrent_page, lstm_layer="blstm_2", lstm_direction="backward")
    test.selectbox(key="lstm-answers").select("Q").run()
    assert test.query_params["lstm_answers"] in ("Q", ["Q"])
    found = open_bank(CARD).answering("blstm_2", "Q", range(128, 256))
    (pills,) = [group for group in test.get("button_group") if group.key == "lstm-answering"]
    assert pills.options == [f"{answer.unit - 128} {'↑' if answer.effect > 0 else '↓'}" for answer in found]
    pills.set_value(found[3].unit - 128).run()
    assert unit_of(test) == found[3].unit - 128
    assert f"What unit {found[3].unit - 128} is for" in text_of(test)


def test_an_emptied_unit_keeps_the_one_that_is_shown():
    test = opened(recurrent_page, lstm_unit="77")
    test.number_input(key="lstm-number").set_value(None).run()
    assert not test.exception and unit_of(test) == 77


@pytest.mark.parametrize("layer", [layer.name for layer in describe(CARD).layers[1:]])
def test_every_layer_opens_by_hand_and_channels_say_what_excites_them(layer):
    test = opened(by_hand_page, hand_layer=layer)
    kind, said = describe(CARD).layer(layer).kind, text_of(test)
    assert ("answers to**" in said) == (kind not in ("lstm", "dense"))
    assert ("What this unit is for" in said) == (kind == "lstm")


@pytest.mark.parametrize("layer", ["conv_1", "pool_1", "conv_2", "pool_2", "conv_3", "conv_4"])
def test_the_first_unit_by_hand_sees_nothing_beyond_the_edge_where_it_can(layer, monkeypatch):
    maps = mounted(monkeypatch, feature_maps)
    opened(by_hand_page, hand_layer=layer)
    unit, field = maps[-1]["unit"], receptive_field(CARD, layer)
    assert field.box(unit["y"], unit["x"]) == field.clipped(unit["y"], unit["x"], describe(CARD).input_shape)
    values = resources.run("crnn", Subject.of("crnn", *word.from_sample("elephant")).batch).values[layer]
    inside = [
        values[y, x].max()
        for y, x in np.ndindex(values.shape[:2])
        if field.box(y, x) == field.clipped(y, x, describe(CARD).input_shape)
    ]
    assert values[unit["y"], unit["x"], unit["channel"]] == max(inside)


def test_a_silent_channel_is_called_silent(monkeypatch):
    bank = open_bank(CARD)
    silent = bank.arrays["place_values"].copy()
    silent[3] = 0.0  # channel 3 of the first layer
    quiet = replace(bank, arrays={**bank.arrays, "place_values": silent})
    monkeypatch.setattr(exemplars, "bank", lambda network: quiet)
    assert "it is silent" in text_of(opened(by_hand_page, hand_layer="conv_1", hand_unit="3.0.0"))
    assert "it is silent" not in text_of(opened(by_hand_page, hand_layer="conv_1", hand_unit="4.0.0"))


def mounted(monkeypatch, module, kind: str = "component") -> list[dict]:
    """What is handed to the components of a module, in order."""
    given, mount = [], getattr(module, kind)

    def component(*name, data, **rest):
        given.append(data)
        return mount(*name, data=data, **rest)

    monkeypatch.setattr(module, kind, component)
    return given


def test_the_unit_by_hand_is_marked_on_its_map_before_any_click(monkeypatch):
    maps = mounted(monkeypatch, feature_maps)
    test = opened(by_hand_page, hand_layer="conv_4")
    unit = maps[-1]["unit"]
    assert f"conv_4, channel {unit['channel']}, row {unit['y']}, column {unit['x']}" in text_of(test)
    assert unit["channel"] in [tile["channel"] for tile in maps[-1]["tiles"]]


def test_all_filters_of_the_first_layer_are_shown_and_the_chosen_one_marked(monkeypatch):
    filters = mounted(monkeypatch, exemplars, "thumbnails")
    opened(by_hand_page, hand_layer="conv_1", hand_unit="12.5.7")
    assert [item["id"] for item in filters[-1]["items"]] == [str(channel) for channel in range(64)]
    assert filters[-1]["chosen"] == "12"
    opened(by_hand_page, hand_layer="conv_2", hand_unit="12.5.7")
    assert len(filters) == 1


def test_without_a_bank_both_views_stay_and_say_why(monkeypatch):
    def missing(network):
        raise BankError("The bank can't be read.")

    monkeypatch.setattr(exemplars, "bank", missing)
    for page in (recurrent_page, by_hand_page):
        test = opened(page)
        assert [warning.value for warning in test.warning] == ["The bank can't be read."]
