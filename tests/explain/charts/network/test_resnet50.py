"""A network of 176 layers whose shapes Keras knows as well."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

from explain.charts.network.drawing import plan
from explain.charts.network.layout import PRINTED, STRIP
from explain.network.description import describe
from export.__main__ import main


@pytest.mark.slow
def test_every_block_of_resnet50_is_as_keras_says(tmp_path):
    import keras

    model = keras.applications.ResNet50(weights=None, input_shape=(96, 96, 3), classes=10)
    model.save(tmp_path / "resnet.keras")
    assert main([str(tmp_path / "resnet.keras"), "--out", str(tmp_path)]) == 0
    description = describe(tmp_path / "resnet.onnx")
    keras_shapes = {layer.name: tuple(layer.output.shape[1:]) for layer in model.layers}
    layout = plan(description, Image.new("RGB", (96, 96)), {}, look=PRINTED).layout
    assert len(layout.blocks) == len(model.layers)
    side = layout.blocks[0].width / math.sqrt(96)
    for block in layout.blocks:
        rows, columns, channels = (1, 1, *keras_shapes[block.name])[-3:]
        assert block.size == (rows, columns, channels), block.name
        np.testing.assert_allclose((block.height, block.width), (side * math.sqrt(rows), side * math.sqrt(columns)))
    folded = plan(description, Image.new("RGB", (96, 96)), {}).layout
    assert folded.width <= STRIP.width + 1 and folded.height <= STRIP.height + 1
    # Stages of 3, 4, 6 and 3 blocks, of ten layers each and two more in the first of a stage
    assert sum(len(block.layers) for block in folded.blocks) == len(model.layers)
    last = {block.layers[-1]: len(block.layers) for block in folded.blocks if block.stage}
    assert last.keys() == {"conv2_block3_out", "conv3_block4_out", "conv4_block6_out", "conv5_block3_out"}
