"""Each transform against an answer known beforehand."""

import numpy as np
import pytest

from explain.gradients.visualisation import transforms


def test_no_change_is_the_identity():
    picture = np.random.default_rng(0).random((2, 9, 9, 3), dtype=np.float32)
    seed = np.array([1, 2])
    np.testing.assert_allclose(transforms.Move()(picture, seed), picture, atol=1e-5)
    np.testing.assert_allclose(transforms.Noise(0.0)(picture, seed), picture)
    np.testing.assert_allclose(transforms.chain()(picture, seed), picture)


def test_moving_moves_a_point_by_the_same_way_for_the_whole_batch():
    picture = np.zeros((2, 41, 41, 1), np.float32)
    picture[:, 20, 20] = 1
    places = []
    for step in range(8):
        moved = transforms.Move(5.0)(picture, np.array([0, step])).numpy()[..., 0]
        np.testing.assert_array_equal(moved[0], moved[1])
        assert moved[0].sum() == pytest.approx(1, abs=1e-4)
        places.append([(moved[0] * axis).sum() - 20 for axis in np.mgrid[:41, :41]])
    assert 1 < np.abs(places).max() <= 5
    assert len(np.unique(np.round(places, 3), axis=0)) == 8


def test_enlarging_and_turning_go_about_the_middle():
    picture = np.zeros((1, 41, 41, 1), np.float32)
    picture[0, 20, 30] = 1  # 10 to the right of the middle
    larger = transforms.Move(scale=(1.5, 1.5))(picture, np.array([0, 0])).numpy()[0, ..., 0]
    assert np.unravel_index(larger.argmax(), larger.shape) == (20, 35)
    turned = transforms.Move(degrees=90.0)(picture, np.array([0, 3])).numpy()[0, ..., 0]
    y, x = np.unravel_index(turned.argmax(), turned.shape)
    assert np.hypot(y - 20, x - 20) == pytest.approx(10, abs=0.8) and (y, x) != (20, 30)


def test_the_shift_can_be_told_as_a_share_of_the_shorter_side():
    picture = np.random.default_rng(0).random((1, 20, 50, 1), dtype=np.float32)
    seed = np.array([3, 4])
    np.testing.assert_array_equal(transforms.Move(share=0.1)(picture, seed), transforms.Move(pixels=2.0)(picture, seed))


def test_rolling_and_cropping_only_move_pixels():
    picture = np.arange(2 * 12 * 10 * 1, dtype=np.float32).reshape(2, 12, 10, 1)
    rolled = transforms.Roll(0.3)(picture, np.array([1, 2])).numpy()
    assert sorted(rolled[0].ravel()) == sorted(picture[0].ravel()) and (rolled != picture).any()
    tops = set()
    for step in range(20):
        part = transforms.Crop(3)(picture, np.array([0, step])).numpy()
        assert part.shape == (2, 9, 7, 1)
        top, left = divmod(int(part[0, 0, 0, 0]), 10)
        np.testing.assert_array_equal(part, picture[:, top : top + 9, left : left + 7])
        tops.add(top)
    assert tops == {0, 1, 2, 3}


def test_padding_is_grey_and_blur_keeps_the_light():
    picture = np.zeros((1, 15, 15, 2), np.float32)
    picture[0, 7, 7] = 1
    padded = transforms.Pad(2)(picture, np.array([0, 0])).numpy()
    assert padded.shape == (1, 19, 19, 2) and (padded[:, :2] == 0.5).all() and padded[0, 9, 9, 0] == 1
    blurred = transforms.Blur(1.0)(picture, np.array([0, 0])).numpy()
    assert blurred.shape == picture.shape and blurred.sum() == pytest.approx(2, abs=1e-4)
    places = np.arange(15) - 7
    assert (blurred[0, ..., 0].sum(0) * places**2).sum() == pytest.approx(1.0, rel=0.15)  # the variance
    flat = np.full((1, 9, 9, 1), 0.3, np.float32)
    np.testing.assert_allclose(transforms.Blur(2.0)(flat, np.array([0, 0])), flat, atol=1e-5)


def test_parts_that_are_alike_compare_equal():
    assert transforms.chain(transforms.Move(3.0), transforms.Noise(0.1)) == transforms.chain(
        transforms.Move(3.0), transforms.Noise(0.1)
    )
    assert hash(transforms.Move(3.0)) != hash(transforms.Move(4.0))
