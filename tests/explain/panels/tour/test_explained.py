"""Steps of the tour on what an answer hangs on: covered, silenced, dreamt and spoilt, worked out here once more."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest

from explain.attribution import occlusion
from explain.attribution.cam import background
from explain.ctc.decoding import log_probability
from explain.interventions.intervention import Intervention, Where, parse
from explain.interventions.picture import CHANGES
from explain.interventions.run import run
from explain.network.session import Network
from explain.panels.inputs import word
from explain.panels.page.subject import OWN, TYPED, Subject
from explain.panels.tour import deep
from models import crnn
from models.typeface import draw_word
from tests.explain.panels.tour.scenes import (
    STEPS,
    TEXTS,
    drawn,
    finished,
    pixels,
    subject_of,
)


@pytest.fixture(scope="module")
def elephant() -> Subject:
    return subject_of()


def test_covering_costs_what_the_network_says(elephant):
    scene = finished(STEPS["why"].make(elephant))
    picture, p = scene.picture, elephant.probabilities
    heights, moments = picture["rows"][0]["values"], picture["moments"]
    left, _, right, _ = moments[picture["start"]]["box"]
    assert heights[picture["start"]] == min(heights)
    covered = elephant.batch.copy()
    covered[0, :, left:right] = background(elephant.batch[0])
    after = Network(crnn.CARD).run(covered)[elephant.description.output.name][0]
    label = crnn.LABELS.index(scene.facts["character"])
    at = int(p[:, label].argmax())
    assert after[at, label] < 0.5 * p[at, label]
    assert float(scene.facts["usual"]) == pytest.approx(float(p[at, label]), abs=0.1)
    assert (scene.facts["first"], scene.facts["last"]) == (str(left), str(right - 1))
    assert scene.pressed["why_patch"] == "columns"  # the view beside it covers the same strips
    assert int(scene.address["character"]) + 1 == int(scene.facts["number"])


def test_dreams_and_what_is_read_in_them_are_the_gallerys(elephant):
    items = drawn(STEPS["dreams"].make(elephant))["items"]
    assert "“elephant”" in items[0]["title"]
    batch = elephant.description.preprocessing.scaled(pixels(items[0]["src"]))[None]
    p = Network(crnn.CARD).run(batch)[elephant.description.output.name][0]
    read = "".join(crnn.LABELS[label] for label, _ in groupby(p.argmax(axis=1).tolist()) if label != crnn.BLANK)
    assert f"read as {read}," in items[0]["note"]


def test_what_it_says_to_a_spoilt_picture_is_what_it_reads_there(elephant):
    pending = STEPS["fails"].make(elephant)
    assert "elephant" in STEPS["fails"].text(pending)
    scene = finished(pending)
    for item in drawn(scene)["items"]:
        batch = elephant.description.preprocessing.scaled(pixels(item["src"]))[None]
        p = Network(crnn.CARD).run(batch)[elephant.description.output.name][0]
        text = tuple(label for label, _ in groupby(p.argmax(axis=1).tolist()) if label != crnn.BLANK)
        read, count = "".join(crnn.LABELS[label] for label in text), round(100 * np.exp(log_probability(p, text)))
        assert f"“{read}”" in item["note"] and ("✗" in item["note"]) == (read != "elephant")
        assert f" {min(max(count, 1), 99)} in 100" in item["note"]
    assert scene.facts["usual"] == "“elephant”" and scene.variant == "text"  # one is sure, and wrong
    assert int(scene.facts["sure"].partition(" ")[0]) > 50 and scene.facts["wrong"] in scene.picture["items"][1]["note"]
    change = next(one for one in CHANGES if one.title == scene.pressed["picture_change"])
    made = change.made(elephant.seen, scene.pressed[f"picture_{change.name}"])  # what the view beside it shows
    np.testing.assert_array_equal(np.asarray(made), pixels(scene.picture["items"][1]["src"]))


def test_of_a_picture_that_somebody_brings_nobody_knows_what_is_wrong():
    subject = Subject.of(crnn.CARD.name, "mine", draw_word("hello", "Sans"), origin=OWN)
    scene = finished(STEPS["fails"].make(subject))
    assert scene.variant == "other" and "At least one of the two is wrong" in STEPS["fails"].text(scene)
    assert not any("✗" in item["note"] for item in scene.picture["items"])


def test_a_typed_word_says_what_is_right():
    """Said to be another word, the reading of the picture as it is counts as wrong, and the typed one never does."""
    subject = Subject.of(crnn.CARD.name, "hallo", draw_word("hello", "Sans"), origin=TYPED)
    first, *others = finished(STEPS["fails"].make(subject)).picture["items"]
    assert first["note"].startswith("“hello”") and first["note"].endswith("✗")
    assert all(item["note"].endswith("✗") and "“hallo”" not in item["note"] for item in others)


def test_a_picture_on_which_nothing_can_be_covered_is_not_said_to_be_looked_at():
    subject = Subject.of(crnn.CARD.name, "elephant", word.from_sample("elephant")[1])
    drops = np.zeros(len(occlusion.boxes(subject.batch[0].shape, *occlusion.patches_of_a_word(32)["columns"])))
    pending = STEPS["why"].make(subject)
    assert pending.picture.finished(drops).variant == "nowhere"
    drops[3] = 1.0
    assert pending.picture.finished(drops).variant == "text"


@pytest.mark.parametrize(
    ("same", "usual", "now", "random", "told"),
    [
        (True, 0.98, 0.97, 0.98, "replaced"),
        (True, 0.723, 0.001, 0.001, "any"),
        (False, 0.9, 0.2, 0.15, "any"),
        (False, 0.0005, 0.0004, 0.0005, "text"),
        (False, 0.98, 0.1, 0.98, "text"),
        (True, 0.98, 0.6, 0.98, "weaker"),
    ],
)
def test_what_silencing_shows(same, usual, now, random, told):
    assert deep._variant(same, usual, now, random) == told
    assert told in TEXTS["silence"]


def test_where_nothing_makes_it_sure_and_wrong_it_says_so():
    subject = Subject.of(crnn.CARD.name, "Hi", draw_word("Hi", "Sans"))
    scene = finished(STEPS["fails"].make(subject))
    assert scene.variant == "unsure" and "none made it sure" in STEPS["fails"].text(scene)


def test_a_silenced_group_does_what_the_text_says(elephant):
    """As the view beside it shows: the changes in the address, and the network run on from there."""
    scene = STEPS["silence"].make(elephant)
    (change,) = parse(scene.address["changes"])
    assert (
        len(change.where.channels) == int(scene.facts["count"]) and int(scene.facts["channel"]) in change.where.channels
    )
    network = Network(crnn.CARD)
    untouched = {name: one[0] for name, one in network.run(elephant.batch).items()}
    for channels, told in ((change.where.channels, "together"), ((int(scene.facts["channel"]),), "alone")):
        changes = [Intervention(change.layer, Where(channels=channels))]
        p = run(network, elephant.batch, untouched, changes).values[elephant.description.output.name]
        probability = float(np.exp(log_probability(p, elephant.best.labels, crnn.BLANK)))
        assert float(scene.facts[told]) == pytest.approx(probability, abs=6e-4)
        read = "".join(crnn.LABELS[label] for label, _ in groupby(p.argmax(axis=1).tolist()) if label != crnn.BLANK)
        assert (read == scene.facts["reads"]) == (told == "together")
    assert scene.variant == "text" and float(scene.facts["random"]) > 0.9 > float(scene.facts["together"])
    deeper = STEPS["deeper"].make(elephant)  # and the step before has marked the same channel
    assert deeper.address["deep_unit"].partition(".")[0] == scene.facts["channel"] == deeper.facts["channel"]
