"""A network in a notebook or a script: its layers, its answer, and a map of why, for any picture.

network = open_network("reader.onnx")      # or the name of a network that is here
picture = network.picture("word.png")      # prepared as this network wants it
layers = network.layers(picture)           # {name: array}, all from one pass
print(network.answer(picture))             # the reading, or the likeliest classes
network.why(picture).save("why.png")       # what in the picture the answer hangs on

Everything runs in this process, by ONNX Runtime; TensorFlow is loaded when a method with a gradient is asked for.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from explain.layers import activations
from explain.network.description import Description
from explain.network.errors import NetworkError
from explain.network.head import CLASSES, CTC, head, preprocessing
from explain.network.layers import Layer
from explain.network.own.answers import Answers
from explain.network.session import LOGITS, Network
from explain.network.weights import network_weights
from explain.notebook import table, why
from explain.notebook.answer import Classes, Reading, classes, reading
from explain.notebook.picture import Picture, Source, picture_for
from explain.notebook.why import Chosen, Map, OnStep
from explain.pictures.notation import shortened
from models.card import Card
from models.networks import CARDS, here

KERAS = (".keras", ".h5", ".hdf5")
HEADINGS = ("layer", "kind", "shape", "parameters")
WIDEST = 44  # characters of a name in the table of layers


def open_network(network: str | Path) -> OpenedNetwork:
    """Opens a network that takes pictures, by its name or its file.

    network: the path of an ONNX file, anybody's, or the name of a network that is here: one that comes along, or a
    file of `models/own` (or of the folder that the variable NETWORKS_FOLDER names) without its ending.
    Raises NetworkError, in one sentence, where there is no such network or it cannot be opened.
    """
    return OpenedNetwork(Network(_source(network)))


class OpenedNetwork:
    """An ONNX file, opened; `print` shows its layers. Made by `open_network`.

    Wherever a picture is wanted, a `Picture` of `picture` will do, or anything that `picture` takes.
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    def with_answers(self, answers: Answers) -> OpenedNetwork:
        """The same network with what its file does not say of itself: labels, blank, scaling, colours, title.

        answers: they overrule the file, which stays as it is; `explain.network.own.detection.detected` finds out what
        can be found out. Raises NetworkError where they don't fit the network, such as labels of another number.
        """
        description = self.description
        metadata = {**Answers.of(description).metadata(), **answers.metadata()}
        last = description.output
        told = head(last.shape, description.axes.get(last.name, ()), None, metadata)
        wanted = preprocessing(description.picture, told.kind == CTC, None, metadata)
        if answers.labels and told.labels != tuple(answers.labels):
            raise NetworkError(
                f"{self.title} needs a label for each of its {last.shape[-1]} numbers, the blank's as ''."
            )
        told_so = replace(description, head=told, preprocessing=wanted, title=metadata.get("title", description.title))
        return OpenedNetwork(Network(told_so))

    @property
    def description(self) -> Description:
        """All that the network says of itself: layers with their windows and weights, head, preprocessing."""
        return self._network.description

    @property
    def name(self) -> str:
        return self.description.name

    @property
    def title(self) -> str:
        return self.description.title

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Names of the layers in order; `print(network)` says what each is."""
        return self.description.layer_names

    def picture(self, source: Source, *, trim: bool = True, contrast: bool = True) -> Picture:
        """A picture prepared as this network wants it: its size, colours and their scale.

        source: a picture file's path or bytes, a Pillow image, or uint8 pixels `(height, width)` or
        `(height, width, 3)`. trim, contrast: see `models.prepared.prepare`.
        Raises PictureError, in one sentence, for what is no picture.
        """
        return picture_for(self.description, source, trim=trim, contrast=contrast)

    def layers(self, picture: Picture | Source, names: Iterable[str] | None = None) -> dict[str, np.ndarray]:
        """Every layer's output for a picture by the layer's name, in the network's order, from one pass.

        A feature map is `(height, width, channel)`, a sequence `(step, feature)`, else `(unit,)`: float32, without the
        batch, channels last whatever order the file has. "logits" are the values before the last softmax.
        names: of the layers wanted, all unless given. Raises NetworkError for an unknown one.
        """
        outputs = self._network.run(self._taken(picture).batch, names, give_back=True)
        return {name: values[0] for name, values in outputs.items()}

    def weights(self, layer: str) -> dict[str, np.ndarray]:
        """A layer's weights by role, as `explain.network.weights.network_weights` has them; empty where it has none."""
        if layer not in self.layer_names:
            raise NetworkError(f"{self.title} has no layer called {layer!r}; print(network) lists them.")
        return network_weights(self.description, layer)

    def answer(self, picture: Picture | Source) -> Reading | Classes:
        """What a recogniser reads, or the likeliest classes of a classifier.

        Raises NetworkError for a network whose file does not say what its numbers stand for.
        """
        taken = self._taken(picture)
        if self.description.head.kind == CTC:
            return reading(self.layers(taken), self.description, taken.ready)
        if self.description.head.kind == CLASSES:
            return classes(self._probabilities(taken), self.description)
        raise NetworkError(
            f"The file of {self.title} does not say what its numbers stand for, so there is no answer to give, only "
            "layers; say it with `with_answers`."
        )

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """The methods that `why` has for this network; TensorFlow is loaded for those that take a gradient alone."""
        return why.methods(self.description)

    def why(
        self,
        picture: Picture | Source,
        target: Chosen = None,
        method: str = why.OCCLUSION,
        *,
        layer: str | None = None,
        patch: str | None = None,
        on_step: OnStep | None = None,
    ) -> Map:
        """Which pixels an answer hangs on: a map as large as the picture that the network sees.

        target: what is explained. Of a recogniser the text it reads, unless given: the place of one of its characters,
            from 0, or another text. Of a classifier the likeliest class, unless given: another class by its name or
            number. Of any network, a target of `explain.attribution.targets`.
        method: one of `methods`: "occlusion" covers the picture patch by patch and takes a pass for each.
        layer: whose feature maps are weighed by a method that weighs some; `explain.attribution.cam.usual_layer` names
            the usual one. patch: of occlusion, such as "squares" or "small patches".
        on_step: told (steps done, steps in all) by methods that take long; False from it stops them.
        Raises ValueError, in one sentence, for a target, method, layer or patch that there is not, and where stopped.
        """
        taken = self._taken(picture)
        asked = why.Asked(self._network, taken, self.layers(taken))
        return why.explain(asked, target, method, layer=layer, patch=patch, on_step=on_step)

    def _taken(self, picture: Picture | Source) -> Picture:
        taken = picture if isinstance(picture, Picture) else self.picture(picture)
        if (taken.network, taken.prepared) != (self.description.path, self.description.preprocessing):
            raise NetworkError(f"This picture was prepared for another network; prepare it for {self.title}.")
        return taken

    def _probabilities(self, picture: Picture) -> np.ndarray:
        wanted = {self.description.output.name, LOGITS}
        return activations.probabilities(self.description, self.layers(picture, wanted))

    def __repr__(self) -> str:
        """A line on the network, and a line for each layer: name, kind, shape, parameters."""
        return "\n".join([self._heading(), *table.written(self._rows(), numbers=(3,))])

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self._heading())}</p>{table.markup(self._rows())}"

    def _heading(self) -> str:
        description, labels = self.description, len(self.description.labels)
        answers = {CTC: f"reads texts of {labels - 1} characters", CLASSES: f"names one of {labels} classes"}
        what = answers.get(description.head.kind, "its file does not say what its numbers stand for")
        return f"{self.title}: {what}; {len(self.layer_names)} layers, {description.parameters:,} parameters"

    def _rows(self) -> list[tuple[str, ...]]:
        return [HEADINGS, *map(_row, self.description.layers)]


def _row(layer: Layer) -> tuple[str, str, str, str]:
    name = shortened(layer.name, WIDEST)
    kind = layer.title if layer.title != layer.name else layer.kind.replace("_", " ")
    shape = " × ".join("?" if length is None else str(length) for length in layer.shape)
    return name, kind, shape, f"{layer.parameters:,}" if layer.parameters else ""


def _source(network: str | Path) -> Card | Path:
    """The card of that name or file, or the path of anybody's file."""
    known = here()
    if isinstance(network, str) and network in known:
        return known[network]
    path = Path(network).expanduser()
    if path.suffix.lower() in KERAS:
        raise NetworkError(f"{path.name} is a Keras file: make an ONNX file of it with `python -m export {path}`.")
    if path.is_file():
        return next((card for card in CARDS.values() if card.here and card.weights.samefile(path)), path)
    missing = CARDS.get(str(network))
    if missing is not None:
        raise NetworkError(f"The weights of {missing.title} are not here. {missing.how_to_get}".strip())
    raise NetworkError(
        f"There is neither a file {str(network)!r} nor a network of that name; there are {', '.join(known)}."
    )
