"""The view *Follow an answer*, for networks that nothing in the project knows, with a worker that answers at once."""

from __future__ import annotations

import json
import re
from collections import Counter

import numpy as np
import pytest

from explain.attribution import targets
from explain.attribution.flow import from_result
from explain.charts.flow.parts import signed, unsigned
from explain.interventions.intervention import Where, parse
from explain.interventions.run import after
from explain.panels.jobs import job_view
from explain.panels.page import resources
from explain.panels.page.subject import Subject
from tests.explain.panels.layers.third import classifier, networks_in, recogniser
from tests.explain.panels.views import ended, text_of
from tests.walk import quick_jobs

KINDS = {"third": (recogniser, {"lstms": ((5, "bidirectional"),)}), "animals": (classifier, {})}


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    with networks_in(tmp_path_factory.mktemp("own"), KINDS) as made:
        yield made


class Worker(quick_jobs.QuickWorker):
    """Also keeps what was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.at_once, self.jobs = True, []

    def submit(self, kind, settings, owner=""):
        self.jobs.append(super().submit(kind, settings, owner))
        return self.jobs[-1]


@pytest.fixture(autouse=True)
def worker(monkeypatch) -> Worker:
    from explain.panels.flow import follow
    from explain.panels.inputs import photograph

    monkeypatch.setattr(follow.QUICK, "at_once", True)
    follow.remembered().clear()  # the worker's answers are other ones each time
    quick = Worker()
    monkeypatch.setattr(resources, "worker", lambda: quick)
    monkeypatch.setattr(photograph, "or_word", lambda label, key, word: word)
    return quick


def page(network):
    from explain.panels.flow import follow
    from explain.panels.inputs import word
    from explain.panels.page.subject import Subject

    follow.show(Subject.of(network, *word.from_sample("elephant")))


def subject(network: str) -> Subject:
    from explain.panels.inputs import word

    return Subject.of(network, *word.from_sample("elephant"))


def run(network: str, **address: str):
    from streamlit.testing.v1 import AppTest

    test = AppTest.from_function(page, default_timeout=60, kwargs={"network": network})
    test.query_params.update(address)
    test.run()
    assert not test.exception
    return test


def drawn(test) -> dict:
    """What the component is given."""
    (node,) = test.get("bidi_component")
    return json.loads(node.proto.json)[0]


def said(test) -> str:
    """What the picture says of its channels."""
    return " ".join(re.findall(r'aria-label="([^"]+)"', drawn(test)["svg"]))


def keys(test) -> list[str]:
    return re.findall(r'data-key="([\d.]+)"', drawn(test)["svg"])


@pytest.mark.parametrize("network", KINDS)
def test_the_path_is_there_at_once_and_all_that_it_says_of_channels_is_what_they_are_expected_to_cost(network, worker):
    test = run(network)
    flow = from_result(worker.jobs[-1].result)
    description = resources.description(network)
    by_column = Counter(key.split(".")[0] for key in keys(test))
    followed = [layer.layer for layer in flow.layers if layer.layer != description.input.name]
    assert [description.layer_names[int(number)] for number in by_column] == followed
    first = flow.layer(followed[0])
    size = np.abs(first.costs)
    order = np.argsort(-first.costs)
    missed = [*order[:4], order[-1]]
    assert f">5 of {len(size)}: {size[missed].sum() / size.sum():.0%}<" in drawn(test)["svg"]
    dearest = missed[first.costs[missed].argmax()]
    assert f", channel {dearest}: without it the answer is expected to lose {first.costs[dearest]:.3g}" in said(test)
    assert f">{signed(flow.score)}<" in drawn(test)["svg"]
    assert f"to this one, **{signed(flow.difference)}**, is parted" in text_of(test)
    assert "sum to the whole to within 0.0%" in text_of(test)


def test_a_click_is_kept_in_the_address_and_shown_below(worker):
    test = run("third")
    key = keys(test)[-1]
    other = run("third", follow_node=key)
    layer, channel = resources.description("third").layer_names[int(key.split(".")[0])], int(key.split(".")[1])
    below = text_of(other).replace("\\", "")
    assert f"**{layer}, " in below and f'aria-pressed="true" aria-label="{layer}, ' in drawn(other)["svg"]
    cost = from_result(worker.jobs[-1].result).layer(layer).costs[channel]
    assert f"it should {'lower' if cost >= 0 else 'raise'} the log-odds of" in below and f"**{abs(cost):.3g}**" in below


def test_what_silencing_the_channel_does_cost_stands_beside_what_is_expected(worker):
    test = run("third", follow_target="1", follow_node="0.2")
    word, followed = subject("third"), targets.parse(worker.jobs[-1].settings["target"])
    first = word.description.layer_names[0]
    changed = word.values[first].copy()
    changed[..., 2] = 0
    logits = after(word.opened.network, word.batch, word.values, first, changed[None], ["logits"])
    cost = float(
        (targets.score(followed, {"logits": word.values["logits"][None]}) - targets.score(followed, logits))[0]
    )
    below = text_of(test)
    assert f"Tried, it {'lowers' if cost >= 0 else 'raises'} it by **{unsigned(cost)}**." in below


def test_a_sure_character_has_something_to_lose(worker):
    """It is followed by its log-odds, and not by its log-probability, which is next to 0 and can hardly fall."""
    test = run("third", follow_target="1")
    followed = targets.parse(worker.jobs[-1].settings["target"])
    assert followed.odds and "the log-odds of" in text_of(test) and ">log-odds<" in drawn(test)["svg"]
    run("animals")
    assert worker.jobs[-1].settings["target"]["kind"] == "class"


def test_a_channel_is_silenced_and_its_unit_worked_out_by_hand():
    test = run("third", follow_node="0.2")
    names = [one.label for one in test.button]
    assert names[:2] == ["Silence channel 2", "Its strongest unit by hand"]
    test.button[0].click().run()
    assert parse(test.query_params["changes"])[0].where == Where(channels=(2,))
    assert test.session_state["view"] == "What if?"
    test = run("third", follow_node="0.2")
    test.button[1].click().run()
    assert test.session_state["view"] == "One unit by hand" and test.query_params["hand_layer"] == "first"
    channel, y, x = map(int, test.query_params["hand_unit"].split("."))
    values = subject("third").values["first"][1:-1, 1:-1, 2]
    assert channel == 2 and np.abs(values).max() == values[y - 1, x - 1]


@pytest.mark.parametrize("network", KINDS)
def test_the_path_is_checked_by_silencing(network):
    ended(run(network), "set to zero together")


def test_another_target_is_another_job(worker):
    run("third", follow_target="0")
    run("third", follow_target="1")
    kinds = [job.settings["target"]["kind"] for job in worker.jobs]
    assert kinds == ["text", "character"]


def test_while_it_is_worked_out_the_strongest_channels_stand_there_and_it_can_be_cancelled(worker):
    worker.at_once = False
    test = run("third")
    assert "Not the path yet" in text_of(test) and test.get("progress")
    values = subject("third").values["first"]
    peaks = np.abs(values).max(axis=(0, 1))
    assert keys(test)[0] == f"0.{peaks.argmax()}" and 'class="link' not in drawn(test)["svg"]
    next(one for one in test.button if one.label == "Cancel").click().run()
    assert not test.exception and not test.get("progress")
    start = next(one for one in test.button if one.label == "Follow the answer")
    worker.at_once = True
    start.click().run()
    assert not test.exception and "how much the log-odds of" in text_of(test)


def test_without_a_gradient_it_says_so_and_shows_the_layers(monkeypatch, worker):
    monkeypatch.setattr(job_view, "refusal", lambda kind, settings: "The operator QLinearConv has no gradient.")
    test = run("third")
    assert "needs a gradient. The operator QLinearConv has no gradient." in text_of(test)
    assert keys(test) and not worker.jobs


@pytest.mark.parametrize("network", KINDS)
@pytest.mark.parametrize("value", ["", "nonsense", "999999.999999", "999999", "²"])
def test_links_that_make_no_sense_leave_the_page_up(network, value):
    test = run(network, follow_node=value, follow_target=value, follow_layers=value, character=value)
    assert keys(test)


def test_a_network_without_an_answer_says_that_there_is_nothing_to_follow(monkeypatch):
    from explain.panels.inputs import target

    monkeypatch.setattr(target, "of_answer", lambda subject: {})
    assert "nothing to follow" in text_of(run("third"))
