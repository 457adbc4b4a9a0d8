"""What channels answer to, on the page: in words, as bars, and from a character to the channels."""

from __future__ import annotations

import altair as alt
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explain.charts import exemplars as charts
from explain.charts.theme import Inks
from explain.exemplars import channel_answers
from explain.exemplars.channel_answers import ChannelAnswer
from explain.exemplars.word_bank import BankError, open_bank
from explain.panels.channels import characters
from explain.panels.layers import exemplars
from models.crnn import CARD
from tests.explain.panels.views import opened, text_of


def page():
    from explain.panels.inputs import word
    from explain.panels.layers import layer_by_layer
    from explain.panels.page.subject import Subject

    layer_by_layer.show(Subject.of("crnn", *word.from_sample("elephant")))


def pills(test: AppTest, layer: str):
    return next(group for group in test.get("button_group") if f"Channels of {layer} that answer to" in group.label)


@pytest.mark.parametrize("channel", [0, 17, 200])
def test_a_channel_says_what_it_answers_to(channel):
    test = opened(page, deep="conv_3", deep_unit=f"{channel}.0.0")
    said, answers = text_of(test), channel_answers.of_channel(open_bank(CARD), "conv_3", channel)
    assert f"What characters channel {channel} answers to" in said
    if answers:
        assert characters.told(answers) in said and "It is a correlation, not a cause" in said
    else:
        assert "it is silent" in said


def test_a_character_leads_to_the_channels_that_answer_to_it():
    test = opened(page, deep="conv_1")
    test.selectbox(key="channel-answers").select("Q").run()
    assert not test.exception and test.query_params["deep_character"] in ("Q", ["Q"])
    answers = channel_answers.of_character(open_bank(CARD), "conv_6", "Q", characters.OF_A_LAYER)
    group = pills(test, "conv_6")
    assert group.options == [f"{answer.channel} · {answer.effect:+.1f}" for answer in answers]
    group.set_value(answers[2].channel).run()
    assert not test.exception
    assert test.query_params["deep"] in ("conv_6", ["conv_6"])
    assert f"What characters channel {answers[2].channel} answers to" in text_of(test)
    assert pills(test, "conv_6").value == answers[2].channel and pills(test, "conv_7").value is None


@pytest.mark.parametrize("nonsense", ["", "é", "ab", "<b>"])
def test_nonsense_in_the_address_opens_the_first_character(nonsense):
    assert opened(page, deep_character=nonsense).selectbox(key="channel-answers").value == "e"


def test_other_layers_say_where_to_look():
    said = text_of(opened(page, deep="pool_4"))
    assert "Choose a convolution" in said and "Which channels answer to a character" in said


def test_without_a_bank_the_view_stays_and_says_why(monkeypatch):
    def missing(network):
        raise BankError("The bank can't be read.")

    monkeypatch.setattr(exemplars, "bank", missing)
    test = opened(page, deep="conv_3")
    assert [warning.value for warning in test.warning] == ["The bank can't be read."]


def answer(character: str, effect: float) -> ChannelAnswer:
    return ChannelAnswer(3, character, effect, 20)


def test_the_sentence_names_both_ends_or_neither():
    said = characters.told([answer("e", 2.04), answer("*", 0.6), answer("o", 0.2), answer("i", -0.7)])
    assert said == r"It answers most to **e** (+2.0), **\*** (+0.6). Least to **i** (−0.7)."
    assert characters.told([answer("e", 0.1), answer("i", -0.7)]) == "It answers least to **i** (−0.7)."
    assert characters.told([answer("e", 0.1), answer("i", -0.3)]) == (
        "It answers to no character in particular: at most −0.3, to **i**."
    )


def test_the_chart_draws_the_effects_in_their_order():
    answers = [answer("e", 2.5), answer("o", 0.5), answer("i", -1.25)]
    for dark in (False, True):
        spec = charts.by_effect(answers, Inks.of(dark))
        (rows,) = (layer["data"]["values"] for layer in spec["layer"])
        assert [(row["x"], row["mean"], row["occurrences"]) for row in rows] == [
            ("e", 2.5, 20),
            ("o", 0.5, 20),
            ("i", -1.25, 20),
        ]
        assert spec["layer"][0]["encoding"]["y"]["scale"]["domain"] == [-3, 3]
        assert len({row["ink"] for row in rows}) == 2
        alt.Chart.from_dict(spec)  # raises where Vega-Lite does not know it


def test_every_channel_of_the_bank_has_a_sentence():
    bank = open_bank(CARD)
    said = set()
    for channel in range(0, 512, 5):
        answers = channel_answers.of_channel(bank, "conv_6", channel)
        if answers:
            assert np.isfinite([one.effect for one in answers]).all()
            said.add(characters.told(answers))
    assert len(said) > 50
