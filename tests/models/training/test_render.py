"""The renderer: the same word from the same seed, legible, its characters where it says they are."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from models.crnn import BLANK, LABELS
from models.training import paint
from models.training.fonts import OFFERED, Font
from models.training.render import Batch, Renderer, frame_labels, lay_out, with_marks
from models.training.settings import Settings
from models.training.sheets import contact_sheet, write_words

PLAIN = Settings(
    gradient=0, blotches=0, grain=0, clutter=0, neighbour=0, outline=0, hollow=0, shadow=0, noise=0, motion=0
)
PLAIN = replace(PLAIN, low=0, blur=0, jpeg=0, light=0, bounce=0, margin=(0.05, 0.3))


@pytest.fixture(scope="module")
def renderer(bundled, words):
    return Renderer(bundled, words)


@pytest.mark.parametrize("difficulty", [0.0, 0.5, 1.0])
def test_a_word_is_its_seed_and_number(renderer, difficulty):
    first, again = renderer.draw(5, 17, difficulty), renderer.draw(5, 17, difficulty)
    assert first.text == again.text
    np.testing.assert_array_equal(np.asarray(first.picture), np.asarray(again.picture))
    np.testing.assert_array_equal(first.edges, again.edges)
    others = [
        np.asarray(renderer.draw(5, 18, difficulty).picture),
        np.asarray(renderer.draw(6, 17, difficulty).picture),
    ]
    assert not any(np.array_equal(np.asarray(first.picture), other) for other in others)


@pytest.mark.parametrize("share", [0.0, 0.1, 1.0])
def test_script_faces_have_their_share_and_the_rest_goes_by_legibility(words, share):
    fonts = [
        Font(name, name, True, legible) for name, legible in (("Kristi", 0.1), ("Z003", 0.4), ("A", 0.9), ("B", 0.3))
    ]
    drawing, rng = Renderer(fonts, words, Settings(script=share)), np.random.default_rng(3)
    drawn = [drawing._font(rng).family for _ in range(4000)]
    wanted = {"Kristi": share / 2, "Z003": share / 2, "A": 0.9 * (1 - share), "B": 0.1 * (1 - share)}
    for name, expected in wanted.items():
        assert drawn.count(name) / 4000 == pytest.approx(expected, abs=0.025)


def test_the_script_face_that_the_page_offers_is_drawn_more_often(words):
    fonts = [Font(name, name, True, 0.5) for name in ("Kristi", OFFERED, "A")]
    drawing = Renderer(fonts, words, Settings(script=0.5, offered=3.0))
    np.testing.assert_allclose(drawing.shares, [0.125, 0.5, 1.0])


@pytest.mark.parametrize("families", [("Kristi", "Z003"), ("A", "B")])
def test_with_one_kind_of_face_alone_that_kind_is_all_there_is(words, families):
    drawing = Renderer([Font(name, name, True, 0.5) for name in families], words)
    np.testing.assert_allclose(drawing.shares, [0.5, 1.0])


def test_hundred_hard_words_are_sound(renderer):
    for i in range(100):
        sample = renderer.draw(2, i, 1.0)
        assert sample.picture.mode == "L" and min(sample.picture.size) >= 6
        assert sample.edges.shape == (len(sample.text), 2) and np.isfinite(sample.edges).all()
        assert (sample.edges[:, 1] > sample.edges[:, 0]).all()
        assert set(sample.text) <= set(LABELS)


@pytest.mark.parametrize("warp", [0.0, 1.0])
def test_ink_stands_between_the_edges_told(bundled, words, warp):
    """Two slender letters far apart: darkness within their edges, none between them."""
    renderer = Renderer([bundled[0]], words, replace(PLAIN, warp=warp, tracking=(0.9, 1.0), curve=0))
    for i in range(20):
        sample = renderer.draw(4, i, 1.0, text="ll")
        columns = np.asarray(sample.picture.convert("L"), np.float32).min(axis=0)
        width = len(columns)
        (a, b), (c, d) = sample.edges * width
        dark = (columns.max() + columns.min()) / 2
        inside = np.r_[columns[max(0, int(a) - 1) : int(b) + 2].min(), columns[int(c) - 1 : int(d) + 2].min()]
        assert (inside < dark).all()
        if warp == 0:
            assert columns[int(b) + 2 : int(c) - 2].min() > dark


def test_clean_words_have_contrast_both_ways(renderer):
    lighter = 0
    for i in range(60):
        levels = np.asarray(renderer.draw(8, i, 0.0).picture.convert("L"), np.float32)
        low, high = np.percentile(levels, (2, 98))
        assert high - low > 60
        lighter += np.median(levels) < (low + high) / 2
    assert 5 < lighter < 40


def test_harder_words_are_longer(renderer):
    def lengths(d):
        return [len(renderer.draw(1, i, d).text) for i in range(60)]

    assert max(lengths(0.0)) <= Settings().longest[0] < max(lengths(1.0))
    assert max(len(renderer.draw(1, i, 1.0, longest=3).text) for i in range(30)) <= 3


def test_fonts_without_small_letters_draw_capitals(bundled, words):
    caps = Renderer([replace(bundled[0], small=False)], words)
    assert not any(c.islower() for i in range(40) for c in caps.draw(1, i).text)


def test_layout_boxes_hold_each_glyph(bundled):
    rng = np.random.default_rng(0)
    mask, boxes = lay_out(rng, "iWi", bundled[4].path, Settings(), 0.0)
    assert mask.max() > 200 and boxes.shape == (3, 4)
    widths = boxes[:, 2] - boxes[:, 0]
    assert widths[1] > widths[0] and widths[0] == widths[2]
    ink = mask.astype(int).sum(axis=0)
    covered = np.zeros(mask.shape[1], bool)
    for left, _, right, _ in boxes.astype(int):
        covered[left:right] = True
    assert ink[~covered].sum() == 0


def test_frames_tell_the_character_over_its_middle():
    # three characters over a third of the picture each; frame t looks at pixel 4 (t + 1) of 128
    edges = np.array([[0, 1 / 3], [1 / 3, 2 / 3], [2 / 3, 1]])
    found = frame_labels(edges, np.array([7, 7, 9]), 31)
    centres = (np.arange(31) + 1) / 32
    for centre, label in zip(centres, found, strict=True):
        part = int(centre * 3)
        near = abs(centre - (part + 0.5) / 3) <= 0.22 / 3
        assert label == ((7, 7, 9)[part] if near else BLANK)


def test_a_slender_character_keeps_one_frame():
    found = frame_labels(np.array([[0.5, 0.505]]), np.array([11]), 31)
    assert (found == 11).sum() == 1 and abs(int(np.flatnonzero(found == 11)[0]) - 15) <= 1


def test_a_batch_is_its_words(renderer):
    batch = renderer.batch(3, 10, 6, 0.5)
    assert batch.pictures.shape == (6, 32, 128) and batch.pictures.dtype == np.uint8 and batch.frames.shape == (6, 31)
    for row, text in zip(batch.labels, batch.texts, strict=True):
        assert "".join(LABELS[i] for i in row if i >= 0) == text
    assert batch.texts[2] == renderer.draw(3, 12, 0.5).text
    narrow = renderer.batch(3, 10, 6, 0.5, width=64, longest=5)
    assert narrow.pictures.shape == (6, 32, 64) and narrow.frames.shape == (6, 15)
    for frames, row in zip(narrow.frames, narrow.labels, strict=True):
        kept = [f for f, before in zip(frames, [BLANK, *frames[:-1]], strict=True) if f not in (BLANK, before)]
        assert set(kept) <= set(row.tolist())


def test_homography_takes_corners_to_corners():
    source = np.array([[0, 0], [4, 0], [4, 2], [0, 2]], float)
    target = np.array([[1, 1], [6, 0], [5, 4], [0, 3]], float)
    np.testing.assert_allclose(paint.apply(paint.homography(source, target), source), target, atol=1e-9)


def test_frames_follow_a_picture_that_does_not_fill_its_columns(renderer):
    """A picture of half the network's width: every character stands in the first half of the frames."""
    sample = renderer.draw(1, 0, 0.0, text="ab")
    half = replace(sample, picture=sample.picture.resize((64, 32)))
    frames = Batch.of([half]).frames[0]
    assert set(frames[frames != BLANK].tolist()) == {0, 1} and np.flatnonzero(frames != BLANK).max() < 16


def test_a_crop_may_reach_beyond_the_mask():
    mask = np.full((10, 10), 200, np.uint8)
    found = paint.crop(mask, (-10, 0, 10, 10), (20, 10))
    assert found.shape == (10, 20) and found[:, :8].max() == 0 and found[:, 12:].min() == 200


def test_no_fonts_is_told():
    with pytest.raises(ValueError, match="--install"):
        Renderer([])


def test_sheets_and_folders(renderer, tmp_path):
    samples = [renderer.draw(1, i, 0.3) for i in range(7)]
    assert contact_sheet(samples, columns=3).size == (3 * 266, 3 * 88)
    write_words(samples, tmp_path / "words")
    lines = (tmp_path / "words" / "words.jsonl").read_text().splitlines()
    assert len(lines) == 7
    with Image.open(tmp_path / "words" / "00003.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), np.asarray(samples[3].picture))


def test_labels_are_filled_up_with_minus_one(renderer):
    samples = [renderer.draw(1, 0, 0.0, text=text) for text in ("a", "wall")]
    np.testing.assert_array_equal(Batch.of(samples).labels, [[0, -1, -1, -1], [22, 0, 11, 11]])


def test_marks_are_drawn_but_have_no_label():
    for seed in range(60):
        shown, kept = with_marks(np.random.default_rng(seed), "Today", 1.0)
        assert len(shown) == 6 and "".join(shown[i] for i in kept) == "Today"
        assert not (set(shown) - set("Today")) & set(LABELS)
    assert with_marks(np.random.default_rng(0), "Today", 0.0) == ("Today", [0, 1, 2, 3, 4])


def test_a_marked_word_keeps_its_edges(bundled, words):
    marked = Renderer(bundled, words, Settings(marks=1e9))
    for index in range(8):
        sample = marked.draw(1, index, 0.01, text="Today")
        assert sample.text == "Today" and sample.edges.shape == (5, 2)
        assert np.all(np.diff(sample.edges.mean(axis=1)) > 0)
