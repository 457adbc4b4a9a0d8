"""Keras's own layers, built from the settings in a file: by name from a list, with nothing else brought to life.

Initializers, regularizers and constraints are left out, since the weights come from the file. Activations are looked up
by name. Old keywords that say nothing (`time_major: false`, `implementation`, ...) are dropped; one that would
change what the layer computes is refused.
"""

from __future__ import annotations

import inspect
from typing import Any

from export.errors import UnknownLayer, first_line
from export.keras_files.plan import Spec, value_of
from export.networks import import_keras

WEIGHTED = (
    *("Conv1D", "Conv2D", "Conv1DTranspose", "Conv2DTranspose", "DepthwiseConv1D", "DepthwiseConv2D"),
    *("SeparableConv1D", "SeparableConv2D", "Dense", "EinsumDense", "PReLU"),
    *("BatchNormalization", "LayerNormalization", "GroupNormalization", "UnitNormalization", "RMSNormalization"),
    *("Normalization", "MultiHeadAttention", "GroupQueryAttention", "Attention", "AdditiveAttention"),
)
RECURRENT = ("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "RNN", "StackedRNNCells")
CELLS = ("LSTMCell", "GRUCell", "SimpleRNNCell")
WRAPPERS = ("Bidirectional", "TimeDistributed")
PLAIN = (
    *("Activation", "ReLU", "LeakyReLU", "ELU", "Softmax", "MaxPooling1D", "MaxPooling2D", "AveragePooling1D"),
    *("AveragePooling2D", "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalMaxPooling1D"),
    *("GlobalMaxPooling2D", "AdaptiveAveragePooling2D", "AdaptiveMaxPooling2D", "ZeroPadding1D", "ZeroPadding2D"),
    *("Cropping1D", "Cropping2D", "UpSampling1D", "UpSampling2D", "Flatten", "Reshape", "Permute", "RepeatVector"),
    *("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"),
    *("Rescaling", "Resizing", "CenterCrop", "Masking", "Identity"),
)
TRAINING_ONLY = (  # hand their input on once training is over
    *("Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianDropout", "GaussianNoise", "AlphaDropout"),
    *("ActivityRegularization", "RandomBrightness", "RandomContrast", "RandomCrop", "RandomFlip", "RandomHeight"),
    *("RandomRotation", "RandomTranslation", "RandomWidth", "RandomZoom", "RandomColorJitter", "RandomHue"),
    *("RandomSaturation", "RandomShear", "RandomErasing", "RandomGaussianBlur", "RandomInvert", "RandomPerspective"),
)
LAYERS = {*WEIGHTED, *RECURRENT, *CELLS, *WRAPPERS, *PLAIN, *TRAINING_ONLY}
RENAMED = {"alpha": "negative_slope", "batch_input_shape": "batch_shape"}  # LeakyReLU's, an input's
SAYING_NOTHING = {  # old keywords without an effect once training is over, whatever their value
    *(
        "trainable",
        "dtype",
        "batch_input_shape",
        "batch_shape",
        "input_shape",
        "input_dim",
        "input_dtype",
        "batch_size",
    ),
    *("implementation", "sparse", "ragged", "fused", "virtual_batch_size", "unit_forget_bias", "seed", "noise_shape"),
    *("activity_regularizer", "shared_object_id", "autocast", "build_config", "adjustment", "renorm_clipping"),
    *("renorm_momentum", "stateful", "optional", "quantization_config", "input_length", "num_constants"),
    "build_input_shape",
}
ACTIVATIONS = (
    *("celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish"),
    *("hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid"),
    *("silu", "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus", "sparsemax", "squareplus", "swish"),
    *("tanh", "tanh_shrink", "threshold"),
)
KERASS = ("", "keras", "tf_keras", "tensorflow", "keras_core", "builtins")


def is_keras(spec: Spec) -> bool:
    """Whether the file says that a layer is of a class of Keras's own that is known here."""
    own = spec.module.split(".")[0] in KERASS and spec.registered in ("", spec.class_name)
    return own and spec.class_name in LAYERS


def check(spec: Spec) -> None:
    """Raises UnknownLayer, by the layer's name, for a class that is none of Keras's own."""
    if not is_keras(spec):
        called = spec.registered or spec.class_name
        raise UnknownLayer(
            f"Layer {spec.name!r} is a {called}, which is no layer of Keras known here; its code is not in the file,"
            " and would not be run: replace it by layers of Keras's own and save again."
        )


def layer(spec: Spec, name: str, keras_2: bool):
    """The Keras layer of a spec. name: for Keras's own use. keras_2: whether Keras 2 wrote the file.

    Raises UnknownLayer, by the layer's name, for a class or setting that is not Keras's own.
    """
    check(spec)
    built = getattr(import_keras().layers, spec.class_name, None)
    if built is None:
        raise UnknownLayer(f"Layer {spec.name!r} is a {spec.class_name}, which Keras no longer has.")
    try:
        return built(**_settings(spec, built, keras_2), name=name)
    except UnknownLayer:
        raise
    except Exception as error:  # of any kind: the settings are somebody's
        raise UnknownLayer(f"Layer {spec.name!r} has settings that Keras refuses: {first_line(error)}") from error


def _settings(spec: Spec, built: type, keras_2: bool) -> dict[str, Any]:
    known = {name for part in built.__mro__[:-1] for name in inspect.signature(part.__init__).parameters}
    known -= {"self", "kwargs", "args", "name"}
    own = inspect.signature(built.__init__).parameters
    settings: dict[str, Any] = {key: "zeros" for key in own if key.endswith("_initializer")}
    for key, value in spec.config.items():
        key = RENAMED[key] if key in RENAMED and RENAMED[key] in known else key
        if key == "name" or key.endswith(("_initializer", "_regularizer", "_constraint")):
            continue
        if key in ("layer", "backward_layer", "cell", "cells"):
            settings[key] = _inner(spec, value, keras_2)
        elif key.endswith("activation") and key in known:
            settings[key] = activation(spec, value, keras_2)
        elif key in SAYING_NOTHING:
            continue
        elif key in known:
            settings[key] = _plain(value_of(value))
        elif value and not (key == "groups" and value == 1):
            raise UnknownLayer(f"Layer {spec.name!r} has the setting {key} = {value!r}, which Keras no longer knows.")
    if spec.class_name == "BatchNormalization" and isinstance(settings.get("axis"), list | tuple):
        (settings["axis"],) = settings["axis"]
    return settings


def _plain(value: Any) -> Any:
    """A setting as Keras takes it: pairs that JSON made lists become tuples again."""
    return tuple(value) if isinstance(value, list) and all(isinstance(v, int | float) for v in value) else value


def _inner(spec: Spec, entry: Any, keras_2: bool):
    """A layer within a layer, such as the LSTM of a Bidirectional."""
    if entry is None:
        return None
    if isinstance(entry, list):
        return [_inner(spec, one, keras_2) for one in entry]
    config = entry["config"]
    class_name, module, registered = (str(entry.get(key) or "") for key in ("class_name", "module", "registered_name"))
    inner = Spec(str(config.get("name", spec.name)), class_name, module, registered, config)
    return layer(inner, str(config.get("name", class_name)).replace("/", "_"), keras_2)


def activation(spec: Spec, entry: Any, keras_2: bool):
    """An activation by name, or a layer that is one."""
    if isinstance(entry, dict) and entry.get("class_name") in (*PLAIN, "PReLU"):
        return _inner(spec, entry, keras_2)
    name = entry
    if isinstance(entry, dict):
        if str(entry.get("module") or "").split(".")[0] not in KERASS:
            name = f"{entry.get('module')}.{entry.get('config')}"
        else:
            name = entry.get("config") if isinstance(entry.get("config"), str) else entry.get("class_name")
    if name is None:
        return None
    if name not in ACTIVATIONS:
        raise UnknownLayer(
            f"Layer {spec.name!r} has the activation {name}, which is none of Keras's; its code is not run: use one of"
            " Keras's own and save again."
        )
    if name == "hard_sigmoid" and keras_2:
        return hard_sigmoid_of_keras_2
    return getattr(import_keras().activations, name)


def hard_sigmoid_of_keras_2(x):
    """0.2 x + 0.5, cut off at 0 and 1; Keras 3's slope is a sixth."""
    ops = import_keras().ops
    return ops.clip(0.2 * x + 0.5, 0.0, 1.0)
