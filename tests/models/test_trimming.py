"""The empty margin: against the box that a drawn word's ink truly has, and against readings of words cut by it."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from explain.ctc import decoding
from explain.network.session import Network
from models import crnn, trimming
from models.pictures import open_picture
from tests.models import drawn


def whole(picture):
    return (0, 0, *picture.size)


def holds(box, ink):
    return box[0] <= ink[0] and box[1] <= ink[1] and box[2] >= ink[2] and box[3] >= ink[3]


def words(count, margins):
    """Drawn words of all grounds and colours: picture, text, true ink box."""
    for number in range(count):
        rng = np.random.default_rng(number)
        text = drawn.TEXTS[number % len(drawn.TEXTS)]
        picture, ink = drawn.word(rng, text, margins, *drawn.COLOURS[number % 3])
        yield drawn.GROUNDS[number % 4](rng, picture), text, ink


def test_a_wide_margin_goes_and_no_ink_with_it():
    for picture, _, ink in words(48, (0.8, 3.0)):
        left, top, right, bottom = box = trimming.kept(picture)
        assert holds(box, ink)
        most = 0.4 * (ink[3] - ink[1]) + 8  # a fifth is left; JPEG's blocks of eight pixels may be taken for ink
        assert ink[0] - left <= most and ink[1] - top <= most and right - ink[2] <= most and bottom - ink[3] <= most


def test_any_margin_leaves_all_ink_and_nothing_to_trim():
    for picture, _, ink in words(48, (0.0, 2.0)):
        box = trimming.kept(picture)
        assert holds(box, ink)
        once = picture.crop(box)
        assert trimming.kept(once) == whole(once)


def test_trimmed_words_are_read_as_those_cut_close_by_their_true_box():
    trimmed, close = [], []
    for picture, _, ink in words(50, (0.8, 3.0)):
        margin = round(trimming.MARGIN * (ink[3] - ink[1]))
        box = (ink[0] - margin, ink[1] - margin, ink[2] + margin, ink[3] + margin)
        trimmed.append(crnn.prepare(picture.crop(trimming.kept(picture))))
        close.append(crnn.prepare(picture.crop(box)))
    read = [read_by_crnn(pictures) for pictures in (trimmed, close)]
    assert np.mean([a == b for a, b in zip(*read, strict=True)]) >= 0.98


def read_by_crnn(pictures):
    network = Network(crnn.CARD)
    answers = [
        network.run(np.concatenate(pictures[at : at + 10]), ["outputs"])["outputs"]
        for at in range(0, len(pictures), 10)
    ]
    return [decoding.text(decoding.best_path(f).labels, crnn.LABELS) for frames in answers for f in frames]


def test_faint_letters_beside_black_ones_stay():
    picture = Image.new("RGB", (400, 200), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((150, 80, 180, 120), fill="black")
    draw.rectangle((260, 60, 262, 130), fill=(225, 225, 225))  # thin, light grey
    draw.ellipse((165, 50, 168, 53), fill=(60, 60, 60))  # an i's dot
    assert holds(trimming.kept(picture), (150, 50, 263, 131))


def test_a_closed_frame_goes_with_the_margin_and_a_letter_is_no_frame():
    rng = np.random.default_rng(0)
    picture, ink = drawn.word(rng, "Garden", (2, 2.5), *drawn.COLOURS[0])
    ImageDraw.Draw(picture).rectangle((5, 5, picture.width - 6, picture.height - 6), outline="black", width=2)
    box = trimming.kept(picture)
    assert holds(box, ink) and box[1] > 20 and box[3] < picture.height - 20
    for text in ("O", "D", "B", "0", "E", "T"):
        picture, ink = drawn.word(rng, text, (0.0, 2.0), *drawn.COLOURS[0])
        assert holds(trimming.kept(picture), ink)


def test_red_on_green_of_equal_grey_is_ink():
    picture, ink = drawn.word(np.random.default_rng(1), "Garden", (1, 2), (200, 60, 60), (60, 132, 60))
    assert holds(box := trimming.kept(picture), ink) and box != whole(picture)


@pytest.mark.parametrize("kind", ["noise", "flat", "texture", "tiny", "one row"])
def test_where_there_is_no_margin_nothing_changes(kind):
    rng = np.random.default_rng(2)
    noise = Image.fromarray(rng.integers(0, 256, (120, 160, 3), np.uint8))
    picture = {
        "noise": noise,
        "flat": Image.new("RGB", (120, 60), "white"),
        "texture": noise.filter(ImageFilter.GaussianBlur(2)),
        "tiny": Image.new("L", (3, 3), 7),
        "one row": Image.fromarray(rng.integers(0, 256, (1, 50), np.uint8)),
    }[kind]
    assert trimming.kept(picture) == whole(picture)


def test_the_samples_of_words_stay_whole():
    for path in sorted(crnn.CARD.samples.glob("*.png")):
        picture = open_picture(path)
        assert trimming.kept(picture) == whole(picture), path.name


def test_a_large_picture_is_trimmed_as_a_small_one():
    picture, ink = drawn.word(np.random.default_rng(3), "Garden", (1, 2), *drawn.COLOURS[0])
    large = picture.resize((picture.width * 6, picture.height * 6), Image.Resampling.BICUBIC)
    assert holds(box := trimming.kept(large), [6 * at for at in ink])
    assert np.abs(np.array(box) / 6 - trimming.kept(picture)).max() <= 6
