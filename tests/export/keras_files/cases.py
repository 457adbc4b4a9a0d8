"""Small Keras files as people have them, and as nobody should: made by Keras, or written by hand with h5py and JSON."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np

CODE = ["4wEAAAAAAAAAAAAAAA==\n", None, None]  # what stands where Keras 2 keeps a Lambda's bytecode


def rich_model():
    """A classifier with what people use: a model within the model, a residual sum, depthwise filters, GELU, a dropout,
    zeros around a map, a Lambda, recurrent layers both ways, arithmetic. Its weights are random, also those of
    normalisation.
    """
    import keras

    keras.utils.clear_session()  # other tests' models count in the names that Keras gives: "multiply", "multiply_1"
    layers = keras.layers
    keras.utils.set_random_seed(5)
    picture = keras.Input((8, 12, 3), name="photograph")
    block = [
        keras.Input((8, 12, 3)),
        layers.Rescaling(1 / 255, name="scaled"),
        layers.ZeroPadding2D(1, name="padded"),
        layers.Conv2D(6, 3, name="first"),
        layers.BatchNormalization(name="normalised"),
        layers.Activation("gelu", name="bent"),
        layers.Dropout(0.3, name="dropped"),
    ]
    value = keras.Sequential(block, name="stem")(picture)
    side = layers.DepthwiseConv2D(3, padding="same", activation="swish", name="depthwise")(value)
    gate = layers.GlobalAveragePooling2D(keepdims=True, name="means")(side)
    gate = layers.Conv2D(6, 1, activation="sigmoid", name="gate")(gate)
    side = layers.Multiply(name="gated")([side, gate])
    value = layers.Add(name="summed")([value, side])
    value = value * 2.0
    value = layers.MaxPooling2D((8, 1), name="columns")(value)
    value = layers.Lambda(lambda maps: maps[:, 0], output_shape=(12, 6), name="squeezing")(value)
    value = layers.Bidirectional(layers.GRU(4, return_sequences=True), name="both_ways")(value)
    value = layers.SimpleRNN(5, return_sequences=True, name="simple")(value)
    value = layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both_ways_again")(value)
    value = layers.LSTM(5, name="last_state")(value)
    model = keras.Model(picture, layers.Dense(4, "softmax", name="classes")(value), name="rich")
    randomised(model)
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def randomised(model) -> None:
    random = np.random.default_rng(7)
    for variable in model.weights:
        if "variance" in variable.name:
            variable.assign(random.uniform(0.5, 1.5, variable.shape))
        elif variable.name in ("gamma", "beta", "moving_mean", "bias"):
            variable.assign(random.normal(0.2, 0.3, variable.shape))


RICH_LAYERS = (
    *("scaled", "padded", "first", "normalised", "bent", "dropped", "depthwise", "means", "gate", "gated"),
    *("summed", "multiply", "columns", "squeezing", "both_ways", "simple", "both_ways_again", "last_state", "classes"),
)


def reader():
    """What `training_file` holds, as Keras 3 has it: a small recogniser with every weight random."""
    import keras

    layers = keras.layers
    keras.utils.set_random_seed(6)
    picture = keras.Input((4, 12, 1))
    value = layers.Conv2D(3, (3, 3), padding="same", activation="relu")(picture)
    value = layers.BatchNormalization(epsilon=0.01)(value)
    value = layers.LeakyReLU(negative_slope=0.2)(value)
    value = layers.MaxPooling2D((4, 1))(value)
    value = layers.Reshape((12, 3))(value)
    value = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(value)
    model = keras.Model(picture, layers.Dense(5, activation="softmax")(value))
    randomised(model)
    return model


def training_file(path: Path, weights: Sequence[np.ndarray], **changed: str) -> Path:
    """A training model as tf_keras 2.x saves it with `model.save("....h5")`: a Lambda that squeezes, a Lambda for the
    CTC loss with two more inputs, old keywords, the optimizer's state.

    weights: of `reader`, in its order. changed: settings of the layer `squeeze` to replace.
    """
    row = [
        entry("InputLayer", "input_1", [], batch_input_shape=[None, 4, 12, 1], sparse=False, ragged=False),
        entry(
            "Conv2D",
            "conv2d_7",
            ["input_1"],
            filters=3,
            kernel_size=[3, 3],
            strides=[1, 1],
            padding="same",
            data_format="channels_last",
            dilation_rate=[1, 1],
            groups=1,
            activation="relu",
            use_bias=True,
            kernel_initializer={"class_name": "GlorotUniform", "config": {"seed": None}},
            kernel_regularizer=None,
        ),
        entry(
            "BatchNormalization", "norm", ["conv2d_7"], axis=[3], momentum=0.99, epsilon=0.01, center=True, scale=True
        ),
        entry("LeakyReLU", "leaky", ["norm"], alpha=0.2),
        entry("MaxPooling2D", "pool", ["leaky"], pool_size=[4, 1], padding="valid", strides=[4, 1]),
        entry(
            "Lambda", "squeeze", ["pool"], **{"function": CODE, "function_type": "lambda", "arguments": {}, **changed}
        ),
        entry(
            "Bidirectional",
            "bidirectional_3",
            ["squeeze"],
            merge_mode="concat",
            layer={
                "class_name": "LSTM",
                "config": {
                    "name": "lstm_3",
                    "units": 4,
                    "return_sequences": True,
                    "activation": "tanh",
                    "recurrent_activation": "sigmoid",
                    "time_major": False,
                    "implementation": 2,
                    "unroll": False,
                    "dropout": 0.2,
                },
            },
        ),
        entry("Dense", "dense_2", ["bidirectional_3"], units=5, activation="softmax", use_bias=True),
        *(
            entry("InputLayer", name, [], batch_input_shape=[None, length])
            for name, length in (("text", 6), ("steps", 1))
        ),
        entry("Lambda", "ctc", ["dense_2", "text", "steps"], function=CODE, function_type="lambda", output_shape=None),
    ]
    config = {
        "class_name": "Functional",
        "config": {
            "name": "model_1",
            "trainable": True,
            "layers": row,
            "input_layers": [[name, 0, 0] for name in ("input_1", "text", "steps")],
            "output_layers": [["ctc", 0, 0]],
        },
    }
    groups = {"conv2d_7": weights[:2], "norm": weights[2:6], "bidirectional_3": weights[6:12], "dense_2": weights[12:]}
    names = [layer["name"] for layer in row]
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config).encode()
        file.attrs["keras_version"] = b"2.15.0"
        write_weights(file.create_group("model_weights"), names, groups)
        file.create_group("optimizer_weights").create_dataset("Adam/iteration:0", data=np.int64(3))
    return path


def entry(class_name: str, name: str, inbound: Sequence[str], **config) -> dict:
    """A layer as Keras 2 writes it."""
    nodes = [[[before, 0, 0, {}] for before in inbound]] if inbound else []
    settings = {"name": name, "trainable": True, "dtype": "float32", **config}
    return {"class_name": class_name, "config": settings, "name": name, "inbound_nodes": nodes}


def write_weights(group, names: Sequence[str], arrays: Mapping[str, Sequence[np.ndarray]]) -> None:
    """Weights in the older layout: a group a layer."""
    group.attrs["layer_names"] = [name.encode() for name in names]
    for name in names:
        held = group.create_group(name)
        weights = {f"{name}/weight_{index}:0": array for index, array in enumerate(arrays.get(name, ()))}
        held.attrs["weight_names"] = [weight.encode() for weight in weights]
        for weight, array in weights.items():
            held[weight] = array


def rewritten(source: Path, path: Path, change) -> Path:
    """A .keras file with its configuration changed: change takes the configuration and returns it."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, json.dumps(change(json.loads(data))) if name == "config.json" else data)
    return path
