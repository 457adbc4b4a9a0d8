"""Views: the same word otherwise, never moved out of sight; bfloat16 where it does no harm."""

import numpy as np
import pytest

from models.training.views import Viewed, Views, in_bfloat16

STILL = {name: 0.0 for name in ("shift", "slant", "tilt", "inverted", "contrast", "gamma", "blur", "noise")} | {
    "tall": 1.0
}


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(0).random((6, 32, 128, 1), dtype=np.float32)


def test_nothing_changes_where_nothing_may(pictures):
    np.testing.assert_allclose(np.asarray(Views(1, **STILL)(pictures)), pictures, atol=1e-5)


def test_every_showing_is_another_and_stays_a_picture(pictures):
    views = Views(1)
    first, second = np.asarray(views(pictures)), np.asarray(views(pictures))
    assert first.shape == pictures.shape and min(first.min(), second.min()) >= 0 and max(first.max(), second.max()) <= 1
    assert np.abs(first - second).mean(axis=(1, 2, 3)).min() > 0.01
    np.testing.assert_array_equal(first, np.asarray(Views(1)(pictures)))  # of one seed the same


def test_ink_moves_by_no_more_than_is_said():
    dot = np.zeros((64, 32, 128, 1), np.float32)
    dot[:, 15:17, 60:68] = 1
    seen = np.asarray(Views(3, **STILL | {"shift": 2.0})(dot))[..., 0]
    columns = (seen.sum(axis=1) * np.arange(128)).sum(axis=1) / seen.sum(axis=(1, 2))
    rows = (seen.sum(axis=2) * np.arange(32)).sum(axis=1) / seen.sum(axis=(1, 2))
    assert 1.2 < np.abs(columns - 63.5).max() <= 2.01 and 0.6 < np.abs(rows - 15.5).max() <= 1.01
    assert columns.min() < 63 < 64 < columns.max()


def test_slant_and_tilt_turn_about_the_middle():
    upright = np.zeros((64, 32, 128, 1), np.float32)
    upright[:, :, 63:65] = 1
    seen = np.asarray(Views(3, **STILL | {"slant": 0.12})(upright))[..., 0]
    places = (seen * np.arange(128)).sum(axis=2) / seen.sum(axis=2)
    assert np.abs(places[:, 15:17].mean(axis=1) - 63.5).max() < 0.05
    leaning = (places[:, 0] - places[:, 31]) / 31
    assert 0.08 < np.abs(leaning).max() <= 0.121 and leaning.min() < 0 < leaning.max()


def test_the_share_inverted_is_inverted(pictures):
    half = np.asarray(Views(2, **STILL | {"inverted": 0.5})(pictures.repeat(40, axis=0)))
    inverted = np.isclose(half, 1 - pictures.repeat(40, axis=0), atol=1e-5).all(axis=(1, 2, 3))
    kept = np.isclose(half, pictures.repeat(40, axis=0), atol=1e-5).all(axis=(1, 2, 3))
    assert (inverted | kept).all() and 0.4 < inverted.mean() < 0.6


def test_pictures_are_read_as_they_are(pictures):
    class Seen:
        def __call__(self, shown, training):
            return shown

    viewed = Viewed.__new__(Viewed)
    object.__setattr__(viewed, "views", lambda shown: -shown)
    object.__setattr__(viewed, "network", Seen())
    assert viewed.call(pictures) is pictures
    np.testing.assert_array_equal(viewed.call(pictures, training=True), -pictures)


def test_bfloat16_is_for_convolutions_and_weights_stay_single():
    from models import crnn

    plain = crnn.build(logits=True)
    mixed = in_bfloat16(plain)
    for layer in mixed.layers[1:]:
        recurrent = layer.name in ("blstm_1", "blstm_2", "outputs")
        assert layer.compute_dtype == ("float32" if recurrent else "bfloat16"), layer.name
        assert all(weight.dtype == "float32" for weight in layer.weights if "seed" not in weight.path)
    mixed.set_weights(plain.get_weights())
    picture = np.random.default_rng(1).random((2, 32, 128, 1), dtype=np.float32)
    a, b = np.asarray(plain(picture)), np.asarray(mixed(picture))
    assert b.dtype == np.float32 and np.abs(a - b).max() < 0.03 * np.abs(a).max() + 0.01
