"""Fonts are accepted for what they draw, and families are held out by name alone."""

from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from models.crnn import LABELS
from models.training import fonts
from models.typeface import FOLDER, FONTS


@pytest.fixture(scope="module")
def references():
    """The bundled text faces in place of Debian's."""
    faces = [ImageFont.truetype(str(FOLDER / FONTS[name]), 40) for name in ("Bold", "Serif", "Typewriter")]
    return np.stack([[fonts._shape(fonts.glyph(face, character)) for character in LABELS] for face in faces])


@pytest.mark.parametrize("name", ["Sans", "Italic", "Comic"])
def test_text_faces_are_legible(references, name):
    found = fonts.examine(FOLDER / FONTS[name], references)
    assert found.small and found.legible > 0.6 and found.path.endswith(FONTS[name])


def test_a_font_that_draws_the_wrong_letters_is_refused(references):
    """The same font judged by references that are out of order by one: each letter now looks like its neighbour."""
    turned = np.roll(references, 1, axis=1)
    assert fonts.examine(FOLDER / FONTS["Sans"], turned) is None


def test_a_script_face_is_taken_whatever_it_resembles(references):
    found = fonts.examine(FOLDER / FONTS["Handwriting"], np.roll(references, 1, axis=1))
    assert found.script and found.small and found.legible < fonts.LEGIBLE and not found.printed
    assert not fonts.examine(FOLDER / FONTS["Italic"], references).script


def test_greek_letters_in_latin_places_are_refused(references, monkeypatch):
    monkeypatch.setattr(fonts, "GREEK", {"Cabin"})
    assert fonts.examine(FOLDER / FONTS["Sans"], references) is None


def test_what_is_no_font_is_refused(references, tmp_path):
    path = tmp_path / "text.ttf"
    path.write_text("no font")
    assert fonts.examine(path, references) is None


def test_a_glyph_is_cropped_to_its_ink():
    face = ImageFont.truetype(str(FOLDER / FONTS["Sans"]), 40)
    ink = fonts.glyph(face, "L")
    assert all(edge.max() > 64 for edge in (ink[0], ink[-1], ink[:, 0], ink[:, -1]))
    assert fonts.glyph(face, " ").size == 0


def test_families_are_held_out_whole_and_for_good():
    names = [f"Family {i}" for i in range(800)]
    held = {name for name in names if fonts.Font("x", name, True, 1.0).held_out}
    assert 70 < len(held) < 130  # one in eight
    assert held == {name for name in names if fonts.Font("another file", name, False, 0.4).held_out}
    # these never change: accuracies in the card are told on them
    assert [name for name in ("Karla", "Lobster Two", "Noto Serif") if not fonts.Font("", name, True, 1).held_out] == []
    assert [name for name in ("Cabin", "Lato", "Liberation Sans") if fonts.Font("", name, True, 1).held_out] == []


def test_the_handwriting_that_visitors_type_in_is_trained_on():
    face = ImageFont.truetype(str(FOLDER / FONTS["Handwriting"]), 40)
    assert face.getname()[0] == fonts.OFFERED
    assert fonts.OFFERED in fonts.SCRIPTS and not fonts.Font("", fonts.OFFERED, True, 0.4).held_out


def test_the_list_is_kept_in_a_file(references, tmp_path, monkeypatch):
    monkeypatch.setattr(fonts, "_references", lambda: references)
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "sans.otf").write_bytes((FOLDER / FONTS["Sans"]).read_bytes())
    cache = tmp_path / "fonts.json"
    found = fonts.installed(tmp_path / "fonts", cache)
    assert [font.family for font in found] == ["Cabin"]
    assert fonts.installed(tmp_path / "nowhere", cache) == found  # read from the file
    monkeypatch.setattr(fonts, "GREEK", {"Cabin"})  # by other rules: looked for anew, and kept anew
    assert fonts.installed(tmp_path / "fonts", cache) == []
    assert fonts.installed(tmp_path / "nowhere", cache) == []


def test_noto_counts_once():
    assert fonts._latin(Path("NotoSans-Bold.ttf")) and fonts._latin(Path("Lato-Bold.ttf"))
    assert not fonts._latin(Path("NotoSansThai-Bold.ttf"))


def test_plain_print_alone_is_kept_in_the_list(tmp_path, monkeypatch):
    cache = tmp_path / "fonts.json"
    listed = [
        fonts.Font("a.ttf", "Plain", True, 0.9),
        fonts.Font("b.ttf", "Display", True, fonts.PRINTED - 0.01),
        fonts.Font("c.ttf", "Capitals", False, 0.9),
        fonts.Font("d.ttf", fonts.OFFERED, True, 0.9),
    ]
    fonts.keep(listed, cache)
    monkeypatch.setattr("sys.argv", ["fonts", "--cache", str(cache), "--print-alone"])
    fonts.main()
    assert fonts.installed(tmp_path / "nowhere", cache) == listed[:1]
