"""The gallery of channels: its bookkeeping with a stand-in for the ascent, and the committed pictures themselves."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from explain.attribution.targets import Channel
from explain.gradients.images import channel_gallery, channels
from explain.gradients.images.activation_maximisation import DreamResult
from explain.network.description import describe
from explain.network.session import Network
from models.card import Card
from models.pictures import open_picture
from models.preprocessing import Preprocessing
from models.vgg16 import CAM, CONVOLUTIONS
from tests.explain.gradients.network.written import averaged_classes, conv, written

MOST_BYTES = 3 * 2**20
LEAST_ADVANTAGE = 2.0  # times what the channel answers to the photograph that it answers to most


@pytest.fixture
def small(tmp_path) -> Card:
    """Two convolutions of four and six channels on colour pictures of any size, and two photographs."""
    random = np.random.default_rng(8)
    rows = [*conv("first", "input", pads=[1, 1, 1, 1]), *conv("second", "first", strides=[2, 2])]
    shapes = {"first/kernel": (4, 3, 3, 3), "second/kernel": (6, 4, 3, 3), "predictions/kernel": (6, 2)}
    weights = {name: random.normal(0, 0.3, shape) for name, shape in shapes.items()}
    weights |= {"first/bias": np.zeros(4), "second/bias": np.zeros(6), "predictions/bias": np.zeros(2)}
    weights = {name: array.astype(np.float32) for name, array in weights.items()}
    path = tmp_path / "small.onnx"
    layers = ("first", "second", "global_average", "predictions")
    written(path, [*rows, *averaged_classes("second")], weights, ("n", 3, "h", "w"), ["predictions"], layers=layers)
    (tmp_path / "photographs").mkdir()
    for number in range(2):
        pixels = random.integers(0, 256, (40, 50, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photographs" / f"{number}.png")
    told = [{"file": f"{number}.png"} for number in range(2)]
    (tmp_path / "photographs" / "samples.json").write_text(json.dumps(told))
    prepared = Preprocessing(32, 32, "rgb")
    return Card("small", "Small", path, "", "", prepared, samples=tmp_path / "photographs", channels=tmp_path / "made")


class Ascent:
    """Answers like dream_targets, with noise; fails after so many calls."""

    def __init__(self, most: int = 99) -> None:
        self.asked, self.most = [], most

    def __call__(self, function, targets, settings):
        if len({target for call, _ in self.asked for target in call}) >= self.most:
            raise KeyboardInterrupt
        self.asked.append((list(targets), settings))
        random = np.random.default_rng(len(self.asked))
        pictures = [random.integers(0, 256, (settings.size, settings.size, 3), np.uint8) for _ in targets]
        return [DreamResult(picture, 1.0, None, settings.steps, 0.0) for picture in pictures]


@pytest.fixture
def ascent(monkeypatch) -> Ascent:
    ascent = Ascent()
    monkeypatch.setattr(channel_gallery, "dream_targets", ascent)
    monkeypatch.setattr(channel_gallery, "_function", lambda card: None)
    return ascent


def told(card: Card) -> dict:
    return json.loads((card.channels / "gallery.json").read_text())


def test_the_channels_of_the_rule_with_what_they_answer(small, ascent):
    channel_gallery.make(small, of_a_layer=3, batch=2)
    network = Network(small)
    batches = [small.preprocessing.prepare(open_picture(path)) for path in sorted(small.samples.glob("*.png"))]
    values = [network.run(batch, ["first", "second"]) for batch in batches]
    for layer in ("first", "second"):
        peaks = [
            np.mean([one[layer][..., channel].max() for one in values]) for channel in range(values[0][layer].shape[-1])
        ]
        strongest = sorted(range(len(peaks)), key=lambda channel: -peaks[channel])[:2]
        others = [channel for channel in range(len(peaks)) if channel not in strongest and peaks[channel] > 0]
        wanted = [*strongest, others[0]]
        notes = [note for note in told(small)["channels"] if note["layer"] == layer]
        assert [note["channel"] for note in notes] == wanted
        for note in notes:
            usual = [one[layer][..., note["channel"]].mean() for one in values]
            assert note["photographs"] == pytest.approx([np.mean(usual), np.max(usual)], abs=1e-3)
            with Image.open(small.channels / note["file"]) as picture:
                seen = np.asarray(picture.convert("RGB"), np.float32)[None] / 255
            assert seen.shape[1] == note["size"] == 64 and note["steps"] == 24
            answer = network.run(seen, [layer])[layer][..., note["channel"]].mean()
            assert note["activation"] == pytest.approx(float(answer), abs=1e-3)
    assert [len(call) for call, _ in ascent.asked] == [2, 1, 2, 1]


def test_the_rule():
    peaks = np.array([[1.0, 9, 0, 3, 0, 2, 8, 1, 0, 4], [1, 7, 0, 3, 0, 2, 9, 1, 1, 4]])
    # 6 (8.5) and 1 (8) respond most; of the others that respond at all, 0 3 5 7 8 9, the ends
    assert channel_gallery.chosen(peaks, 4) == [6, 1, 0, 9]
    assert channel_gallery.chosen(peaks, 5) == [6, 1, 9, 0, 8]
    assert len(channel_gallery.chosen(peaks, 40)) == len(set(channel_gallery.chosen(peaks, 40)))


def test_it_goes_on_where_it_was_interrupted_and_anew_with_another_seed(small, ascent):
    ascent.most = 3
    with pytest.raises(KeyboardInterrupt):
        channel_gallery.make(small, of_a_layer=3, batch=2)
    assert len(told(small)["channels"]) == 3
    ascent.most = 99
    channel_gallery.make(small, of_a_layer=3, batch=2)
    asked = [target for call, _ in ascent.asked for target in call]
    assert len(asked) == len(set(asked)) == 6
    channel_gallery.make(small, of_a_layer=3, batch=2, seed=5)
    assert len(ascent.asked) == 8 and ascent.asked[-1][1].seed == 5
    assert all(note["seed"] == 5 for note in told(small)["channels"])


def test_the_sheet_has_a_row_a_layer(small, ascent, tmp_path):
    channel_gallery.make(small, of_a_layer=3)
    with Image.open(channel_gallery.contact_sheet(small.channels, tmp_path / "docs" / "sheet.webp")) as sheet:
        assert sheet.width >= 3 * channel_gallery.TILE and sheet.height >= 2 * channel_gallery.TILE


def test_small_fields_need_small_pictures_and_few_steps():
    description = describe(CAM)
    sizes = [channels.size_for(description, layer) for layer in CONVOLUTIONS]
    assert sizes == sorted(sizes) and sizes[0] == channels.SMALLEST and sizes[-1] == channels.LARGEST
    steps = [channels.steps_for(size) for size in sizes]
    assert steps == sorted(steps) and steps[0] == 24
    seconds = [channels.seconds(description, layer) for layer in CONVOLUTIONS]
    assert seconds == sorted(seconds)


def test_the_middle_of_a_layer():
    description = describe(CAM)
    assert channels.middle(description, "block1_conv1", 3).place == (112, 112, 3)
    assert channels.middle(description, "block5_conv3", 511).place == (7, 7, 511)
    asked = channels.settings("vgg16-cam", description, Channel("block1_conv1", 3), seed=4)
    assert asked["target"] == {"kind": "channel", "layer": "block1_conv1", "channel": 3} and asked["seed"] == 4


@pytest.fixture(scope="module")
def committed() -> dict:
    return json.loads((CAM.channels / "gallery.json").read_text())


def test_it_came_from_the_committed_weights_and_is_small(committed, tmp_path):
    settings = channel_gallery._made_with(describe(CAM), committed["settings"]["seed"], CONVOLUTIONS)
    assert committed["settings"] == json.loads(json.dumps(settings))
    files = {path.name: path.stat().st_size for path in CAM.channels.iterdir()}
    assert sum(files.values()) < MOST_BYTES
    assert set(files) == {"gallery.json", *(note["file"] for note in committed["channels"])}


def test_at_least_eight_channels_of_every_convolution_by_the_rule(committed):
    answers = channel_gallery.over_photographs(Network(CAM), channel_gallery.photographs(CAM))
    for layer in CONVOLUTIONS:
        notes = [note for note in committed["channels"] if note["layer"] == layer]
        means, peaks = answers[layer]
        assert len(notes) >= 8
        assert [note["channel"] for note in notes] == channel_gallery.chosen(peaks, len(notes))
        for note in notes:
            usual = means[:, note["channel"]]
            assert note["photographs"] == pytest.approx([usual.mean(), usual.max()], rel=1e-2, abs=1e-2)


def test_each_picture_is_answered_to_far_more_than_any_photograph(committed):
    for note in committed["channels"]:
        assert note["activation"] > LEAST_ADVANTAGE * note["photographs"][1], note


@pytest.mark.parametrize("layer", CONVOLUTIONS)
def test_the_network_answers_to_a_committed_picture_as_is_noted(committed, layer):
    note = [note for note in committed["channels"] if note["layer"] == layer][CONVOLUTIONS.index(layer) % 8]
    with Image.open(CAM.channels / note["file"]) as picture:
        pixels = np.asarray(picture.convert("RGB"), np.float32)
    batch = pixels[None, ..., ::-1] - np.array([103.939, 116.779, 123.68], np.float32)  # as the paper's network has it
    answers = Network(CAM).run(batch, [layer])[layer][0].mean(axis=(0, 1))
    assert answers[note["channel"]] == pytest.approx(note["activation"], rel=1e-3, abs=1e-3)


def test_other_networks_with_these_convolutions_share_it():
    from models.vgg16 import FULL

    assert FULL.channels == CAM.channels and replace(FULL).channels.name == "vgg16-channels"
