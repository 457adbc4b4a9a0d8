"""The accuracy measurement on collections made here, read by networks whose answers are known."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from models import crnn, typeface, vgg16
from tests.benchmarks import accuracy, labelled, page_words
from tests.benchmarks.labelled import Collection, CollectionError
from tests.models import drawn


class ColumnReader:
    """In place of the CRNN: frame t tells the label that column 4 t + 1 is painted with, grey level 4 x label + 2."""

    def run(self, batch, layers):
        assert layers == ["outputs"] and batch.shape[1:] == (32, 128, 1) and len(batch) <= accuracy.BATCH
        labels = np.round((batch[:, 16, 1 : 4 * crnn.FRAMES : 4, 0] * 255 - 2) / 4).astype(int)
        return {"outputs": np.eye(63, dtype=np.float32)[labels]}


def painted(reading: str) -> Image.Image:
    """The picture that a ColumnReader reads so: a character every second frame."""
    labels = np.full(32, crnn.BLANK)
    labels[1 : 2 * len(reading) : 2] = [crnn.LABELS.index(c) for c in reading]
    return Image.fromarray(np.tile((4 * labels + 2).repeat(4).astype(np.uint8), (32, 1)))


class RedReader:
    """In place of VGG16: the class whose number is the picture's red is likeliest, then the numbers that follow it."""

    def __init__(self):
        self.shapes = []

    def run(self, batch, layers):
        assert layers == ["predictions"]
        self.shapes.append(batch.shape)
        red = np.round(batch[:, 0, 0, 2] + vgg16.MEAN_BGR[2]).astype(int)
        behind = (np.arange(200) - red[:, None]) % 200
        return {"predictions": ((200 - behind) / 20100).astype(np.float32)}


def save(picture: Image.Image, path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path)


WORDS = [  # what the picture reads as, what is written
    ("Hello", "Hello"),
    ("hello", "HELLO"),
    ("book", "boot"),
    ("", "a"),
    ("LONDON2", "London"),
    ("aab", "aab"),
]


@pytest.fixture
def words(tmp_path):
    folder = tmp_path / "words"
    for i, (reading, _) in enumerate(WORDS):
        save(painted(reading), folder / "images" / f"{i}.png")
    lines = [json.dumps({"image": f"images/{i}.png", "text": text, "more": 1}) for i, (_, text) in enumerate(WORDS)]
    (folder / "words.jsonl").write_text("\n".join(lines) + "\n\n", encoding="utf-8")
    return folder


@pytest.fixture
def photographs(tmp_path):
    """Four classes the network knows and one it does not.

    A RedReader gets class 3 right, 50 wrong, 120 second after 119, and 199 sixth after 194.
    """
    folder = tmp_path / "photographs"
    wnids = vgg16.CAM_WNIDS
    for number, red, size in [(3, 3, (64, 48)), (50, 60, (64, 64)), (120, 119, (65, 30)), (199, 194, (300, 500))]:
        save(Image.new("RGB", size, (red, 10, 20)), folder / wnids[number] / "a.png")
    save(Image.new("RGB", (8, 8)), folder / "n00000000" / "a.png")
    (folder / wnids[3] / "notes.txt").write_text("no picture")
    return folder


def zipped(folder, name="collection", top="") -> str:
    path = folder.parent / f"{name}.zip"
    with zipfile.ZipFile(path, "w") as file:
        for each in sorted(folder.rglob("*")):
            file.write(each, top + each.relative_to(folder).as_posix())
    return str(path)


def run(monkeypatch, network, *argv):
    monkeypatch.setattr(accuracy, "Network", lambda card: network)
    return accuracy.main([str(argument) for argument in argv])


def test_words_are_counted_right(words, monkeypatch):
    figures = run(monkeypatch, ColumnReader(), "crnn", words)
    beam = figures.pop("beam")
    assert figures == {
        "n": 6,
        "word_accuracy_ignore_case": pytest.approx(3 / 6),
        "word_accuracy": pytest.approx(2 / 6),
        # 5 wrong cases, k for t, a missing, 5 wrong cases and a 2 too many; over 5+5+4+1+6+3 characters
        "character_error_rate": pytest.approx((5 + 1 + 1 + 5 + 1) / 24),
    }
    assert beam == {"beams": 25, **figures}


def test_the_pages_words_are_told_by_face_and_misread_samples_by_name(monkeypatch):
    """A network that reads every picture as "OPEN"; the texts are one's own, so that no word list is needed."""
    named = iter(["OPEN", "open", "shut"] * len(typeface.FONTS))
    monkeypatch.setattr(page_words, "Words", lambda *_, **__: SimpleNamespace(draw=lambda rng: next(named)))
    frames = np.eye(63, dtype=np.float32)[[crnn.LABELS.index(c) for c in "OPEN"] + [crnn.BLANK] * 27]
    network = SimpleNamespace(run=lambda batch, layers: {"outputs": np.stack([frames] * len(batch))})
    figures = run(monkeypatch, network, "crnn", "typed", "--limit", 3)
    assert list(figures) == list(typeface.FONTS)
    for figure in figures.values():
        assert (figure["n"], figure["word_accuracy"], figure["word_accuracy_ignore_case"]) == (3, 1 / 3, 2 / 3)
    figures = run(monkeypatch, network, "crnn", "samples")
    assert figures["n"] == len(figures["misread"]) + 1 and set(figures["misread"].values()) == {"OPEN"}
    assert figures["word_accuracy"] == 1 / figures["n"] and "elephant" in figures["misread"]


def test_only_words_that_are_made_ready_are_read_anew():
    rng = np.random.default_rng(0)
    close, wide = (
        drawn.word(rng, "Garden", margins, (20, 20, 20), (200, 200, 200))[0] for margins in ((0.1, 0.2), (1, 2))
    )
    (read, changed), (anew, trimmed) = accuracy._readied(ColumnReader(), [close, wide], ["close", "wide"])
    assert (read, changed, trimmed) == ("close", False, True) and anew != "wide"


def test_a_suite_is_every_set_in_a_folder_but_those_for_training(words, monkeypatch, capsys):
    zipped(words, "whole")
    zipped(words, "words-train")
    with zipfile.ZipFile(words.parent / "pictures.zip", "w") as file:
        file.writestr("a.txt", "no words")
    listing = [json.loads(line) for line in (words / "words.jsonl").read_text("utf-8").split("\n") if line]
    named = [json.dumps(line | {"set": "street" if i < 2 else "shop"}) for i, line in enumerate(listing)]
    (words / "words.jsonl").write_text("\n".join(named), "utf-8")
    zipped(words, "two")
    figures = run(monkeypatch, ColumnReader(), "crnn", "suite", words.parent)
    ignoring = {name: one["word_accuracy_ignore_case"] for name, one in figures["sets"].items()}
    assert ignoring == {"two shop": pytest.approx(1 / 4), "two street": 1, "whole": pytest.approx(3 / 6)}
    assert [one["n"] for one in figures["sets"].values()] == [4, 2, 6]
    assert figures["mean"]["word_accuracy_ignore_case"] == pytest.approx((1 / 4 + 1 + 1 / 2) / 3)
    assert figures["mean"]["word_accuracy"] == pytest.approx((1 / 4 + 1 / 2 + 2 / 6) / 3)
    lines = capsys.readouterr().out.splitlines()
    assert [line[:32].strip() for line in lines] == ["", *figures["sets"], "mean"]
    assert lines[-1].split() == ["mean", "0.583", "0.361", f"{figures['mean']['character_error_rate']:.3f}"]
    with pytest.raises(CollectionError, match="no zip of words"):
        run(monkeypatch, ColumnReader(), "crnn", "suite", words)


@pytest.mark.parametrize("top", ["", "iiit5k/", "a/b/"])
def test_a_zip_tells_the_same_as_the_folder(words, monkeypatch, top):
    folder = run(monkeypatch, ColumnReader(), "crnn", words, "--beams", "0")
    path = zipped(words, top=top)
    assert run(monkeypatch, ColumnReader(), "crnn", path, "--beams", "0") == folder
    assert run(monkeypatch, ColumnReader(), "crnn", f"{path}/{top}", "--beams", "0") == folder
    assert run(monkeypatch, ColumnReader(), "crnn", path, "--inside", top, "--beams", "0") == folder


def test_a_limit_is_spread_evenly(words, monkeypatch):
    assert labelled.evenly(list(range(10)), 4) == [0, 2, 5, 7]
    assert labelled.evenly([1, 2], 5) == [1, 2]
    assert run(monkeypatch, ColumnReader(), "crnn", words, "--limit", "2")["word_accuracy"] == 1 / 2
    classes = {"x": ["x1", "x2", "x3"], "y": ["y1"], "z": ["z1", "z2"]}
    assert [name for _, name in labelled.evenly_over_classes(classes, 5)] == ["x1", "y1", "z1", "x2", "z2"]
    assert len(labelled.evenly_over_classes(classes, None)) == 6


def test_classes_are_counted_right_at_the_size_that_fits(photographs, monkeypatch):
    network = RedReader()
    figures = run(monkeypatch, network, "vgg16-cam", photographs)
    assert figures == {
        "n": 4,
        "top1": 1 / 4,
        "top5": 2 / 4,
        "classes": 4,
        "classes_unknown_to_the_network": 1,
        "pictures_by_size": {128: 2, 224: 2},
    }
    assert sorted(network.shapes) == [(2, 128, 128, 3), (2, 224, 224, 3)]
    network = RedReader()
    assert run(monkeypatch, network, "vgg16-cam", photographs, "--size", "96", "--limit", "3")["n"] == 3
    assert network.shapes == [(3, 96, 96, 3)]


def test_equal_answers_do_not_count_as_recognised(photographs, monkeypatch):
    class Undecided:
        def run(self, batch, layers):
            return {"predictions": np.full((len(batch), 200), 1 / 200, np.float32)}

    figures = run(monkeypatch, Undecided(), "vgg16-cam", photographs)
    assert figures["top1"] == figures["top5"] == 0


def test_val_is_meant_where_train_is_there_too(photographs, tmp_path, monkeypatch):
    both = tmp_path / "both"
    shutil.copytree(photographs, both / "val")
    for wnid in vgg16.CAM_WNIDS[:3]:
        save(Image.new("RGB", (8, 8), (255, 0, 0)), both / "train" / wnid / "images" / "0.JPEG")
    for path in (both, zipped(both), zipped(both) + "/val"):
        assert run(monkeypatch, RedReader(), "vgg16-cam", path)["n"] == 4
    assert run(monkeypatch, RedReader(), "vgg16-cam", both, "--inside", "train")["n"] == 3
    (both / "val").rename(both / "test")
    with pytest.raises(CollectionError, match="several folders"):
        run(monkeypatch, RedReader(), "vgg16-cam", both)


def test_edit_distance():
    known = {("kitten", "sitting"): 3, ("flaw", "lawn"): 2, ("", "abc"): 3, ("abc", ""): 3, ("same", "same"): 0}
    assert {pair: accuracy.edit_distance(*pair) for pair in known} == known


def test_what_cannot_be_measured_is_told_in_one_sentence(words, photographs, tmp_path, monkeypatch):
    def says(*argv):
        with pytest.raises(ValueError) as refused:
            run(monkeypatch, ColumnReader(), *argv)
        return str(refused.value)

    assert says("crnn", tmp_path / "nowhere") == f"There is no folder or zip at {tmp_path / 'nowhere'}."
    assert "words.jsonl; it has 0" in says("crnn", photographs)
    assert "ImageNet's wnid" in says("vgg16-cam", words)
    assert "no files" in says("crnn", zipped(words) + "/elsewhere")
    assert "neither a folder nor a zip" in says("crnn", words / "words.jsonl")
    (words / "images" / "3.png").write_text("no picture")
    assert says("crnn", words).startswith("images/3.png: The file is not a picture")
    (words / "images" / "3.png").unlink()
    assert says("crnn", words) == "The collection has no file 'images/3.png'."
    (words / "words.jsonl").write_text('{"image": "images/0.png"}\n')
    assert says("crnn", words).startswith("Line 1 of words.jsonl")


def test_the_committed_cards_agree_with_the_measurement():
    """The order of the classes in the measurement is that of the network's last layer."""
    assert len(vgg16.CAM_WNIDS) == len(vgg16.CAM.labels) == 200
    for wnid, name in [("n01443537", "goldfish"), ("n02504458", "African elephant")]:
        assert vgg16.CAM.labels[vgg16.CAM_WNIDS.index(wnid)] == name


def test_pictures_are_read_from_the_zip_itself(words):
    collection = Collection(zipped(words))
    assert Image.open(io.BytesIO(collection.read("images/0.png"))).size == (128, 32)
    with pytest.raises(CollectionError):
        collection.read("images/99.png")
