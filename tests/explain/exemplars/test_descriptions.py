"""What is said of a unit, the cards and the charts of the bank: they tell what the numbers tell."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import altair as alt
import numpy as np
import pytest

from explain.charts import exemplars
from explain.charts.theme import Inks
from explain.exemplars import cards, descriptions
from explain.exemplars.word_bank import PLACES_IN_WORD, Bank, Unit, open_bank
from explain.layers.receptive_field import ReceptiveField, receptive_field
from models.crnn import CARD, LABELS

CENTRES = [4.0 * (frame + 1) for frame in range(31)]
ASPECTS = ("character", "before", "after", "kind", "place", "gap")


@pytest.fixture(scope="module")
def bank() -> Bank:
    return open_bank(CARD)


def unit(by_character=None, gap=0.0, by_place=None, **explains) -> Unit:
    shares = {**dict.fromkeys(ASPECTS, 0.0), **explains}
    means = np.linspace(0.6, -0.6, 62) if by_character is None else by_character
    return Unit((), (), means, gap, np.zeros(7) if by_place is None else by_place, shares)


def peak(*characters: str) -> np.ndarray:
    return np.array([0.9 if character in characters else -0.2 for character in LABELS])


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (unit(character=0.1, place=0.12), "nothing in particular that was measured here"),
        (unit(character=0.1, place=0.12), "more than 12%"),
        (unit(character=0.41), "On average highest at a, b and c, lowest at 9, 8 and 7."),
        (unit(character=0.41), "explains 41% of how it varies. It belongs to no single character: 31 of 62"),
        (unit(peak("e", "o"), character=0.5), "On average highest at e, o and a"),
        (unit(peak("e", "o"), character=0.5), "only 2 characters lie in the upper half"),
        (unit(-peak("Q"), character=0.5), "only 1 character lies in the lower half"),
        (
            unit(peak(*LABELS[52:]), character=0.5, kind=0.45),
            "Most of that is figures (+0.90 on average) against small",
        ),
        (
            unit(character=0.3, after=0.5),
            "The character after the one read counts most: which one that is explains 50%",
        ),
        (unit(by_place=np.arange(7) / 10, place=0.4), "Highest after the word and lowest before the word"),
    ],
)
def test_the_sentence_says_what_the_numbers_say(known, says):
    assert says in descriptions.purpose(known, (*LABELS, ""))


def test_a_unit_that_tells_characters_from_gaps():
    known = replace(unit(peak(), gap=0.5), explains={**dict.fromkeys(ASPECTS, 0.0), "gap": 0.7})
    said = descriptions.purpose(known, (*LABELS, ""))
    assert "It tells characters (−0.20 on average) from the frames between and beside them (+0.50)" in said
    assert "70%" in said


class Marks(HTMLParser):
    """The pictures and marks of the cards, and their text."""

    def __init__(self, markup: str):
        super().__init__()
        self.styles, self.alts, self.text = [], [], ""
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if attrs.get("class") == "mark":
            self.styles.append({k: float(v.strip("%")) for k, v in (p.split(":") for p in attrs["style"].split(";"))})
        if tag == "img":
            self.alts.append(attrs["alt"])

    def handle_data(self, data):
        self.text += data


def test_cards_mark_the_stretch_and_the_receptive_field(bank):
    known = bank.unit("blstm_2", 3)
    marks = Marks(cards.steps(bank, known.highest, CENTRES))
    assert marks.alts == [bank.texts[step.word] for step in known.highest]
    for step, style in zip(known.highest, marks.styles, strict=True):
        # Frame t is centred on column 4 (t + 1); with its neighbours it takes up 12 columns.
        ends = max(4 * (step.step + 1) - 6, 0), min(4 * (step.step + 1) + 6, 128)
        assert style["left"] == pytest.approx(100 * ends[0] / 128, abs=0.01)
        assert style["width"] == pytest.approx(100 * (ends[1] - ends[0]) / 128, abs=0.01)
    found = next(found for channel in range(256) if (found := bank.places("conv_4", channel)))
    field = receptive_field(CARD, "conv_4")
    for place, style in zip(found, Marks(cards.places(bank, found, field)).styles, strict=True):
        top, left, bottom, right = field.clipped(place.row, place.column, (32, 128))
        shares = {"top": top / 32, "left": left / 128, "height": (bottom - top) / 32, "width": (right - left) / 128}
        assert style == pytest.approx({name: 100 * share for name, share in shares.items()}, abs=0.01)


def test_a_box_higher_than_the_picture_is_cut_to_it_and_a_low_one_keeps_the_edge():
    high, low = ReceptiveField((86, 46), (16, 4), (-27, -19)), ReceptiveField((8, 8), (2, 2), (-3, -3))
    assert cards.receptive_box(high, 0, 0, (32, 128)) == (0, -19, 32, 27)
    assert cards.receptive_box(low, 0, 1, (32, 128)) == (-3, -1, 5, 7)


def test_words_of_a_frame_between_characters(bank):
    word = bank.texts.index("exit")
    assert bank.arrays["frames"][word].tolist().count(62) > 0
    said = set()
    for step in range(31):
        marks = Marks(cards.steps(bank, [(word, step, 0.5)], CENTRES))
        said.add(marks.text.split(",")[0].removeprefix("+0.50 "))
    assert {"at e", "at x", "at i", "at t"} <= said
    assert said <= {
        "before e",
        "at e",
        "between e and x",
        "at x",
        "between x and i",
        "at i",
        "between i and t",
        "at t",
        "after t",
    }


def test_charts_draw_the_means():
    known = unit(peak("e", "o"), gap=-0.4, by_place=np.arange(7) / 10 - 0.3)
    for dark in (False, True):
        spec = exemplars.by_character(known, tuple(LABELS), tuple(range(62)), Inks.of(dark))
        bars, line = (layer["data"]["values"] for layer in spec["layer"])
        assert [row["x"] for row in bars[:2]] == ["e", "o"]
        assert {row["x"]: (row["mean"], row["frames"]) for row in bars} == {
            character: (0.9 if character in "eo" else -0.2, i) for i, character in enumerate(LABELS)
        }
        assert line == [{"mean": -0.4}]
        alt.Chart.from_dict(spec)  # raises where Vega-Lite does not know it
        (places,) = (layer["data"]["values"] for layer in exemplars.by_place(known, Inks.of(dark))["layer"])
        assert [row["x"] for row in places] == list(PLACES_IN_WORD)
        assert [row["mean"] for row in places] == pytest.approx([-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3])
        alt.Chart.from_dict(exemplars.by_place(known, Inks.of(dark)))
