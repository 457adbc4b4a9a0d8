"""The full VGG16 as a Keras model whose dense layers stay in the file that they were exported to.

Read into variables, its weights would be 553 MB more for the process; mapped, they are pages that the page's own
process, if it has the network open, shares.
"""

from __future__ import annotations

from models import onnx_weights, vgg16
from models.onnx_mapped import mapped

DENSE = ("fc1", "fc2", "predictions")


def build():
    """The Keras model with the weights of its exported file. Raises WeightsError where that is not whole."""
    import tensorflow as tf

    path = vgg16.FULL.weights
    arrays = mapped(path, [f"{layer}/{part}" for layer in DENSE for part in ("kernel", "bias")])
    # arrays start at whole pages, as TensorFlow's kernels need it: nothing is copied on the way
    kernels = {layer: tf.experimental.dlpack.from_dlpack(arrays[f"{layer}/kernel"].__dlpack__()) for layer in DENSE}
    model = vgg16.build_full(initializer="zeros", dense_kernels=kernels)
    for name, weights in onnx_weights.read(path, vgg16.CONVOLUTIONS).items():
        model.get_layer(name).set_weights(weights)
    for layer in DENSE:
        model.get_layer(layer).bias.assign(arrays[f"{layer}/bias"])
    return model
