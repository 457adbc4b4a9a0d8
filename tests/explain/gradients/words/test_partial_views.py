"""Views of a dreamt word: what they show, that each is scored as the run it shows, and what stands beside it."""

from __future__ import annotations

import numpy as np

from explain.attribution import targets
from explain.gradients.words.layout import FRAME_PIXELS, borders, labels_of, places, window
from explain.gradients.words.objectives import Text
from explain.gradients.words.transforms import Nudge, Shown, Views
from models import crnn, typeface

STILL = Nudge((0, 0), 0, 0, 0)


def test_windows_share_the_word_out_among_its_characters():
    words = ("on", "ij", "elephant", "WWWWWW", "Mississippimississippi", "a" * 16, "abcdefghijklmnopqrstuvw")
    for text in map(labels_of, (*crnn.LABELS, *words)):
        alone = np.array([window(text, at, at + 1) for at in range(len(text))])
        np.testing.assert_allclose(alone.sum(0), window(text, 0, len(text)), atol=1e-6)
        columns = (places(text)[0] + 1) * FRAME_PIXELS
        assert (np.diff(borders(text)) > 0).all()
        for at, column in enumerate(columns):  # every character's middle is in its own window
            assert alone[at, int(column)] == alone[:, int(column)].max() > 0.5
        assert not alone[:, [0, 1, -2, -1]].any()


def test_runs_repeat_with_their_seed_and_cover_every_character_in_time():
    texts = (labels_of("hello"), labels_of("a"))
    views = Views(4, 0.5, texts, 40, seed=3)
    assert views.runs(7) == Views(4, 0.5, texts, 40, seed=3).runs(7) != views.runs(8)
    seen, single = set(), 0
    for step in range(40):
        assert [text for text, _ in views.runs(step)] == [texts[0]] * 4 + [texts[1]] * 4
        runs = [run for _, run in views.runs(step)]
        assert len(runs) == 8 and runs[0] == (0, 5) and runs[4:] == [(0, 1)] * 4
        assert all(0 <= first < end <= 5 for first, end in runs[1:4])
        single += sum(end - first == 1 for first, end in runs[1:4])
        seen |= {at for first, end in runs[1:4] for at in range(first, end)}
    assert seen == set(range(5)) and 40 < single < 80  # 120 partial views, half of them with one character


def test_a_view_shows_its_characters_and_paper():
    import tensorflow as tf

    text = labels_of("on")
    views = Views(3, 1.0, (text,), 5)
    ink = tf.zeros([1, 32, 128, 1])
    shown = Shown(views, STILL)
    pictures = shown(ink, tf.constant([0, 0]), *map(tf.constant, shown.fed(2))).numpy()
    assert pictures.shape == (3, 32, 128, 1)
    for picture, (_, run) in zip(pictures, views.runs(2), strict=True):
        np.testing.assert_allclose(picture[5, :, 0], 1 - window(text, *run), atol=1e-5)


def test_only_partial_views_are_made_harder_to_read():
    import tensorflow as tf

    views = Views(3, 1.0, (labels_of("on"), labels_of("in")), 5)
    pictures, seed = tf.random.stateless_uniform([2, 32, 128, 1], [1, 2]), tf.constant([0, 0])
    plain, harder = Shown(views, STILL), Shown(views, STILL, lambda seen, seed: 1 - seen)
    windows = [tf.constant(array) for array in plain.fed(0)]
    before, after = plain(pictures, seed, *windows).numpy(), harder(pictures, seed, *windows).numpy()
    np.testing.assert_array_equal(after[[0, 3]], before[[0, 3]])
    np.testing.assert_allclose(after[[1, 2, 4, 5]], 1 - before[[1, 2, 4, 5]], atol=1e-6)


def test_each_view_is_scored_as_the_run_that_it_shows():
    import tensorflow as tf

    rng = np.random.default_rng(5)
    texts = (labels_of("hello"), labels_of("Mississippi"))
    views = Views(3, 0.5, texts, 9, seed=1)
    logits = rng.standard_normal((6, crnn.FRAMES, len(crnn.LABELS) + 1)).astype(np.float32) * 3
    objective = Text(texts=texts, views=views)
    fed = [tf.constant(array) for array in objective.fed(4 / 9)]
    found = objective({"logits": tf.constant(logits), "picture": tf.zeros([2, 32, 128, 1])}, fed).numpy()
    assert found.shape == (2,)
    by_run = []
    for row, (_, (first, end)) in enumerate(views.runs(4)):
        target = targets.WholeText(texts[row // 3][first:end], crnn.BLANK)
        by_run.append(targets.score(target, {"logits": logits[row : row + 1]})[0])
    np.testing.assert_allclose(found, np.reshape(by_run, (2, 3)).mean(1), rtol=1e-4)


def test_of_finished_pictures_the_whole_text_is_scored():
    import tensorflow as tf

    text = labels_of("hello")
    logits = np.random.default_rng(6).standard_normal((1, crnn.FRAMES, len(crnn.LABELS) + 1)).astype(np.float32)
    objective = Text(texts=(text,), views=Views(4, 0.6, (text,), 9))
    fed = [tf.constant(array) for array in objective.fed(1.0)]
    found = objective({"logits": tf.constant(logits), "picture": tf.zeros([1, 32, 128, 1])}, fed).numpy()
    whole = targets.score(targets.WholeText(text, crnn.BLANK), {"logits": logits})
    np.testing.assert_allclose(found, whole, rtol=1e-4)


def test_a_single_character_has_the_room_that_print_would_take():
    for character in crnn.LABELS:
        text = labels_of(character)
        printed = crnn.fitted_width(*typeface.draw_word(character, "Sans").size)
        assert window(text, 0, 1).sum() >= min(printed, 100), character


def test_a_text_that_needs_every_frame_is_set_over_all_of_them():
    text = labels_of("a" * 16)  # a character on every second frame, whatever the layout would rather have
    middles, gap = places(text)
    assert (np.abs(middles - np.arange(0, 31, 2)) < gap / 2).all()
