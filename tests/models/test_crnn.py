"""The CRNN's card, its Keras layers and its preprocessing tell the same story."""

import math

import numpy as np
import pytest
from PIL import Image

from explain.network.description import describe
from explain.network.layers import Layer
from models import crnn

ORDER = (
    *("conv_1", "pool_1", "conv_2", "pool_2", "conv_3", "conv_4", "pool_4"),
    *("conv_5", "batch_norm_5", "conv_6", "batch_norm_6", "pool_6", "conv_7"),
    *("squeezed", "blstm_1", "blstm_2", "outputs"),
)


@pytest.fixture(scope="module")
def model():
    return crnn.build()


def by_hand(layer: Layer, before: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """Output shape and parameters of a layer of the CRNN from its window alone."""
    if layer.kind in ("conv", "max_pool"):
        window = layer.window
        size = [
            (n + sum(padding) - k) // s + 1
            for n, padding, k, s in zip(before[:2], window.padding, window.kernel, window.stride, strict=True)
        ]
        channels = layer.shape[-1] if layer.kind == "conv" else before[-1]
        weights = (math.prod(window.kernel) * before[-1] + 1) * channels if layer.kind == "conv" else 0
        return (*size, channels), weights
    if layer.kind == "batch_norm":
        return before, 4 * before[-1]
    if layer.kind == "reshape":
        return before[1:], 0
    if layer.kind == "lstm":  # four gates, two directions
        units = layer.shape[-1] // 2
        return (before[0], 2 * units), 2 * 4 * units * (before[-1] + units + 1)
    return (before[0], len(crnn.LABELS) + 1), (before[-1] + 1) * (len(crnn.LABELS) + 1)


def test_labels_are_the_62_characters_and_the_blank_comes_last():
    assert len(set(crnn.LABELS)) == 62 and crnn.LABELS.isalnum() and crnn.LABELS.isascii()
    assert crnn.BLANK == 62 and crnn.CARD.labels == (*crnn.LABELS, "")


def test_shapes_and_parameters_follow_from_the_windows():
    assert describe(crnn.CARD).layer_names == ORDER
    shape = describe(crnn.CARD).input.shape
    for layer in describe(crnn.CARD).layers[1:]:
        expected, parameters = by_hand(layer, shape)
        assert (layer.shape, layer.parameters) == (expected, parameters), layer.name
        shape = layer.shape
    assert describe(crnn.CARD).parameters == 6_619_711 and shape == (crnn.FRAMES, 63)


def test_each_layer_is_told_in_one_plain_sentence():
    for layer in describe(crnn.CARD).layers:
        assert layer.words.endswith(".") and ". " not in layer.words and 30 < len(layer.words) < 130, layer.name
    assert len({layer.words for layer in describe(crnn.CARD).layers}) == len(describe(crnn.CARD).layers)


def test_keras_builds_what_the_file_says(model):
    assert model.count_params() == 6_619_711
    assert [layer.name for layer in model.layers] == ["input", *ORDER]
    for layer, card in zip(model.layers, describe(crnn.CARD).layers, strict=True):
        assert tuple(layer.output.shape[1:]) == card.shape, card.name
        assert layer.count_params() == card.parameters, card.name


def test_it_holds_no_lambda_and_is_loaded_safely(model, tmp_path):
    import keras

    assert not any(isinstance(layer, keras.layers.Lambda) for layer in model.layers)
    model.save(tmp_path / "crnn.keras")
    again = keras.models.load_model(tmp_path / "crnn.keras", compile=False, safe_mode=True)
    x = np.random.default_rng(0).random((1, 32, 128, 1), dtype=np.float32)
    np.testing.assert_allclose(again(x), model(x), atol=1e-6)


def test_width_and_softmax_leave_the_weights_alone(model):
    other = crnn.build(logits=True, width=None)
    other.set_weights(model.get_weights())
    x = np.random.default_rng(1).random((2, 32, 128, 1), dtype=np.float32)
    logits = np.asarray(other(x))
    exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
    np.testing.assert_allclose(exponents / exponents.sum(axis=-1, keepdims=True), model(x), atol=1e-5)
    assert other(x[:, :, :64]).shape == (2, 15, 63)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I", "I;16", "F"])
@pytest.mark.parametrize("size", [(1, 1), (300, 40), (20, 500)])
def test_prepare_takes_any_mode_and_size(mode, size):
    found = crnn.prepare(Image.new(mode, size))
    assert found.shape == (1, 32, 128, 1) and found.dtype == np.float32
    assert found.min() >= 0 and found.max() <= 1


def test_prepare_keeps_proportions_and_fills_up_on_the_right():
    picture = Image.new("L", (128, 64), 200)  # 64 of 128 columns
    picture.paste(0, (32, 8, 64, 56))
    found = crnn.prepare(picture)[0, :, :, 0]
    np.testing.assert_allclose(found[6:26, 18:30], 0, atol=0.02)
    np.testing.assert_allclose(found[:, 36:], 200 / 255, atol=0.02)
    np.testing.assert_allclose(found[:2], 200 / 255, atol=0.02)


def test_prepare_squeezes_only_what_is_too_long():
    picture = Image.new("L", (1280, 64), 255)
    picture.paste(0, (0, 0, 320, 64))
    found = crnn.prepare(picture)[0, :, :, 0]
    np.testing.assert_allclose(found[:, :30], 0, atol=0.02)
    np.testing.assert_allclose(found[:, 34:], 1, atol=0.02)


@pytest.mark.parametrize(
    "size, columns, expected",
    [((128, 32), 128, 128), ((64, 32), 128, 64), ((64, 64), 128, 32), ((9000, 10), 128, 128), ((1, 900), 128, 4)]
    + [((100, 32), 64, 64)],
)
def test_columns_taken_up(size, columns, expected):
    assert crnn.fitted_width(*size, columns) == expected
    assert crnn.fit(Image.new("L", size), columns).size == (columns, 32)


def test_prepare_averages_what_it_shrinks():
    checks = (np.indices((320, 1280)).sum(axis=0) % 2 * 255).astype(np.uint8)
    np.testing.assert_allclose(crnn.prepare(Image.fromarray(checks)), 0.5, atol=0.02)


def test_prepare_is_the_same_on_what_the_network_sees():
    picture = Image.fromarray(np.random.default_rng(2).integers(0, 256, (50, 200, 3), dtype=np.uint8))
    np.testing.assert_array_equal(crnn.prepare(crnn.fit(picture)), crnn.prepare(picture))
