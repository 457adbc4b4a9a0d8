"""VGG16's cards against the paper's figures and against Keras; preprocessing against Keras's own."""

import numpy as np
import pytest
from PIL import Image

from explain.network.description import describe
from explain.network.layers import Window
from models.training.train_cam import accuracy, train_head
from models.vgg16 import (
    CAM,
    CAM_WNIDS,
    CONVOLUTIONS,
    FULL,
    FULL_BYTES,
    IMAGENET_NAMES,
    IMAGENET_WNIDS,
    as_seen,
    imagenet_index,
    prepare,
    statistics,
)


def test_parameters_are_those_of_the_paper():
    import keras

    from models.vgg16 import build_full

    with keras.StatelessScope(initialize_variables=False):  # no room for 138 million numbers
        model = build_full()
    assert model.count_params() == FULL_BYTES / 4 == 138_357_544
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert sum(layer.count_params() for layer in convolutions) == 14_714_688
    assert [layer.name for layer in convolutions] == list(CONVOLUTIONS)
    assert set(FULL.words) == {layer.name for layer in model.layers}
    assert describe(CAM).parameters == 14_714_688 + 512 * 200 + 200


def test_the_file_agrees_with_the_keras_model():
    import keras

    from models.vgg16 import build_cam

    card = describe(CAM)
    model = build_cam()
    assert [layer.name for layer in model.layers] == [layer.name for layer in card.layers]
    assert [layer.count_params() for layer in model.layers] == [layer.parameters for layer in card.layers]
    shapes = keras.Model(model.input, [layer.output for layer in model.layers]).compute_output_shape((1, 224, 224, 3))
    assert [tuple(shape[1:]) for shape in shapes] == [layer.shape for layer in card.layers]
    for layer, told in zip(model.layers, card.layers, strict=True):
        if told.kind in ("conv", "max_pool"):
            window = layer.kernel_size if told.kind == "conv" else layer.pool_size
            sides = ((1, 1), (1, 1)) if layer.padding == "same" else ((0, 0), (0, 0))  # padded kernels are 3 x 3
            assert told.window == Window(window, layer.strides, sides) and layer.padding in ("same", "valid")
            assert layer.padding == "valid" or window == (3, 3)


def test_every_layer_says_one_sentence():
    for card in (CAM, FULL):
        for name, sentence in card.words.items():
            assert sentence.endswith(".") and 30 < len(sentence) < 120, name
    assert set(CAM.words) >= {layer.name for layer in describe(CAM).layers}


def test_class_names_and_numbers():
    assert len(IMAGENET_NAMES) == len(set(IMAGENET_NAMES)) == len(set(IMAGENET_WNIDS)) == 1000
    told = {
        380: "titi",
        384: "indri",
        385: "Indian elephant",
        386: "African elephant",
        0: "tench",
        999: "toilet tissue",
    }
    assert {index: IMAGENET_NAMES[index] for index in told} == told
    assert list(IMAGENET_WNIDS) == sorted(IMAGENET_WNIDS)  # ImageNet numbers its classes in the order of their ids
    assert len(CAM.labels) == len(set(CAM.labels)) == 200 and list(CAM_WNIDS) == sorted(CAM_WNIDS)
    unit = CAM.labels.index("African elephant")
    assert imagenet_index(CAM, unit) == 386 and CAM_WNIDS[unit] == "n02504458"
    assert imagenet_index(FULL, 386) == 386


def test_prepare_is_keras_preprocessing():
    from keras.applications.vgg16 import preprocess_input

    pixels = np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    expected = preprocess_input(pixels.astype(np.float32)[None])
    assert prepare(Image.fromarray(pixels)).dtype == np.float32
    np.testing.assert_allclose(prepare(Image.fromarray(pixels)), expected, atol=1e-4)


def test_prepare_keeps_the_middle_of_the_longer_side():
    strip = Image.new("RGB", (300, 100), "red")
    strip.paste("blue", (100, 0, 200, 100))
    seen = np.asarray(as_seen(strip, 50))
    assert seen.shape == (50, 50, 3)
    assert (seen[:, 2:-2] == (0, 0, 255)).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 20000), (20000, 3)])
def test_prepare_takes_extreme_shapes(size):
    values = prepare(Image.new("L", size, 128), 64)
    np.testing.assert_allclose(values[0, 5, 5], 128 - np.array([103.939, 116.779, 123.68]), atol=1e-4)


def test_statistics_cover_the_layers_they_name():
    found = statistics()
    assert "block4_conv3" in found
    for name, values in found.items():
        assert values.shape == (2, 2, describe(CAM).layer(name).shape[-1])
        assert np.isfinite(values).all() and (values >= 0).all()


def test_head_finds_what_generated_the_classes():
    """Classes drawn around known centres with equal spherical noise: the best linear rule is the nearest centre."""
    random = np.random.default_rng(3)
    centres = random.normal(0, 1.0, (5, 12))
    classes = random.integers(0, 5, 4000)
    # offset and scale of each feature must not matter: the head standardises and folds that back
    scale, offset = random.uniform(0.01, 100, 12), random.normal(0, 50, 12)
    points = centres[classes] + random.normal(0, 0.8, (4000, 12))
    kernel, bias = train_head(points[:3000] * scale + offset, classes[:3000], decay=1e-3, count=5, epochs=400)
    nearest = np.argmin(((points[3000:, None] - centres) ** 2).sum(-1), axis=1)
    best = (nearest == classes[3000:]).mean()
    found = accuracy(points[3000:] * scale + offset, classes[3000:], kernel, bias)
    assert found["top5"] == 1.0
    assert found["top1"] == pytest.approx(best, abs=0.02) and best > 0.8
