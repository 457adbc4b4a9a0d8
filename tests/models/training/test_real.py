"""Photographed words: read as they are written down, changed each time, mixed in by their share."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from models.crnn import LABELS
from models.training.photographs import Photograph, listed
from models.training.real import RealSettings, RealWords, mixed
from models.training.render import Batch, Sample
from models.training.strips import Respelling

STILL = RealSettings(corner=0, stretch=1, low=0, heights=(39, 41), inverted=0, contrast=0, difficulty=0)


class Drawn:
    """Stands for the renderer: every word is "drawn"."""

    def draw(self, seed, index, difficulty, longest=None):
        return Sample(Image.new("L", (64, 32), 255), "drawn", np.linspace(0, 1, 10).reshape(5, 2))


@pytest.fixture
def words(tmp_path):
    picture = Image.new("L", (120, 40), 240)
    picture.paste(10, (20, 5, 40, 35))
    picture.paste(10, (80, 5, 100, 35))
    file = io.BytesIO()
    picture.save(file, "PNG")
    lines = [
        {"image": "a.png", "text": "Il", "char_boxes_xywh": [[20, 5, 20, 30], [80, 5, 20, 30]]},
        {"image": "a.png", "text": "I-", "char_boxes_xywh": [[20, 5, 20, 30], [80, 5, 20, 30]]},
        {"image": "a.png", "text": "three", "char_boxes_xywh": [[20, 5, 20, 30]]},
    ]
    path = tmp_path / "words.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("set/a.png", file.getvalue())
        archive.writestr("set/words.jsonl", "\n".join(map(json.dumps, lines)))
    return listed(path)


def test_only_words_whose_characters_have_places(words):
    assert [text for _, text, *_ in RealWords(words).items] == ["Il"]


def test_edges_stand_around_the_ink(words):
    sample = RealWords(words, STILL).draw(1, 0)
    np.testing.assert_allclose(sample.edges, [[20 / 120, 40 / 120], [80 / 120, 100 / 120]], atol=1e-6)
    dark = np.flatnonzero(np.asarray(sample.picture)[sample.picture.height // 2] < 90) / sample.picture.width
    assert abs(dark[0] - 20 / 120) < 0.02 and abs(dark[-1] - 99 / 120) < 0.02


def test_ink_stays_between_its_edges_however_it_is_seen(words):
    real = RealWords(words, RealSettings(inverted=0, contrast=0.2, low=0, difficulty=0.0))
    for index in range(20):
        sample = real.draw(3, index)
        row = np.asarray(sample.picture)[sample.picture.height // 2].astype(float)
        dark = (np.flatnonzero(row < (row.min() + row.max()) / 2) + 0.5) / sample.picture.width
        assert all(np.any((sample.edges[:, 0] - 0.06 < x) & (x < sample.edges[:, 1] + 0.06)) for x in dark)


def test_a_share_is_put_together_anew(tmp_path):
    word = {"image": "a.png", "text": "ten", "char_boxes_xywh": [[place * 20, 5, 12, 30] for place in range(3)]}
    file = io.BytesIO()
    Image.new("L", (60, 40), 200).save(file, "PNG")
    with zipfile.ZipFile(tmp_path / "ten.zip", "w") as archive:
        archive.writestr("a.png", file.getvalue())
        archive.writestr("words.jsonl", json.dumps(word))
    settings = RealSettings(parts=0, respelt=0.5)
    ten = listed(tmp_path / "ten.zip")
    plain = RealWords(ten, settings)
    anew = RealWords(ten, settings, Respelling(["net", "tent"]))
    assert {plain.draw(1, index).text for index in range(50)} == {"ten"}
    texts = [anew.draw(1, index).text for index in range(200)]
    assert {"ten", "net", "tent"} <= set(texts) and 80 <= texts.count("ten") <= 125
    assert {len(anew.draw(1, index, longest=2).text) for index in range(50)} == {2, 3}  # the whole word is as long
    both = RealWords(ten, RealSettings(parts=0.5, respelt=0.5), Respelling(["net", "tent"]))
    texts = [both.draw(1, index).text for index in range(200)]
    assert 80 <= texts.count("ten") <= 125, "three characters have no parts: that share stays whole"
    unsure = RealWords([replace(ten[0], apart=False)], RealSettings(parts=0.5, respelt=0.5), Respelling(["net"]))
    assert {unsure.draw(1, index).text for index in range(50)} == {"ten"}


def test_same_seed_same_picture_other_index_another(words):
    real = RealWords(words)
    one, again, other = real.draw(1, 5), real.draw(1, 5), real.draw(1, 6)
    assert one.picture.tobytes() == again.picture.tobytes()
    assert one.picture.size != other.picture.size or one.picture.tobytes() != other.picture.tobytes()


def test_a_batch_has_its_share(words):
    batch = mixed(Drawn(), RealWords(words), 0.3, 1, 0, 400)
    assert isinstance(batch, Batch)
    assert 0.22 < batch.texts.count("Il") / 400 < 0.38
    assert set(batch.texts) == {"Il", "drawn"}
    row = batch.texts.index("Il")
    assert batch.labels[row, :3].tolist() == [LABELS.index("I"), LABELS.index("l"), -1]
    assert set(mixed(Drawn(), None, 0.3, 1, 0, 20).texts) == {"drawn"}


def test_without_a_word_that_has_places_there_is_nothing_to_draw():
    with pytest.raises(ValueError, match="whose characters' places are known"):
        RealWords([Photograph("a.zip", "a.png", "ten")])
