"""Pictures as people bring them, from the upload to what the page says of the reading: each stands for its kind."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from explain.panels.ctc import believed
from models.typeface import FOLDER, FONTS
from tests.explain.panels.views import captions_of, text_of
from tests.walk.visitor import Visitor

INK, PAPER = (25, 28, 36), (250, 249, 246)
LINE = "Please close the door behind you when leaving the reading room"


def face(size: int, name: str = "Sans") -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FOLDER / FONTS[name]), size)


def text(words: str, size: int = 44, margin: int = 8, ink=INK, paper=PAPER, name: str = "Sans") -> Image.Image:
    """Words in one line, cut close but for a margin."""
    left, top, right, bottom = face(size, name).getbbox(words)
    picture = Image.new("RGB", (int(right - left) + 2 * margin, int(bottom - top) + 2 * margin), paper)
    ImageDraw.Draw(picture).text((margin - left, margin - top), words, ink, face(size, name))
    return picture


def on(paper: tuple[int, int], word: Image.Image) -> Image.Image:
    """A picture in the middle of an empty one of that size."""
    whole = Image.new("RGB", paper, PAPER)
    whole.paste(word, ((paper[0] - word.width) // 2, (paper[1] - word.height) // 2))
    return whole


def page_of_text() -> Image.Image:
    """A photographed page: eight lines under uneven light, a little out of focus."""
    page = Image.new("RGB", (420, 230), PAPER)
    for number in range(8):
        words = LINE.split()
        line = " ".join(words[number % 5 :] + words[: number % 5])
        ImageDraw.Draw(page).text((10, 8 + 27 * number), line[:42], INK, face(17, "Serif"))
    light = np.linspace(0.75, 1.0, 420)[None, :, None] * np.linspace(1.0, 0.85, 230)[:, None, None]
    return Image.fromarray((np.asarray(page) * light).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.5))


def object_without_text() -> Image.Image:
    """A plate with a cup on a wooden table, seen from above."""
    rng = np.random.default_rng(5)
    grain = np.cumsum(rng.normal(0, 2.0, (300, 1)), 0) + rng.normal(0, 3, (300, 450))
    wood = np.clip(np.array([150, 98, 55]) + grain[..., None] * [1.0, 0.8, 0.5], 0, 255).astype(np.uint8)
    picture = Image.fromarray(wood)
    draw = ImageDraw.Draw(picture)
    for box, colour in (
        ((95, 45, 345, 275), (170, 60, 40)),
        ((110, 58, 330, 262), (196, 84, 58)),
        ((150, 70, 290, 220), (245, 242, 236)),
        ((168, 86, 272, 204), (92, 52, 30)),
    ):
        draw.ellipse(box, colour)
    draw.arc((270, 120, 330, 180), 250, 110, (245, 242, 236), 14)
    return picture.filter(ImageFilter.GaussianBlur(1.5))


def equal_grey(words: str) -> Image.Image:
    """Red on green, as dark as each other in the usual grey (ITU-R 601)."""
    red, green = (200, 40, 40), (30, 128, 35)
    grey = [int(Image.new("RGB", (1, 1), colour).convert("L").getpixel((0, 0))) for colour in (red, green)]
    assert abs(grey[0] - grey[1]) <= 2
    return text(words, ink=red, paper=green)


def upload(visitor: Visitor, picture: Image.Image, name: str = "image.png") -> Visitor:
    file = io.BytesIO()
    picture.save(file, "PNG")
    visitor.file_uploader(key="upload-0").set_value((name, file.getvalue(), "image/png"))
    visitor.run()
    assert not visitor.exception, visitor.trouble
    return visitor


def uploaded(picture: Image.Image) -> Visitor:
    """The page after a fresh visitor has uploaded it."""
    return upload(Visitor(**{"from": "Upload"}), picture)


def press(visitor: Visitor, **said) -> None:
    """What the browser tells the page of the picture with the box: a quarter turn, or where the box is put."""
    (node,) = [node for node in visitor.controls if "word-box" in getattr(node.proto, "id", "")]
    identity = json.loads(node.proto.json)[0]["id"]
    visitor.tell(node, {"said": {"n": 1, "id": identity, "has": identity, **said}})
    visitor.run()


def read(visitor: Visitor) -> str:
    """What panel 2 says is read."""
    (head,) = [line for line in text_of(visitor).splitlines() if line.startswith("**CTC decoding**")]
    return re.match(r"\*\*CTC decoding\*\* :gray\[reads\] \*\*(.*?)\*\*", head)[1]


def doubts(visitor: Visitor) -> str:
    """What stands in the line beside the reading; empty where nothing is wrong."""
    lines = [line for line in text_of(visitor).splitlines() if line.startswith((believed.DOUBT, believed.WRONG))]
    lines = [line for line in lines if "Not to be believed" not in line]
    assert len(lines) <= 1
    return "".join(lines)


def quiet(visitor: Visitor) -> str:
    """All captions."""
    return "\n".join(captions_of(visitor))


def squeezed(visitor: Visitor) -> int:
    """To how many per cent of its width the page says that the picture was squeezed."""
    return int(re.search(r"(?i)squeezed to (\d+) ?% of its width", text_of(visitor))[1])


def test_a_word_cut_close_is_read_and_nothing_is_wrong_with_it():
    visitor = uploaded(text("Bridge"))
    assert read(visitor) == "Bridge" and doubts(visitor) == ""
    assert "in 100 are right" in quiet(visitor) and "An empty margin" not in quiet(visitor)
    assert "**Layers** :gray-badge[CRNN] :gray[(picture: image.png)]" in text_of(visitor)


def test_a_page_is_more_than_a_word():
    visitor = uploaded(page_of_text())
    assert re.match(rf"{re.escape(believed.WRONG)} More than one word\W+ at least \d+", doubts(visitor))
    assert "Not to be believed" in text_of(visitor)


def test_of_a_line_of_eleven_words_is_said_that_it_is_several_and_squeezed():
    line = text(LINE, 26)
    visitor = uploaded(line)
    assert len(LINE.split()) == 11 and doubts(visitor).startswith(believed.WRONG)
    assert "More than one word" in doubts(visitor)
    assert squeezed(visitor) == pytest.approx(100 * 128 / (line.width * 32 / line.height), abs=3)


def test_a_wide_margin_is_left_out_and_that_is_said():
    visitor = uploaded(on((520, 220), text("Castle", 40)))
    assert read(visitor) == "Castle" and "An empty margin was left out." in quiet(visitor)
    visitor.toggle(key="trim").set_value(False).run()
    assert read(visitor) != "Castle" and "An empty margin" not in quiet(visitor)


def test_an_object_without_text_does_not_look_like_a_word():
    visitor = uploaded(object_without_text())
    assert doubts(visitor).startswith(believed.WRONG) and "not look like a word" in doubts(visitor)
    assert "Not to be believed" in text_of(visitor)


def test_beside_a_price_the_characters_that_it_knows_are_named():
    visitor = uploaded(text("$7.35"))
    assert "It knows 62 characters\\: a-z, A-Z and 0-9; no spaces, accents, punctuation or signs" in quiet(visitor)


def test_of_a_long_word_is_said_how_far_it_was_squeezed():
    word = text("Telecommunications")
    visitor = uploaded(word)
    assert squeezed(visitor) == pytest.approx(100 * 128 / (word.width * 32 / word.height), abs=3)


def test_red_on_green_of_equal_grey_is_read():
    visitor = uploaded(equal_grey("station"))
    assert read(visitor) == "station" and "Grey loses the word" in quiet(visitor)
    visitor.toggle(key="contrast").set_value(False).run()
    assert read(visitor) != "station" and "Grey loses the word" not in quiet(visitor)


def test_a_word_that_stands_on_end_is_read_once_it_is_turned():
    visitor = uploaded(text("garden").transpose(Image.Transpose.ROTATE_90))
    assert read(visitor) != "garden"
    press(visitor, turn=1)
    assert read(visitor) == "garden"


def test_a_new_picture_of_the_same_name_begins_whole():
    words = on((300, 200), text("window"))
    words.paste(text("kitchen"), (10, 10))
    visitor = upload(Visitor(**{"from": "Upload"}), words)
    press(visitor, box=[5, 5, 190, 70], moving=False)
    assert read(visitor) == "kitchen"
    assert read(upload(visitor, text("committee"))) == "committee"
