"""What a layer is called and what it does, in plain words with its own numbers, where nobody wrote a sentence."""

from __future__ import annotations

from explain.network.layers import PLACE, Layer

ACTIVATIONS = {
    "relu": ("ReLU", "Sets negative values to zero and hands the others on."),
    "relu6": ("ReLU6", "Sets negative values to zero and cuts the others off at 6."),
    "leaky_relu": ("leaky ReLU", "Makes negative values small and hands the others on."),
    "prelu": ("PReLU", "Multiplies negative values by a learned number a channel and hands the others on."),
    "elu": ("ELU", "Bends negative values towards a floor and hands the others on."),
    "sigmoid": ("sigmoid", "Squeezes each value into the range from 0 to 1."),
    "hard_sigmoid": ("hard sigmoid", "Squeezes each value into the range from 0 to 1, in three straight pieces."),
    "tanh": ("tanh", "Squeezes each value into the range from -1 to 1."),
    "swish": ("swish", "Multiplies each value by its own sigmoid, which lets large ones through."),
    "hard_swish": ("hard swish", "Multiplies each value by its own hard sigmoid, which lets large ones through."),
    "gelu": ("GELU", "Multiplies each value by the share of a bell curve that lies below it."),
    "gelu_tanh": ("GELU", "Multiplies each value by about the share of a bell curve that lies below it."),
    "mish": ("Mish", "Multiplies each value by a curve from 0 to 1 that lets large ones through."),
    "clip": ("clip", "Cuts values off below and above."),
    "log_softmax": ("log softmax", "Turns the values into logarithms of probabilities, which add up to 1."),
    "softmax": ("softmax", "Turns the values into probabilities, which add up to 1."),
}


def title(layer: Layer) -> str:
    """A short name for a layer whose file gives it none worth reading."""
    channels = _channels(layer)
    size = _by(layer.window.kernel) if layer.window else ""
    match layer.kind:
        case "conv":
            depthwise = layer.groups > 1 and layer.groups == channels
            return f"{'depthwise conv' if depthwise else 'conv'} {size}, {channels} channels"
        case "max_pool" | "average_pool":
            return f"{layer.kind.split('_')[0]} pool {size}"
        case "batch_norm":
            return "batch normalisation"
        case "activation":
            return _activation(layer.activation)[0]
        case "reshape":
            return f"reshape to {_by(layer.shape)}"
        case "lstm":
            both = "both directions" if len(layer.directions) == 2 else layer.directions[0]
            return f"LSTM, {layer.settings['units']} units, {both}"
        case "dense":
            return f"dense, {channels} units"
        case "global_average_pool":
            return "global average"
        case "other":
            return _other_title(layer)
    return layer.kind


def _other_title(layer: Layer) -> str:
    """What is no kind of its own, by its operator and its size."""
    name = str(layer.settings.get("operator", "several operators"))
    if "ways" in layer.settings:
        both = ", both directions" if layer.settings["ways"] == 2 else ""
        return f"{name}, {layer.settings['units']} units{both}"
    if "size" in layer.settings:
        return f"{name} {_by(layer.settings['size'])}, {_channels(layer)} channels"
    return name


def sentence(layer: Layer) -> str:
    """One plain sentence on what a layer of its kind does."""
    return _SENTENCES[layer.kind](layer)


def _activation(name: str | None) -> tuple[str, str]:
    return ACTIVATIONS.get(name, (str(name).replace("_", " "), "Bends each value by a fixed curve."))


def _channels(layer: Layer) -> int | str:
    return layer.shape[-1] if layer.shape and layer.shape[-1] else "any number of"


def _by(lengths) -> str:
    return " x ".join("any" if length is None else str(length) for length in lengths)


def _ends(layer: Layer) -> str:
    if layer.activation is None:
        return ""
    if layer.activation == "softmax":
        return ", which a softmax turns into probabilities"
    if layer.activation == "relu":
        return ", negative results set to zero"
    return f", followed by {_activation(layer.activation)[0]}"


def _conv(layer: Layer) -> str:
    size = _by(layer.window.kernel)
    if layer.groups > 1 and layer.groups == _channels(layer):
        return f"Weighs {size} places of each of {layer.groups} channels by itself{_ends(layer)}."
    of = f" of one of {layer.groups} groups of channels" if layer.groups > 1 else ""
    return f"{_channels(layer)} filters, each a weighted sum over {size} places{of}{_ends(layer)}."


def _lstm(layer: Layer) -> str:
    ways = {
        ("forward",): "from left to right",
        ("backward",): "from right to left",
        ("forward", "backward"): "from both ends",
    }[layer.directions]
    last = " and hands on its last state alone" if layer.settings.get("last_step") else ""
    return f"Reads the sequence {ways} with {layer.settings['units']} units of memory{last}."


def _dense(layer: Layer) -> str:
    where = "at every step" if layer.sees == PLACE else "of all numbers before it"
    return f"{_channels(layer)} units, each a weighted sum {where}{_ends(layer)}."


def _input(layer: Layer) -> str:
    channels = {1: "grey", 3: "in colour"}.get(_channels(layer), f"with {_channels(layer)} channels")
    return f"The picture as the network gets it: {_by(layer.shape[:2])} pixels, {channels}."


_SENTENCES = {
    "input": _input,
    "conv": _conv,
    "max_pool": lambda layer: f"Keeps the largest of every {_by(layer.window.kernel)} values of a channel.",
    "average_pool": lambda layer: f"Takes the mean of every {_by(layer.window.kernel)} values of a channel.",
    "batch_norm": lambda layer: (
        f"Shifts and scales each of {_channels(layer)} channels to a common range{_ends(layer)}."
    ),
    "scaling": lambda layer: "Multiplies each channel by a fixed number and shifts it by another.",
    "activation": lambda layer: _activation(layer.activation)[1],
    "add": lambda layer: f"Adds up what {len(layer.inputs)} layers say, number by number{_ends(layer)}.",
    "multiply": lambda layer: f"Multiplies what {len(layer.inputs)} layers say, number by number{_ends(layer)}.",
    "concat": lambda layer: f"Lays the channels of {len(layer.inputs)} layers side by side{_ends(layer)}.",
    "reshape": lambda layer: f"Lays the same numbers out anew, as {_by(layer.shape)}.",
    "flatten": lambda layer: f"Lays all numbers out in one row of {_by(layer.shape)}.",
    "lstm": _lstm,
    "dense": _dense,
    "global_average_pool": lambda layer: f"The mean of each of {_channels(layer)} channels over all places.",
    "softmax": lambda layer: f"Turns {_channels(layer)} values into probabilities, which add up to 1.",
    "other": lambda layer: _OTHERS.get(
        layer.settings.get("operator"), f"A step ({title(layer)}) that is shown but not worked out by hand."
    ),
}
_OTHERS = {
    "attention": "Weighs every step of a sequence with how well it matches each other one.",
    "layer normalisation": "Shifts and scales the numbers of each place to mean 0 and spread 1.",
    "instance normalisation": "Shifts and scales each channel of this one picture to mean 0 and spread 1.",
    "group normalisation": "Shifts and scales groups of channels of this one picture to mean 0 and spread 1.",
    "root mean square normalisation": "Scales the numbers of each place to a mean square of 1.",
    "channel shuffle": "Deals the channels out in another order.",
    "part of the channels": "Hands on some of the channels alone.",
    "resize": "Enlarges or shrinks each channel as a picture is.",
    "transposed convolution": "Spreads each place over several, weighed by a filter: a convolution turned round.",
    "global maximum": "The largest value of each channel over all places.",
    "pad": "Lays a border around each channel.",
    "GRU": "Reads the sequence step by step with units of memory.",
    "RNN": "Reads the sequence step by step with units of memory.",
}
