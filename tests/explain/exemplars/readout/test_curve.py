"""Read-outs at every layer: a planted feature from the layer where it is planted, places by loops, twins, the CRNN."""

from __future__ import annotations

import numpy as np
import pytest

from explain.exemplars.readout import curve, places
from explain.exemplars.readout import words as drawn
from explain.exemplars.word_bank import open_bank
from explain.layers.frames import frames
from explain.network.description import describe
from explain.network.session import Network
from models.networks import CARDS
from tests.explain.exemplars.readout import planted
from tests.explain.panels.layers.third import recogniser


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> Network:
    return Network(planted.network(tmp_path_factory.mktemp("planted") / "planted.onnx"))


def test_a_planted_feature_is_told_from_the_layer_where_it_is_planted(network):
    steps: list[tuple[int, int]] = []
    found = curve.measured(network, planted.words(), 240, lambda done, of: steps.append((done, of)) or True)
    assert list(found.layers) == ["picture", *planted.LAYERS]
    for before in ("picture", "seen"):
        assert abs(found.layers[before].share - 0.5) < 0.12
    for after in ("bent", "row", "frames"):
        assert found.layers[after].share == 1.0
    assert all(abs(one.control - 0.5) < 0.1 for one in found.layers.values())
    assert found.first() == "bent" and (found.chance, found.classes, found.words) == (0.5, 2, 240)
    assert steps[0][0] == 4 and steps[-1][0] == steps[-1][1] >= 240


def test_nothing_after_a_stop_and_one_sentence_where_words_do_not_fit(network):
    assert curve.measured(network, planted.words(), 240, lambda done, of: False) is None
    long = [drawn.Example("xy" * 20, next(planted.words()).batch, (0,), (0,), index % 2 == 0) for index in range(8)]
    with pytest.raises(ValueError, match="too few frames"):
        curve.measured(network, long, 8)


def test_values_are_means_over_a_characters_columns(network):
    """Of two characters at columns 3, 4 and 9, 10, a frame a column."""
    picture = np.zeros((1, 3, planted.WIDTH, 1), np.float32)
    picture[0, 0, [3, 4, 9, 10], 0] = 1
    picture[0, 1, [3, 4, 9, 10], 0], picture[0, 2, [3, 4, 9, 10], 0] = (1, 1, -1, -1), (1, 1, 1, 1)
    outputs = {name: value[0] for name, value in network.run(picture).items() if name != "logits"}
    softmax = outputs["frames"]
    assert softmax.argmax(axis=1).tolist() == [0, 0, 0, 1, 1, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0]
    where = frames(network.description, planted.WIDTH, planted.WIDTH)
    values = {**outputs, "picture": picture[0]}
    found = places.at_characters(network.description, values, softmax, (1, 2), where)
    spans = ((3, 5), (9, 11))
    for layer in ("picture", "seen", "bent"):
        by_hand = [values[layer][:, start:end].mean(axis=1).reshape(-1) for start, end in spans]
        np.testing.assert_allclose(found[layer], by_hand, atol=1e-6)
    np.testing.assert_allclose(found["frames"], [softmax[start:end].mean(axis=0) for start, end in spans], atol=1e-6)


def test_rows_are_averaged_where_there_would_be_too_many_values(monkeypatch):
    values = np.arange(24.0).reshape(4, 3, 2)
    assert places.rows_of(values).tolist() == [values[:, x].reshape(-1).tolist() for x in range(3)]
    monkeypatch.setattr(places, "MOST_VALUES", 4)
    halves = places.rows_of(values)
    assert halves[1].tolist() == [*values[:2, 1].mean(axis=0), *values[2:, 1].mean(axis=0)]
    monkeypatch.setattr(places, "MOST_VALUES", 1)
    assert places.rows_of(values).tolist() == values.mean(axis=0).tolist()
    assert places.rows_of(values[0]).shape == (3, 2)


def test_twins_differ_in_one_character_and_stand_on_one_side():
    description = describe(CARDS["crnn"])
    examples = list(drawn.twins(description, ("e", "c"), 12))
    assert len(examples) == 24 and {example.batch.shape for example in examples} == {(1, 32, 128, 1)}
    for one, other in zip(examples[::2], examples[1::2], strict=True):
        differing = [place for place, (a, b) in enumerate(zip(one.text, other.text, strict=True)) if a != b]
        assert (*differing,) == one.places == other.places and one.half == other.half
        assert (one.text[differing[0]], other.text[differing[0]]) == ("e", "c")
        assert (one.classes, other.classes) == ((0,), (1,)) and not np.array_equal(one.batch, other.batch)
    assert {example.half for example in examples} == {True, False}


def test_the_recogniser_that_comes_along_tells_e_from_c_better_than_its_pixels():
    network = Network(CARDS["crnn"])
    found = curve.measured(network, drawn.twins(network.description, ("e", "c"), 40), 80)
    assert list(found.layers) == ["input", *network.layer_names]
    assert found.layers["blstm_2"].share > 0.93 > found.layers["input"].share + 0.1
    assert found.first() in network.layer_names


def test_all_characters_of_the_bank():
    description = describe(CARDS["crnn"])
    bank = open_bank(description)
    examples = list(drawn.all_characters(description, bank))
    assert len(examples) == len(bank.texts) == drawn.count_of(description, bank, ())
    np.testing.assert_allclose(examples[3].batch[0, :, :, 0], bank.pictures[3] / 255, atol=1e-6)
    assert [drawn.readable(description)[number] for number in examples[3].classes] == list(bank.texts[3])
    found = curve.measured(Network(description), examples[:60], 60)
    assert found.classes > 8 and found.layers["outputs"].share > 0.8 > 3 * found.chance


def test_anybodys_recogniser_reads_drawn_words(tmp_path):
    network = Network(recogniser(tmp_path / "third.onnx", lstms=((5, "bidirectional"),)))
    description = network.description
    assert drawn.readable(description) == ("x", "y", "Z", "7")
    found = curve.measured(network, drawn.twins(description, ("x", "7"), 10), 20)
    assert list(found.layers) == ["picture", *description.layer_names] or len(found.layers) > 3
    every = list(drawn.all_characters(description, None, 10))
    assert len(every) == 10 and all(set(example.text) <= set("xyZ7") for example in every)
