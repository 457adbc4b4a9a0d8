"""Charts of the LSTM: what they say is what the arrays hold, and every frame stands under its columns of the word."""

from __future__ import annotations

import altair as alt
import numpy as np
import pytest
from jsonschema import ValidationError

from explain.charts import ablation
from explain.charts import lstm as lstm_chart
from explain.charts.ablation import Reading
from explain.charts.theme import Inks
from explain.charts.word_axis import WORD_HEIGHT, Ground
from explain.ctc.alphabet import Alphabet
from explain.layers import lstm
from tests.explain.charts.places import frames

FRAMES, UNITS = 4, 3
CENTRES = [4, 8, 12, 16]  # of a picture of 20 columns
ALPHABET = Alphabet(("a", "b", ""), 2)


def ground(**given) -> Ground:
    return Ground("data:,word", frames([(centre - 4, centre + 3) for centre in CENTRES], 20), Inks.of(False), **given)


@pytest.fixture
def steps() -> lstm.Trace:
    rng = np.random.default_rng(3)
    shapes = {"kernel": (2, 4 * UNITS), "recurrent": (UNITS, 4 * UNITS), "bias": (4 * UNITS,)}
    weights = {f"forward_{role}": 2 * rng.normal(size=shape) for role, shape in shapes.items()}
    return lstm.trace(rng.normal(size=(FRAMES, 2)), weights, "forward")


def rows(spec: dict, key: str) -> list[dict]:
    """The rows of the first layer whose rows have this key."""
    for layer in spec["layer"]:
        values = layer["data"]["values"]
        if values and isinstance(values[0], dict) and key in values[0]:
            return values
    raise AssertionError(f"no layer has rows with {key!r}")


def texts(spec: dict) -> list[str]:
    return [
        row["text"] for layer in spec["layer"] if layer["mark"]["type"] == "text" for row in layer["data"]["values"]
    ]


def every_chart(steps) -> list[dict]:
    here = ground(frame=2, backward=True)
    given = [reading("both"), reading("reset", [0, 2, 2, 1], reset=2)]
    return [
        lstm_chart.carried(here, lstm.memory(steps)),
        lstm_chart.story(here, steps, 1),
        ablation.readings(here, given, ALPHABET),
    ]


def reading(name: str, path=(0, 2, 1, 1), text="ab", probability=0.5, reset=None) -> Reading:
    return Reading(name, np.array(path), np.array([0.9, 0.2, 0.61, 0.6]), text, probability, reset)


def test_carried_memory_is_told_and_drawn_to_scale(steps):
    memory = lstm.memory(steps)
    spec = lstm_chart.carried(ground(), memory)
    told = rows(spec, "written")
    for t, row in enumerate(told):
        assert row["after"] == pytest.approx(np.sqrt((steps.cell[t] ** 2).sum()), rel=1e-5)
        assert row["kept"] == pytest.approx(np.sqrt(((steps.forget_gate[t] * steps.before[t]) ** 2).sum()), abs=1e-5)
    assert told[0]["share"] == "no memory yet" and told[1]["share"] == f"{told[1]['kept'] / told[1]['before']:.0%}"
    line = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "line")["data"]["values"]
    bottom, top = told[0]["y2"], told[0]["y"]
    scale = (bottom - top) / max(memory.after.max(), memory.kept.max())
    np.testing.assert_allclose([bottom - point["y"] for point in line], memory.kept * scale, atol=1e-3)


def test_the_story_tells_all_states_of_one_unit(steps):
    told = rows(lstm_chart.story(ground(), steps, 1), "hidden")
    for name in lstm_chart.NAMES:
        np.testing.assert_allclose([row[name] for row in told], getattr(steps, name)[:, 1])
    assert [(row["x"] + row["x2"]) / 2 for row in told] == CENTRES


def test_lines_of_the_story_lie_in_their_bands(steps):
    lines = [layer for layer in lstm_chart.story(ground(), steps, 0)["layer"] if layer["mark"]["type"] == "line"]
    heights = {}
    for layer in lines:
        for point in layer["data"]["values"]:
            heights.setdefault(point["name"], []).append(point["y"])
    assert set(heights) == {"input_gate", "forget_gate", "output_gate", "cell", "candidate", "hidden"}
    first = WORD_HEIGHT + lstm_chart.GAP + lstm_chart.KEY_HEIGHT
    for name in ("input_gate", "forget_gate", "output_gate"):
        expected = first + lstm_chart.BAND_HEIGHT * (1 - getattr(steps, name)[:, 0])
        np.testing.assert_allclose(heights[name], expected, atol=1e-3)
    assert max(heights["forget_gate"]) < min(heights["cell"]) <= max(heights["cell"]) < min(heights["hidden"])


def test_bars_of_the_story_add_up_to_the_cell_state(steps):
    spec = lstm_chart.story(ground(), steps, 2)
    bars = next(layer for layer in spec["layer"] if layer["mark"].get("opacity") == 0.6)["data"]["values"]
    lengths = {
        name: np.array([bar["y2"] - bar["y"] for bar in bars if bar["name"] == name]) for name in ("kept", "written")
    }
    drawn = next(layer for layer in spec["layer"] if any(row.get("name") == "cell" for row in layer["data"]["values"]))
    line = np.array([row["y"] for row in drawn["data"]["values"] if row["name"] == "cell"])
    np.testing.assert_allclose(lengths["kept"] + lengths["written"], line - bars[0]["y"], atol=1e-3)


def test_the_marked_frame_is_framed_where_it_stands(steps):
    def frames(spec):
        layers = [layer for layer in spec["layer"] if layer["mark"].get("fillOpacity") == 0]
        return [row for layer in layers for row in layer["data"]["values"] if row["x2"] - row["x"] == 4]

    assert not frames(lstm_chart.story(ground(), steps, 0))
    assert {row["x"] for row in frames(lstm_chart.story(ground(frame=2), steps, 0))} == {10}
    assert not frames(lstm_chart.story(ground(frame=99), steps, 0))


def test_the_way_of_reading_is_said(steps):
    assert any("left to right" in text for text in texts(lstm_chart.story(ground(), steps, 0)))
    assert any("right to left" in text for text in texts(lstm_chart.story(ground(backward=True), steps, 0)))


def test_readings_stand_under_the_word_with_their_answers():
    given = [reading("both"), reading("forward", [0, 2, 0, 1], "aab", 1.2e-7)]
    spec = ablation.readings(ground(), given, ALPHABET)
    cells = rows(spec, "character")
    assert [cell["character"] for cell in cells[:FRAMES]] == ["a", "blank", "b", "b"]
    assert [cell["probability"] for cell in cells[:FRAMES]] == [0.9, 0.2, 0.61, 0.6]
    assert [cell["mid"] for cell in cells] == 2 * CENTRES
    assert [(cell["name"], cell["frame"]) for cell in cells if cell["other"]] == [("forward", 2)]
    assert {"both", "forward", "ab", "aab", "P(ab) = 0.500", "P(ab) = 1e-07"} <= set(texts(spec))


def test_the_line_of_the_reset_runs_between_two_frames():
    spec = ablation.readings(ground(), [reading("both"), reading("reset", reset=2)], ALPHABET)
    lines = [layer for layer in spec["layer"] if layer["mark"]["type"] == "rule"]
    assert {row["x"] for layer in lines for row in layer["data"]["values"]} == {10}  # between centres 8 and 12
    assert "memory reset before frame 2" in texts(spec)
    without = ablation.readings(ground(), [reading("both")], ALPHABET)
    assert not [layer for layer in without["layer"] if layer["mark"]["type"] == "rule"]


def test_the_blank_may_be_any_label():
    last, first = reading("both"), reading("both", [1, 0, 2, 2])
    spec = ablation.readings(ground(), [first], Alphabet(("", "a", "b"), 0))
    assert spec == ablation.readings(ground(), [last], ALPHABET)


def test_reading_nothing_is_said():
    spec = ablation.readings(ground(), [reading("both", [2, 2, 2, 2], "", 0.25)], ALPHABET)
    assert {"(nothing)", "P(nothing) = 0.250"} <= set(texts(spec)) and "nothing" in spec["description"]


@pytest.mark.parametrize(
    ("probability", "said"), [(1.0, "1.000"), (0.0005, "0.001"), (0.0004, "4e-04"), (3.4e-9, "3e-09"), (0.0, "0.000")]
)
def test_small_probabilities_are_not_rounded_to_nothing(probability, said):
    assert ablation.shown(probability) == said


def test_charts_are_sound_vega_lite(steps):
    """Altair holds the whole specification against Vega-Lite's schema."""
    for spec in every_chart(steps):
        alt.LayerChart.validate(spec)
    broken = lstm_chart.story(ground(), steps, 0)
    broken["layer"][1]["mark"] = {"type": "no such mark"}
    with pytest.raises(ValidationError):
        alt.LayerChart.validate(broken)
