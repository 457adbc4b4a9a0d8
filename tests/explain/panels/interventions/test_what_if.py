"""The view *What if?*, for networks that nothing in the project knows: every part, and what a change does."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from explain.interventions.intervention import Intervention, What, Where, parse
from explain.network.session import Network
from explain.panels.page.subject import Subject
from tests.explain.panels.layers.third import classifier, networks_in, recogniser
from tests.explain.panels.views import ended, text_of

KINDS = {
    "third": (recogniser, {"lstms": ((5, "bidirectional"),)}),
    "animals": (classifier, {}),
}


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    with networks_in(tmp_path_factory.mktemp("own"), KINDS) as made:
        yield made


def page_of(network: str):
    def page(network):
        from explain.panels.inputs import photograph, word
        from explain.panels.interventions import what_if
        from explain.panels.page.subject import Subject

        photograph.or_word = lambda label, key, subject: subject
        what_if.show(Subject.of(network, *word.from_sample("elephant")))

    return page, {"network": network}


def run(network: str, **address: str):
    from streamlit.testing.v1 import AppTest

    page, named = page_of(network)
    test = AppTest.from_function(page, default_timeout=60, kwargs=named)
    for name, value in address.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception
    return test


@pytest.fixture(autouse=True)
def choice(monkeypatch):
    from explain.panels.inputs import photograph

    monkeypatch.setattr(photograph, "or_word", photograph.or_word)  # put back what the page exchanges


def button(test, label):
    return next(one for one in test.button if one.label.startswith(label))


def test_a_channel_is_silenced_switched_off_and_all_is_cleared(folder):
    test = run("third", changes="none")
    assert "Nothing is changed" in text_of(test)
    next(one for one in test.selectbox if one.label == "Channel").select("channel 2").run()
    assert not test.exception and parse(test.query_params["changes"])[0].where == Where(channels=(2,))
    assert [one.label.replace("\\", "") for one in test.toggle] == ["linear, channel 2: set to zero"]
    test.toggle[0].set_value(False).run()
    assert test.query_params["changes_off"] == "0" and not test.toggle[0].value
    button(test, "Clear all changes").click().run()
    assert test.query_params["changes"] == "none" and not test.toggle


def test_what_is_shown_is_what_the_changed_network_reads(folder):
    """A layer at zero gives the same answer to any picture: that of the rest to nothing."""
    test = run("third", changes="row..zero")
    network = Network(folder / "third.onnx")
    from explain.interventions.run import run as touched
    from explain.panels.inputs import word

    subject = Subject.of("third", *word.from_sample("elephant"))
    values = touched(network, subject.batch, subject.values, [Intervention("row", Where(), What())]).values
    path = values["answer"].argmax(axis=-1)
    reads = "".join(
        subject.description.labels[label] for at, label in enumerate(path) if not at or path[at - 1] != label
    )
    assert f"reads **{reads or 'nothing'}**" in text_of(test)
    assert np.array_equal(values["first"], subject.values["first"])


@pytest.mark.parametrize(
    "changes", ["nonsense", "first.c999.zero~row.y7-9.zero", "first..scale1e6~memory_1.forward.add5"]
)
@pytest.mark.parametrize("network", KINDS)
def test_links_that_make_no_sense_or_go_too_far_leave_the_page_up(network, changes):
    assert "Untouched" in text_of(run(network, changes=changes, changes_off="0.x.²", touch_part="q", touch_what="add"))


@pytest.mark.parametrize("network", KINDS)
@pytest.mark.parametrize("part", ["A place", "A direction", "The whole layer"])
def test_every_part_of_a_layer_can_be_changed(network, part):
    test = run(network, changes="none", touch_part=part)
    found = [one for one in test.button if one.label.startswith("Change ")]
    for number in range(len(found)):
        [one for one in test.button if one.label.startswith("Change ")][number].click().run()
        assert not test.exception and len(test.toggle) == number + 1
    assert found or part == "A direction"


@pytest.mark.parametrize("network", KINDS)
def test_everything_that_is_offered_to_try_can_be_tried(network):
    def offered(test):
        return [one for one in test.button if one.key.startswith("try-")]

    count = len(offered(run(network)))
    assert count > (3 if network == "third" else 4)
    for number in range(count):
        test = run(network, changes="none")
        label = offered(test)[number].label
        offered(test)[number].click().run()
        assert not test.exception and not test.error, label
        said = text_of(test)
        assert len(test.toggle) == 1 or "set to zero in turn" in said or "Drag the slider" in said, label


def test_the_first_open_shows_a_change_and_says_what_became_of_the_answer(folder):
    test = run("third")
    assert [one.label.replace("\\", "") for one in test.toggle] == ["linear, columns 18 to 29: set to zero"]
    said = next(one.value for one in test.markdown if "With this change it" in one.value)
    network = Network(folder / "third.onnx")
    from explain.interventions.run import run as touched
    from explain.panels.inputs import word

    subject = Subject.of("third", *word.from_sample("elephant"))
    change = Intervention("linear", Where(columns=(18, 30)))
    values = touched(network, subject.batch, subject.values, [change]).values
    path, blank = values["answer"].argmax(axis=-1), subject.description.blank
    reads = "".join(
        subject.description.labels[label]
        for at, label in enumerate(path)
        if label != blank and (not at or path[at - 1] != label)
    )
    same, other = f"still reads **{reads}**:", f"reads **{reads}** instead of **{subject.text}**, whose"
    assert said.startswith(f"With this change it {same if reads == subject.text else other}")


def test_what_is_half_made_stands_in_the_address():
    test = run(
        "third", changes="none", touch_part="A place", touch_what="multiply", touch_scale="3", touch_columns="2.5"
    )
    assert test.number_input[0].value == 3.0 and test.slider[1].value == (2, 5)
    test.slider[1].set_value((4, 6)).run()
    assert test.query_params["touch_columns"] == "4.6"
    button(test, "Change this place").click().run()
    (change,) = parse(test.query_params["changes"])
    assert change.where.columns == (4, 7) and change.what == What("scale", 3.0)
    for nonsense in ("9999.1", "-1.2", "7.3", "x", "1"):
        assert run("third", touch_part="A place", touch_columns=nonsense, touch_what="add", touch_add="x").slider


def test_the_other_picture_has_the_size_of_this_one(monkeypatch):
    """As for a network that takes pictures of any width, whose words are drawn as wide as they come."""
    from explain.panels.interventions import pair

    sizes = {"first": (24, 96), "second": (24, 60)}
    made = []

    def subject(title, size):
        picture = Image.new("L", size[::-1])
        return SimpleNamespace(network="any", title=title, batch=np.zeros((1, *size, 1)), seen=picture)

    monkeypatch.setattr(pair, "Subject", SimpleNamespace(of=lambda network, title, picture: made.append(picture)))
    first, second = (subject(title, size) for title, size in sizes.items())
    pair._in_size_of(first, second)
    assert [picture.size for picture in made] == [(96, 24)]
    assert pair._in_size_of(first, first) is first


@pytest.mark.parametrize("network", KINDS)
def test_which_matter_is_listed_and_the_dearest_are_silenced_together(network):
    test = run(network, what_if_part="Which matter?")
    if "no answer here" in text_of(test):
        assert network == "third"
        return
    for start in [one for one in test.button if " in turn: " in one.label]:  # unless it is known from another test
        start.click().run()
    test = ended(test, "dearest of")
    button(test, "Silence the").click().run()
    assert len(parse(test.query_params["changes"])) == 2


@pytest.mark.parametrize("network", KINDS)
def test_the_picture_is_changed_by_a_slider_and_the_curve_comes_by_itself(network):
    test = run(network, what_if_part="The picture", picture_change="Inverted")
    says = {"third": "reads **", "animals": "says **"}[network]
    assert says in text_of(test)
    test.slider[0].set_value(0.0).run()
    ended(test, "over the slider")


@pytest.mark.parametrize("network", KINDS)
def test_where_it_is_decided_is_a_map_or_a_sentence(network):
    test = run(network, what_if_part="Where is it decided?")
    if any("same answer" in one.value for one in test.error):
        return
    button(test, "Draw the map").click().run()
    until = time.monotonic() + 120
    while time.monotonic() < until and "neighbouring stripes" not in text_of(test) and not test.error:
        time.sleep(0.2)
        test.run()
    assert not test.exception and ("neighbouring stripes" in text_of(test) or "same answer" in test.error[0].value)
