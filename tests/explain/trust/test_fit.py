"""How a network is measured: passes of many pictures at once, and the fit of features drawn here."""

from dataclasses import asdict

import numpy as np
import pytest

from explain.network.session import Network
from explain.trust import features, fit, measured
from models.crnn import CARD
from models.typeface import FONTS, draw_word


def drawn_words(random, count):
    """Features of `count` words, of which the first number tells how likely the reading is right; and whether it is."""
    values = random.normal(size=(count, len(features.NAMES) + 12))
    values[:, -1] += 3  # by which words are told from the rest
    return values, random.random(count) < 1 / (1 + np.exp(-3 * values[:, 0]))


@pytest.fixture(scope="module")
def fitted():
    random = np.random.default_rng(4)
    values, right = drawn_words(random, 2000)
    others = random.normal(size=(500, values.shape[1]))
    return [fit.fit(values, right, others, "digest", "layer") for _ in range(2)]


def test_a_fit_is_the_same_every_time(fitted):
    first, again = map(asdict, fitted)
    assert all(np.array_equal(first[name], again[name]) for name in first)


def test_what_is_told_of_other_words_is_found(fitted):
    values, right = drawn_words(np.random.default_rng(5), 10_000)
    likeness, share = fitted[0].scores(values)
    told = fitted[0].said(share)
    for level in np.unique(told):
        assert right[told == level].mean() == pytest.approx(level, abs=0.04)
    assert (likeness[right] < fitted[0].least_like).mean() == pytest.approx(fit.FALSE_ALARMS, abs=0.01)
    doubted = (likeness < fitted[0].least_like) | (share < fitted[0].least_right)
    assert doubted[right].mean() == pytest.approx(fit.DOUBTED, abs=0.015)


def test_pictures_at_once_are_as_one_by_one_and_a_reading_is_right_whatever_its_case():
    network = Network(CARD, threads=1)
    layer = fit.layer_of(network)
    pictures = [
        (text, draw_word(drawn, next(iter(FONTS)))) for text, drawn in (("GARDEN", "Garden"), ("tree", "house"))
    ]
    vectors, right, read = fit.passes(network, layer, pictures)
    assert right.tolist() == [True, False] and read.all()
    for (_, picture), vector in zip(pictures, vectors, strict=True):
        batch = network.description.made_ready(picture, trim=True, contrast=True).batch
        values = {name: array[0] for name, array in network.run(batch).items()}
        assert measured.vector(network.description, values, layer) == pytest.approx(vector, abs=1e-3)
