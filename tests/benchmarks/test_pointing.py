"""The pointing game: boxes laid over what the network sees, gradients of all characters at once against one by one."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from PIL import Image

from explain.attribution import targets
from explain.attribution.cam import background, spread
from explain.ctc import decoding
from explain.gradients.attribution import methods
from explain.gradients.attribution.job import LAYER_METHODS
from explain.gradients.network import models
from explain.layers.receptive_field import receptive_field
from explain.network.session import Network
from models import crnn
from models.card import WEIGHTS
from tests.benchmarks import pointing
from tests.benchmarks.labelled import Collection, CollectionError

SAMPLES = WEIGHTS.parent / "samples" / "words"


def test_boxes_follow_the_picture():
    picture = Image.new("L", (150, 60), 255)
    picture.paste(0, (30, 15, 60, 45))
    small = np.asarray(crnn.fit(picture))
    (box,) = pointing.fitted(np.array([[30.0, 15.0, 30.0, 30.0]]), picture.size)
    left, top, width, height = box
    dark = np.argwhere(small < 128)
    np.testing.assert_allclose(dark.min(axis=0), (top, left), atol=0.6)
    np.testing.assert_allclose(dark.max(axis=0) + 1, (top + height, left + width), atol=0.6)
    wide = pointing.fitted(np.array([[0.0, 0.0, 600.0, 30.0]]), (600, 30))  # longer than 128 columns: squeezed
    assert wide.tolist() == [[0, 0, 128, 32]]


def test_a_map_is_judged_by_its_pixel_its_column_and_its_window():
    values, box = np.zeros((32, 128)), np.array([40.0, 10.0, 10.0, 10.0])
    values[2, 45], values[15, 80:84] = 3, 2  # a lone pixel above the box; more of it beside
    found = {name: [] for name in ("pixel", "column", "window")}
    pointing.judge(found, values, box)
    assert found == {"pixel": [False], "column": [True], "window": [False]}
    columns = {name: [] for name in ("pixel", "column", "window")}
    pointing.judge(columns, np.tile(np.arange(128) == 45, (32, 1)).astype(float), box)
    assert columns == {"pixel": [], "column": [True], "window": [True]}


@pytest.fixture
def collection(tmp_path):
    """Two words that are read rightly and one that is not, each with as many boxes as characters."""
    lines = [
        {"image": f"{name}.png", "text": text, "char_boxes_xywh": [[0, 0, 9, 9]] * len(text)}
        for name, text in (("elephant", "elephant"), ("LONDON", "london"), ("HOTEL", "HOTEL"))
    ]
    for line in lines:
        (tmp_path / line["image"]).write_bytes((SAMPLES / line["image"]).read_bytes())
    (tmp_path / "words.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return tmp_path


def test_only_words_read_exactly_are_asked(collection):
    words = list(pointing.read_words(Collection(collection), Network(crnn.CARD), 5, seed=1))
    assert sorted(len(word.asked) for word in words) == [5, 8]
    assert all(word.boxes.shape == (len(word.asked), 4) for word in words)
    assert len(list(pointing.read_words(Collection(collection), Network(crnn.CARD), 1, seed=1))) == 1


def test_a_collection_without_boxes_is_refused(tmp_path):
    (tmp_path / "words.jsonl").write_text('{"image": "a.png", "text": "a"}')
    with pytest.raises(CollectionError, match="Line 1 of words.jsonl"):
        pointing.listed(Collection(tmp_path))


@pytest.mark.slow
def test_all_characters_at_once_give_what_each_gives_alone():
    picture = crnn.prepare(Image.open(SAMPLES / "a1b2.png"))[0]
    frames = Network(crnn.CARD).run(picture[None], ["outputs"])["outputs"][0]
    labels = decoding.best_path(frames).labels
    asked = [targets.character(frames, labels, place) for place in (0, 3)]
    word = pointing.Word(picture, 128, np.zeros((2, 4)), asked)
    found = dict(pointing.Gradients(samples=2, steps=3, seed=0).maps(word, list(pointing.METHODS)))
    network, ground = methods.Differentiable(models.function("crnn")), background(picture)

    def same(name, values, number):
        np.testing.assert_allclose(found[name][number], values, atol=1e-4 * np.abs(values).max(), err_msg=name)

    for number, target in enumerate(asked):
        same("saliency", np.abs(methods.saliency(network, picture, target))[..., 0], number)
        times = methods.gradient_times_input(network, picture, target, ground)
        same("gradient_times_input", times[..., 0], number)
        same("guided_backpropagation", methods.guided_backpropagation(network, picture, target)[..., 0], number)
        smooth = methods.smooth_grad(network, picture, target, samples=2, seed=0)
        same("smooth_grad", np.abs(smooth)[..., 0], number)
        pairs = network.layer_gradients(picture, target, ["conv_2", "conv_7"])
        for (layer, pair), (method, weigh) in itertools.product(pairs.items(), LAYER_METHODS.items()):
            values = spread(weigh(*pair), receptive_field(crnn.CARD, layer), picture.shape)
            same(f"{method} at {layer}", values, number)
        by_hand = sum(
            share * methods.saliency(network, (ground + root**2 * (picture - ground)), target)
            for root, share in ((1 / 6, 1 / 9), (1 / 2, 1 / 3), (5 / 6, 5 / 9))  # share: 2 root / 3
        )
        same("integrated_gradients", (by_hand * (picture - ground))[..., 0], number)
