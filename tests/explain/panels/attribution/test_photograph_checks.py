"""Deletion, insertion and the sanity check under the maps of a photograph, without a browser and without TensorFlow."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explain.attribution import faithfulness, occlusion, targets
from explain.gradients.attribution.job import INPUT_METHODS, LAYER_METHODS, name_at
from explain.gradients.worker.job import DONE, Job
from explain.panels.attribution import faithfulness as faithfulness_panel
from explain.panels.attribution import photograph_checks
from explain.panels.inputs import photograph
from explain.panels.jobs import job_view
from explain.panels.page import resources
from explain.panels.page.subject import Subject
from tests.explain.attribution import small_networks
from tests.explain.panels.views import opened, text_of

STAGES = ["answer", "last", "first"]
QUICK = ("saliency", "gradient_times_input", "guided_backpropagation", *LAYER_METHODS)


def page():
    from explain.panels.attribution import photograph

    photograph.show(None)


class Worker:
    """Answers every job at once: noise for maps, and a likeness that falls."""

    def __init__(self) -> None:
        self.asked = []

    def submit(self, kind, settings, owner=""):
        self.asked.append((kind, settings))
        job, random = Job(kind, settings, owner), np.random.default_rng(8)
        sizes = {name_at(method, layer): (8, 14) for method in LAYER_METHODS for layer in ("first", "last")}
        sizes |= dict.fromkeys(INPUT_METHODS, (16, 28))
        maps = {name: random.normal(size=size) for name, size in sizes.items()}
        likeness = {name: np.array([0.9, 0.5, 0.25]) for name in maps}
        results = {"attribute": {**maps, "score": 0.0}, "sanity": {"stages": STAGES, **likeness}}
        job.end(DONE, results[kind])
        return job


@pytest.fixture
def worker(tmp_path, monkeypatch) -> Worker:
    small_networks.averaging(tmp_path / "animals.onnx")
    monkeypatch.setenv("NETWORKS_FOLDER", str(tmp_path))
    found = Worker()
    monkeypatch.setattr(resources, "worker", lambda: found)
    monkeypatch.setattr(job_view, "refusal", lambda kind, settings: "")
    faithfulness_panel.remembered().clear()
    yield found
    faithfulness_panel.remembered().clear()


def shown(**address) -> AppTest:
    return opened(page, classifier="animals", **address)


def until(test: AppTest, words: str, times: int = 1) -> str:
    """What the page says once it says that so often."""
    limit = time.monotonic() + 90
    while (said := text_of(test)).count(words) < times:
        assert time.monotonic() < limit and not test.exception, said
        time.sleep(0.05)
        test.run()
    return said


def by_hand(subject: Subject, unit: int, start: np.ndarray, end: np.ndarray, pixels: np.ndarray) -> float:
    """The area under a class's probability while one picture becomes another in that order, in eight steps."""
    network, values, shares = resources.network("animals"), [], []
    for step in range(9):
        one = start.reshape(-1, 3).copy()
        count = round(len(one) * step**2 / 64)
        one[pixels[:count]] = end.reshape(-1, 3)[pixels[:count]]
        logits = network.run(one.reshape(1, 16, 28, 3), ["logits"])["logits"][0].astype(np.float64)
        values.append(np.exp(logits[unit]) / np.exp(logits).sum())
        shares.append(count / len(one))
    return sum((b - a) * (x + y) / 2 for a, b, x, y in zip(shares, shares[1:], values, values[1:], strict=False))


def test_occlusions_map_is_checked_against_the_network(worker):
    test = shown(vgg_check="true", vgg_patch="small patches")
    assert "squares of 1 × 1 pixels, covered" in text_of(test) and "Area under the curve:" not in text_of(test)
    test.button(key="cover-occlusion-start").click().run()
    said = until(test, "Area under the curve:")
    told = [float(one) for one in re.search(r"curve: (\S+) .*random (\S+); .*, (\S+) .*random (\S+);", said).groups()]
    subject = Subject.of("animals", "", photograph.sample(next(iter(photograph.samples()))))
    picture, unit = subject.batch[0], int(subject.probabilities.argmax())
    values = occlusion.occlude(resources.network("animals"), picture, 2, 2, "mean").map(targets.ClassLogit(unit))
    grey = np.broadcast_to(picture.mean(axis=(0, 1)), picture.shape)
    blurred = faithfulness.blurred(picture, 1)
    pixels = faithfulness.order(values)
    assert told[0] == pytest.approx(by_hand(subject, unit, picture, grey, pixels), abs=0.006)
    assert told[2] == pytest.approx(by_hand(subject, unit, blurred, picture, pixels), abs=0.006)
    orders = faithfulness.random_orders(picture.shape, photograph_checks.ORDERS)
    random = [by_hand(subject, unit, picture, grey, pixels) for pixels in orders]
    assert told[1] == pytest.approx(np.mean(random), abs=0.006)
    assert "The maps compared" not in said and worker.asked == []


def test_every_map_is_checked_in_its_turn_and_compared(worker):
    test = shown(vgg_check="true")
    test.button(key="vgg-methods-start").click().run()
    assert not test.exception
    assert "This map is checked in its turn." in text_of(test) or "Area under" in text_of(test)
    said = until(test, "Area under the curve:", len(QUICK))
    table = [line.split(" | ") for line in said.splitlines() if line.startswith("| ")][2:]
    assert len(table) == len(QUICK) + 1 and any(row[0] == "| random order" for row in table)
    leads = [float(row[1]) - float(row[2].rstrip(" |")) for row in table]
    assert leads == pytest.approx(sorted(leads), abs=0.011)
    test.button(key="vgg-sanity-start").click().run()
    said = text_of(test)
    assert said.count("every layer is shuffled: **0.25**") == len(QUICK)
    (_, first), (kind, second) = worker.asked
    np.testing.assert_array_equal(first.pop("picture"), second.pop("picture"))
    assert kind == "sanity" and second == first and sorted(second["methods"]) == sorted(QUICK)
    assert second["target"]["kind"] == "class"


def test_a_check_can_be_cancelled_and_an_error_is_said(worker, monkeypatch):
    def slow(*_, **__):
        on_step = _[-1]
        while on_step(3, 36):
            time.sleep(0.01)

    monkeypatch.setattr(photograph_checks, "both", slow)
    test = shown(vgg_check="true")
    test.button(key="vgg-methods-start").click().run()
    until(test, "This map is checked in its turn.", len(QUICK) - 1)
    test.button(key="vgg-checking-cancel").click().run()
    assert not test.toggle(key="vgg_check").value and "in its turn" not in text_of(test) and not test.exception

    def fail(*_, **__):
        raise ValueError("The network is gone.")

    monkeypatch.setattr(photograph_checks, "both", fail)
    test = shown(vgg_check="true")
    test.button(key="vgg-methods-start").click().run()
    until(test, "The network is gone.")


@pytest.mark.parametrize("nonsense", ["", "%00<script>", "-1"])
def test_an_address_that_makes_no_sense_opens_all_the_same(worker, nonsense):
    assert "under the gradient methods" in text_of(shown(vgg_check=nonsense))


def test_both_curves_start_and_end_where_they_should_and_stop():
    class Mean:
        def run(self, batch, layers):
            sums = batch.mean(axis=(1, 2, 3), dtype=np.float64)
            return {"logits": np.stack([sums, -sums], axis=1)}

    picture = np.random.default_rng(0).uniform(1, 2, (28, 30, 3)).astype(np.float32)
    orders, told = faithfulness.random_orders(picture.shape, 2, side=2), []
    fallen, risen = photograph_checks.both(
        Mean(), picture, targets.ClassLogit(0), orders, lambda *step: told.append(step) or True
    )
    whole = 1 / (1 + np.exp(-2 * picture.mean(dtype=np.float64)))
    np.testing.assert_allclose([fallen.values[0], fallen.values[-1], risen.values[-1]], whole, rtol=1e-6)
    assert told[-1] == (36, 36) and [done for done, _ in told] == sorted(done for done, _ in told)
    assert photograph_checks.both(Mean(), picture, targets.ClassLogit(0), orders, lambda *step: False) is None
