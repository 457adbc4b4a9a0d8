"""What a dream of a word is made of, each part against an answer known beforehand."""

import itertools

import numpy as np
import pytest

from explain.attribution import targets
from explain.gradients.visualisation.optimisers import FlooredAdam
from explain.gradients.words import objectives, print_statistics
from explain.gradients.words.grey_fourier import GreyFourier
from explain.gradients.words.ink_penalties import InkLevels
from explain.gradients.words.layout import labels_of, places
from explain.gradients.words.objectives import Text, Unprinted
from explain.gradients.words.transforms import Camera, Nudge, blurred
from models import crnn


def test_a_cloud_has_the_contrast_asked_for():
    image = GreyFourier(contrast=2.0, paper=0.5, margin=(0, 0))
    clouds = np.concatenate([image.pictures(image.start(seed, 1.0)).numpy() for seed in range(20)])
    assert clouds.shape == (20, 32, 128, 1) and clouds.min() > 0 and clouds.max() < 1
    assert np.log(clouds / (1 - clouds)).std() == pytest.approx(2.0, rel=0.15)


def test_no_coefficients_are_plain_paper():
    picture = GreyFourier(paper=0.82, margin=(2, 4)).pictures(np.zeros((1, 2, 32, 65), np.float32)).numpy()
    np.testing.assert_allclose(picture[:, 2:-2, 4:-4], 0.82, atol=1e-6)
    assert (picture[:, [0, 1, -2, -1]] == 1).all() and (picture[:, :, [0, 3, -4, -1]] == 1).all()


def test_finer_detail_begins_with_the_same_picture():
    coarse, fine = GreyFourier(low_pass=0.1), GreyFourier(low_pass=0.4)
    coefficients = coarse.start(3, 0.5, 2)
    np.testing.assert_array_equal(coefficients[0], coefficients[1])
    grown = coarse.grown(coefficients, fine)
    np.testing.assert_allclose(fine.pictures(grown), coarse.pictures(coefficients), atol=1e-4)
    with pytest.raises(ValueError, match="stays at 32 x 128 pixels"):
        coarse.grown(coefficients, GreyFourier(size=(32, 64)))


def test_gradient_of_the_parametrisation_against_finite_differences():
    import tensorflow as tf

    image = GreyFourier(size=(6, 8), margin=(0, 0))
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((1, 6, 8, 1))
    at = tf.constant(image.start(1, 0.7))
    with tf.GradientTape() as tape:
        tape.watch(at)
        value = tf.reduce_sum(image.pictures(at) * weights.astype(np.float32))
    gradient = tape.gradient(value, at).numpy()

    def by_hand(coefficients):  # the same picture in float64, by numpy's own transform
        spectrum = coefficients * image._amplitudes()
        plane = np.fft.irfft2(spectrum[:, 0] + 1j * spectrum[:, 1], (6, 8))
        return float((1 / (1 + (1 / 0.82 - 1) * np.exp(-plane)) * weights[..., 0]).sum())

    for place in [(0, 0, 0, 1), (0, 1, 2, 1), (0, 0, 5, 3), (0, 1, 1, 2)]:
        step = np.zeros(at.shape)
        step[place] = 1e-4
        slope = (by_hand(at.numpy() + step) - by_hand(at.numpy() - step)) / 2e-4
        assert gradient[place] == pytest.approx(slope, rel=2e-3, abs=1e-5)


def test_the_text_is_scored_as_the_target_is():
    rng = np.random.default_rng(1)
    logits = rng.standard_normal((3, crnn.FRAMES, len(crnn.LABELS) + 1)).astype(np.float32) * 3
    texts = ["a", "hello", "Mississippi"]
    found = _text(Text(texts=tuple(map(labels_of, texts))), logits)
    for row, text in enumerate(texts):
        target = targets.WholeText(labels_of(text), crnn.BLANK)
        assert found[row] == pytest.approx(targets.score(target, {"logits": logits[row : row + 1]})[0], rel=1e-4)
    softer = _text(Text(2.0, tuple(map(labels_of, texts))), logits)
    np.testing.assert_allclose(softer, _text(Text(texts=tuple(map(labels_of, texts))), logits / 2), rtol=1e-4)


def test_layout_by_brute_force(monkeypatch):
    """Three frames, the text "ab": every path by hand, with the cost of its characters' distances."""
    monkeypatch.setattr(objectives, "FRAMES", 3)
    objectives._lattice.cache_clear()
    rng = np.random.default_rng(2)
    logits = rng.standard_normal((1, 3, len(crnn.LABELS) + 1)).astype(np.float32)
    text, apart = labels_of("ab"), 1.5
    middles, gap = places(text)
    cost = [[apart * max(0.0, abs(frame - middle) / gap - 0.25) ** 2 for middle in middles] for frame in range(3)]
    log_p = targets.log_softmax(logits[0].astype(np.float64))
    total = 0.0
    for states in itertools.product(range(5), repeat=3):  # states of the lattice: -, a, -, b, -
        steps = list(itertools.pairwise(states))
        fits = states[0] <= 1 and states[-1] >= 3
        if fits and all(to - at in (0, 1) or (to - at == 2 and to % 2) for at, to in steps):
            path = [crnn.BLANK if state % 2 == 0 else text[state // 2] for state in states]
            away = sum(cost[frame][state // 2] for frame, state in enumerate(states) if state % 2)
            total += np.exp(sum(log_p[frame, label] for frame, label in enumerate(path)) - away)
    assert _text(Text(texts=(text,), apart=apart), logits)[0] == pytest.approx(np.log(total), rel=1e-5)
    objectives._lattice.cache_clear()


def test_characters_stand_in_order_within_the_picture():
    for text in ("i", "elephant", "WWWWWW", "illicit", "abcdefghijklmnopqrstuvw"):
        middles, gap = places(labels_of(text))
        assert len(middles) == len(text) and (np.diff(middles) > 0).all() and gap > 0
        assert middles[0] >= -1 and middles[-1] < crnn.FRAMES


def _text(objective, logits):
    import tensorflow as tf

    fed = [tf.constant(array) for array in objective.fed(0.0)]
    return objective({"logits": tf.constant(logits)}, fed).numpy()


def test_unprinted_and_ink_are_nothing_for_what_they_were_measured_on():
    import tensorflow as tf

    rng = np.random.default_rng(3)
    values = rng.random((2, 4, 6, 5)).astype(np.float32)
    means, spreads = values.reshape(2, 4, 2, 3, 5).mean(3), values.reshape(2, 4, 2, 3, 5).std(3)
    usual = np.stack([means, np.sqrt(spreads**2 + 1e-4)], 1)
    statistics = {"conv": np.stack([usual, np.ones_like(usual)], 1)}
    objective = Unprinted(("conv",), 2, statistics)
    fed = [tf.constant(array) for array in objective.fed(0.0)]
    np.testing.assert_allclose(objective({"conv": tf.constant(values)}, fed), 0, atol=1e-6)
    # every mean moved by 0.3, no spread: half of the moments are 0.3 / (1 + 0.1 + 0.02) away
    moved = objective({"conv": tf.constant(values + 0.3)}, fed).numpy()
    np.testing.assert_allclose(moved, 0.5 * (0.3 / 1.12) ** 2, rtol=1e-3)
    picture = rng.random((1, 4, 6, 1)).astype(np.float32)
    ink = InkLevels(np.sort(picture.reshape(1, -1)))
    fed = [tf.constant(array) for array in ink.fed(0.0)]
    shuffled = tf.constant(rng.permuted(picture.ravel()).reshape(picture.shape))
    np.testing.assert_allclose(ink({"picture": shuffled}, fed), 0, atol=1e-6)
    np.testing.assert_allclose(ink({"picture": shuffled + 0.1}, fed), 1.0, rtol=1e-3)


def test_a_nudge_of_nothing_changes_nothing_and_a_seed_tells_the_change():
    import tensorflow as tf

    rng = np.random.default_rng(4)
    pictures = tf.constant(rng.random((2, 32, 128, 1)), tf.float32)
    seed = tf.constant([1, 2])
    np.testing.assert_allclose(Nudge((0, 0), 0, 0, 0)(pictures, seed), pictures, atol=1e-5)
    once = Nudge()(pictures, seed).numpy()
    np.testing.assert_array_equal(once, Nudge()(pictures, seed))
    assert np.abs(once - Nudge()(pictures, tf.constant([1, 3]))).max() > 0.1
    same = Nudge()(tf.concat([pictures[:1], pictures[:1]], 0), seed).numpy()
    assert np.abs(same[0] - same[1]).max() > 0.1  # each picture of a batch goes its own way


def test_a_camera_of_nothing_changes_nothing_and_every_picture_is_taken_differently():
    import tensorflow as tf

    rng, seed = np.random.default_rng(4), tf.constant([1, 2])
    pictures = tf.constant(rng.random((64, 32, 128, 1)), tf.float32)
    np.testing.assert_allclose(Camera()(pictures, seed), pictures, atol=1e-5)
    inverted = Camera(inverted=0.3)(pictures, seed).numpy()
    turned = np.abs(inverted - (1 - pictures)).max((1, 2, 3)) < 1e-5
    np.testing.assert_allclose(inverted[~turned], pictures[~turned], atol=1e-5)
    assert 0.1 < turned.mean() < 0.5
    faded = Camera(faded=0.5)(pictures, seed).numpy()
    left = faded.std((1, 2, 3)) / pictures.numpy().std((1, 2, 3))
    assert 0.5 <= left.min() < 0.6 and 0.9 < left.max() <= 1 and faded.min() >= 0 and faded.max() <= 1
    spread = (Camera(noise=0.2)(pictures, seed) - pictures).numpy().std((1, 2, 3))
    assert spread.min() < 0.03 and 0.17 < spread.max() < 0.21
    together = Camera(2.0, 0.3, 0.5, 0.2)
    np.testing.assert_array_equal(together(pictures, seed), together(pictures, seed))


def test_every_picture_is_blurred_by_its_own_spread():
    import tensorflow as tf

    point = np.zeros((3, 32, 128, 1), np.float32)
    point[:, 16, 64] = 1
    found = blurred(tf.constant(point), tf.constant([[0.0], [1.0], [2.0]])).numpy()[..., 0]
    np.testing.assert_allclose(found[0], point[0, ..., 0], atol=1e-6)
    away = np.arange(-5, 6)
    for row, spread in ((1, 1.0), (2, 2.0)):
        line = np.exp(-0.5 * (away / spread) ** 2)
        expected = np.outer(line, line) / line.sum() ** 2
        np.testing.assert_allclose(found[row, 11:22, 59:70], expected, atol=1e-6)


def test_printed_words_are_of_the_same_kinds_and_never_the_word_itself():
    rng = np.random.default_rng(0)
    made = [print_statistics.lookalike(rng, "Ab9") for _ in range(30)]
    assert all(one[0].isupper() and one[1].islower() and one[2].isdigit() for one in made) and len(set(made)) > 25
    words = print_statistics.drawn("elephant", ("Sans",), 3)
    assert words.shape == (3, 32, 128, 1) and np.abs(words[0] - words[1]).max() > 0.5


def test_the_floor_holds_back_what_hardly_matters():
    import tensorflow as tf

    gradient = tf.constant([[3.0, 0.03]])  # brought to a root mean square of 1: about 1.4141 and 0.0141
    for floor, expected in [(1.0, [1.4141 / 2.4141 * 2, 0.0141 / 1.0141 * 2]), (0.0, [1.0, 1.0])]:
        optimiser = FlooredAdam(floor=floor)
        change, _ = optimiser.step(gradient, optimiser.start(gradient), tf.constant(1.0), 0.1)
        np.testing.assert_allclose(change[0], 0.1 * np.array(expected), rtol=0.01)
