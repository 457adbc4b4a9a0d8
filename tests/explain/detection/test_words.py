"""Words found on pictures drawn here, whose boxes are known."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from explain.detection.gaps import spans
from explain.detection.lines import lines
from explain.detection.words import find
from models.typeface import FOLDER, FONTS, draw_word
from tests.benchmarks.proposals import overlap
from tests.benchmarks.scenes import scene


def on_paper(rows: list[str], pixels: int, ground="white", ink="black", mode="RGB") -> tuple[Image.Image, list]:
    """Rows of words from the top, and the words' boxes in reading order."""
    font = ImageFont.truetype(str(FOLDER / FONTS["Serif"]), pixels, layout_engine=ImageFont.Layout.BASIC)
    picture = Image.new(mode, (12 * pixels, 2 * pixels * (len(rows) + 1)), ground)
    canvas, boxes = ImageDraw.Draw(picture), []
    for number, row in enumerate(rows, 1):
        left = pixels
        for word in row.split():
            canvas.text((left, 2 * pixels * number), word, font=font, fill=ink, anchor="ls")
            boxes.append(canvas.textbbox((left, 2 * pixels * number), word, font=font, anchor="ls"))
            left += font.getlength(word + " ")
    return picture, boxes


@pytest.mark.parametrize(
    ("ground", "ink", "mode"), [("white", "black", "RGB"), ("navy", "yellow", "RGB"), (30, 220, "L")]
)
def test_words_come_in_reading_order(ground, ink, mode):
    picture, true = on_paper(["Garden by night", "seven boats"], 36, ground, ink, mode)
    found = find(picture)
    assert len(found) == 5
    assert all(overlap(a, b) > 0.5 for a, b in zip(found, true, strict=True))


def test_nothing_on_an_empty_picture():
    assert find(Image.new("RGB", (400, 300), "white")) == []
    assert find(Image.new("L", (1, 1))) == []


@pytest.mark.parametrize("quick", [False, True])
def test_a_word_cut_close_is_one_word(quick):
    for text in ("Garden", "w", "internationalization"):
        picture = draw_word(text, "Sans")
        (box,) = find(picture, quick=quick)
        assert overlap(box, (0, 0, *picture.size)) > 0.45


def test_quick_tells_more_than_one_word():
    assert len(find(on_paper(["yellow bicycle"], 30)[0], quick=True)) == 2
    assert len(find(on_paper(["Travel light", "and read"], 30)[0], quick=True)) > 1


def test_most_words_of_a_page_and_a_screenshot_have_a_box():
    for number in (0, 1):
        drawn = scene(number)
        boxes = find(drawn.picture)
        fitting = [max((overlap(box, true) for box in boxes), default=0) > 0.4 for _, true in drawn.words]
        assert np.mean(fitting) > 0.8
        assert all(box[0] >= 0 and box[1] >= 0 for box in boxes)
        assert all(box[2] <= drawn.picture.width and box[3] <= drawn.picture.height for box in boxes)


def stripes(gaps: list[int], width: int = 8) -> np.ndarray:
    """Bars of 24 rows in a strip of 32, with these gaps between them."""
    strip, at = np.zeros((32, sum(gaps) + width * (len(gaps) + 1) + 40), np.float32), 20
    for gap in [*gaps, 0]:
        strip[4:28, at : at + width] = 200
        at += width + gap
    return strip


@pytest.mark.parametrize(("gaps", "words"), [([2] * 6, 1), ([2, 2, 9, 2, 2], 2), ([7] * 5, 1), ([2, 9, 2, 9, 2], 3)])
def test_gaps_part_words_only_where_they_are_wider(gaps, words):
    assert len(spans(stripes(gaps))) == words


def test_two_pieces_of_a_map_are_two_lines_and_a_ring_is_one():
    probabilities = np.zeros((60, 80), np.float32)
    probabilities[5:15, 10:60] = 0.9
    probabilities[30:50, 10:70] = 0.9
    probabilities[36:44, 20:60] = 0
    first, second = lines(probabilities)
    assert first.left < 10 and first.right > 60 and first.top < 5 and 15 < first.bottom < 25
    assert second.left < 10 and second.right > 70 and 20 < second.top < 30 and second.bottom > 50
