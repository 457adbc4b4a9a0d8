"""What a network says of itself: layers, head, input and words, read from its file and, where that is silent, its card.

description = describe(card)          # or the path of any ONNX file that takes a batch of pictures
description.layer("conv_7").window    # kernel, stride, padding, dilation
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from explain.network.axes import Axes, of_picture
from explain.network.checks.file import check, load
from explain.network.errors import NetworkError
from explain.network.head import CTC, Head, Stated, answered, head, preprocessing, stated_input
from explain.network.layers import Layer
from explain.network.reading import words
from explain.network.reading.following import follow
from explain.network.reading.graph import Graph
from explain.network.reading.grouping import Group, groups
from explain.network.reading.layer import picture, read
from models.card import Card, network_files, weights_beside
from models.prepared import Prepared, prepare
from models.preprocessing import Preprocessing


@dataclass(frozen=True, eq=False)
class Description:
    """A network as data: nothing here holds weights or an open file.

    name, title: for addresses and for people. path: of the ONNX file. layers: the input first, then in the order in
    which they are computed. logits: the tensor that holds the values before the last softmax, or the last layer's where
    there is none. named: whether the file names its layers. card: what came along with the network, or None.
    picture: the size of the pictures that the file takes, `(height, width, channel)`, None where that may vary.
    outputs: tensors that the file itself puts out.
    batch: how many pictures one pass takes, None for any. smallest: height and width of the least picture.
    channel_first: whether the file takes `(batch, channel, height, width)`. axes: of each shown tensor, as the file has
    them (see `explain.network.axes`). licence, source: of the weights, as far as known. answered: what a card or the
    file's metadata says, so that nobody need be asked: "head", "labels", "blank", "title", and of the input "height",
    "width", "colour", "mean", "deviation", "fit", "transposed".
    apart: whether nobody but a process of its own opens the file, because a stranger brought it.
    """

    name: str
    title: str
    path: Path
    layers: tuple[Layer, ...]
    logits: str
    head: Head
    preprocessing: Preprocessing | None
    card: Card | None
    named: bool
    picture: tuple[int | None, int | None, int | None]
    outputs: tuple[str, ...]
    batch: int | None
    smallest: tuple[int, int]
    channel_first: bool
    axes: Mapping[str, Axes]
    licence: str
    source: str
    answered: frozenset[str] = frozenset()
    apart: bool = False

    @property
    def called(self) -> str:
        """The name that fits on a button."""
        return self.card.called if self.card else self.title

    @property
    def input(self) -> Layer:
        return self.layers[0]

    @property
    def input_axes(self) -> Axes:
        """The axes in which the file takes its pictures."""
        return self.axes.get(self.input.name) or of_picture(self.channel_first, False)

    @property
    def output(self) -> Layer:
        """The last layer."""
        return self.layers[-1]

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """Of one picture as the preprocessing makes it, `(height, width, channel)`."""
        return self.input.shape

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Names of the layers in order, the input left out."""
        return tuple(layer.name for layer in self.layers[1:])

    @property
    def labels(self) -> tuple[str, ...]:
        return self.head.labels

    @property
    def blank(self) -> int | None:
        return self.head.blank

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    @property
    def weights(self) -> Path:
        """The ONNX file."""
        return self.path

    @property
    def beside(self) -> Path:
        """The file with weights too large to lie inside the ONNX file, where there is one."""
        return weights_beside(self.path)

    @property
    def files(self) -> list[Path]:
        """The files that the network is read from."""
        return network_files(self.path)

    def layer(self, name: str) -> Layer:
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(f"{self.name} has no layer called {name!r}; it has {', '.join(self.layer_names)}.")

    def of_kind(self, *kinds: str) -> tuple[Layer, ...]:
        """The layers of these kinds, in order."""
        return tuple(layer for layer in self.layers if layer.kind in kinds)

    def inputs_of(self, name: str) -> tuple[Layer, ...]:
        """The layers whose outputs a layer takes."""
        return tuple(self.layer(before) for before in self.layer(name).inputs)

    def prepared(self, picture: Image.Image) -> np.ndarray:
        """Any picture as the network wants it, `(1, height, width, channel)` float32; NetworkError where it wants none.

        A side that may have any length is as the picture's proportions say.
        """
        return self.made_ready(picture).batch

    def made_ready(self, picture: Image.Image, *, trim: bool = False, contrast: bool = False) -> Prepared:
        """The same with what was done to the picture; trim, contrast: see `models.prepared.prepare`."""
        if self.preprocessing is None:
            raise NetworkError(f"{self.title} takes neither grey pictures nor coloured ones, so it can't be shown.")
        return prepare(self.preprocessing, picture, self.smallest, trim=trim, contrast=contrast)


def describe(network: Card | Description | str | Path) -> Description:
    """What the network of a card or of an ONNX file says of itself; kept until the file changes.

    Raises NetworkError where there is no such file, or none that takes a batch of pictures.
    """
    if isinstance(network, Description):
        return network
    card = network if isinstance(network, Card) else None
    path = Path(card.weights if card is not None else network).absolute()
    try:
        facts = path.stat()
    except OSError:
        name = card.name if card else path.stem
        raise NetworkError(
            f"There is no exported network at {path}: write it with `python -m export {name}`."
        ) from None
    return _described(path, card, facts.st_size, facts.st_mtime_ns)


@functools.lru_cache(maxsize=16)
def _described(path: Path, card: Card | None, size: int, modified: int) -> Description:
    model = load(path)
    if card is None:
        check(model, path)
    stated = card.preprocessing if card else _stated(model)
    try:
        graph = Graph(model, path, (stated.height, stated.width), stated.transposed)
        axes = follow(graph)
        grouped = groups(graph, axes, list(graph.named) or None)
        if not grouped:
            raise NetworkError(f"{path.name} computes nothing from a picture.")
        return _assembled(path, card, graph, axes, grouped)
    except (NetworkError, MemoryError):
        raise
    except Exception as error:  # somebody's file: what taking it apart may raise has no end
        raise NetworkError(f"{path.name} could not be taken apart ({type(error).__name__}: {error}).") from error


def _stated(model) -> Stated:
    return stated_input({entry.key: entry.value for entry in model.metadata_props})


def _smallest(graph: Graph) -> tuple[int, int]:
    """The least picture, as far as the file says."""
    try:
        height, width = json.loads(graph.metadata.get("smallest", "[1, 1]"))
        return max(1, int(height)), max(1, int(width))
    except (ValueError, TypeError):
        return 1, 1


def _assembled(path: Path, card: Card | None, graph: Graph, axes: dict[str, Axes], grouped: list[Group]) -> Description:
    named = bool(graph.named)
    written = card.words if card else {}
    layers = [picture(graph, axes), *(read(graph, axes, group) for group in grouped)]
    layers = [
        replace(
            layer,
            title=layer.name if named or layer.kind == "input" else f"{number} {words.title(layer)}",
            words=written.get(layer.name) or words.sentence(layer),
        )
        for number, layer in enumerate(layers)
    ]
    last = layers[-1]
    logits = _logits(graph, grouped[-1], last)
    answer = head(last.shape, axes.get(last.name, ()), card, graph.metadata)
    shown = {name: axes[name] for name in (*(layer.name for layer in layers), logits) if name in axes}
    return Description(
        name=card.name if card else path.stem,
        title=card.title if card else graph.metadata.get("title") or path.stem,
        path=path,
        layers=tuple(layers),
        logits=logits,
        head=answer,
        preprocessing=preprocessing(graph.picture_shape(), answer.kind == CTC, card, graph.metadata),
        card=card,
        named=named,
        picture=graph.picture_shape(),
        outputs=graph.outputs,
        batch=graph.batch,
        smallest=_smallest(graph),
        channel_first=graph.channel_first,
        axes=shown,
        licence=card.licence if card else graph.metadata.get("licence", ""),
        source=card.source if card else graph.metadata.get("source", ""),
        answered=answered(card, graph.metadata),
    )


def _logits(graph: Graph, group: Group, last: Layer) -> str:
    """The tensor before the softmax that a network ends in, or its last layer's."""
    stated = graph.metadata.get("logits")
    if stated in graph.values:
        return stated
    if last.activation in ("softmax", "log_softmax"):
        softmax = next(node for node in reversed(group.nodes) if node.operator in ("Softmax", "LogSoftmax"))
        return softmax.inputs[0]
    return last.name
