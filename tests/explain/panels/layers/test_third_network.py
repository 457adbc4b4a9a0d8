"""The views of layers, for networks that nothing in the project knows: every layer, every switch, no crash."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explain.charts.network.words import short_name
from explain.network.description import describe
from explain.panels.inputs import photograph, word
from explain.panels.layers import feature_maps, names, recurrent
from explain.panels.memory import reading_with_less
from explain.panels.page.subject import Subject
from models.crnn import CARD
from models.vgg16 import CAM
from tests.explain.panels.layers.third import classifier, networks_in, recogniser
from tests.explain.panels.views import text_of

KINDS = {
    "third": (recogniser, {}),
    "unnamed": (recogniser, {"lstms": ((5, "bidirectional"), (4, "reverse")), "named": False, "softmax": True}),
    "animals": (classifier, {}),
}


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    with networks_in(tmp_path_factory.mktemp("own"), KINDS) as made:
        yield made


def page(view: str, network: str):
    import importlib

    from explain.panels.inputs import word
    from explain.panels.page.subject import Subject

    importlib.import_module(f"explain.panels.layers.{view}").show(Subject.of(network, *word.from_sample("elephant")))


@pytest.fixture
def opened(monkeypatch):
    """A view of one of the networks, whatever kind that is."""
    monkeypatch.setattr(photograph, "or_word", lambda label, key, word: word)

    def run(view: str, network: str, **address: str) -> AppTest:
        test = AppTest.from_function(page, default_timeout=60, kwargs={"view": view, "network": network})
        for name, value in address.items():
            test.query_params[name] = value
        test.run()
        assert not test.exception
        return test

    return run


def layers_of(name: str, folder) -> tuple[str, ...]:
    return describe(folder / f"{name}.onnx").layer_names


@pytest.mark.parametrize("network", KINDS)
def test_every_layer_is_drawn_and_worked_out_by_hand(network, opened, folder):
    prefix = "hand_vgg_" if network == "animals" else "hand_"
    opened("feature_maps", network)
    for layer in layers_of(network, folder):
        opened("layer_by_layer", network, deep=layer)
        said = text_of(opened("by_hand", network, **{f"{prefix}layer": layer}))
        assert "they agree" in said and "don't agree" not in said, layer
        assert "answers to**" not in said and "What this unit is for" not in said  # there is no bank


@pytest.mark.parametrize(
    ("network", "layer", "says"),
    [
        ("third", "joined", "It adds up the values that 2 layers have at this place"),
        ("third", "linear", "It takes a 3 × 3 window of pooled from every input channel"),
        ("third", "halved", "hands on the mean of its values"),
        ("third", "row", "Then tanh: squeezes each value"),
        ("third", "memory_1", "Unit 2 of the forward LSTM, which reads left to right"),
        ("third", "answer", "with the bias they add up to its logit"),
        ("unnamed", "row/squeezed", "the height of one is dropped, so that columns become steps"),
        ("unnamed", "memory_2", "(of 8 LSTM, 5 units, both directions)"),
        ("unnamed", "answer", "Softmax: e to the power of each logit"),
        ("animals", "alone", "from input channel 0 alone"),
        ("animals", "gate", "Then sigmoid"),
        ("animals", "gated", "It multiplies the values that 2 layers have at this place"),
        ("animals", "beside", "what 2 layers hand on is laid side by side"),
        ("animals", "first", "is a pixel: picture, "),
    ],
)
def test_what_is_said_of_each_kind(network, layer, says, opened):
    prefix = "hand_vgg_" if network == "animals" else "hand_"
    assert says in text_of(opened("by_hand", network, **{f"{prefix}layer": layer}))


def test_the_input_that_counts_most_of_a_sum_is_the_larger_of_the_two(opened):
    """The button leads on to whichever layer gives more, and from there to the picture."""
    test = opened("by_hand", "third", hand_layer="joined")
    values = Subject.of("third", *word.from_sample("elephant")).values
    channel, y, x = (test.number_input(key=f"hand-third-joined-{what}").value for what in ("channel", "row", "column"))
    larger = max(("linear", "pooled"), key=lambda layer: abs(values[layer][y, x, channel]))
    (button,) = [button for button in test.button if button.key == "hand-follow"]
    assert button.label == f"On to the input that counts most: {larger}, channel {channel}, row {y}, column {x}"
    button.click().run()
    assert not test.exception and f"**{larger}, channel {channel}, row {y}, column {x}**" in text_of(test)


@pytest.mark.parametrize(
    ("network", "layer", "units", "ways", "begins"),
    [
        ("third", "memory_1", 6, ["forward"], "A recurrent layer reads that row from left to right and carries"),
        ("unnamed", "8 LSTM, 5 units, both directions", 5, ["forward", "backward"], "Two recurrent layers read"),
        ("unnamed", "9 LSTM, 4 units, backward", 4, ["backward"], "and carry a memory of up to 5 numbers"),
    ],
)
def test_every_lstm_is_followed_in_the_directions_that_it_has(network, layer, units, ways, begins, opened):
    for way in ways:
        test = opened("recurrent", network, lstm_layer=layer, lstm_direction=way, lstm_state="forget gate")
        said = text_of(test)
        assert f"**All {units} units** :gray[forget gate]" in said and begins in said
        assert "agree with the network's to" in said and "do not trust" not in said
        assert ("below the bar to its right" in said) == (way == "backward")
        assert "wrote it" in said and "of the memory it finds" in said
        assert "This needs a bank of its own" in said


@pytest.mark.parametrize("network", ["third", "unnamed"])
def test_a_reading_with_nothing_taken_away_is_the_networks_own(network):
    subject = Subject.of(network, *word.from_sample("LONDON"))
    whole, reset = reading_with_less.readings(subject, reading_with_less.chain(subject.description), 3)
    assert whole.name == "whole network" and whole.text == subject.text
    np.testing.assert_array_equal(whole.path, subject.best.path)
    np.testing.assert_allclose(whole.sure, subject.probabilities.max(axis=1), atol=1e-4)
    # A memory that is wiped changes what is read on the far side of the line alone.
    assert reset.reset == 3
    if network == "third":
        np.testing.assert_array_equal(reset.path[:3], whole.path[:3])
        np.testing.assert_allclose(reset.sure[:3], whole.sure[:3], atol=1e-6)
        assert np.abs(reset.sure[3:] - whole.sure[3:]).max() > 1e-3


def test_readings_with_less_need_a_row_of_lstms_and_a_dense_layer(folder):
    assert [layer.name for layer in reading_with_less.chain(describe(folder / "unnamed.onnx"))] == [
        "memory_1",
        "memory_2",
    ]
    assert reading_with_less.chain(describe(folder / "animals.onnx")) == []


def test_the_first_layers_of_the_two_that_come_along():
    assert feature_maps.first_layer(describe(CARD)) == "conv_3"
    assert feature_maps.first_layer(describe(CAM)) == "block3_conv1"


def test_what_the_page_says_of_the_recurrent_layers_that_come_along():
    assert recurrent.introduction(list(describe(CARD).of_kind("lstm")), 31).startswith(
        "After the convolutions the picture is a row of 31 frames. Two recurrent layers read that row one after the "
        "other, each from both ends, and carry a memory of 128 numbers, one a unit, from frame to frame."
    )


def test_names_of_layers_kinds_and_channels(folder):
    plain, bare, animals = (describe(folder / f"{name}.onnx") for name in KINDS)
    assert names.layer_name(plain, plain.layer("joined")) == "joined"
    assert names.layer_name(bare, bare.layer("joined")) == "4 add" == short_name(bare, bare.layer("joined"))
    assert short_name(bare, bare.layer("pooled")) == "2 pool"
    assert short_name(describe(CARD), describe(CARD).layer("batch_norm_5")) == "batch_norm_5"
    kinds = {
        name: names.kind_name(bare, bare.layer(name)) for name in ("row/squeezed", "memory_1", "memory_2", "answer")
    }
    assert kinds == {
        "row/squeezed": "map to sequence",
        "memory_1": "bidirectional LSTM",
        "memory_2": "LSTM, backward",
        "answer": "dense, softmax",
    }
    assert [names.channel_name(bare, bare.layer("memory_1"), channel) for channel in (4, 5)] == [
        "forward 4",
        "backward 0",
    ]
    assert [names.channel_name(plain, plain.output, label) for label in (0, 3)] == ["blank", "Z"]
    assert names.channel_name(animals, animals.input, 0) == "red"
    assert names.channel_name(describe(CAM), describe(CAM).input, 0) == "blue"
    assert names.place_name(plain, plain.output) == "frame" == names.place_name(plain, plain.layer("memory_1"))
    assert names.place_name(animals, animals.output) == "step"
