"""Why this character, with its checks, without a browser and without TensorFlow: what is drawn and what is said."""

from __future__ import annotations

import re

import altair as alt
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explain.attribution import cam, faithfulness, targets
from explain.attribution.faithfulness import Curve
from explain.charts import faithfulness as faithfulness_chart
from explain.charts.theme import Inks
from explain.ctc import decoding
from explain.gradients.attribution.job import INPUT_METHODS, LAYER_METHODS, name_at
from explain.gradients.worker.job import DONE, Job
from explain.panels.attribution import faithfulness as faithfulness_panel
from explain.panels.attribution import word as word_panel
from explain.panels.inputs import word as input_strip
from explain.panels.page import resources
from explain.panels.page.subject import Subject
from tests.explain.panels.views import captions_of, opened

SHARES = np.array([0, 0.25, 1])
FALL, RISE = Curve(SHARES, np.array([1, 0.21, 0])), Curve(SHARES, np.array([0, 0.9, 1]))
CHANCE = Curve(SHARES, np.array([1, 0.61, 0])), Curve(SHARES, np.array([0, 0.4, 1]))
RANDOM = np.random.default_rng(0)
MAPS = {
    **{method: RANDOM.normal(size=(32, 128)) for method in INPUT_METHODS},
    **{
        name_at(method, layer): RANDOM.normal(size=(4, 31))
        for method in LAYER_METHODS
        for layer in cam.mapped_layers(resources.description("crnn"))
    },
}
RESULTS = {
    "attribute": {**MAPS, "score": -0.1, "difference": 2.5, "error": 0.012, "steps": 64},
    "sanity": {"stages": ["outputs", "conv_1"], **{name: np.array([0.8, 0.125]) for name in MAPS}},
}


def page():
    import streamlit as st

    from explain.panels.attribution import word as word_panel
    from explain.panels.inputs import word as input_strip
    from explain.panels.page.subject import Subject

    word_panel.show(Subject.of("crnn", *input_strip.from_sample(st.query_params.get("sample", "elephant"))))


class Worker:
    """Answers every job at once."""

    def __init__(self):
        self.asked = []

    def submit(self, kind, settings, owner=""):
        self.asked.append((kind, settings))
        job = Job(kind, settings, owner)
        job.end(DONE, RESULTS[kind])
        return job


class Half:
    """In place of the CRNN: 31 frames that all say "p" the likelier the darker the middle of the picture is."""

    apart = False

    def __init__(self, path):
        self.path = path

    def run(self, batch, layers):
        logits = np.zeros((len(batch), 31, 63))
        logits[..., 15] = 20 * (0.8 - batch[:, 8:24, 32:64].mean(axis=(1, 2, 3)))[:, None]
        return {"logits": logits}


@pytest.fixture
def worker(monkeypatch):
    found = Worker()
    monkeypatch.setattr(resources, "worker", lambda: found)
    faithfulness_panel.remembered().clear()
    yield found
    faithfulness_panel.remembered().clear()


def captions(test: AppTest) -> str:
    assert not test.exception
    return "\n".join(captions_of(test))


def test_occlusion_is_checked_against_the_network(worker):
    assert "Area under the curve" not in captions(opened(page, 120, character="3", why_patch="columns"))
    said = captions(opened(page, 120, character="3", why_patch="columns", why_check="true"))
    told = [
        float(number) for number in re.search(r"curve: (\S+) .*random (\S+); .*, (\S+) .*random (\S+);", said).groups()
    ]
    word = Subject.of("crnn", *input_strip.from_sample("elephant"))
    frames = resources.run("crnn", word.batch).values["outputs"]
    target = targets.character(frames, decoding.best_path(frames).labels, 3)
    network, picture = resources.network("crnn"), word.batch[0]
    values = word_panel.occlusion.occlude(network, picture, (32, 8), (32, 2)).map(target)
    pixels = faithfulness.order(values)
    assert told[0] == pytest.approx(faithfulness.deletion(network, picture, target, pixels).area, abs=0.006)
    assert told[2] == pytest.approx(faithfulness.insertion(network, picture, target, pixels).area, abs=0.006)
    assert told[0] < told[1] and told[2] > told[3] and "Beats the random order both ways" in said
    assert worker.asked == []


def test_every_map_has_its_check_and_its_sanity(worker, monkeypatch):
    test = opened(page, 120, character="3", why_layer="conv_6")
    network = Half(resources.network("crnn").path)
    monkeypatch.setattr(faithfulness_panel.resources, "network", lambda name: network)
    said = captions(test.button(key="why-start").click().run())
    assert "Area under the curve" not in said and "At conv_6." in said and "miss it by 1.2 %" in said
    y, x = np.unravel_index(MAPS["gradient_times_input"].argmax(), (32, 128))
    assert f"Highest at column {x}, row {y}" in said
    y, x = np.unravel_index(np.abs(MAPS["saliency"]).argmax(), (32, 128))
    assert f"Highest at column {x}, row {y}" in said
    said = captions(test.toggle(key="why_check").set_value(True).run())
    assert said.count("Area under the curve") == 9 and "Likeness" not in said
    said = captions(test.button(key="why-sanity-start").click().run())
    assert said.count("every layer is shuffled: **0.12**") == 8
    assert [kind for kind, _ in worker.asked] == ["attribute", "sanity"]
    assert worker.asked[0][1]["target"] == worker.asked[1][1]["target"]
    test.query_params["character"] = "4"
    said = captions(test.run())
    assert [kind for kind, _ in worker.asked[2:]] == ["attribute"]  # shuffling takes long: it is asked for anew
    assert "Likeness" not in said and test.button(key="why-sanity-start").label == "Shuffle the network"


@pytest.mark.parametrize("nonsense", ["", "%00<script>", "-1", "99999999"])
def test_an_address_that_makes_no_sense_opens_all_the_same(worker, nonsense):
    test = opened(
        page,
        120,
        **dict.fromkeys(["character", "rival", "why_check", "why_rival", "why_layer"], nonsense),
        why_patch="columns",
    )
    assert "Occlusion." in captions(test)


def test_the_curves_are_told_in_words():
    assert faithfulness_panel.said(FALL, RISE, CHANCE).startswith("**Beats the random order both ways.**")
    assert "only when pixels are taken away" in faithfulness_panel.said(FALL, CHANCE[1], CHANCE)
    assert "only when pixels are put back" in faithfulness_panel.said(CHANCE[0], RISE, CHANCE)
    assert "No better than the random order" in faithfulness_panel.said(*CHANCE, CHANCE)
    # areas by hand: 0.25 (1 + 0.21) / 2 + 0.75 (0.21 + 0) / 2 = 0.23 and so on
    assert "0.23 taking away (random 0.43;" in faithfulness_panel.said(FALL, RISE, CHANCE)


def rows_of(spec: dict, mark: str) -> list[list[dict]]:
    return [layer["data"]["values"] for layer in spec["layer"] if layer["mark"]["type"] == mark]


@pytest.mark.parametrize("dark", [False, True])
def test_the_charts_are_vega_lite_and_hold_the_numbers(dark):
    spec = faithfulness_chart.curves(FALL, RISE, CHANCE, Inks.of(dark))
    alt.LayerChart.validate(spec)
    found = rows_of(spec, "line")
    assert [row["value"] for row in found[1]] == [1, 0.21, 0] and [row["value"] for row in found[3]] == [0, 0.9, 1]
    assert [row["value"] for row in found[0]] == [1, 0.61, 0]
    heights = [row["y"] for row in found[1]]
    assert (heights[1] - heights[0]) / (heights[2] - heights[0]) == pytest.approx(0.79)  # down is up on a screen
    assert [row["x"] for row in found[1]] == [0, 0.25, 1]
    beyond = faithfulness_chart.curves(Curve(SHARES, np.array([7.0, 1, -3])), RISE, CHANCE, Inks.of(dark))
    ends = {row["text"] for rows in rows_of(beyond, "text") for row in rows}
    assert {"7", "0", "-3"} <= ends
    cascade = faithfulness_chart.cascade(["outputs", "conv_1"], [0.5, -0.25], Inks.of(dark))
    alt.LayerChart.validate(cascade)
    points = rows_of(cascade, "point")[0]
    assert [(row["stage"], row["likeness"]) for row in points] == [
        ("nothing yet", 1),
        ("outputs", 0.5),
        ("conv_1", -0.25),
    ]
