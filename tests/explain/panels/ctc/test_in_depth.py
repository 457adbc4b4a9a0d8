"""The view CTC in depth without a browser: what it says is what the arrays say, and nothing typed brings it down."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explain.ctc import alternatives as ctc_alternatives
from explain.ctc import decoding
from explain.ctc.alphabet import Alphabet
from explain.panels.ctc import alternatives as alternatives_panel
from explain.panels.ctc import beam_search, in_depth
from explain.panels.inputs import word
from explain.panels.page import resources
from explain.panels.page.subject import Subject
from explain.pictures.notation import ordinal
from models import crnn
from tests.explain.panels.views import opened, text_of

ALPHABET = Alphabet(crnn.LABELS, crnn.BLANK)


def page():
    import streamlit as st

    from explain.panels.ctc import in_depth
    from explain.panels.inputs import word
    from explain.panels.page.subject import Subject

    in_depth.show(Subject.of("crnn", *word.from_sample(st.query_params.get("sample", "elephant"))))


def probabilities(sample="elephant") -> np.ndarray:
    return resources.run("crnn", Subject.of("crnn", *word.from_sample(sample)).batch).values["outputs"]


def test_it_opens_on_a_finished_example():
    said = text_of(opened(page))
    assert "The lattice of “elephant”" in said
    second = decoding.text(decoding.n_best(probabilities(), 25, 2)[1][0], crnn.LABELS)
    assert f"Why not “{second}”?" in said  # the likeliest text that was not read
    assert "| | frames | sure of it |" in said and "Its strongest rival is" in said


def test_a_typed_text_is_told_its_probability_and_ratio():
    said = text_of(opened(page, what_if="elegant"))
    p = probabilities()
    texts = [decoding.labels_of(written, crnn.LABELS) for written in ("elegant", "elephant")]
    typed, read = (decoding.log_probability(p, labels) / math.log(10) for labels in texts)
    told, ratio = re.search(r"probability (\S+), (\S+) times the reading's", said).groups()
    assert math.log10(float(told)) == pytest.approx(typed, abs=0.03)
    assert math.log10(float(ratio)) == pytest.approx(typed - read, abs=0.03)
    assert "Most against it: frame" in said


@pytest.mark.parametrize(
    "address, says",
    [
        ({"what_if": "na ïve"}, "The network has no label for a space, “ï”"),
        ({"what_if": "a" * 64}, "needs at least 127 frames"),
        ({"what_if": "x" * 500}, "needs at least"),
        ({"what_if": "elephant"}, "exactly as likely as the reading"),
        ({"what_if": ""}, "Why not “"),
        ({"character": "3"}, "4th character, **p**"),
        ({"beams": "", "beam_of": "", "lattice": "", "words": ""}, "Only the 25 likeliest"),
        ({"beams": "7", "lattice": "<b>", "beam_frame": "1e9"}, "every column sums to 1"),
        ({"lattice": "Backward"}, "How probable everything after this frame is"),
        ({"beam_of": "Textbook case", "beam_frame": "30"}, "together 0.64"),
        ({"words": "elegant, relevant; ele-phant elephants"}, "Share of the probability of all 3 words; 1 can't"),
        ({"words": "été"}, "No word of the list can be read"),
        ({"what_if": "elechant"}, "says p"),
    ],
)
def test_whatever_stands_in_the_address_is_answered(address, says):
    assert says in text_of(opened(page, **address))


def test_a_character_that_is_not_there_is_the_least_sure_one():
    p = probabilities()
    read = decoding.best_path(p).labels
    sure = [character.posterior for character in ctc_alternatives.characters(p, read)]
    for number in (None, "99", "-1"):
        said = text_of(opened(page, **({"character": number} if number else {})))
        assert f"The {ordinal(int(np.argmin(sure)))} character, " in said, number


def test_a_picture_without_a_word_is_told_so():
    def blank_page():
        import numpy as np

        from explain.panels.ctc import in_depth
        from explain.panels.page.subject import Subject

        in_depth.show(Subject("crnn", "blank", np.ones((1, 32, 128, 1), np.float32)))

    test = AppTest.from_function(blank_page, default_timeout=60).run()
    assert not test.exception and "Every frame says blank" in text_of(test)


def test_a_click_on_a_character_is_kept_in_the_address():
    test = opened(page)
    test.button(key="character-4").click().run()
    assert test.query_params["character"] == ["4"] or test.query_params["character"] == "4"
    assert "5th character, **h**" in text_of(test)


def test_the_film_opens_where_two_beginnings_are_closest():
    def step(*likely):
        return {"living": [["", share / 2, share / 2, 0, 0, "kept"] for share in likely]}

    assert beam_search.closest([step(1.0), step(0.8, 0.1), step(0.5, 0.4, 0.1), step(0.9, 0.1)]) == (2, 0.8)
    assert beam_search.closest([step(1.0), step(0.9)]) == (1, 0.0)
    assert beam_search.closest([step(0.5, 0.4), step(0.0, 0.0)]) == (0, 0.8)  # too small for their numbers
    test = opened(page)
    frame, near = beam_search.closest(beam_search._steps("of the page", 25, probabilities(), ALPHABET))
    assert f"It opens at frame {frame}, where the decision is closest" in text_of(test) and near > 0.001
    assert "It opens at frame" not in text_of(opened(page, beam_frame="3"))


def test_the_film_ends_with_what_the_search_finds():
    p = probabilities()
    steps = beam_search._steps("test", 10, p, ALPHABET)
    assert len(json.dumps(steps)) < 100_000  # what goes to the browser at every change
    found = decoding.beam_search(p, 10, 10)
    assert [living[0] for living in steps[-1]["living"]] == [decoding.text(text, crnn.LABELS) for text, _ in found]
    together = [living[1] + living[2] for living in steps[-1]["living"]]
    assert together == pytest.approx([math.exp(value) for _, value in found], rel=1e-3)


def test_sentences_on_a_character_say_how_it_stands():
    sure = ctc_alternatives.Character(crnn.LABELS.index("e"), (2, 4), 0.98, 3, crnn.LABELS.index("c"), math.log(0.01))
    assert alternatives_panel.sentence(sure, 0, ALPHABET) == (
        "The 1st character, **e**, is read at frames 2 to 3. With the rest of the text as it is, the network is 98.0% "
        "sure of it. Its strongest rival is **c**: that text is 0.010 times as likely."
    )
    beaten = ctc_alternatives.Character(0, (5, 6), 0.4, 5, 1, math.log(1.5))
    assert "is read at frame 5." in alternatives_panel.sentence(beaten, 2, ALPHABET)
    assert "In fact **b** would make a likelier text, 1.50 times." in alternatives_panel.sentence(beaten, 2, ALPHABET)
    alone = ctc_alternatives.Character(0, (0, 1), 1.0, 0, None, -math.inf)
    assert "No other character is possible" in alternatives_panel.sentence(alone, 0, ALPHABET)


def test_the_two_likeliest_labels_of_a_frame_are_named():
    assert beam_search.says(np.array([[0.4, 0.6], [0.9, 0.1]]), beam_search.TEXTBOOK_ALPHABET) == [
        "softmax: blank 0.600, a 0.400",
        "softmax: a 0.900, blank 0.100",
    ]
    assert "all read “a”, together 0.64" in beam_search.textbook_says(beam_search.TEXTBOOK)


def test_what_speaks_against_a_text_is_said_for_any_two_texts():
    p = np.zeros((2, crnn.BLANK + 1))
    p[:, [0, 1, crnn.BLANK]] = [[0.8, 0.1, 0.1], [0.05, 0.8, 0.15]]
    held = ctc_alternatives.what_if(p, (0,), (0, 1))
    said = in_depth.against(held, p, ALPHABET)
    assert said.startswith("Most against it: frame 1 says b (0.800) where this text needs blank (0.150)")
    assert "no frame speaks against" in in_depth.against(ctc_alternatives.what_if(p, (0, 1), (0, 1)), p, ALPHABET)
