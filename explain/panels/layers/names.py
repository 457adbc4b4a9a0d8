"""What the page calls layers, their kinds and their channels."""

from __future__ import annotations

from explain.layers.receptive_field import receptive_field
from explain.network.description import Description
from explain.network.layers import Layer
from explain.network.reading.words import ACTIVATIONS

KINDS = {
    "input": "picture",
    "conv": "convolution",
    "max_pool": "max pooling",
    "average_pool": "average pooling",
    "batch_norm": "batch normalisation",
    "scaling": "scaling",
    "activation": "activation",
    "add": "sum of layers",
    "multiply": "product of layers",
    "concat": "layers side by side",
    "reshape": "reshape",
    "flatten": "flatten",
    "lstm": "LSTM",
    "dense": "dense",
    "global_average_pool": "global average pooling",
    "softmax": "softmax",
    "other": "other",
}
COLOURS = {"grey": ("grey",), "rgb": ("red", "green", "blue"), "bgr": ("blue", "green", "red")}


def layer_name(description: Description, layer: Layer) -> str:
    """The layer's name; where the file names none, its number and what it is."""
    return layer.title


def kind_name(description: Description, layer: Layer) -> str:
    """What kind of layer it is, with what it ends in where that is its point."""
    kind = KINDS[layer.kind]
    if layer.kind == "lstm":
        return f"bidirectional {kind}" if len(layer.directions) == 2 else f"{kind}, {layer.directions[0]}"
    if layer.kind in ("dense", "activation") and layer.activation:
        return f"{kind}, {activation_name(layer)}"
    takes_maps = any(len(before.shape) == 3 for before in description.inputs_of(layer.name))
    return "map to sequence" if layer.kind == "reshape" and len(layer.shape) == 2 and takes_maps else kind


def activation_name(layer: Layer) -> str:
    """What the layer ends in, "" where that is nothing."""
    if layer.activation is None:
        return ""
    return ACTIVATIONS.get(layer.activation, (layer.activation.replace("_", " "),))[0]


def activation_sentence(layer: Layer, before: float) -> str:
    """What the layer's activation does to a value; empty where it has none."""
    if layer.activation is None:
        return ""
    if layer.activation == "relu":
        return f"ReLU lets pass what is above zero: this sum {'stays as it is' if before > 0 else 'becomes zero'}."
    does = ACTIVATIONS.get(layer.activation, ("", "Bends each value by a fixed curve."))[1]
    return f"Then {activation_name(layer)}: {does[0].lower()}{does[1:]}"


def channel_name(description: Description, layer: Layer, channel: int) -> str:
    """The colour of a channel of the picture, the character or class of an output, else its number."""
    if layer is description.input:
        colours = COLOURS.get(description.preprocessing.colour, ()) if description.preprocessing else ()
        return colours[channel] if channel < len(colours) else f"channel {channel}"
    if is_labelled(description, layer):
        return description.labels[channel] or "blank"
    if layer.kind == "lstm" and len(layer.directions) == 2:
        units = layer.shape[-1] // 2
        return f"forward {channel}" if channel < units else f"backward {channel - units}"
    return f"unit {channel}" if layer.kind == "lstm" else f"channel {channel}"


def is_labelled(description: Description, layer: Layer) -> bool:
    """Whether each channel stands for a label: of the last layer, and of the one that its softmax takes."""
    if not description.labels or not layer.shape or layer.shape[-1] != len(description.labels):
        return False
    last = description.output
    return layer is last or (last.kind == "softmax" and layer.name in last.inputs)


def place_name(description: Description, layer: Layer) -> str:
    """What a place of a sequence is called: a frame where it is one of a recogniser's answer, else a step."""
    frames = description.output.shape[-2:-1]
    return "frame" if description.blank is not None and layer.shape[-2:-1] == frames else "step"


def facts(description: Description, layer: Layer) -> str:
    """Shape, what one number can see, and parameters, in one line; of a layer that is called by what it does, what the
    file calls it as well."""
    weights = f"{layer.parameters:,} parameters" if layer.parameters else "no parameters"
    called = "" if layer.title == layer.name else f" · “{layer.name[-60:]}” in the file"
    return f"{size(description, layer)} · {sees(description, layer)} · {weights}{called}"


def sees(description: Description, layer: Layer) -> str:
    """How much of the picture one number of a layer can see; what lies beyond its edges is not counted."""
    field = receptive_field(description, layer.name)
    if field is None:
        return "each sees everything"
    seen = [
        least if most is None else min(least, most)
        for least, most in zip(field.size, description.picture[:2], strict=True)
    ]
    return f"each sees {_counted(seen[0], 'row')}, {_counted(seen[1], 'column')}"


def rim(layer: Layer) -> str:
    """Why the maps of a layer have bright edges; empty where it reads nothing beyond them."""
    if layer.kind != "conv" or not layer.window or not any(map(any, layer.window.padding)):
        return ""
    return (
        "A bright rim around a map comes from zero padding: beyond the edge the layer reads zeros, and to its filters "
        "the edge of the picture looks like a stroke."
    )


def size(description: Description, layer: Layer) -> str:
    """The shape of a layer's output, each length with what it counts."""
    whats = {3: ("row", "column", "channel"), 2: (place_name(description, layer), "channel"), 1: ("number",)}
    named = whats.get(len(layer.shape), ("",) * len(layer.shape))
    return " × ".join(_counted(length, what) for length, what in zip(layer.shape, named, strict=True))


def _counted(length: int | None, what: str) -> str:
    """So many of them, "any" where the length may vary."""
    return f"{'any' if length is None else length} {what}{'' if length == 1 or not what else 's'}".strip()
