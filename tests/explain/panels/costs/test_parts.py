"""The parts of *Layer by layer* beside the layers: what each costs and tells, for networks that nothing knows."""

from __future__ import annotations

import pytest

from explain.exemplars.readout import words as drawn
from explain.network.apart.network import RemoteNetwork
from explain.network.costs import timing
from explain.panels.costs import each, opening, readout
from explain.panels.page import resources
from tests.explain.panels.layers.third import classifier, networks_in, recogniser
from tests.explain.panels.views import ended, opened, text_of

KINDS = {
    "third": (recogniser, {"lstms": ((5, "bidirectional"),), "named": False, "softmax": True}),
    "animals": (classifier, {}),
}


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    with networks_in(tmp_path_factory.mktemp("own"), KINDS) as made, pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawn, "TWINS", 8)
        patch.setattr(drawn, "WORDS", 12)
        patch.setattr(timing, "SECONDS", 0.05)
        each._remembered().clear()
        readout._remembered().clear()
        yield made


def page(network):
    from explain.panels.inputs import photograph, word
    from explain.panels.layers import layer_by_layer
    from explain.panels.page.subject import Subject

    photograph.or_word = lambda label, key, subject: subject
    layer_by_layer.show(Subject.of(network, *word.from_sample("elephant")))


@pytest.fixture(autouse=True)
def choice(monkeypatch):
    from explain.panels.inputs import photograph

    monkeypatch.setattr(photograph, "or_word", photograph.or_word)  # put back what the page exchanges


def run(network: str, **address: str):
    return opened(page, of={"network": network}, **address)


@pytest.mark.parametrize("network", KINDS)
def test_what_each_layer_costs_and_how_long_it_takes(network):
    test = run(network, deep_part=opening.EACH)
    assert "of all multiply-adds" in text_of(test) and "Memory is what a layer puts out" in text_of(test)
    assert "ONNX Runtime's profiler" in text_of(ended(test, "The pass that the page shows"))
    assert not [one for one in test.button if one.label == "Cancel"]


def test_a_visitors_network_is_counted_and_read_but_not_timed(folder, monkeypatch):
    network = RemoteNetwork(folder / "third.onnx")
    monkeypatch.setattr(resources, "opened", lambda name: resources.Opened(network, "a visitor's"))
    try:
        test = run("third", deep_part=opening.EACH)
        assert "of all multiply-adds" in text_of(test) and each.NOT_MEASURED in text_of(test)
        assert not test.button and not test.get("progress")
        ended(run("third", deep_part=opening.TELLS, tells_first="Z", tells_second="y"), "Alain")
    finally:
        network.close()


def test_a_classifier_has_no_characters_to_tell():
    assert "This needs a network that reads a text" in text_of(run("animals", deep_part=opening.TELLS))


def test_which_layer_tells_two_characters_and_all_of_them():
    test = run("third", deep_part=opening.TELLS, tells_first="x", tells_second="7")
    assert [one.value for one in test.selectbox] == ["x", "7"]
    said = text_of(ended(test, "Alain"))
    assert "from the" in said.lower() and "8 pairs of drawn words" in said and "chance, 50%" in said
    test.selectbox[1].select("y").run()
    assert [one.value for one in test.selectbox] == ["x", "y"]
    ended(test, "Alain")
    every = text_of(ended(run("third", deep_part=opening.TELLS, tells_of=readout.EACH), "Alain"))
    assert "12 drawn words" in every


@pytest.mark.parametrize("value", ["ab", "", "<script>", "é", "x"])
def test_nonsense_in_the_address_is_passed_over(value):
    test = run("third", deep_part=opening.TELLS, tells_first=value, tells_second=value, tells_of=value)
    first, second = (one.value for one in test.selectbox)
    assert first != second and {first, second} <= set("xyZ7")
    run("third", deep_part=value)


def test_a_click_on_a_layer_opens_it(monkeypatch):
    import streamlit as st

    monkeypatch.setattr(
        st, "session_state", {"chart": {"selection": {"layer": [{"layer": "conv"}]}}, "none": {"selection": {}}}
    )
    opening.clicked("none")
    assert opening.PART not in st.session_state
    opening.clicked("chart")
    assert st.session_state[opening.PART] == opening.ONE
