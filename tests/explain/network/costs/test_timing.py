"""How long layers take: a profile made by hand, names that ONNX Runtime gives, a real pass that adds up."""

from __future__ import annotations

import time

import numpy as np
import pytest

from explain.network.apart.network import RemoteNetwork
from explain.network.costs import timing
from explain.network.costs.timing import owner_of, summed, times
from explain.network.errors import NetworkError
from explain.network.session import Network
from models.networks import CARDS
from tests.explain.panels.layers.third import recogniser
from tests.test_third_network import make

OWNERS = {"conv_1": "conv_1", "conv_1/sum": "conv_1", "a": "first", "a_b": "second", "t26": "dense"}


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("conv_1", "conv_1"),
        ("conv_1_nchwc", "conv_1"),
        ("conv_1_bn_nchwc_token_12", "conv_1"),
        ("fused conv_1/sum", "conv_1"),
        ("t26/MatMulAddFusion", "dense"),
        ("a_nchwc", "first"),
        ("a_b_nchwc", "second"),
        ("a_b_token_3", "second"),
        ("ReorderOutput_token_7", None),
        ("ReorderOutput", None),
        ("", None),
    ],
)
def test_nodes_belong_to_the_layer_whose_values_they_make(name, layer):
    assert owner_of(name, OWNERS) == layer


def _profile():
    """Two passes that are not counted, and four of which the two faster ones are: 100 and 120 microseconds."""
    events = [{"name": "session_initialization", "cat": "Session", "ts": 0, "dur": 5}]
    for number, whole in enumerate((9000, 9000, 100, 5000, 120, 7000)):
        start = 10_000 * (number + 1)
        events.append({"name": "model_run", "cat": "Session", "ts": start, "dur": whole})
        for name, operator, share in (("conv_1_nchwc", "Conv", 0.5), ("t26", "MatMul", 0.2), ("Reorder", "Turn", 0.1)):
            node = {"name": f"{name}_kernel_time", "cat": "Node", "ts": start + 1, "args": {"op_name": operator}}
            events.append({**node, "dur": share * whole})
        events.append({"name": "conv_1_nchwc_fence_before", "cat": "Node", "ts": start + 1, "dur": 1000, "args": {}})
    return events


def test_means_of_the_faster_half_and_the_rest_is_nobodys():
    found = summed(_profile(), OWNERS, 2)
    assert found.layers == pytest.approx({"conv_1": 0.055, "first": 0, "second": 0, "dense": 0.022})
    assert found.whole == pytest.approx(0.110) and found.other == pytest.approx(0.033)
    assert found.between == (("Turn", pytest.approx(0.011)),) and (found.passes, found.threads) == (2, 2)


@pytest.fixture(scope="module")
def measured():
    network = Network(CARDS["crnn"])
    batch = np.random.default_rng(1).random((1, 32, 128, 1), np.float32)
    steps: list[tuple[int, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timing, "SECONDS", 0.2)
        found = times(network, batch, lambda done, of: steps.append((done, of)) or True)
    network.run(batch)
    start = time.perf_counter()
    for _ in range(5):
        network.run(batch)
    return found, steps, 1000 * (time.perf_counter() - start) / 5


def test_a_pass_is_the_sum_of_its_layers_and_the_rest(measured):
    found, steps, milliseconds = measured
    assert sum(found.layers.values()) + found.other == pytest.approx(found.whole)
    assert list(found.layers) == list(Network(CARDS["crnn"]).layer_names)
    assert 0.05 * milliseconds < found.whole < 20 * milliseconds  # other work on the machine comes and goes
    assert steps[-1][0] == steps[-1][1] >= timing.FIRST + timing.LEAST


def test_each_layer_gets_its_own_nodes(measured):
    found, _, _ = measured
    assert all(took > 0 for took in found.layers.values())
    # Whatever else the machine does, what multiplies and sums takes most.
    weighing = sum(took for name, took in found.layers.items() if name.startswith(("conv", "blstm")))
    assert weighing > 0.6 * sum(found.layers.values())


def test_other_peoples_networks_and_a_stop(tmp_path, monkeypatch):
    monkeypatch.setattr(timing, "SECONDS", 0.01)
    network = Network(make(tmp_path / "third.onnx"))
    picture = np.zeros((1, 24, 60, 1), np.float32)
    found = times(network, picture)
    assert set(found.layers) == set(network.layer_names)
    weighing = [layer.name for layer in network.description.of_kind("conv", "lstm", "dense")]
    assert all(found.layers[name] > 0 for name in weighing)
    assert times(network, picture, lambda done, of: False) is None


def test_no_file_is_written_for_a_stranger(tmp_path):
    network = RemoteNetwork(recogniser(tmp_path / "third.onnx"))
    try:
        with pytest.raises(NetworkError, match="not measured"):
            times(network, np.zeros((1, 24, 96, 1), np.float32))
    finally:
        network.close()
