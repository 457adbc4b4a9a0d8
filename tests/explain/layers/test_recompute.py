"""Units worked out by hand against ONNX Runtime, on both networks; what happens where they differ or do not exist."""

import math
from types import SimpleNamespace

import numpy as np
import onnx
import pytest

from explain.layers.recompute import RecomputeError, recompute
from explain.layers.workings import Copy, MaxPooling
from explain.network.description import describe
from explain.network.layers import WHOLE, Layer
from explain.network.session import Network
from explain.network.weights import network_weights
from models import crnn, vgg16
from tests.explain.layers.test_recompute_kinds import floats, network_of

PLACES_A_LAYER = 31  # 33 layers: 1,023 places
SIDE = 64


@pytest.fixture(scope="module")
def networks():
    """Of both networks: card, every layer of a random picture, every weight."""
    random = np.random.default_rng(5)
    word = random.random((1, *describe(crnn.CARD).input_shape), dtype=np.float32)
    photograph = random.uniform(-120, 130, (1, SIDE, SIDE, 3)).astype(np.float32)
    found = {}
    for card, batch in ((crnn.CARD, word), (vgg16.CAM, photograph)):
        card = describe(card)
        outputs = {name: output[0] for name, output in Network(card, threads=1).run(batch).items()}
        outputs[card.input.name] = batch[0]
        weights = {name: network_weights(card, name) for name in card.layer_names}
        found[card.name] = SimpleNamespace(card=card, outputs=outputs, weights=weights)
    return found


def places(output, count, random):
    """Random channels and places of a layer's output."""
    height, width = {3: output.shape[:2], 2: (1, output.shape[0])}.get(output.ndim, (1, 1))
    for _ in range(count):
        yield int(random.integers(output.shape[-1])), (int(random.integers(height)), int(random.integers(width)))


def test_a_thousand_random_places_of_both_networks_agree_with_onnx_runtime(networks):
    random, seen = np.random.default_rng(6), 0
    for network in networks.values():
        for name in network.card.layer_names:
            output = network.outputs[name]
            for channel, (y, x) in places(output, PLACES_A_LAYER, random):
                weights = network.weights.get(name)
                unit = recompute(network.card, name, channel, (y, x), network.outputs, weights)
                runtime = float(
                    output[y, x, channel] if output.ndim == 3 else output.reshape(-1, output.shape[-1])[x, channel]
                )
                assert unit.by_runtime == runtime
                assert abs(unit.by_hand - runtime) <= 1e-4 * max(1, abs(runtime)), (name, channel, y, x)
                assert unit.agrees
                seen += 1
    assert seen >= 1000


def test_the_epsilon_is_the_one_in_the_exported_file(networks):
    nodes = onnx.load(crnn.CARD.weights, load_external_data=False).graph.node
    stored = [
        a.f for node in nodes if node.op_type == "BatchNormalization" for a in node.attribute if a.name == "epsilon"
    ]
    assert len(stored) == 2
    for name in ("batch_norm_5", "batch_norm_6"):
        np.testing.assert_allclose(stored, networks["crnn"].weights[name]["epsilon"], rtol=1e-6)


@pytest.mark.parametrize(
    ("runtime", "agrees"),
    [(2.0, True), (2.00019, True), (2.00021, False), (1.9997, False), (math.nan, False), (math.inf, False)],
)
def test_a_runtime_that_gives_another_value_is_found_out(runtime, agrees):
    picture = np.full((2, 2, 1), 2.0, np.float32)
    card = network_of(Layer("gap", "gap", "global_average_pool", ("input",), (1,), sees=WHOLE), input_shape=(2, 2, 1))
    unit = recompute(card, "gap", 0, (0, 0), {"input": picture, "gap": np.array([runtime])})
    assert unit.by_hand == 2 and unit.agrees is agrees


def test_the_rule_is_absolute_for_small_values():
    card = network_of(Layer("gap", "gap", "global_average_pool", ("input",), (1,), sees=WHOLE), input_shape=(1, 1, 1))
    for runtime, agrees in ((0.00009, True), (0.00011, False)):
        outputs = {"input": np.zeros((1, 1, 1), np.float32), "gap": np.array([runtime])}
        assert recompute(card, "gap", 0, (0, 0), outputs).agrees is agrees


@pytest.mark.parametrize(
    ("name", "channel", "place", "said"),
    [
        ("conv_9", 0, (0, 0), "no layer called 'conv_9'"),
        ("input", 0, (0, 0), "no layer called 'input'"),
        ("conv_1", 64, (0, 0), "channels 0 to 63"),
        ("conv_1", -1, (0, 0), "channels 0 to 63"),
        ("conv_1", 0, (32, 0), "32 x 128 places"),
        ("blstm_1", 0, (0, 31), "1 x 31 places"),
        ("blstm_1", 0, (1, 0), "1 x 31 places"),
    ],
)
def test_what_does_not_exist_is_said(networks, name, channel, place, said):
    network = networks["crnn"]
    with pytest.raises(RecomputeError, match=said):
        recompute(network.card, name, channel, place, network.outputs, network.weights.get(name))


def test_missing_weights_and_unknown_kinds_are_said(networks):
    network = networks["crnn"]
    with pytest.raises(RecomputeError, match="conv_1 needs its weights, and kernel, bias were not given"):
        recompute(network.card, "conv_1", 0, (0, 0), network.outputs)
    card = network_of(Layer("resized", "resized", "other", ("input",), (90,), sees=WHOLE))
    with pytest.raises(RecomputeError, match="kind 'other'"):
        recompute(card, "resized", 0, (0, 0), {"input": floats(5, 6, 3), "resized": floats(90)})


def test_from_the_outputs_the_biggest_inputs_lead_down_to_a_pixel(networks):
    """Every step lands on a unit that exists, and where nothing is weighed on the very value that is handed on."""
    for network in networks.values():
        card, names = network.card, ("input", *network.card.layer_names)
        channel, place = 0, (0, 0)
        for name in reversed(card.layer_names):
            unit = recompute(card, name, channel, place, network.outputs, network.weights.get(name))
            channel, place = unit.biggest
            before = network.outputs[names[names.index(name) - 1]]
            if isinstance(unit, MaxPooling | Copy):
                assert float(before[(*place, channel)]) == unit.by_hand
            assert channel < before.shape[-1]
        height, width = network.outputs["input"].shape[:2]
        assert 0 <= place[0] < height and 0 <= place[1] < width
