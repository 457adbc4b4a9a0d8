"""A typed word drawn in one of the fonts that come with the project (models/fonts, licences beside them)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from models.crnn import LABELS

FOLDER = Path(__file__).resolve().parent / "fonts"
FONTS = {
    "Sans": "Cabin-Regular.otf",
    "Bold": "Karla-Bold.otf",
    "Serif": "Quattrocento-Regular.otf",
    "Italic": "Caladea-Italic.ttf",
    "Typewriter": "CourierPrime-Regular.otf",
    "Comic": "ComicNeue-Bold.otf",
    "Handwriting": "DancingScript-Regular.otf",
    "Display": "LeagueSpartan-Bold.otf",
}
LONGEST = 24
MOST_PARTS = 12  # of an alphabet that are listed
MISSING = "\uffff"  # no character at all, so that no font has a shape for it
SIZE = 72  # pixels an em: more than twice what the network sees, so that shrinking does the antialiasing
INK = (24, 28, 38)


def draw_word(text: str, font_name: str, labels: Sequence[str] = LABELS) -> Image.Image:
    """The word in dark ink on white, mode "RGB", with a margin of about an eighth of its height.

    font_name: a key of FONTS. labels: the characters that the reader of the word knows, the CRNN's unless given.
    Raises ValueError, in one sentence, for a text that has others, or characters that the font cannot draw.
    """
    if font_name not in FONTS:
        raise ValueError(f"There is no font called {font_name!r}; choose one of {', '.join(FONTS)}.")
    if not text:
        raise ValueError("There is no text to draw; type a word.")
    if len(text) > LONGEST:
        raise ValueError(f"The text has {len(text)} characters and {LONGEST} is the most; type a shorter word.")
    check_labels(text, labels)
    font = ImageFont.truetype(str(FOLDER / FONTS[font_name]), SIZE, layout_engine=ImageFont.Layout.BASIC)
    if shapeless := [character for character in text if not character.isspace() and _is_shapeless(character, font)]:
        raise ValueError(f"The font {font_name} has no shape for {shapeless[0]!r}; upload a picture of the word.")
    left, top, right, bottom = font.getbbox(text)
    margin = max(6, round((bottom - top) / 8))
    picture = Image.new("RGB", (round(right - left) + 2 * margin, round(bottom - top) + 2 * margin), "white")
    ImageDraw.Draw(picture).text((margin - left, margin - top), text, font=font, fill=INK)
    return picture


def check_labels(text: str, labels: Sequence[str]) -> None:
    """Raises ValueError, in one sentence, for a text with a character that is none of the labels."""
    strange = [character for character in text if character not in labels]
    if strange:
        raise ValueError(f"The network has no label for {strange[0]!r}; it knows {in_words(labels)}.")


def _is_shapeless(character: str, font: ImageFont.FreeTypeFont) -> bool:
    """Whether the font draws what it draws in place of any character that it lacks."""
    return bytes(font.getmask(character)) == bytes(font.getmask(MISSING))


def in_words(labels: Sequence[str]) -> str:
    """An alphabet in short, such as "a-z, A-Z and 0-9"; a long one by its number of characters. "" is passed over."""
    labels = list(filter(None, labels))
    return (listed(labels) or f"{len(labels):,} characters") if labels else "none"


def listed(labels: Sequence[str]) -> str:
    """Labels that write something, those that follow one another as "a-z"; empty where that would be a long list."""
    runs: list[list[str]] = []
    for label in labels:
        follows = runs and len(label) == len(runs[-1][-1]) == 1 and ord(label) == ord(runs[-1][-1]) + 1
        if follows:
            runs[-1].append(label)
        else:
            runs.append([label])
    parts = [part for run in runs for part in ([f"{run[0]}-{run[-1]}"] if len(run) > 2 else run)]
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]])) if len(parts) <= MOST_PARTS else ""
