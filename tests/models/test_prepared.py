"""A picture made ready: what is told of it agrees with what the network gets."""

import numpy as np
from PIL import Image

from models import crnn, vgg16
from models.prepared import prepare
from tests.models import drawn

CRNN, VGG16 = crnn.CARD.preprocessing, vgg16.CAM.preprocessing


def test_what_is_kept_and_along_which_colours_is_what_the_network_gets():
    picture, ink = drawn.word(np.random.default_rng(0), "Garden", (1.5, 2), (200, 60, 60), (60, 132, 60))
    found = prepare(CRNN, picture, trim=True, contrast=True)
    assert found.trimmed and found.kept[0] <= ink[0] and found.kept[3] >= ink[3]
    np.testing.assert_array_equal(found.source, picture)
    colours = np.asarray(picture.crop(found.kept), np.float64) @ found.direction
    levels = colours - 255 * min(0, *np.minimum(found.direction, 0).cumsum())
    np.testing.assert_allclose(found.batch, crnn.prepare(Image.fromarray(np.rint(levels).astype(np.uint8))), atol=0.02)


def test_only_who_asks_gets_it_and_only_what_reads_words_or_takes_grey():
    picture, _ = drawn.word(np.random.default_rng(0), "Garden", (1.5, 2), (200, 60, 60), (60, 132, 60))
    as_is = prepare(CRNN, picture)
    assert not as_is.trimmed and as_is.direction is None
    np.testing.assert_array_equal(as_is.batch, crnn.prepare(picture))
    photograph = prepare(VGG16, picture, trim=True, contrast=True)
    assert not photograph.trimmed and photograph.direction is None


def test_a_plain_word_is_the_same_byte_for_byte():
    picture, _ = drawn.word(np.random.default_rng(1), "HOTEL", (0.1, 0.3), (20, 20, 30), (250, 250, 245))
    found = prepare(CRNN, picture, trim=True, contrast=True)
    assert not found.trimmed and found.direction is None
    np.testing.assert_array_equal(found.batch, crnn.prepare(picture))


def test_how_far_a_trimmed_word_is_squeezed():
    picture = Image.new("RGB", (900, 300), "white")
    picture.paste((0, 0, 0), (100, 140, 800, 160))  # 700 x 20; with the margin kept a fifth of the height around it
    found = prepare(CRNN, picture, trim=True)
    width, height = found.kept[2] - found.kept[0], found.kept[3] - found.kept[1]
    assert found.rows == height < 40
    assert abs(found.squeezed - 128 / (width * 32 / height)) < 1e-9
