"""What tells drawn words from photographed ones: each number follows what it is named for, and the verdict is right."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image, ImageDraw

from models.training.fonts import Font
from models.training.render import Renderer
from models.training.words import Words
from models.typeface import FOLDER, FONTS
from tests.benchmarks import apart


def number(name: str, grey: np.ndarray, characters: int = 4) -> float:
    return float(apart.measured(grey, characters)[list(apart.NAMES).index(name)])


def bars(level: int = 200, ink: int = 40, rise: int = 0, bend: int = 0, margin: int = 2) -> np.ndarray:
    """Twelve short strokes on a plain ground, 40 x 160; rise, bend: pixels from left to right, of the middle."""
    picture = Image.new("L", (160, 40), level)
    draw = ImageDraw.Draw(picture)
    for i, at in enumerate(np.linspace(-1, 1, 12)):
        y = 20 - rise * at / 2 - bend * (1 - at**2)
        x = margin + i * (156 - 2 * margin) / 11
        draw.rectangle((x, y - 6, x + 4, y + 6), fill=ink)
    return np.asarray(picture)


def grainy(strength: float) -> np.ndarray:
    grain = np.random.default_rng(0).normal(0, strength, (40, 160))
    return np.clip(bars() + grain, 0, 255).astype(np.uint8)


def in_jpeg() -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(grainy(12)).save(file, "JPEG", quality=5)
    return np.asarray(Image.open(file))


@pytest.mark.parametrize(
    ("name", "less", "more"),
    [
        ("height", bars()[::2], bars()),
        ("contrast", bars(140, 100), bars()),
        ("brightness", bars(100), bars()),
        ("dark ink", bars(40, 200), bars(200, 40)),
        ("noise", bars(), grainy(6)),
        ("detail", bars(), grainy(20)),
        ("tilt", bars(), bars(rise=14)),
        ("tilt", bars(), bars(rise=-14)),
        ("bend", bars(), bars(bend=10)),
        ("bend", bars(), bars(bend=-10)),
        ("two greys", grainy(60), bars()),
        ("cut at the sides", bars(margin=8), bars(margin=-2)),
        ("cut above and below", bars(), bars()[13:27]),
        ("blocks", grainy(12), in_jpeg()),
    ],
)
def test_a_number_rises_with_what_it_is_named_for(name, less, more):
    assert number(name, more) > number(name, less) + 1e-3


def test_tilt_and_bend_are_in_heights_of_the_picture():
    assert number("tilt", bars(rise=10)) == pytest.approx(10 / 40, abs=0.05)
    assert number("bend", bars(bend=8)) == pytest.approx(8 / 40, abs=0.05)


def test_a_width_counts_by_the_character():
    assert number("pitch", bars(), 4) == 1.0 and number("pitch", bars(), 8) == 0.5


@pytest.mark.parametrize("shape", [(1, 1), (40, 3), (3, 200), (32, 128)])
def test_an_empty_picture_has_numbers_too(shape):
    assert np.isfinite(apart.measured(np.full(shape, 90, np.uint8), 1)).all()


def test_two_halves_of_one_kind_are_not_told_apart_and_a_planted_difference_is():
    rng = np.random.default_rng(1)
    one, other = rng.normal(size=(2, 400, len(apart.NAMES)))
    assert 0.42 < apart.separation(one, other) < 0.58
    other[:, 5] += 3
    assert apart.separation(one, other) > 0.95
    first = apart.table(one, other)[0]
    assert first[0] == list(apart.NAMES)[5] and first[1] > 0.95


def test_a_difference_of_spread_alone_is_told():
    rng = np.random.default_rng(2)
    one, other = rng.normal(size=(2, 400, len(apart.NAMES)))
    other[:, 3] *= 6
    assert apart.separation(one, other) > 0.8


def test_drawn_words_are_told_from_plain_grey_pictures(tmp_path, monkeypatch):
    (tmp_path / "list").write_text("sea\nwall\nhouse\n", encoding="utf-8")
    bundled = [Font(str(FOLDER / file), name, True, 0.9) for name, file in FONTS.items()]
    words = Words(dictionaries=(tmp_path / "list",) * 2, everyday=(tmp_path / "list",))
    monkeypatch.setattr(apart, "installed", lambda cache=None: bundled)
    monkeypatch.setattr(apart, "Renderer", lambda fonts: Renderer(fonts, words))
    with zipfile.ZipFile(tmp_path / "flat.zip", "w") as archive:
        file = io.BytesIO()
        Image.new("L", (90, 30), 128).save(file, "PNG")
        names = [f"{i}.png" for i in range(40)]
        for name in names:
            archive.writestr(name, file.getvalue())
        archive.writestr("words.jsonl", "\n".join(json.dumps({"image": name, "text": "flat"}) for name in names))
    sheet = tmp_path / "sheet.png"
    found = apart.main([str(tmp_path / "flat.zip"), "--number", "40", "--out", str(sheet)])
    assert found["area"] > 0.95 and found["drawn"] == found["photographed"] == 40
    assert Image.open(sheet).size[1] > 400
