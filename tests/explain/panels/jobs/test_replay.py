"""A dream that was kept is watched growing before its result is seen; once more at a press; skipped at another."""

from __future__ import annotations

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explain.gradients.worker.job import Job, describe
from explain.panels.jobs import held, replay
from explain.panels.page import resources
from explain.panels.visualisation import words
from models import vgg16
from tests.explain.panels.views import text_of

SETTINGS = {"text": "on"}


class Clock:
    """Tells the time that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def finished(cached: bool = True, steps: int = 4) -> Job:
    """A dream of one word that is over: its preview after step s is filled with 50 s."""
    before = Job("dream-word", {}, "")
    for step in range(1, steps + 1):
        before.advance(step, 10 * steps, None, np.full((32, 128, 3), 50 * step, np.uint8))
    job = Job("dream-word", {**SETTINGS, "count": 1, "seed": 5}, "")
    pictures = np.full((1, 32, 128), 255, np.uint8)
    result = {"pictures": pictures, "readings": ["on"], "scores": np.log([0.5]), "steps": 40}
    if cached:
        job.recall(result, before.grown)
    else:
        job.grown = before.grown
        job.end("done", result)
    return job


def test_it_runs_until_every_preview_was_seen_and_is_then_the_job():
    clock, job = Clock(), finished()
    shown = replay.Replay(job, clock)
    for number in range(4):
        clock.now = 100 + (number + 0.5) * replay.EVERY
        assert (shown.status, shown.ended, shown.step, shown.steps) == ("running", False, number + 1, 40)
        assert abs(shown.preview.astype(int) - 50 * (number + 1)).max() <= 3
        assert describe(shown) == f"Replayed from an earlier run, step {number + 1} of 40"
    clock.now = 100 + 4.1 * replay.EVERY
    assert shown.ended and shown.status == "done" and shown.result is job.result
    assert describe(shown) == "Kept from an earlier time" and replay.stop_label(shown) == "Cancel"


def test_it_can_be_skipped():
    shown = replay.Replay(finished(), Clock())
    assert replay.stop_label(shown) == "Skip"
    shown.cancel()
    assert shown.ended and shown.status == "done"


def test_only_what_was_kept_with_its_previews_is_replayed_by_itself():
    assert isinstance(replay.first(finished()), replay.Replay)
    live, bare, running = finished(cached=False), finished(steps=1), Job("dream", {}, "")
    assert [replay.first(job) for job in (live, bare, running)] == [live, bare, running]
    assert describe(replay.Replay(live, Clock())).startswith("Replayed, step 1")


def page():
    from explain.panels.inputs import word
    from explain.panels.page.subject import Subject
    from explain.panels.visualisation import words

    words.show(Subject.of("crnn", *word.from_sample("elephant")))


@pytest.fixture
def opened():
    def run(job) -> AppTest:
        test = AppTest.from_function(page, default_timeout=60)
        test.query_params["dream"] = "on"
        test.session_state[words.DREAM.slot] = held._Kept(json.dumps([SETTINGS, 1]), job, None)
        test.run()
        assert not test.exception
        return test

    return run


def test_the_page_shows_it_growing_then_what_came_of_it(opened):
    clock = Clock()
    test = opened(replay.Replay(finished(), clock))
    assert "The network reads" not in text_of(test) and test.button(key="dream-word-cancel").label == "Skip"
    assert "Replayed from an earlier run, step 1 of 40" in test.get("progress")[0].proto.text
    clock.now += 99
    test.run()
    assert "The network reads **on**; probability of “on”: 0.50. Seed 5." in text_of(test)
    assert "Kept from an earlier time." in text_of(test)
    test.button(key="dream-word-replay").click().run()
    assert not test.exception and "The network reads" not in text_of(test)
    test.button(key="dream-word-cancel").click().run()
    assert not test.exception and "The network reads **on**" in text_of(test)


def test_without_previews_there_is_nothing_to_watch(opened):
    test = opened(finished(steps=1))
    assert "The network reads **on**" in text_of(test)
    assert "dream-word-replay" not in {button.key for button in test.button}


def class_page():
    from explain.panels.inputs import strip
    from explain.panels.visualisation import classes

    classes.show(strip.show())


class Kept:
    """Stands for the gradient worker: whatever is asked, it was asked before."""

    def submit(self, kind, settings, owner=""):
        before, job = Job(kind, {}, ""), Job(kind, settings, owner)
        for step in (1, 2, 3):
            before.advance(step, 30, 1.0, np.full((16, 16, 3), 60 * step, np.uint8))
        picture = np.full((16, 16, 3), 250, np.uint8)
        job.recall({"picture": picture, "pictures": picture[None], "logit": 9.0, "probability": 0.75}, before.grown)
        return job


def test_a_class_that_was_dreamt_before_is_watched_growing_too(monkeypatch):
    monkeypatch.setattr(resources, "worker", lambda: Kept())
    monkeypatch.setattr(replay, "EVERY", 1e9)
    test = AppTest.from_function(class_page, default_timeout=60)
    test.query_params.update({"class": str(vgg16.CAM_IMAGENET_INDEX[7]), "network": vgg16.CAM.name})
    test.run()
    test.button(key="dream-live").click().run()
    assert not test.exception and test.button(key="dream-cancel").label == "Skip"
    assert test.get("progress")[0].proto.text == "Replayed from an earlier run, step 1 of 30"
    monkeypatch.setattr(replay, "EVERY", 1e-9)
    test.run()
    assert not test.exception and "Kept from an earlier time" in text_of(test)
    assert {"dream-again", "class-dream-replay"} <= {button.key for button in test.button}
