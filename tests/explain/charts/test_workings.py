"""The working of a unit as charts: every number that is shown, against the unit it tells of."""

from dataclasses import replace

import altair as alt
import numpy as np
import pytest
from PIL import Image

from explain.charts import workings
from explain.charts.theme import Inks
from explain.layers.workings import AveragePooling, Convolution, LstmStep, MaxPooling
from explain.pictures import images
from explain.pictures.crops import FRAME, cut, framed
from explain.pictures.notation import number

INKS = Inks.of(False)
COMMON = {"layer": "tiny", "channel": 0, "place": (0, 0), "source": "before", "activation": None, "before": 0.0}
COMMON |= {"by_runtime": 0.0, "by_hand": 0.0}
WHOLE = {"dilation": (1, 1), "first_channel": 0}


def convolution() -> Convolution:
    """Three input channels, the first window row in the padding; sums 1, -8 and 2."""
    inputs = np.zeros((2, 2, 3))
    inputs[1] = [[1, 2, 4], [0, 2, 0]]
    weights = np.ones((2, 2, 3)) * [1, -2, 0.5]
    products = inputs * weights
    outside = np.array([[True, True], [False, False]])
    arrays = {"inputs": inputs, "weights": weights, "products": products, "sums": products.sum((0, 1)), "bias": 0.0}
    return Convolution(**COMMON, **arrays, **WHOLE, corner=(-1, 4), outside=outside)


def pooling() -> MaxPooling:
    inputs = np.array([[0.25, 3.0]])
    winner = np.array([[0.0, 1.0]])
    arrays = {"inputs": inputs, "weights": winner, "products": inputs * winner, "sums": np.array([3.0]), "bias": 0.0}
    return MaxPooling(**COMMON, **arrays, corner=(0, 6), winner=(0, 7))


def step() -> LstmStep:
    """Two inputs and two states; the second state weighs most, the first input least."""
    inputs, weights = np.array([0.5, -1.0, 1.0, 2.0]), np.arange(16.0).reshape(4, 4) / 8
    arrays = {"inputs": inputs, "weights": weights, "products": inputs * weights, "sums": np.zeros((4, 2)), "bias": 0.0}
    told = {
        "direction": "backward",
        "unit": 1,
        "step": 0,
        "features": 2,
        "gates": np.zeros(4),
        "cell_before": 0.0,
        "cell": 0.0,
    }
    return LstmStep(**COMMON, **arrays, **told)


def rows(spec: dict, mark: str) -> list[dict]:
    return [row for layer in spec["layer"] if layer["mark"]["type"] == mark for row in layer["data"]["values"]]


def test_the_biggest_channels_come_first_with_their_numbers():
    spec = workings.contributions(convolution(), "channel {}".format, INKS, most=2)
    cells = rows(spec, "rect")
    assert len(cells) == 2 * 3 * 4  # channels, rows of windows, places
    assert [cell["what"].split(",")[0] for cell in cells[::4]] == ["channel 1", "channel 2"] * 3
    assert [cell["text"] for cell in cells[:4]] == ["0", "0", "2.00", "2.00"]
    assert [cell["text"] for cell in cells[-8:-4]] == ["0", "0", "−4.00", "−4.00"]
    assert cells[2]["sum"] == "2 × -2 = -4"
    words = [row["text"] for row in rows(spec, "text") if "align" in row]
    assert {"channel 1", "channel 2", "−8.00", "2.00"} <= set(words) and "channel 0" not in words


def test_cells_beyond_the_edge_are_empty_and_say_so():
    cells = rows(workings.contributions(convolution(), str, INKS), "rect")
    empty = [cell for cell in cells if cell["colour"] == "transparent"]
    assert len(empty) == 6 and all("row -1" in cell["what"] and "beyond" in cell["what"] for cell in empty)


def test_a_unit_that_takes_nothing_but_zeros_is_drawn_too():
    nothing = np.zeros((2, 2, 3))
    arrays = {"inputs": nothing, "weights": nothing, "products": nothing, "sums": np.zeros(3), "bias": 0.0}
    unit = Convolution(**COMMON, **arrays, **WHOLE, corner=(0, 0), outside=np.zeros((2, 2), bool))
    assert {cell["text"] for cell in rows(workings.contributions(unit, str, INKS), "rect")} == {"0"}


def test_a_filter_of_a_group_with_gaps_names_the_channels_and_places_it_takes():
    unit = replace(convolution(), first_channel=6, dilation=(2, 3))
    cells = rows(workings.contributions(unit, "channel {}".format, INKS, most=1), "rect")
    assert [cell["what"].split(":")[0] for cell in cells[:4]] == [
        f"channel 7, row {row}, column {column}" for row in (-1, 1) for column in (4, 7)
    ]


def test_a_mean_frames_no_value_and_says_what_does_not_count():
    weights = np.array([[0.5, 0.5, 0.0]])
    inputs = np.array([[1.0, 3.0, 0.0]])
    arrays = {"inputs": inputs, "weights": weights, "products": inputs * weights, "sums": np.array([2.0]), "bias": 0.0}
    unit = AveragePooling(**COMMON, **arrays, corner=(0, 6), outside=np.array([[False, False, True]]))
    cells = rows(workings.window(unit, INKS), "rect")
    assert [cell["sum"] for cell in cells] == ["counts 0.5", "counts 0.5", "beyond the edge: does not count"]
    assert not any(cell["won"] for cell in cells)


def test_what_is_not_shown_is_added_up_by_its_sign():
    rest = np.array([1.0, 2.0, -4.0, 0.0])
    assert workings.others(rest) == [
        ("2 others above zero", 3.0),
        ("1 others below zero", -4.0),
        ("1 others add nothing", 0.0),
    ]
    assert workings.others(np.zeros(0)) == []


def test_the_ends_are_the_farthest_on_each_side_of_zero():
    sums = np.array([0.5, -3.0, 2.0, 0.0, -1.0, 1.0])
    assert workings.ends(sums, 2) == [2, 5, 1, 4]
    assert workings.ends(np.array([1.0, 0.0]), 3) == [0]


@pytest.mark.parametrize(("width", "windows"), [(1, 8), (2, 8), (3, 6), (5, 3), (40, 1)])
def test_wide_windows_leave_room_for_fewer(width, windows):
    assert workings.most_shown(width) == windows


def test_products_are_red_above_zero_and_blue_below():
    cells = rows(workings.contributions(convolution(), str, INKS), "rect")[24:]
    for cell in cells:
        red, blue = int(cell["colour"][1:3], 16), int(cell["colour"][5:7], 16)
        expected = 0 if cell["text"] == "0" else -1 if cell["text"].startswith("−") else 1
        assert np.sign(red - blue) == expected or (expected == 0 and abs(red - blue) < 4)


def test_the_winner_of_a_window_is_framed():
    spec = workings.window(pooling(), INKS)
    framed = [row for layer in spec["layer"] if "strokeWidth" in layer["mark"] for row in layer["data"]["values"]]
    assert [(row["text"], row["what"]) for row in framed] == [("3.00", "row 0, column 7")]


def test_the_inputs_that_sway_the_gates_most_come_first():
    cells = rows(workings.gate_shares(step(), "squeezed", INKS, most=3), "rect")
    assert [cell["what"] for cell in cells[::5]] == [
        "own layer's backward unit 1, a step before",
        "own layer's backward unit 0, a step before",
        "squeezed, channel 1",
    ]
    assert [cell["text"] for cell in cells[:5]] == ["2.00", "0.75", "1.75", "2.75", "3.75"]


def test_a_waterfall_adds_up():
    spec = workings.waterfall([("a", 2.0), ("b", -3.0), ("bias", 0.5)], [("sum", -0.5), ("after ReLU", 0.0)], INKS)
    bars = rows(spec, "bar")
    assert [(bar["from"], bar["to"]) for bar in bars] == [(0, 2), (2, -1), (-1, -0.5), (0, -0.5), (0, 0)]
    low, high = spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert low == -1 and high > 2


def test_charts_are_sound_vega_lite():
    """Altair holds the whole specification against Vega-Lite's schema."""
    for spec in (
        workings.contributions(convolution(), str, INKS),
        workings.window(pooling(), INKS),
        workings.gate_shares(step(), "squeezed", INKS),
        workings.waterfall([("a", 0.0)], [("sum", 0.0)], INKS),
    ):
        alt.LayerChart.validate(spec)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.0, "0"), (0.0001, "≈0"), (0.0042, "0.004"), (-0.25, "−0.25"), (12.34, "12.3"), (-1234.5, "−1234")],
)
def test_numbers_are_short(value, text):
    assert number(value) == text


def test_the_frame_lies_close_around_its_box():
    picture = Image.new("L", (20, 10), 255)
    drawn = np.asarray(framed(picture, (2, 5, 8, 12), 4))
    assert drawn.shape == (40, 80, 3)
    orange = (drawn == FRAME).all(2)
    assert not orange[8:32, 20:48].any()
    assert orange[7, 20:48].all() and orange[32, 20:48].all() and orange[8:32, 19].all() and orange[8:32, 48].all()
    assert (drawn[~orange] == 255).all()


def test_a_frame_at_the_edge_stays_on_the_picture():
    drawn = np.asarray(framed(Image.new("L", (20, 10), 0), (0, 0, 10, 20), 4))
    orange = (drawn == FRAME).all(2)
    assert orange[0].all() and orange[-1].all() and orange[:, 0].all() and orange[:, -1].all()


def test_what_lies_beyond_the_picture_is_striped():
    picture = Image.new("L", (6, 4), 255)
    piece = np.asarray(cut(picture, (-2, 3, 3, 8), 5))
    assert piece.shape == (5, 5, 3)
    inside = np.zeros((5, 5), bool)
    inside[2:, :3] = True
    assert (piece[inside] == 255).all() and (piece[~inside] < 200).all()
    whole = framed(picture, (-2, 3, 3, 8), 1)
    assert whole.size == (8, 6)
    assert images.enlarge(whole, 2).size == (16, 12)
