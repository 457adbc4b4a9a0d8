"""Pictures that visitors bring: unusual ones are read, unusable ones get one sentence each."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.browser.test_page import alive, open_page, reading, settled

pytestmark = pytest.mark.browser


def _scribble(path: Path, text: str, mode: str = "RGB", **save) -> None:
    """A word drawn with Pillow's own font, so that no file of the project is needed."""
    image = Image.new("L", (220, 60), 255)
    ImageDraw.Draw(image).text((8, 4), text, fill=0, font=ImageFont.load_default(44))
    image.convert(mode).save(path, **save)


def _bad_files(folder: Path) -> dict[str, str]:
    """Files that can't be used, each with a word of the sentence that must say why."""
    (folder / "text.png").write_text("this is no picture")
    _scribble(folder / "whole.jpg", "hello")
    (folder / "cut.jpg").write_bytes((folder / "whole.jpg").read_bytes()[:700])
    Image.new("1", (20_000, 20_000)).save(folder / "huge.png")
    (folder / "empty.png").write_bytes(b"")
    return {"text.png": "not a picture", "cut.jpg": "damaged", "huge.png": "too large", "empty.png": "empty"}


def test_bad_uploads_get_one_sentence_each(page, served, tmp_path):
    open_page(page, served)
    before = reading(page)
    page.get_by_role("radio", name="Upload").click()
    settled(page)
    for name, said in _bad_files(tmp_path).items():
        page.locator('[data-testid="stFileUploaderDropzoneInput"]').first.set_input_files(tmp_path / name)
        message = page.locator('[data-testid="stAlert"]').filter(has_text=said)
        message.wait_for()
        assert page.locator('[data-testid="stAlert"]').count() == 1
        alive(page)
        assert reading(page) == before, name


def test_unusual_pictures_are_read_all_the_same(page, served, tmp_path):
    open_page(page, served)
    page.get_by_role("radio", name="Upload").click()
    settled(page)
    _scribble(tmp_path / "cmyk.jpg", "hello", "CMYK")
    frames = [Image.new("L", (60, 30), grey) for grey in (255, 0, 128)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    for name in ("cmyk.jpg", "moving.gif", "dot.png"):
        page.locator('[data-testid="stFileUploaderDropzoneInput"]').first.set_input_files(tmp_path / name)
        page.get_by_text(name).first.wait_for()
        settled(page)
        assert page.locator('[data-testid="stAlert"]').count() == 0, name
        alive(page)
