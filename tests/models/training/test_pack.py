"""What goes to a machine without network: smaller fonts that draw the same, photographs as training reads them."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFont

from models.crnn import LABELS
from models.training import pack
from models.training.pack import grey, smaller
from models.training.render import MARKS


def drawn(font: bytes) -> list[bytes]:
    face = ImageFont.truetype(io.BytesIO(font), 36, layout_engine=ImageFont.Layout.BASIC)
    return [bytes(face.getmask2(c, mode="L", anchor="ls")[0]) + b"%f" % face.getlength(c) for c in LABELS + MARKS]


def test_smaller_fonts_draw_the_same(bundled):
    for font in bundled:
        whole = Path(font.path).read_bytes()
        part = smaller(whole)
        assert len(part) < 0.7 * len(whole) and drawn(part) == drawn(whole)


def test_what_is_no_font_stays_as_it_is():
    assert smaller(b"no font") == b"no font"


def test_photographs_are_grey_as_they_are_read(tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (20, 50, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(colours).save(file, "PNG")
    with zipfile.ZipFile(tmp_path / "real.zip", "w") as archive:
        archive.writestr("set/words.jsonl", "{}\n")
        archive.writestr("set/a.png", file.getvalue())
    grey(tmp_path / "real.zip", tmp_path / "grey.zip")
    with zipfile.ZipFile(tmp_path / "grey.zip") as archive:
        assert archive.read("set/words.jsonl") == b"{}\n"
        with Image.open(io.BytesIO(archive.read("set/a.png"))) as picture:
            assert picture.mode == "L"
            np.testing.assert_array_equal(np.asarray(picture), np.asarray(Image.fromarray(colours).convert("L")))


def test_all_is_unpacked_where_it_was(bundled, tmp_path, monkeypatch):
    words = tmp_path / "words"
    words.write_text("open\n", encoding="utf-8")
    monkeypatch.setattr(pack, "DICTIONARIES", (words,))
    monkeypatch.setattr(pack, "EVERYDAY", ())
    monkeypatch.setattr(pack, "installed", lambda cache: bundled)
    pack.pack(tmp_path / "out")
    assert pack.unpack(tmp_path / "out", tmp_path / "root") == len(bundled) + 1
    assert (tmp_path / "root" / str(words).lstrip("/")).read_text(encoding="utf-8") == "open\n"
    for font in bundled:
        there = tmp_path / "root" / font.path.lstrip("/")
        assert drawn(there.read_bytes()) == drawn(Path(font.path).read_bytes())


def test_the_command_says_what_it_wrote(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pack, "pack", lambda folder, cache, real: (folder / "a").write_bytes(b"123"))
    pack.main([str(tmp_path)])
    assert json.loads(capsys.readouterr().out) == {"a": 3}
    with pytest.raises(FileNotFoundError):
        pack.main(["--unpack", str(tmp_path / "missing")])
