"""Charts of the LSTM: what they say is what the arrays hold, and every frame stands under its columns of the word."""

from __future__ import annotations

import altair as alt
import numpy as np
import pytest
from jsonschema import ValidationError

from explain import charts_ablation, charts_lstm, images, lstm
from explain.charts import Inks
from explain.charts_ablation import Reading
from explain.charts_ground import WORD_HEIGHT, Ground

FRAMES, UNITS = 4, 3
CENTRES = [4, 8, 12, 16]  # of a picture of 20 columns
ALPHABET = "ab"


def ground(**given) -> Ground:
    return Ground("data:,word", 20, CENTRES, Inks.of(False), **given)


@pytest.fixture
def steps() -> lstm.Trace:
    rng = np.random.default_rng(3)
    weights = [2 * rng.normal(size=shape) for shape in 2 * [(2, 4 * UNITS), (UNITS, 4 * UNITS), (4 * UNITS,)]]
    return lstm.trace(rng.normal(size=(FRAMES, 2)), weights, "forward")


def units(steps: lstm.Trace, values: np.ndarray | None = None, **given) -> dict:
    values = steps.cell if values is None else values
    order = np.array([2, 0, 1])
    said = {"signed": True, "per_unit": False, **given}
    return charts_lstm.units(ground(), values, order, "cell state", 1, lstm.memory(steps), **said)


def heat(spec: dict) -> list[dict]:
    """The heat map's cells, its calculations done as the browser does them."""
    layer = next(layer for layer in spec["layer"] if layer.get("name") == "heat")
    cells = []
    for place, value in enumerate(layer["data"]["values"]):
        cell = {"data": value, "index": place + 1}  # row numbers start at 1
        for step in layer["transform"][1:]:
            expression = step["calculate"]
            for field, number in sorted(cell.items(), key=lambda item: -len(item[0])):
                expression = expression.replace(f"datum.{field}", repr(number))
            expression = expression.replace("[floor(", "[int(").replace("floor(", "int(")
            cell[step["as"]] = eval(expression, {"int": int})  # of this project's own making
        cells.append(cell)
    return cells


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
        units(steps),
        units(steps, steps.forget_gate, signed=False, per_unit=True),
        charts_lstm.story(here, steps, 1),
        charts_ablation.readings(here, given, ALPHABET),
    ]


def reading(name: str, path=(0, 2, 1, 1), text="ab", probability=0.5, reset=None) -> Reading:
    return Reading(name, np.array(path), np.array([0.9, 0.2, 0.61, 0.6]), text, probability, reset)


def test_every_cell_of_the_heat_map_is_its_state(steps):
    cells = heat(units(steps))
    assert {(cell["unit"], cell["frame"]) for cell in cells} == {(u, t) for u in range(UNITS) for t in range(FRAMES)}
    for cell in cells:
        assert cell["data"] == pytest.approx(steps.cell[cell["frame"], cell["unit"]], rel=1e-3)
        assert cell["shade"] == cell["data"]
        assert (cell["x"] + cell["x2"]) / 2 == CENTRES[cell["frame"]]
    height = {cell["unit"]: cell["y"] for cell in cells}
    assert height[2] < height[0] < height[1]  # in the order given, from the top
    assert all(cell["y"] >= WORD_HEIGHT and cell["y2"] - cell["y"] == charts_lstm.UNIT_HEIGHT for cell in cells)


def test_a_scale_per_unit_changes_colours_and_not_what_is_told(steps):
    spec = units(steps, per_unit=True)
    for cell in heat(spec):
        assert cell["shade"] == pytest.approx(cell["data"] / np.abs(steps.cell[:, cell["unit"]]).max(), rel=2e-3)
    layer = next(layer for layer in spec["layer"] if layer.get("name") == "heat")
    assert "data" in [line["field"] for line in layer["encoding"]["tooltip"]]
    assert "share" in layer["encoding"]["color"]["legend"]["title"]


def test_a_unit_that_is_always_zero_has_a_scale_too(steps):
    silent = np.zeros((FRAMES, UNITS), np.float32)
    assert all(cell["shade"] == 0 for cell in heat(units(steps, silent, per_unit=True)))
    alt.LayerChart.validate(units(steps, silent))


def test_signed_states_have_zero_in_the_middle_of_their_colours(steps):
    colour = next(layer for layer in units(steps)["layer"] if layer.get("name") == "heat")["encoding"]["color"]["scale"]
    places, colours = colour["domain"], colour["range"]
    assert places[0] == -places[-1] == pytest.approx(-np.abs(steps.cell).max())
    middle = places.index(0.0)
    assert colours[middle] == "#{:02x}{:02x}{:02x}".format(*images.palette("diverging")[128])
    gates = units(steps, steps.forget_gate, signed=False)
    colour = next(layer for layer in gates["layer"] if layer.get("name") == "heat")["encoding"]["color"]["scale"]
    assert colour == {"scheme": "viridis", "domain": [0, 1]}


def test_the_framed_row_is_the_chosen_unit(steps):
    spec = units(steps)
    own = next(cell for cell in heat(spec) if cell["unit"] == 1)
    framed = [
        layer["data"]["values"][0]
        for layer in spec["layer"]
        if layer["mark"].get("fillOpacity") == 0 and layer["data"]["values"]
    ]
    assert [(row["y"] + 1, row["y2"] - 1) for row in framed] == [(own["y"], own["y2"])]
    assert "unit 1 ▸" in texts(spec)
    assert spec["params"][0]["select"]["fields"] == ["unit"]


def test_carried_memory_is_told_and_drawn_to_scale(steps):
    spec, memory = units(steps), lstm.memory(steps)
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
    told = rows(charts_lstm.story(ground(), steps, 1), "hidden")
    for name in charts_lstm.NAMES:
        np.testing.assert_allclose([row[name] for row in told], getattr(steps, name)[:, 1])
    assert [(row["x"] + row["x2"]) / 2 for row in told] == CENTRES


def test_lines_of_the_story_lie_in_their_bands(steps):
    lines = [layer for layer in charts_lstm.story(ground(), steps, 0)["layer"] if layer["mark"]["type"] == "line"]
    drawn = dict(zip(("input_gate", "forget_gate", "output_gate", "cell", "candidate", "hidden"), lines, strict=True))
    heights = {name: [point["y"] for point in line["data"]["values"]] for name, line in drawn.items()}
    first = WORD_HEIGHT + charts_lstm.GAP + charts_lstm.KEY_HEIGHT
    for name in ("input_gate", "forget_gate", "output_gate"):
        expected = first + charts_lstm.BAND_HEIGHT * (1 - getattr(steps, name)[:, 0])
        np.testing.assert_allclose(heights[name], expected, atol=1e-3)
    assert max(heights["forget_gate"]) < min(heights["cell"]) <= max(heights["cell"]) < min(heights["hidden"])


def test_the_marked_frame_is_framed_where_it_stands(steps):
    def frames(spec):
        layers = [layer for layer in spec["layer"] if layer["mark"].get("fillOpacity") == 0]
        return [row for layer in layers for row in layer["data"]["values"] if row["x2"] - row["x"] == 4]

    assert not frames(charts_lstm.story(ground(), steps, 0))
    assert {row["x"] for row in frames(charts_lstm.story(ground(frame=2), steps, 0))} == {10}
    assert not frames(charts_lstm.story(ground(frame=99), steps, 0))


def test_the_way_of_reading_is_said(steps):
    assert any("left to right" in text for text in texts(charts_lstm.story(ground(), steps, 0)))
    assert any("right to left" in text for text in texts(charts_lstm.story(ground(backward=True), steps, 0)))


def test_readings_stand_under_the_word_with_their_answers():
    given = [reading("both"), reading("forward", [0, 2, 0, 1], "aab", 1.2e-7)]
    spec = charts_ablation.readings(ground(), given, ALPHABET)
    cells = rows(spec, "character")
    assert [cell["character"] for cell in cells[:FRAMES]] == ["a", "blank", "b", "b"]
    assert [cell["probability"] for cell in cells[:FRAMES]] == [0.9, 0.2, 0.61, 0.6]
    assert [cell["mid"] for cell in cells] == 2 * CENTRES
    assert [(cell["name"], cell["frame"]) for cell in cells if cell["other"]] == [("forward", 2)]
    assert {"both", "forward", "ab", "aab", "P(ab) = 0.500", "P(ab) = 1e-07"} <= set(texts(spec))


def test_the_line_of_the_reset_runs_between_two_frames():
    spec = charts_ablation.readings(ground(), [reading("both"), reading("reset", reset=2)], ALPHABET)
    lines = [layer for layer in spec["layer"] if layer["mark"]["type"] == "rule"]
    assert {row["x"] for layer in lines for row in layer["data"]["values"]} == {10}  # between centres 8 and 12
    assert "memory reset before frame 2" in texts(spec)
    without = charts_ablation.readings(ground(), [reading("both")], ALPHABET)
    assert not [layer for layer in without["layer"] if layer["mark"]["type"] == "rule"]


def test_reading_nothing_is_said():
    spec = charts_ablation.readings(ground(), [reading("both", [2, 2, 2, 2], "", 0.25)], ALPHABET)
    assert {"(nothing)", "P(nothing) = 0.250"} <= set(texts(spec)) and "nothing" in spec["description"]


@pytest.mark.parametrize(
    ("probability", "said"), [(1.0, "1.000"), (0.0005, "0.001"), (0.0004, "4e-04"), (3.4e-9, "3e-09"), (0.0, "0.000")]
)
def test_small_probabilities_are_not_rounded_to_nothing(probability, said):
    assert charts_ablation.shown(probability) == said


def test_charts_are_sound_vega_lite(steps):
    """Altair holds the whole specification against Vega-Lite's schema."""
    for spec in every_chart(steps):
        alt.LayerChart.validate(spec)
    broken = units(steps)
    broken["layer"][1]["mark"] = {"type": "no such mark"}
    with pytest.raises(ValidationError):
        alt.LayerChart.validate(broken)
