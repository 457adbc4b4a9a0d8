"""Plain arithmetic between layers: Keras 3's operations and Keras 2's `TFOpLambda`, by name from a list."""

from __future__ import annotations

from typing import Any

from export.errors import UnknownLayer
from export.keras_files.classes import LAYERS
from export.keras_files.plan import Spec, value_of
from export.networks import import_keras

OPERATIONS = {  # Keras 3's class of an operation: the function of keras.ops
    **{"Add": "add", "Subtract": "subtract", "Multiply": "multiply", "Divide": "divide", "TrueDivide": "true_divide"},
    **{"Negative": "negative", "Absolute": "absolute", "Power": "power", "Square": "square", "Sqrt": "sqrt"},
    **{"Exp": "exp", "Log": "log", "Maximum": "maximum", "Minimum": "minimum", "Clip": "clip", "Tanh": "tanh"},
    **{"Reshape": "reshape", "Transpose": "transpose", "Squeeze": "squeeze", "ExpandDims": "expand_dims"},
    **{"Swapaxes": "swapaxes", "Moveaxis": "moveaxis", "Concatenate": "concatenate", "Matmul": "matmul"},
    **{"Mean": "mean", "Max": "max", "Min": "min", "Sum": "sum", "Cast": "cast", "GetItem": "getitem"},
    **{"Relu": "relu", "Relu6": "relu6", "Sigmoid": "sigmoid", "Softmax": "softmax", "LogSoftmax": "log_softmax"},
    **{"Silu": "silu", "Gelu": "gelu", "Elu": "elu", "LeakyRelu": "leaky_relu", "HardSigmoid": "hard_sigmoid"},
    **{"HardSilu": "hard_silu", "Softplus": "softplus", "Erf": "erf", "Rsqrt": "rsqrt"},
}
TENSORFLOWS = {  # the function that a TFOpLambda names
    **{f"{module}.{name}": name for module in ("math", "__operators__") for name in ("add", "subtract", "multiply")},
    **{"__operators__.mul": "multiply", "__operators__.sub": "subtract", "math.truediv": "true_divide"},
    **{"__operators__.truediv": "true_divide", "math.divide": "divide", "math.square": "square", "math.sqrt": "sqrt"},
    **{"reshape": "reshape", "squeeze": "squeeze", "compat.v1.squeeze": "squeeze", "expand_dims": "expand_dims"},
    **{"transpose": "transpose", "compat.v1.transpose": "transpose", "cast": "cast", "concat": "concatenate"},
    **{"math.reduce_mean": "mean", "math.reduce_max": "max", "math.reduce_sum": "sum", "math.maximum": "maximum"},
    **{"math.minimum": "minimum", "clip_by_value": "clip", "nn.relu": "relu", "nn.relu6": "relu6"},
    **{
        "__operators__.getitem": "getitem",
        "nn.softmax": "softmax",
        "nn.sigmoid": "sigmoid",
        "math.sigmoid": "sigmoid",
        "math.tanh": "tanh",
    },
    **{"nn.silu": "silu", "nn.swish": "silu", "nn.gelu": "gelu", "nn.leaky_relu": "leaky_relu"},
}
RENAMED = {"perm": "axes", "shape": "newshape", "clip_value_min": "x_min", "clip_value_max": "x_max"}
OF_TENSORFLOW = ("TFOpLambda", "SlicingOpLambda")
UNSAID = ("name", "trainable")


def is_operation(spec: Spec) -> bool:
    """Whether a layer is plain arithmetic; Keras's layers Add and Multiply take a list, the operations two values."""
    if spec.class_name in OF_TENSORFLOW:
        return True
    if spec.class_name not in OPERATIONS or spec.registered not in ("", spec.class_name):
        return False
    if spec.module:
        return spec.module.startswith(("keras.src.ops", "keras.ops"))
    return spec.class_name not in LAYERS or any(len(call.args) > 1 for call in spec.calls)


def applied(spec: Spec, args: tuple, keywords: dict[str, Any]):
    """The operation's value on symbolic tensors. Raises UnknownLayer, by name, for one not listed here."""
    ops = import_keras().ops
    if spec.class_name in OF_TENSORFLOW:
        said = str(spec.config.get("function"))
        name = TENSORFLOWS.get(said)
        keywords = {RENAMED.get(key, key): value for key, value in keywords.items() if key not in UNSAID}
        args = (*args, *(keywords.pop(key) for key in ("y", "slice_spec") if key in keywords))
    else:
        said, name = spec.class_name, OPERATIONS[spec.class_name]
        config = {key: value_of(value) for key, value in spec.config.items() if key not in UNSAID}
        keywords = {**config, **keywords}
    if name is None:
        raise UnknownLayer(
            f"Layer {spec.name!r} is the function {said}, which is not known here: replace it by a layer of"
            " Keras's own."
        )
    try:
        if name == "getitem":
            return args[0][_slices(args[1] if len(args) > 1 else keywords["key"])]
        if name != "cast":
            keywords.pop("dtype", None)
        return getattr(ops, name)(*args, **keywords)
    except Exception as error:  # of any kind: the arguments are somebody's
        raise UnknownLayer(
            f"Layer {spec.name!r}, the function {said}, does not take what the file gives it."
        ) from error


def _slices(key: Any) -> Any:
    """What stands in the brackets; Keras 2 writes a slice as its start, stop and step."""
    if isinstance(key, list | tuple):
        return tuple(_slices(part) for part in key)
    return slice(*(key.get(end) for end in ("start", "stop", "step"))) if isinstance(key, dict) else key
