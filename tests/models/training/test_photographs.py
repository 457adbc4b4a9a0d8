"""Photographed words: where the network says their characters stand, which labels are mended, which are not trusted."""

from __future__ import annotations

import io
import itertools
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from models.crnn import BLANK, LABELS
from models.training import photographs
from models.training.photographs import (
    Photograph,
    character_frames,
    corrected,
    dispute,
    edges_around,
    examined,
    listed,
    located,
    prepare_list,
    stored,
)

KNOWN = frozenset(("with", "sale", "pop", "fop", "of"))


def frames_of(path: list[int], sure: float = 0.98) -> np.ndarray:
    """Rows of a softmax in which each frame is as good as sure of one label."""
    frames = np.full((len(path), 63), (1 - sure) / 62)
    frames[np.arange(len(path)), path] = sure
    return frames


def zipped(path, lines, size=(128, 32)):
    file = io.BytesIO()
    Image.new("RGB", size, (200, 180, 160)).save(file, "PNG")
    with zipfile.ZipFile(path, "w") as archive:
        for line in lines:
            archive.writestr("set/" + line["image"], file.getvalue())
        archive.writestr("set/words.jsonl", "\n".join(map(json.dumps, lines)) + "\n\n")
    return path


def test_mean_and_spread_are_those_over_every_alignment():
    """All 63**4 paths would be many; those of "ab" hold only a, b and the blank, so 3**4 are enough."""
    frames = np.full((4, 63), 1e-4)
    frames[:, [0, 1, BLANK]] = np.random.default_rng(0).dirichlet([1, 1, 1], 4) * (1 - 60e-4)
    weights, places = [], []
    for path in itertools.product((0, 1, BLANK), repeat=4):
        text = [label for label, _ in itertools.groupby(path) if label != BLANK]
        if text == [0, 1]:
            weights.append(np.prod([frames[t, label] for t, label in enumerate(path)]))
            places.append([[t for t, label in enumerate(path) if label == wanted] for wanted in (0, 1)])
    for character in (0, 1):
        total = sum(weight * len(place[character]) for weight, place in zip(weights, places, strict=True))
        moments = [
            sum(w * sum(t**power for t in p[character]) for w, p in zip(weights, places, strict=True)) / total
            for power in (1, 2)
        ]
        mean, spread = (values[character] for values in character_frames(frames, "ab"))
        assert mean == pytest.approx(moments[0]) and spread == pytest.approx(np.sqrt(moments[1] - moments[0] ** 2))


def test_edges_stand_halfway_and_stay_in_the_picture():
    np.testing.assert_allclose(edges_around(np.array([10.0, 20, 40]), 45), [[5, 15], [15, 30], [30, 45]])
    np.testing.assert_allclose(edges_around(np.array([7.0]), 30), [[0, 30]])


def test_characters_are_located_in_pixels_of_the_picture():
    path = [BLANK] * 31
    path[3], path[9] = LABELS.index("o"), LABELS.index("f")  # columns 16 and 40 of 32 rows
    word = located(Photograph("a.zip", "a.png", "of"), (100, 64), frames_of(path, 1 - 1e-9))  # twice as high as 32
    np.testing.assert_allclose(np.array(word.edges), [[8, 56], [56, 100]], atol=0.11)
    assert word.apart
    nowhere = located(Photograph("a.zip", "a.png", "of"), (100, 64), np.full((31, 63), 1 / 63))
    assert not nowhere.apart, "any place is as good as another"
    with pytest.raises(ValueError, match="at least 32 frames"):
        located(Photograph("a.zip", "a.png", "of" * 16), (100, 64), frames_of(path))


@pytest.mark.parametrize(
    "text, read, probability, refused",
    [
        ("wiht", "with", 0.99, True),
        ("WIHT", "With", 0.6, True),
        ("wiht", "with", 0.3, False),  # not sure
        ("POP", "FOP", 0.99, False),  # both are words
        ("SALE", "SAIE", 0.99, False),  # the reading is none
        ("With", "with", 0.99, False),  # case alone
        ("0", "of", 0.99, False),  # short ones are words by chance
    ],
)
def test_a_label_is_not_trusted_where_it_is_no_word_and_the_reading_is(text, read, probability, refused):
    assert bool(dispute(text, read, probability, KNOWN)) == refused


def test_labels_are_mended_by_name_and_old_text(tmp_path):
    words = [
        Photograph("a.zip", "set/1.png", "simon", [[0, 1]] * 5),
        Photograph("a.zip", "set/2.png", "simon", [[0, 1]] * 5),
        Photograph("a.zip", "set/3.png", "RUSELL", [[0, 1]] * 6),
    ]
    lines = [("train/1.png", "simon", "SIMON"), ("train/2.png", "Simon", "SIMON"), ("train/3.png", "RUSELL", "RUSSELL")]
    file = tmp_path / "mend.jsonl"
    file.write_text("\n".join(json.dumps(dict(zip(("image", "old", "new"), line, strict=True))) for line in lines))
    mended = corrected(words, file)
    assert [word.text for word in mended] == ["SIMON", "simon", "RUSSELL"]
    assert [word.edges is None for word in mended] == [False, False, True], "seven characters have no six boxes"


def test_a_list_is_made_once(tmp_path, monkeypatch, capsys):
    boxes = [[0, 0, 60, 30], [60, 0, 60, 30]]
    first = zipped(
        tmp_path / "first.zip",
        [
            {"image": "0.png", "text": "of", "char_boxes_xywh": boxes},
            {"image": "1.png", "text": "of", "char_boxes_xywh": boxes[:1]},
            {"image": "2.png", "text": "o-f"},
        ],
    )
    second = zipped(tmp_path / "second.zip", [{"image": "0.png", "text": "wiht"}, {"image": "1.png", "text": "sale"}])
    path = [BLANK] * 31
    path[4:20:4] = [LABELS.index(c) for c in "with"]
    calls = []

    def read(pictures):
        assert pictures.shape[1:] == (32, 128, 1) and pictures.min() > 0 and pictures.max() <= 1
        calls.append(len(pictures))
        return np.stack([frames_of(path)] * len(pictures))

    monkeypatch.setattr(photographs, "reader", lambda network: read)
    monkeypatch.setattr(photographs, "dictionary", lambda path: ("With", "of", "sale"))
    out = tmp_path / "photographs.jsonl"
    assert prepare_list([first, second], out) == 3 and sum(calls) == 4
    words = stored(out)
    assert [word.text for word in words] == ["of", "of", "sale"]
    assert words[0].edges == [[0, 60], [60, 120]] and len(words[1].edges) == 2 and len(words[2].edges) == 4
    assert "set/0.png: wiht is no word, and with is" in capsys.readouterr().out
    assert prepare_list([first, second], out) == 3 and sum(calls) == 4
    assert prepare_list([first], out) == 2 and sum(calls) == 6, "other zips, another list"
    good, refused = examined(listed(second), read, frozenset())
    assert len(good) == 2 and not refused


def test_a_zip_without_words_is_told(tmp_path):
    with zipfile.ZipFile(tmp_path / "none.zip", "w") as archive:
        archive.writestr("readme", "")
    with pytest.raises(ValueError, match="0 files words.jsonl"):
        listed(tmp_path / "none.zip")
