"""What is moved instead of pixels: contrast, spectrum, gradients, growing."""

import numpy as np
import pytest

from explain.gradients.visualisation.parametrisation import Fourier, Pixels


@pytest.mark.parametrize("size", [32, 45])
def test_standard_normal_coefficients_have_the_contrast_of_photographs(size):
    image = Fourier(size)
    clouds = np.concatenate([image.pictures(image.start(seed, 1.0)).numpy() for seed in range(20)])
    assert clouds.shape == (20, size, size, 3)
    assert 0.15 < np.sqrt(clouds.var((1, 2)).mean()) < 0.28  # Tiny ImageNet's pictures: 0.22


def test_amplitudes_fall_with_frequency():
    import tensorflow as tf

    power = np.mean(
        [np.abs(np.fft.fft2(_before_sigmoid(Fourier(64, 1.0, 9.0), seed))) ** 2 for seed in range(60)], axis=0
    )
    tf.debugging.assert_greater(power[2, 0], power[8, 0])
    # amplitude 1 / f: power falls by 16 from 2 to 8 cycles
    assert power[0:1, 2].mean() / power[0:1, 8].mean() == pytest.approx(16, rel=0.7)


def _before_sigmoid(image, seed):
    picture = image.pictures(image.start(seed, 1.0)).numpy()[0].mean(-1)
    return np.log(picture / (1 - picture))


def test_growing_keeps_the_picture():
    import tensorflow as tf

    small, large = Fourier(32, low_pass=0.15), Fourier(64)
    coefficients = small.start(1, 0.5)
    before = small.pictures(coefficients).numpy()
    after = large.pictures(small.grown(coefficients, large)).numpy()
    assert after.shape == (1, 64, 64, 3)
    np.testing.assert_allclose(
        after[:, ::2, ::2], before, atol=0.02
    )  # every other pixel sits where the small one's sat
    assert np.abs(after - tf.image.resize(before, (64, 64), "bicubic").numpy()).mean() < 0.05


def test_a_word_can_be_as_wide_as_it_is():
    image = Fourier((20, 48))
    pictures = image.pictures(image.start(0, 1.0, 2)).numpy()
    assert pictures.shape == (2, 20, 48, 3)
    larger = image.pictures(Fourier((10, 24)).grown(Fourier((10, 24)).start(0, 1.0), image)).numpy()
    assert larger.shape == (1, 20, 48, 3)


def test_lucids_scale_is_that_of_lucid():
    """Its picture, worked out as its code tells: spectrum over frequency, times the root of the pixels, a quarter."""
    image = Fourier(16, decay=1.0, low_pass=np.inf, contrast=None, mean=(0.5, 0.5, 0.5))
    coefficients = image.start(0, 0.01)
    frequency = np.hypot(np.fft.fftfreq(16)[:, None], np.fft.rfftfreq(16)[None])
    spectrum = (coefficients[0, 0] + 1j * coefficients[0, 1]) * 16 / np.maximum(frequency, 1 / 16)
    planes = np.fft.irfft2(spectrum, (16, 16)) / 4
    axes = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
    colours = np.einsum("chw,rc->hwr", planes, axes / np.linalg.norm(axes, axis=0).max())
    np.testing.assert_allclose(image.pictures(coefficients).numpy()[0], 1 / (1 + np.exp(-colours)), atol=1e-5)


@pytest.mark.parametrize("image", [Fourier(8), Fourier((6, 9), decay=1.0), Pixels((6, 8))])
def test_the_gradient_is_that_of_finite_differences(image):
    import tensorflow as tf

    random = np.random.default_rng(3)
    coefficients = image.start(1, 0.3)
    direction = random.standard_normal(coefficients.shape).astype(np.float32)
    weights = random.standard_normal(image.pictures(coefficients).shape)

    def value(at):
        return float((image.pictures(at).numpy().astype(np.float64) * weights).sum())

    with tf.GradientTape() as tape:
        variable = tf.constant(coefficients)
        tape.watch(variable)
        total = tf.reduce_sum(image.pictures(variable) * tf.constant(weights, tf.float32))
    slope = float((tape.gradient(total, variable).numpy() * direction).sum())
    step = 0.02
    differences = (value(coefficients + step * direction) - value(coefficients - step * direction)) / (2 * step)
    assert slope == pytest.approx(differences, rel=5e-3)


def test_pixels_begin_at_grey_and_grow_to_the_same_picture():
    image = Pixels(20)
    values = image.pictures(image.start(0, 0.05)).numpy()
    assert values.shape == (1, 20, 20, 3)
    assert values.mean() == pytest.approx(0.5, abs=0.01) and values.std() == pytest.approx(0.05, rel=0.1)
    ramp = np.broadcast_to(np.linspace(0, 255, 20, dtype=np.float32)[None, :, None, None], (1, 20, 20, 3))
    grown = image.grown(ramp, Pixels(40))
    assert grown.shape == (1, 40, 40, 3)
    np.testing.assert_allclose(grown.reshape(1, 20, 2, 20, 2, 3).mean((2, 4))[:, 2:-2], ramp[:, 2:-2], atol=1.0)


def test_pale_pixels_may_be_shown_with_a_contrast_of_their_own():
    pale = Pixels(20, contrast=0.1)
    coefficients = pale.start(0, 0.01, 2) + 20
    shown = pale.shown(coefficients).numpy()
    assert shown.mean((1, 2, 3)) == pytest.approx(0.5, abs=1e-4)
    assert shown.std((1, 2, 3)) == pytest.approx(0.1, rel=1e-3)
    np.testing.assert_array_equal(Pixels(20).shown(coefficients), Pixels(20).pictures(coefficients))
