"""Class visualisation: each part against an answer known beforehand, the loop on a network small enough to know."""

from dataclasses import replace

import numpy as np
import pytest

from explain.gradients import objectives, transforms
from explain.gradients.dream import PRESETS, DreamSettings, dream, dream_many
from explain.gradients.parametrisation import Fourier

PLAIN = replace(PRESETS["calm"], natural=0.0, smooth=0.0, rate=0.3)


@pytest.fixture(scope="module")
def colours():
    """A network that knows three classes by the mean colour alone: reddish, greenish, bluish."""
    import keras

    picture = keras.Input((None, None, 3), name="input")
    means = keras.layers.GlobalAveragePooling2D(name="global_average")(picture)
    head = keras.layers.Dense(3, "softmax", name="predictions")
    model = keras.Model(picture, head(means))
    blue, green, red = np.eye(3)
    head.set_weights([np.stack([red - green - blue, green - red - blue, blue - red - green], 1) / 50, np.zeros(3)])
    return model


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


def test_no_change_is_the_identity():
    picture = np.random.default_rng(0).random((2, 9, 9, 3), dtype=np.float32)
    seed = np.array([1, 2])
    np.testing.assert_allclose(transforms.move()(picture, seed), picture, atol=1e-5)
    np.testing.assert_allclose(transforms.noise(0.0)(picture, seed), picture)
    np.testing.assert_allclose(transforms.chain()(picture, seed), picture)


def test_moving_moves_a_point_by_the_same_way_for_the_whole_batch():
    picture = np.zeros((2, 41, 41, 1), np.float32)
    picture[:, 20, 20] = 1
    places = []
    for step in range(8):
        moved = transforms.move(5.0)(picture, np.array([0, step])).numpy()[..., 0]
        np.testing.assert_array_equal(moved[0], moved[1])
        assert moved[0].sum() == pytest.approx(1, abs=1e-4)
        places.append([(moved[0] * axis).sum() - 20 for axis in np.mgrid[:41, :41]])
    assert 1 < np.abs(places).max() <= 5
    assert len(np.unique(np.round(places, 3), axis=0)) == 8


def test_enlarging_and_turning_go_about_the_middle():
    picture = np.zeros((1, 41, 41, 1), np.float32)
    picture[0, 20, 30] = 1  # 10 to the right of the middle
    larger = transforms.move(scale=(1.5, 1.5))(picture, np.array([0, 0])).numpy()[0, ..., 0]
    assert np.unravel_index(larger.argmax(), larger.shape) == (20, 35)
    turned = transforms.move(degrees=90.0)(picture, np.array([0, 3])).numpy()[0, ..., 0]
    y, x = np.unravel_index(turned.argmax(), turned.shape)
    assert np.hypot(y - 20, x - 20) == pytest.approx(10, abs=0.8) and (y, x) != (20, 30)


def test_objectives_against_numpy():
    random = np.random.default_rng(0)
    outputs = random.random((2, 6, 5, 4), dtype=np.float32)
    responses = {"logits": np.array([[1.0, 2, 3], [4, 5, 6]], np.float32), "layer": outputs, "picture": outputs}
    np.testing.assert_allclose(objectives.class_logit()(responses, np.array([2, 0])), [3, 4])
    usual, varies = random.random((2, 4)), random.random((2, 4))
    found = np.stack([outputs.mean((1, 2)), np.sqrt(outputs.var((1, 2)) + 0.01)], 1)
    expected = (((found - usual) / (varies + 0.1 * varies.mean(1, keepdims=True))) ** 2).mean((1, 2))
    unnatural = objectives.unnatural({"layer": np.stack([usual, varies]).astype(np.float32)})
    np.testing.assert_allclose(unnatural(responses, None), expected, rtol=1e-4)
    rough = [sum((np.diff(one, axis=axis) ** 2).mean() for axis in (0, 1)) for one in outputs]
    np.testing.assert_allclose(objectives.roughness()(responses, None), np.array(rough) / 0.008, rtol=1e-4)
    both = objectives.weighted((2.0, objectives.class_logit()), (-1.0, objectives.roughness()))
    np.testing.assert_allclose(both(responses, np.array([2, 0])), np.array([6, 8]) - np.array(rough) / 0.008, rtol=1e-4)


def test_pictures_take_the_colour_that_the_class_stands_for(colours):
    results = dream_many(colours, [0, 1, 2], DreamSettings(size=48, steps=30), recipe=PLAIN)
    for channel, result in enumerate(results):
        means = result.picture.reshape(-1, 3).mean(0)
        assert means[channel] > np.delete(means, channel).max() + 30
        assert result.probability > 0.6 and result.steps == 30


def test_the_numbers_are_those_of_a_plain_pass(colours):
    """Keras's own preprocessing and prediction of the finished picture."""
    from keras.applications.vgg16 import preprocess_input

    result = dream(colours, DreamSettings(class_index=1, size=48, steps=3, preset="plain"))
    expected = colours.predict_on_batch(preprocess_input(result.picture[None].astype(np.float32)))[0]
    assert result.probability == pytest.approx(float(expected[1]), abs=1e-5)
    blue, green, red = preprocess_input(result.picture.astype(np.float32)).reshape(-1, 3).mean(0)
    assert result.logit == pytest.approx((green - red - blue) / 50, abs=1e-3)


def test_the_seed_decides_the_picture(colours):
    def picture(seed):
        return dream(colours, DreamSettings(seed=seed, size=48, steps=4, preset="plain")).picture

    first = picture(1)
    np.testing.assert_array_equal(first, picture(1))
    assert (first != picture(2)).mean() > 0.5


def test_progress_is_told_and_false_stops(colours):
    told = []

    def on_step(step, steps, picture, score):
        told.append((step, steps, score))
        if picture is not None:
            assert picture.dtype == np.uint8 and picture.shape[0] == picture.shape[1] and picture.shape[2] == 3
        return step < 11

    result = dream(colours, DreamSettings(size=48, steps=20, preset="plain"), on_step)
    assert [step for step, _, _ in told] == list(range(1, 12)) and {steps for _, steps, _ in told} == {20}
    assert result.steps == 11
    assert told[-1][2] > told[0][2]


@pytest.mark.parametrize(
    "wrong", [{"steps": 1}, {"steps": 2.5}, {"size": 4000}, {"size": True}, {"seed": -1}, {"preset": "loud"}]
)
def test_wrong_settings_say_what_is_wrong(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        DreamSettings(**wrong)
