"""The denoiser that dreams of words are held to: what it does, how far it sees, and the gradient that comes of it."""

import numpy as np
import pytest

from explain.gradients.words import denoiser_prior
from explain.gradients.words.denoiser_prior import Residue
from models import crnn, typeface
from models.training import denoiser


@pytest.fixture(scope="module")
def weights():
    return denoiser_prior.weights()


def by_hand(picture, weights):
    """The denoiser in NumPy, tap by tap: `(32, 128)` to the same."""
    arrays, dilations = weights
    values = picture[..., None].astype(np.float64)
    for number, dilation in enumerate(dilations):
        kernel, bias = arrays[2 * number : 2 * number + 2]
        wide = np.pad(values, ((dilation, dilation), (dilation, dilation), (0, 0)))
        taps = [
            wide[down * dilation :, along * dilation :][: picture.shape[0], : picture.shape[1]] @ kernel[down, along]
            for down in range(3)
            for along in range(3)
        ]
        values = sum(taps) + bias
        values = np.maximum(values, 0) if number < len(dilations) - 1 else 1 / (1 + np.exp(-values))
    return values[..., 0]


def denoised(pictures, weights):
    import tensorflow as tf

    return denoiser_prior.denoised(tf.constant(pictures, tf.float32), *weights).numpy()


def test_it_mends_print_in_a_typeface_that_it_never_saw_far_better_than_filters_do(weights):
    found = denoiser.errors(lambda pictures: denoised(pictures, weights), words=24)
    assert found["denoiser"] < 0.6 * min(found["damaged"], found["blur"], found["median"])


def test_it_computes_what_its_arrays_say_and_sees_fifteen_pixels(weights):
    picture = denoiser.printed(np.random.default_rng(1), 1, ("Sans",))[0, ..., 0]
    np.testing.assert_allclose(
        denoised(picture[None, ..., None], weights)[0, ..., 0], by_hand(picture, weights), atol=1e-5
    )
    both = np.random.default_rng(2).uniform(0.3, 0.7, (1, 32, 128, 1)).repeat(2, axis=0)
    both[1, 16, 60] = 1 - both[1, 16, 60].round()
    before, after = denoised(both, weights)
    rows, columns = np.nonzero((before != after)[..., 0])
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (16 - 7, 16 + 7, 60 - 7, 60 + 7)


def test_the_gradient_is_the_way_to_what_the_denoiser_would_have(weights):
    import tensorflow as tf

    objective = Residue(noise=(0.4, 0.2), seeds=(5, 6))
    picture = np.random.default_rng(2).uniform(0.3, 0.7, (2, crnn.HEIGHT, crnn.WIDTH, 1)).astype(np.float32)
    fed = objective.fed(0.5)
    assert fed[0].std() == pytest.approx(0.3, rel=0.05)
    given = tf.constant(picture)
    with tf.GradientTape() as tape:
        tape.watch(given)
        value = objective({"picture": given}, [tf.constant(array) for array in fed])
    gradient = tape.gradient(value, given).numpy()
    away = np.stack(
        [
            one - by_hand(np.clip(one + noise, 0, 1), weights)
            for one, noise in zip(picture[..., 0].astype(np.float64), fed[0][..., 0], strict=True)
        ]
    )
    np.testing.assert_allclose(value.numpy(), 100 * (away**2).mean((1, 2)), rtol=1e-4)
    np.testing.assert_allclose(gradient[..., 0], 200 * away / away[0].size, atol=1e-6)


def test_print_is_left_alone_and_what_no_print_has_is_not():
    import tensorflow as tf

    def residue(pictures):
        objective = Residue(noise=(0.0, 0.0))
        fed = [tf.constant(array) for array in objective.fed(0.0)]
        return objective({"picture": tf.constant(pictures, tf.float32)}, fed).numpy().mean()

    words = np.concatenate([crnn.prepare(typeface.draw_word(text, "Serif")) for text in ("elephant", "KNOW", "a1b2")])
    cut = words.copy()
    cut[:, 15:17] = 1  # a gap through all strokes
    rng = np.random.default_rng(3)
    blobs = np.clip(words + 0.4 * denoiser.blobs(rng, words.shape[:3], (1.5, 1.5))[..., None], 0, 1)
    assert residue(words) < 0.5  # a root mean square of 7 % of the scale, mostly at soft edges
    assert residue(cut) > 1.5 * residue(words) and residue(blobs) > 5 * residue(words)


def test_noise_repeats_and_every_step_and_seed_has_its_own():
    objective = Residue((0.3, 0.1), seeds=(4, 5))
    first, again, next_one = objective.fed(0.25)[0], objective.fed(0.25)[0], objective.fed(0.26)[0]
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - next_one).mean() > 0.1 and np.abs(first[0] - first[1]).mean() > 0.1
    np.testing.assert_array_equal(Residue((0.3, 0.1), seeds=(5,)).fed(0.25)[0][0], first[1])
    assert Residue((0.3, 0.1)) == Residue((0.5, 0.2), seeds=(7,))  # what is fed costs no new trace
