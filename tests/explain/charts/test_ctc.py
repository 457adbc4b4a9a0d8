"""Charts: what they say is what the arrays hold, and everything stands over the columns it came from."""

from __future__ import annotations

import altair as alt
import numpy as np
import pytest
from jsonschema import ValidationError

from explain.charts import ctc
from explain.charts.theme import Inks
from explain.ctc import decoding
from explain.ctc.alphabet import Alphabet
from tests.explain.charts.places import frames

ALPHABET = Alphabet(("a", "b", ""), 2)
FRAMES = frames([(4 * t, 4 * t + 7) for t in range(4)], 20)  # centres 4, 8, 12, 16
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7], [0.1, 0.8, 0.1], [0.2, 0.5, 0.3]])


def drawn(frame: int | None = None) -> dict:
    best = decoding.best_path(PROBABILITIES)
    return ctc.ctc("data:,word", PROBABILITIES, best, ALPHABET, FRAMES, Inks.of(False), frame)


def values(spec: dict, key: str) -> list[dict]:
    """The rows of the first layer whose rows have this key."""
    sources = list(spec.get("datasets", {}).values()) + [
        layer["data"].get("values", []) for layer in [spec, *spec["layer"]] if "data" in layer
    ]
    return next(rows for rows in sources if rows and key in rows[0])


def test_every_cell_is_the_softmax():
    cells = values(drawn(), "probability")
    assert len(cells) == PROBABILITIES.size
    for cell in cells:
        label = 2 if cell["character"] == "blank" else ALPHABET.labels.index(cell["character"])
        assert cell["probability"] == PROBABILITIES[cell["frame"], label]
        assert (cell["x"] + cell["x2"]) / 2 == 4 * cell["frame"] + 4  # the middle of the columns it sees


def test_every_fifth_frame_has_its_number_under_its_cells():
    probabilities = np.full((13, 3), 1 / 3)
    thirteen = frames([(4 * t, 4 * t + 7) for t in range(13)], 56)
    best = decoding.best_path(probabilities)
    spec = ctc.ctc("data:,word", probabilities, best, ALPHABET, thirteen, Inks.of(False))
    numbers, cells = values(spec, "number"), values(spec, "probability")
    assert [number["number"] for number in numbers] == [0, 5, 10]
    for number in numbers:
        under = [cell for cell in cells if cell["x"] < number["x"] < cell["x2"]]
        assert {cell["frame"] for cell in under} == {number["number"]}
        assert max(cell["y2"] for cell in under) < number["y"]


def test_the_reading_stands_under_its_frames():
    spans = values(drawn(), "mid")
    assert [(span["text"], span["mid"]) for span in spans] == [("a", 4), ("b", 14)]


def test_the_framed_columns_are_clipped_to_the_picture():
    frames = values(drawn(), "cx")
    assert frames[0]["x"] == 0 and frames[-1]["x2"] == 20
    assert [frame["x2"] - frame["x"] for frame in frames] == [8, 8, 8, 8]


def test_a_frame_from_the_address_is_chosen_from_the_start():
    chosen = [p for p in drawn(2)["params"] if p["name"] == "frame"]
    assert chosen[0]["value"] == [{"frame": 2}]


def test_rows_are_the_blank_the_text_then_the_strongest_rivals():
    probabilities = np.full((3, 6), 0.01)
    probabilities[0, 1], probabilities[1, 5], probabilities[2, 4], probabilities[2, 0] = 0.95, 0.95, 0.6, 0.36
    rows = ctc.rows_to_show(probabilities, decoding.best_path(probabilities), 5, most=4)
    assert rows == [5, 1, 4, 0]


def test_a_long_text_keeps_all_its_rows():
    probabilities = np.eye(9)[[0, 1, 2, 3, 4, 5, 6, 7]] * 0.9 + 0.1 / 9
    rows = ctc.rows_to_show(probabilities, decoding.best_path(probabilities), 8, most=3)
    assert rows == [8, 0, 1, 2, 3, 4, 5, 6, 7]


def test_the_blank_may_be_any_label():
    """The same probabilities with the blank's column first make the same chart."""
    first = Alphabet(("", "a", "b"), 0)
    for p in (PROBABILITIES, np.array([[0.1, 0.1, 0.8]] * 4)):
        last = ctc.ctc("data:,word", p, decoding.best_path(p), ALPHABET, FRAMES, Inks.of(False))
        moved = np.roll(p, 1, axis=1)
        assert ctc.ctc("data:,word", moved, decoding.best_path(moved, 0), first, FRAMES, Inks.of(False)) == last


def test_a_single_frame_is_as_wide_as_what_it_sees():
    best = decoding.best_path(PROBABILITIES[:1])
    spec = ctc.ctc("data:,word", PROBABILITIES[:1], best, ALPHABET, frames([(-2, 9)], 20), Inks.of(False))
    assert {(cell["x"], cell["x2"]) for cell in values(spec, "probability")} == {(-1, 9)}  # 10 columns around 4


def test_an_empty_reading_is_drawn():
    probabilities = np.array([[0.1, 0.1, 0.8]] * 4)
    best = decoding.best_path(probabilities)
    chart = ctc.ctc("data:,", probabilities, best, ALPHABET, FRAMES, Inks.of(True))
    assert "nothing" in chart["description"]


@pytest.mark.parametrize("probability", [0.0, 0.25, 1.0])
def test_bars_say_the_probability(probability):
    rows = values(ctc.texts([("word", probability), ("", 0.1)], Inks.of(False)), "shown")
    assert rows[0]["probability"] == probability and rows[0]["shown"] == f"{probability:.3f}"
    assert rows[1]["text"] == "(empty)"


def test_charts_are_sound_vega_lite():
    """Altair holds the whole specification against Vega-Lite's schema."""
    bars = ctc.texts([("word", 0.5)], Inks.of(False))
    for spec in (drawn(), drawn(1), bars):
        alt.LayerChart.from_dict(spec)
        alt.LayerChart.validate(spec)
    broken = drawn()
    broken["layer"][1]["mark"] = {"type": "no such mark"}
    with pytest.raises(ValidationError):
        alt.LayerChart.validate(broken)
