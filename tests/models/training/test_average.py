"""Two cycles' weights averaged: layer by layer, from either kind of file, batch normalisation measured anew."""

import numpy as np
import pytest

from models import npz_weights, onnx_weights
from models.training import average
from models.training.render import Batch
from tests.models.training.test_train_crnn import small_network


def test_each_array_is_the_mean_in_its_shares():
    before = {"a": [np.zeros((2, 3)), np.ones(3)], "b": [np.full(2, 4.0)]}
    after = {"a": [np.ones((2, 3)), np.full(3, 3.0)], "b": [np.full(2, 8.0)]}
    found = average.averaged(before, after, 0.25)
    assert [array.tolist() for array in found["a"]] == [[[0.25] * 3] * 2, [1.5] * 3]
    assert found["b"][0].tolist() == [5, 5]


@pytest.mark.parametrize(
    ("after", "share", "error"),
    [
        ({"a": [np.ones(3)]}, 1.5, "The share of the later weights is 1.5; it must be from 0 to 1."),
        ({"a": [np.ones(2)]}, 0.5, "The two files hold weights of different networks"),
        ({"b": [np.ones(3)]}, 0.5, "The two files hold weights of different networks"),
    ],
)
def test_what_cannot_be_averaged_is_told_in_one_sentence(after, share, error):
    with pytest.raises(ValueError, match=error):
        average.averaged({"a": [np.zeros(3)]}, after, share)


def test_an_exported_network_and_a_training_run_are_read_alike(tmp_path):
    from models import crnn

    exported = onnx_weights.read(crnn.CARD.weights)
    npz_weights.write(exported, tmp_path / "crnn.npz")
    found = average.read(tmp_path / "crnn.npz")
    for layer, some in average.read(crnn.CARD.weights).items():
        for one, other in zip(some, found[layer], strict=True):
            np.testing.assert_array_equal(one, other)


def test_the_file_holds_the_average_with_its_own_batch_normalisation(monkeypatch, tmp_path):
    monkeypatch.setattr("models.crnn.build", small_network)
    rng = np.random.default_rng(4)
    networks = [small_network(), small_network()]
    for number, network in enumerate(networks):
        held = {layer.name: layer.get_weights() for layer in network.layers}
        npz_weights.write(held, tmp_path / f"{number}.npz")
    pictures = rng.integers(0, 256, (8, 32, 128), dtype=np.uint8)
    drawn = Batch(pictures, np.zeros((8, 1)), np.zeros((8, 31)), ("a",) * 8)
    monkeypatch.setattr("models.training.validation.validation", lambda fonts, number: {"normalise": drawn})
    files = [str(tmp_path / name) for name in ("0.npz", "1.npz")]
    average.main([*files, "--share", "0.4", "--out", str(tmp_path / "both.npz")])
    found = average.read(tmp_path / "both.npz")
    for old, new in zip(networks[0].layers, networks[1].layers, strict=True):
        for i, (a, b) in enumerate(zip(old.get_weights(), new.get_weights(), strict=True)):
            if "batch_norm" not in old.name or i < 2:
                np.testing.assert_allclose(found[old.name][i], 0.6 * a + 0.4 * b, atol=1e-6)
    x = pictures[..., None].astype(np.float32) / 255
    kernel, bias = found["conv_5"]
    import tensorflow as tf

    first = np.maximum(np.asarray(tf.nn.conv2d(x, kernel, 1, "SAME")) + bias, 0).reshape(-1, 8)
    np.testing.assert_allclose(found["batch_norm_5"][2], first.mean(0), atol=1e-4)
    np.testing.assert_allclose(found["batch_norm_5"][3], first.var(0), atol=1e-4)
