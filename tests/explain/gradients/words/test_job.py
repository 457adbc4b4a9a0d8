"""Dreams of words: what is refused, that ascent with the real network goes up and repeats, and the committed ones."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from explain.attribution import targets
from explain.gradients.kinds import SettingsError
from explain.gradients.words import gallery, job
from explain.network.session import Network
from models import crnn

CHANNEL = targets.describe(targets.Channel("conv_5", 7))
RISING = replace(job.RECIPE, steps=24)  # fewer steps do not climb out of the scatter of the drawn views


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({}, "Say what to dream of: a text, or a target, and not both."),
        ({"text": "on", "target": CHANNEL}, "Say what to dream of: a text, or a target, and not both."),
        ({"text": ""}, "Type a word to dream of: 1 to 23 letters and digits."),
        ({"text": 7}, "Type a word to dream of: 1 to 23 letters and digits."),
        ({"text": "don't"}, 'The network has no label for "\'"; it knows a-z, A-Z and 0-9.'),
        ({"text": "a" * 24}, "The word has 24 characters and 23 is the most; type a shorter one."),
        ({"text": "a" * 20}, "The text needs at least 39 frames"),
        ({"text": "on", "steps": 9}, "steps must be a whole number from 10 to 500, not 9."),
        ({"text": "on", "count": 5}, "count must be a whole number from 1 to 4, not 5."),
        ({"text": "on", "seed": True}, "seed must be a whole number from 0 to 2147483647, not True."),
        ({"text": "on", "speed": 1}, "A dream of a word has no setting 'speed'; it has text, target, seed, "),
        ({"target": {"kind": "channel", "layer": "conv_9", "channel": 0}}, "crnn has no layer called 'conv_9'."),
        ({"target": {**CHANNEL, "channel": 512}}, "There is no number 512 in conv_5: it has 0 to 511 there."),
        ({"target": "conv_5"}, "A target is told by its kind"),
    ],
)
def test_what_cannot_be_dreamt_of_is_refused_in_one_sentence(settings, error):
    with pytest.raises(SettingsError) as refused:
        job.check(settings)
    assert str(refused.value).startswith(error)


def test_settings_come_out_in_full_and_equal():
    full = job.check({"text": "on"})
    assert full == job.check({**full, "target": None})
    assert full == {"text": "on", "seed": 0, "steps": job.RECIPE.steps, "count": 1}
    part = job.check({"target": CHANNEL, "count": 4})
    assert part["target"] == CHANNEL and part["steps"] == job.PART_RECIPE.steps


@pytest.fixture(scope="module")
def network():
    from explain.gradients.network import models
    from explain.gradients.network.activations import Responses

    return Responses(models.function("crnn"))


@pytest.mark.slow
def test_a_dream_rises_and_the_same_seed_makes_the_same_picture(network):
    def dreamt(seed):
        scores = []
        found = job.dream_words(network, ["on"], [seed], RISING, lambda *told: scores.append(told[3][0]))
        return found, scores

    found, scores = dreamt(3)
    assert (
        found.pictures.shape == (1, 32, 128) and found.pictures.dtype == np.uint8 and found.steps == len(scores) == 24
    )
    assert np.mean(scores[-8:]) > np.mean(scores[:8]) + 3 and found.scores[0] > scores[0] + 3
    again, _ = dreamt(3)
    np.testing.assert_array_equal(found.pictures, again.pictures)
    assert np.abs(found.pictures.astype(int) - dreamt(4)[0].pictures).mean() > 5


def test_the_job_gives_pictures_side_by_side_and_shows_them_on_the_way(network):
    told = []

    class Report:
        def __call__(self, step, steps, picture=None, score=None):
            told.append((step, steps, picture, score))
            return step < 10 or len(told) < 11

        def doing(self, text):
            return True

    settings = {"target": CHANNEL, "count": 2, "steps": 10, "seed": 1}
    result = job.run(settings, Report())
    assert [step for step, *_ in told] == list(range(1, 11)) and told[-1][3] > told[0][3]
    assert told[3][2].shape == (2 * 32 + job.GAP, 128, 3) and told[3][2].dtype == np.uint8
    assert result["pictures"].shape == (2, 32, 128) and len(result["readings"]) == 2 and result["steps"] == 10
    # the number told for each picture is the channel's in the exported network
    answers = Network(crnn.CARD).run(result["pictures"][..., None] / np.float32(255), ["conv_5"])
    np.testing.assert_allclose(result["scores"], answers["conv_5"][..., 7].mean((1, 2)), rtol=1e-3, atol=1e-5)


def test_a_stopped_job_gives_nothing(network):
    class Stops:
        def __call__(self, *_):
            return False

        def doing(self, text):
            return True

    assert job.run({"target": CHANNEL, "count": 2, "steps": 10}, Stops()) == {}


def test_the_network_reads_the_committed_dreams_as_told():
    told = json.loads((gallery.GALLERY / "gallery.json").read_text("utf-8"))
    assert told["settings"] == json.loads(json.dumps(gallery.settings()))  # made as the page makes them today
    read = gallery.committed()
    assert [word["text"] for word in told["words"]] == list(read) and len(read) == 20
    for word in told["words"]:
        found = read[word["text"]]
        assert found["picture"].shape == (32, 128) and len(word["seeds"]) == len(word["text"])
        with Image.open(gallery.GALLERY / word["file"]) as picture:  # the file itself, as the page takes it
            assert picture.mode == "L"
            np.testing.assert_allclose(crnn.prepare(picture)[0, ..., 0], found["picture"] / np.float32(255), atol=1e-6)
        assert found["reading"] == word["reading"] == word["text"]
        assert found["probability"] == pytest.approx(word["probability"], abs=0.01)


def test_a_contact_sheet_holds_every_picture(tmp_path):
    picture = np.full((32, 128), 255, np.uint8)
    picture[10:20, 30:50] = 0
    record = {
        "picture": picture,
        "reading": "on",
        "probability": 0.5,
        "sturdiness": -1.0,
        "seeds": [0, 0],
        "seconds": 1.0,
    }
    gallery.write({"on": record}, tmp_path)
    assert json.loads((tmp_path / "gallery.json").read_text())["words"][0]["text"] == "on"
    with Image.open(tmp_path / "on.png") as kept:
        np.testing.assert_array_equal(np.asarray(kept), picture)
    file = gallery.contact_sheet({"on": record, "off": record}, tmp_path / "sheet.webp")
    with Image.open(file) as sheet:
        left, top = gallery.BORDER, gallery.BORDER
        part = np.asarray(sheet.convert("L"))[top : top + 96, left : left + 384]
        assert part[45, 120] < 40 and part[5, 5] > 215
