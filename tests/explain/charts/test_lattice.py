"""The lattice's chart: what it shows is what the arrays hold, under the columns it came from."""

from __future__ import annotations

import math

import altair as alt
import numpy as np
import pytest

from explain.charts import lattice as lattice_chart
from explain.charts.theme import Inks
from explain.ctc import alternatives, decoding
from explain.ctc.alphabet import Alphabet
from tests.explain.charts.places import frames

ALPHABET = Alphabet(("a", "b", ""), 2)
FRAMES = frames([(4 * t, 4 * t + 7) for t in range(4)], 20)  # centres 4, 8, 12, 16
P = np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7], [0.1, 0.8, 0.1], [0.2, 0.5, 0.3]])


def drawn(labels=(0, 1), p=P, dark=False, **more) -> dict:
    lattice, alignment = decoding.lattice(p, labels), decoding.forced_alignment(p, labels)
    inks = Inks.of(dark)
    return lattice_chart.lattice("data:,word", p, lattice, alignment, ALPHABET, FRAMES, inks, **more)


def rows(spec: dict, key: str) -> list[dict]:
    """The rows of the first layer whose rows have this key."""
    return next(layer["data"]["values"] for layer in spec["layer"] if key in layer["data"]["values"][0])


def test_every_cell_is_the_posterior_and_every_column_sums_to_one():
    cells = rows(drawn(), "posterior")
    lattice = decoding.lattice(P, (0, 1))
    assert len(cells) == 4 * 5
    for cell in cells:
        state = round((cell["y"] - min(c["y"] for c in cells)) / (cell["y2"] - cell["y"]))
        assert cell["value"] == lattice.gamma[cell["frame"], state]
        assert (cell["x"] + cell["x2"]) / 2 == 4 * cell["frame"] + 4
        assert cell["character"] == {1: 0, 3: 1}.get(state, -1)
    for frame in range(4):
        assert math.fsum(cell["value"] for cell in cells if cell["frame"] == frame) == pytest.approx(1)


@pytest.mark.parametrize("show, field", [("forward", "alpha"), ("backward", "beta")])
def test_forward_and_backward_are_powers_of_ten_and_never_endless(show, field):
    cells = rows(drawn(show=show), "posterior")
    wanted = getattr(decoding.lattice(P, (0, 1)), field).T.ravel() / math.log(10)
    assert [cell["value"] for cell in cells] == pytest.approx(np.maximum(wanted, lattice_chart.FAINTEST).tolist())
    assert np.isneginf(wanted).any()


def test_the_rows_are_named_in_words():
    assert [cell["state"] for cell in rows(drawn(), "posterior")[::4]] == [
        "blank before a",
        "a, 1st character",
        "blank between a and b",
        "b, 2nd character",
        "blank after b",
    ]
    assert {cell["state"] for cell in rows(drawn(()), "posterior")} == {"blank"}


def test_the_line_goes_through_the_states_of_the_best_alignment():
    """Of all paths that read ab, the likeliest is a, blank, b, b: 0.7 x 0.7 x 0.8 x 0.5."""
    spec = drawn()
    line = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "line")["data"]["values"]
    cells = rows(spec, "posterior")
    middle = {cell["state"]: (cell["y"] + cell["y2"]) / 2 for cell in cells}
    through = ["a, 1st character", "blank between a and b", "b, 2nd character", "b, 2nd character"]
    assert [(point["x"], point["y"]) for point in line] == [(4 * t + 4, middle[s]) for t, s in enumerate(through)]


def test_states_of_an_alignment_read_back_as_its_path():
    rng = np.random.default_rng(0)
    for _ in range(50):
        p = rng.dirichlet(np.ones(4), size=9)
        text = tuple(rng.integers(0, 3, size=rng.integers(0, 5)).tolist())
        alignment, lattice = decoding.forced_alignment(p, text), decoding.lattice(p, text)
        assert lattice.states[alignment.states].tolist() == alignment.path.tolist()
        assert set(np.diff(alignment.states)) <= {0, 1, 2} and alignment.states[0] <= 1
        assert alignment.states[-1] >= 2 * len(text) - 1


def test_the_chosen_character_is_framed_in_the_lattice_and_on_the_word():
    boxes = [
        layer["data"]["values"]
        for layer in drawn(character=1)["layer"]
        if layer["mark"].get("fillOpacity") == 0 and len(layer["data"]["values"]) == 2
    ]
    ((in_lattice, on_word),) = boxes
    assert (in_lattice["x"], in_lattice["x2"]) == (10, 18)  # frames 2 and 3
    assert (on_word["x"], on_word["x2"]) == (8, 20)  # what their convolutions see, clipped to the picture
    letters = rows(drawn(character=1), "mid")
    assert [letter["ink"] == Inks.of(False).frame for letter in letters] == [False, True]
    assert len(drawn(character=7)["layer"]) == len(drawn()["layer"])  # no such character: nothing is marked


def test_the_bars_say_which_frames_speak_against():
    held = alternatives.what_if(P, (0,), (0, 1))
    bars = rows(drawn((0,), against=held.against, other=held.read), "nats")
    assert [bar["nats"] for bar in bars] == [f"{value:+.2f}" for value in held.against]
    heights = [bar["y"] - bar["y2"] for bar in bars]
    assert np.allclose(np.array(heights) / max(map(abs, heights)), held.against / np.abs(held.against).max())
    assert bars[2]["read"] == "b 0.8" and bars[2]["text"] == "blank 0.1"


def test_the_blank_may_be_any_label():
    """The same probabilities with the blank's column first make the same chart."""
    held, moved = alternatives.what_if(P, (0,), (0, 1)), np.roll(P, 1, axis=1)
    shifted = alternatives.what_if(moved, (1,), (1, 2), blank=0)
    charts = []
    for p, it, alphabet in ((P, held, ALPHABET), (moved, shifted, Alphabet(("", "a", "b"), 0))):
        shown = {"against": it.against, "other": it.read}
        arrays = (p, it.lattice, it.alignment)
        charts.append(lattice_chart.lattice("data:,word", *arrays, alphabet, FRAMES, Inks.of(False), **shown))
    assert charts[0] == charts[1]


def test_a_text_with_nothing_against_it_has_flat_bars():
    bars = rows(drawn(against=np.zeros(4)), "nats")
    assert all(bar["y"] == bar["y2"] for bar in bars)


def test_charts_are_sound_vega_lite():
    """Altair holds the whole specification against Vega-Lite's schema."""
    held = alternatives.what_if(P, (0,), (0, 1))
    for spec in (
        drawn(character=0),
        drawn((), dark=True),
        drawn((0,), show="forward", against=held.against, other=held.read),
    ):
        alt.LayerChart.from_dict(spec)
        alt.LayerChart.validate(spec)


@pytest.mark.parametrize(
    "log_value, text",
    [
        (0.0, "1.000"),
        (math.log(0.9637), "0.964"),
        (math.log(2.34e-5), "2.3e-5"),
        (-1000 * math.log(10), "1.0e-1000"),
        (math.log(9.99e-7), "1.0e-6"),
        (-np.inf, "0"),
        (math.log(2.5), "2.500"),
    ],
)
def test_probabilities_are_written_out_however_faint(log_value, text):
    assert alternatives.shown(log_value) == text
