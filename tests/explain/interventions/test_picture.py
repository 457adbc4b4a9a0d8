"""Pictures changed by one amount, worked out by hand, and what a network answers to them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from explain.interventions import picture as pictures
from explain.interventions.which import Stopped
from explain.layers import activations
from explain.network.session import Network
from models import crnn, typeface, vgg16

GREY = Image.fromarray(np.arange(0, 240, 10, np.uint8).reshape(4, 6))
COLOUR = Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 9, 3), np.uint8))
BY_NAME = {change.name: change for change in pictures.CHANGES}


@pytest.mark.parametrize("change", pictures.CHANGES, ids=lambda change: change.name)
def test_nothing_is_nothing_and_size_and_mode_stay(change):
    for picture in (GREY, COLOUR):
        np.testing.assert_array_equal(change.made(picture, change.nothing), picture)
        for amount in (change.least, change.most):
            made = change.made(picture, amount)
            assert (made.size, made.mode) == (picture.size, picture.mode)
            assert made.tobytes() == change.made(picture, amount).tobytes()
    assert change.nothing in change.amounts() and change.amounts()[-1] == change.most


def test_by_hand():
    values = np.asarray(GREY)
    np.testing.assert_array_equal(pictures.shifted(GREY, 2), values[:, [0, 0, 0, 1, 2, 3]])
    np.testing.assert_array_equal(pictures.shifted(GREY, -1), values[:, [1, 2, 3, 4, 5, 5]])
    np.testing.assert_array_equal(pictures.inverted(GREY, 1), 255 - values)
    np.testing.assert_array_equal(pictures.darker(GREY, 0.5), np.rint(values / 2))
    assert np.asarray(pictures.noisier(Image.new("L", (100, 100), 128), 20)).std() == pytest.approx(20, rel=0.05)
    assert np.asarray(pictures.blurred(GREY, 2)).std() < values.std()
    upright = Image.new("L", (21, 21), 255)
    upright.paste(0, (10, 0, 11, 21))
    lying = np.asarray(pictures.rotated(upright, 90))
    assert (lying[10] < 30).all() and (lying[:9] == 255).all()


def test_lines_across_by_hand():
    light = Image.new("L", (6, 32), 250)
    light.paste(40, (2, 8, 4, 24))  # a stroke in ink
    struck, scratched = (np.asarray(made(light, 50)) for made in (pictures.struck, pictures.scratched))
    expected = np.array(light)
    expected[16:18] = 40
    np.testing.assert_array_equal(struck, expected)
    expected = np.array(light)
    expected[16:19] = 250
    np.testing.assert_array_equal(scratched, expected)
    dark = np.asarray(pictures.struck(Image.fromarray(255 - np.asarray(light)), 50))  # light ink on a dark ground
    np.testing.assert_array_equal(dark, 255 - struck)
    blue = Image.new("RGB", (4, 16), (200, 210, 220))
    blue.putpixel((2, 3), (0, 0, 90))
    assert (np.asarray(pictures.struck(blue, 50))[8] == (0, 0, 90)).all()


def test_a_reading_follows_the_slider():
    network = Network(crnn.CARD)
    seen = crnn.fit(typeface.draw_word("Elephant", "Sans"))
    told = []
    found = pictures.curve(network, seen, BY_NAME["blur"], [0, 1, 4], lambda *step: told.append(step))
    assert found[0].text == "Elephant" and found[0].probability == found[0].usual > 0.5
    assert found[2].text != "Elephant" and found[2].usual < 0.1 and told == [(3, 3)]
    with pytest.raises(Stopped):
        pictures.curve(network, seen, BY_NAME["shift"], on_step=lambda done, count: False)


def test_a_class_follows_the_slider():
    network = Network(vgg16.CAM)
    seen = vgg16.as_seen(COLOUR.resize((64, 64)), 64)
    first, dark = pictures.curve(network, seen, BY_NAME["dark"], [0, 0.9])
    batch = vgg16.CAM.preprocessing.scaled(np.asarray(pictures.darker(seen, 0.9)))[None]
    expected = activations.probabilities(network.description, network.run(batch))[0]
    assert dark.text == network.description.labels[int(expected.argmax())]
    assert dark.probability == pytest.approx(float(expected.max()), abs=1e-5)
    assert dark.usual == pytest.approx(float(expected[network.description.labels.index(first.text)]), abs=1e-5)
