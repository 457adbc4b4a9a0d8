"""Ink where it should not be, shared unevenly, or in blots: each penalty against numbers had by hand."""

import numpy as np
import pytest

from explain.gradients.words.ink_penalties import Beside, Blots, Uneven, paper_of, windows_of
from explain.gradients.words.layout import borders, labels_of, window


def found(objective, ink):
    """The penalty of pictures whose ink is given, `(batch, 32, 128)` or what can be spread to it."""
    import tensorflow as tf

    pictures = 1 - np.broadcast_to(ink, (*np.shape(ink)[:1], 32, 128)).astype(np.float32)[..., None]
    return objective({"picture": tf.constant(pictures)}, [tf.constant(array) for array in objective.fed(0.0)]).numpy()


def test_ink_beside_the_word_is_counted_and_no_other():
    text = labels_of("on")
    paper, inside = paper_of([text], 0.0), window(text, 0, 2)
    objective, soft = Beside(paper), (inside > 0) & (inside < 1)
    assert found(objective, inside[None, None]) == pytest.approx(100 * (paper[0, 0, :, 0] * inside).mean(), rel=1e-4)
    away = np.where(inside == 0, 1.0, 0.0)
    assert found(objective, away[None, None]) == pytest.approx(100 * away.mean(), rel=1e-4)
    middle = borders(text)[1]  # halfway between o and n is part of the word
    assert paper[0, 0, int(middle), 0] <= 0.5 and soft.sum() < 10


def test_between_characters_a_share_of_the_columns_is_paper():
    text = labels_of("KNOW")
    paper, bounds = paper_of([text], 0.5)[0, 0, :, 0], borders(text)
    for at in range(4):
        left, right = bounds[at : at + 2]
        inked = (1 - paper)[int(np.ceil(left)) : int(right)].sum()
        assert inked == pytest.approx((right - left) / 2, abs=1)
        assert paper[int((left + right) / 2)] == 0
    assert paper[int(bounds[2])] > 0.95


def test_unevenness_is_what_a_character_has_beyond_what_is_free():
    windows = np.zeros((2, 3, 128), np.float32)
    windows[0, 0, 10:30] = windows[0, 1, 30:60] = 1  # two characters, and three
    windows[1, 0, 10:30] = windows[1, 1, 30:40] = windows[1, 2, 40:90] = 1
    ink = np.stack([0.2 * windows[0].sum(0), 0.3 * windows[1, 0]])[:, None]
    even, uneven = found(Uneven(windows, 0.3), ink)
    assert even == pytest.approx(0, abs=1e-3)
    # one of three has all: 3 times the mean, so 2 too much, and the others 1 too little, 0.3 of each free
    assert uneven == pytest.approx((1.7**2 + 0.7**2 + 0.7**2) / 3, rel=0.03)
    assert found(Uneven(windows, 0.3), 2 * ink)[1] == pytest.approx(uneven, rel=0.02)  # how much in all does not count


def test_windows_of_several_texts_are_filled_up():
    windows = windows_of([labels_of("ab"), labels_of("abc")])
    assert windows.shape == (2, 3, 128) and not windows[0, 2].any()
    np.testing.assert_array_equal(windows[1, 1], window(labels_of("abc"), 1, 2))


def test_blots_are_squares_fuller_than_print():
    ink = np.zeros((3, 32, 128))
    ink[0, 10:14] = 1  # a stroke 4 pixels thick fills 4 of 6 rows
    ink[1, 10:16, 20:26] = 1
    ink[2] = 1
    stroke, blot, full = found(Blots(6, 0.7), ink)
    assert stroke == 0 and full == pytest.approx(100 * 0.3, rel=1e-4)
    # squares moved by (dy, dx) hold (6 - |dy|)(6 - |dx|) of 36
    shares = [(6 - abs(dy)) * (6 - abs(dx)) / 36 for dy in range(-5, 6) for dx in range(-5, 6)]
    assert blot == pytest.approx(100 * sum(max(0, share - 0.7) for share in shares) / (27 * 123), rel=1e-4)


def test_print_itself_has_hardly_a_blot():
    from explain.gradients.words.print_statistics import drawn

    ink = 1 - drawn("Printed9", ("Sans",), 24)[..., 0]
    assert found(Blots(), ink).max() < 0.05
