"""The view of dreams without a browser: finished examples at first, and nothing in the address brings it down."""

from __future__ import annotations

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explain.gradients.worker.client import Job
from explain.panels.jobs import held
from explain.panels.visualisation import gallery, words
from models import crnn
from tests.explain.panels.views import opened, text_of


def page():
    import streamlit as st

    from explain.panels.inputs import word
    from explain.panels.page.subject import Subject
    from explain.panels.visualisation import words

    words.show(Subject.of("crnn", *word.from_sample(st.query_params.get("sample", "elephant"))))


def test_it_opens_on_finished_dreams_of_the_gallery():
    test = opened(page)
    records = gallery.contents(crnn.CARD.gallery)["words"]
    assert len(records) >= 12
    for record in records:
        assert f"**{record['text']}**, read as {record['reading']}" in text_of(test)
    assert not test.button(key="dream-word-start").disabled


def test_what_cannot_be_dreamt_of_is_said_and_the_button_rests():
    test = opened(page, dream="don't")
    assert test.error[0].value == 'The network has no label for "\'"; it knows a-z, A-Z and 0-9.'
    assert test.button(key="dream-word-start").disabled


@pytest.mark.parametrize(
    "address",
    [
        {"dream_what": "nonsense", "dream": "", "dream_count": "9"},
        {"dream_what": "Character", "dream_character": "ä", "dream_frame": "31"},
        {"dream_what": "Character", "dream_character": "", "dream_frame": "-1"},
        {"dream_what": "Channel", "dream_layer": "pool_1", "dream_channel": "99999"},
        {"dream_what": "Recurrent unit", "dream_blstm": "conv_1", "dream_step": "1e3", "dream_unit": "256"},
        {"dream_what": "", "dream_count": ""},
    ],
)
def test_nonsense_in_the_address_counts_as_not_given(address):
    test = opened(page, **address)
    assert not test.error and not test.button(key="dream-word-start").disabled


def test_the_address_chooses_what_is_dreamt_of():
    test = opened(page, dream_what="Recurrent unit", dream_blstm="blstm_1", dream_step="30", dream_unit="255")
    assert test.selectbox(key="dream_blstm-box").value == "blstm_1"
    assert test.number_input(key="dream_step-31").value == 30
    assert test.number_input(key="dream_unit-256").value == 255
    test = opened(page, dream_what="Character", dream_character="Q", dream_frame="4", dream_count="3")
    assert test.selectbox(key="dream-character").value == "Q" and test.number_input(key="dream_frame-31").value == 4
    assert test.button_group(key="dream-count").value == "3"


def test_a_finished_dream_is_shown_with_what_the_network_reads():
    settings, count = {"text": "on"}, 2
    job = Job("dream-word", {**settings, "count": count, "seed": 5, "steps": 10}, "")
    pictures = np.full((2, 32, 128), 255, np.uint8)
    job.end("done", {"pictures": pictures, "readings": ["on", ""], "scores": np.log([0.5, 0.01]), "steps": 10})
    test = AppTest.from_function(page, default_timeout=60)
    test.query_params["dream"], test.query_params["dream_count"] = "on", "2"
    test.session_state[words.DREAM.slot] = held._Kept(json.dumps([settings, count]), job, None)
    test.run()
    assert not test.exception
    assert "The network reads **on**; probability of “on”: 0.50. Seed 5." in text_of(test)
    assert "The network reads nothing here; probability of “on”: 0.01. Seed 6." in text_of(test)
    test.button(key="dream-word-back").click().run()
    assert not test.exception and "Dreamt beforehand." in text_of(test)
