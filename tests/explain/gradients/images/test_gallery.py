"""The gallery's bookkeeping, with a stand-in for the ascent: what is made, kept, made again, and shown on the sheet."""

import json

import numpy as np
import pytest
from PIL import Image

from explain.gradients.images import gallery
from explain.gradients.images.activation_maximisation import DreamResult, DreamSettings
from models.vgg16 import CAM


class Ascent:
    """Answers like dream_many: a picture whose grey is 10 times the seed plus 20; unit 3 is stuck before seed 2."""

    def __init__(self):
        self.asked = []

    def __call__(self, model, units, settings):
        self.asked += [(unit, settings.seed) for unit in units]
        picture = np.full((48, 48, 3), 20 + 10 * settings.seed, np.uint8)
        chance = {unit: 0.1 * settings.seed if unit == 3 and settings.seed < 2 else 0.99 for unit in units}
        return [DreamResult(picture, 12.345, chance[unit], settings.steps, 0.0) for unit in units]


@pytest.fixture
def ascent(monkeypatch):
    ascent = Ascent()
    monkeypatch.setattr(gallery, "dream_many", ascent)
    monkeypatch.setattr(gallery, "load_model", lambda: None)
    monkeypatch.setattr(gallery, "SIZE", 24)  # quick to store
    monkeypatch.setattr(gallery, "_digest", lambda file: "weights")
    return ascent


def grey(folder, unit):
    with Image.open(folder / f"{unit:03d}.webp") as picture:
        assert picture.size == (gallery.SIZE, gallery.SIZE)
        return np.asarray(picture.convert("L")).mean()


def test_every_class_once_and_a_stuck_one_from_the_next_seeds(ascent, tmp_path):
    gallery.make(DreamSettings(), 7, tmp_path)
    assert ascent.asked == [(unit, 0) for unit in range(200)] + [(3, 1), (3, 2)]
    told = json.loads((tmp_path / "gallery.json").read_text())
    assert [note["name"] for note in told["classes"]] == list(CAM.labels)
    assert [note["seed"] for note in told["classes"]][2:5] == [0, 2, 0]
    elephant = told["classes"][CAM.labels.index("African elephant")]
    assert elephant["imagenet_index"] == 386 and elephant["probability"] == 0.99
    assert grey(tmp_path, 3) == pytest.approx(40, abs=2) and grey(tmp_path, 4) == pytest.approx(20, abs=2)


def test_goes_on_where_it_was_interrupted(ascent, tmp_path):
    gallery.make(DreamSettings(), 50, tmp_path)
    (tmp_path / "017.webp").unlink()
    ascent.asked.clear()
    gallery.make(DreamSettings(), 50, tmp_path)
    assert ascent.asked == [(17, 0)]


def test_other_settings_make_everything_anew(ascent, tmp_path):
    gallery.make(DreamSettings(), 50, tmp_path)
    ascent.asked.clear()
    gallery.make(DreamSettings(steps=10), 50, tmp_path)
    assert [unit for unit, seed in ascent.asked if seed == 0] == list(range(200))


def test_a_worse_try_does_not_replace_a_better_one(ascent, tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "STUCK", 1.0)
    gallery.make(DreamSettings(seed=5), 50, tmp_path)
    told = json.loads((tmp_path / "gallery.json").read_text())["classes"]
    assert all(note["seed"] == 5 and note["tried"] == 5 + gallery.RETRIES for note in told)
    assert grey(tmp_path, 0) == pytest.approx(70, abs=2)


def test_the_sheet_holds_every_picture(ascent, tmp_path):
    gallery.make(DreamSettings(seed=9), 50, tmp_path)
    with Image.open(gallery.contact_sheet(tmp_path, tmp_path / "docs" / "sheet.webp")) as sheet:
        pixels = np.asarray(sheet.convert("L")).astype(int)
    assert pixels.shape[0] >= 10 * gallery.TILE and pixels.shape[1] >= 20 * gallery.TILE
    inside = (abs(pixels - 110) < 8).sum() / gallery.TILE**2
    assert inside == pytest.approx(200, abs=6)
