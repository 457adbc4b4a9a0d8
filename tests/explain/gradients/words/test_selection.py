"""Which dream of a word is kept: what is measured, and pictures put together from the best places of several."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from explain.ctc import decoding
from explain.gradients.words import gallery, job, selection
from explain.gradients.words.layout import FRAME_PIXELS, labels_of, places, window
from explain.gradients.words.selection import Alone
from explain.gradients.words.transforms import Camera, Nudge, Views
from explain.network.session import Network
from models import crnn, typeface

STILL = replace(job.RECIPE, nudge=Nudge((0, 0), 0, 0, 0), noise=0.0, camera=Camera())


@pytest.fixture(scope="module")
def network():
    from explain.gradients.network import models
    from explain.gradients.network.activations import Responses

    return Responses(models.function("crnn"))


@pytest.fixture
def few_views(monkeypatch):
    """Two views of each picture where the choice takes more: enough for pictures that differ as these do."""
    monkeypatch.setattr(selection, "clearness", partial(selection.clearness, times=2))
    monkeypatch.setattr(gallery, "sturdiness", partial(gallery.sturdiness, times=2))


def drawn(text: str, shown: str) -> np.ndarray:
    """Printed characters at their places of the layout; a space in `shown` leaves a place empty."""
    picture = np.full((32, 128), 255, np.uint8)
    for character, middle in zip(shown, (places(labels_of(text))[0] + 1) * FRAME_PIXELS, strict=True):
        if character != " ":
            one = typeface.draw_word(character, "Sans").convert("L")
            one = one.resize((round(one.width * 28 / one.height), 28))
            left = int(middle - one.width / 2)
            picture[2:30, left : left + one.width] = np.minimum(picture[2:30, left : left + one.width], one)
    return picture


def likely(picture: np.ndarray, text: str, first: int, end: int) -> float:
    """The log-probability of a run of the text where all else is paper, by the page's own pass and CTC."""
    labels = labels_of(text)
    ink = (255 - picture) / 255 * window(labels, first, end)
    frames = Network(crnn.CARD).run((1 - ink)[None, ..., None].astype(np.float32), ["outputs"])["outputs"][0]
    return decoding.log_probability(frames, labels[first:end])


def test_sturdiness_is_the_mean_over_views_read_one_by_one(network):
    picture = drawn("on", "on")
    found = selection.sturdiness(network, picture[None], ["on"], STILL, times=2)
    views = Views(*STILL.views, (labels_of("on"),), 2, selection.UNSEEN)
    runs = views.runs(0) + views.runs(1)
    numbers = [likely(picture, "on", *run) for _, run in runs]
    assert found == pytest.approx(np.mean(numbers), rel=0.02)
    assert len(set(runs)) > 1 and np.ptp(numbers) > 0.01  # parts are not the whole


def test_clearness_is_each_character_read_alone(network):
    picture = drawn("one", "onx")
    assert Alone(texts=(labels_of("on"),)).runs(3) == [(labels_of("on"), (0, 1)), (labels_of("on"), (1, 2))]
    found = selection.clearness(network, picture, "one", STILL, times=1)
    np.testing.assert_allclose(found, [likely(picture, "one", at, at + 1) for at in range(3)], rtol=0.02)
    assert found.argmin() == 2


def test_clearness_asks_the_same_of_every_picture(network):
    pictures = [drawn("on", "on"), drawn("on", "o "), drawn("on", "on")]
    first, without, again = (selection.clearness(network, picture, "on", times=3) for picture in pictures)
    np.testing.assert_array_equal(first, again)
    assert first[0] == pytest.approx(without[0], abs=1e-4) and without[1] < first[1] - 1


def test_the_best_of_every_place_makes_one_picture(network, few_views):
    pictures = np.stack([drawn("one", "o e"), drawn("one", " x "), drawn("one", "xn ")])
    picture, numbers = selection.best_places(network, pictures, "one", STILL)
    assert numbers == [0, 2, 0]
    whole = drawn("one", "one")
    columns = np.abs(window(labels_of("one"), 0, 3) - 1) < 1e-6  # what lies outside every window is paper
    np.testing.assert_allclose(picture[:, columns].astype(int), whole[:, columns], atol=90)
    assert np.abs(picture[:, columns].astype(int) - whole[:, columns]).mean() < 1.5
    frames = network.of(["outputs"])(picture[None, ..., None].astype(np.float32) / 255)["outputs"][0].numpy()
    assert decoding.text(decoding.best_path(frames).labels, crnn.LABELS) == "one"


def test_the_best_places_stay_if_they_are_read_exactly_and_else_the_sturdiest_dream(network, few_views, monkeypatch):
    pictures = [drawn("one", "o e"), drawn("one", " n "), drawn("one", "one")]
    mixed = gallery.chosen(network, "one", pictures[:2], 7, STILL)
    assert mixed["reading"] == "one" and mixed["seeds"] == [7, 8, 7]
    blank = np.full((32, 128), 255, np.uint8)
    monkeypatch.setattr(gallery, "best_places", lambda *_: (blank, [0, 1, 2]))
    best = gallery.chosen(network, "one", pictures, 7, STILL)
    assert best["reading"] == "one" and best["seeds"] == [9, 9, 9]
    np.testing.assert_array_equal(best["picture"], pictures[2])


def test_a_gallery_is_dreamt_from_several_seeds_and_comes_back_as_written(few_views, tmp_path):
    quick = replace(job.RECIPE, steps=2, layers=("conv_1",), views=(2, 0.6))
    records = gallery.dreamt(["on", "in"], seed=3, tries=2, recipe=quick)
    assert list(records) == ["on", "in"] and all(set(one["seeds"]) <= {3, 4} for one in records.values())
    gallery.write(records, tmp_path)
    for text, again in gallery.committed(tmp_path).items():
        np.testing.assert_array_equal(again["picture"], records[text]["picture"])
        assert again["reading"] == records[text]["reading"] and again["seeds"] == records[text]["seeds"]
        assert again["probability"] == pytest.approx(records[text]["probability"], abs=0.01)
