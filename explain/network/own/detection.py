"""What can be found out about an ONNX file that does not say it: to fill in the form with, and how each was found.

found = detected(Network(path))
found.answers.blank, found.how["blank"]      # 0, "It wins 100% of the frames of a white, a grey and a black picture."
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from PIL import Image

from explain.network.errors import NetworkError
from explain.network.head import CLASSES, CTC, NONE
from explain.network.own import classifier, recogniser, samples
from explain.network.own.answers import Answers
from explain.network.own.trial import Trial
from models.preprocessing import Preprocessing

SAID = "The file says so."
OF_SHAPE = "The last layer gives one row of numbers."
NO_HEAD = "The last layer gives neither one row of numbers nor frames that a blank wins on empty pictures."


@dataclass(frozen=True)
class Detected:
    """answers: what the file says, what could be found out, and what is usual, in this order.

    how: by fact, one short sentence on how it was found: "head", "labels", "blank", "scaling", "colour", "size", "fit",
    "orientation". What nobody could tell has none.
    """

    answers: Answers
    how: dict[str, str] = field(default_factory=dict)


def detected(network, pictures: Sequence[tuple[Image.Image, str]] | None = None) -> Detected:
    """What a network says, and what it lets be found out by trying it on pictures.

    network: anything with `.description` and `.run(batch, layers)` as `explain.network.session.Network` has them.
    pictures: with the text that each shows, or, for a classifier, its title; those that come along unless given.
    A network that fails on every picture is answered as far as its file says.
    """
    description = network.description
    said = Answers.of(description)
    if description.card is not None:
        return Detected(said)
    shape, told = description.output.shape, "head" in description.answered
    how = {"head": SAID} if told else {}
    kind = said.head or _by_shape(shape)
    if description.preprocessing is not None:
        if kind == CTC:
            found = _recogniser(network, said, samples.words() if pictures is None else pictures, how)
            if found is not None:
                return found
            kind = NONE if said.head is None else kind
        if kind == CLASSES:
            return _classifier(network, said, samples.photographs() if pictures is None else pictures, how)
    if not told:
        kind = NONE if kind == CTC else kind
        how["head"] = OF_SHAPE if kind == CLASSES else NO_HEAD
    wanted = said.preprocessing
    if wanted is not None and None in (wanted.height, wanted.width) and not _takes_any(network, wanted):
        side = classifier.USUAL_SIDE
        wanted = replace(wanted, height=wanted.height or side, width=wanted.width or side)
        how["size"] = f"The network does not take every size; {side} pixels are usual."
    return Detected(replace(said, head=kind, preprocessing=wanted), how)


def _takes_any(network, wanted: Preprocessing) -> bool:
    """Whether the network takes a picture of another form than is usual."""
    trial = Trial(network)
    try:
        trial.outputs(wanted, [Image.new("RGB", (134, 101))], network.description.output.name)
    except NetworkError:
        return False
    return True


def _by_shape(shape: tuple[int | None, ...]) -> str:
    """What the last layer's shape, without the batch, may be."""
    if not shape or not shape[-1] or shape[-1] < 2:
        return NONE
    return {1: CLASSES, 2: CTC}.get(len(shape), NONE)


def _recogniser(network, said: Answers, pictures, how: dict[str, str]) -> Detected | None:
    description = network.description
    lies, (height, width) = recogniser.upright(description)
    first = replace(description.preprocessing, transposed=lies, height=height, width=width)
    if "fit" not in description.answered:
        first = replace(first, fit="pad")
    found = recogniser.best(network, first, pictures)
    if found is None:
        return None
    way, reasons = found
    if "head" not in how:
        reasons["head"] = (
            "The last layer gives a row of numbers for each frame, and on empty pictures one of them wins."
        )
    if lies and "transposed" not in description.answered:
        reasons["orientation"] = "The frames follow the longer side, which the file has where others have the height."
    if height is not None:
        reasons["size"] = SAID
    if way.labels:
        reasons["labels"] = SAID
    answers = Answers(CTC, way.labels, way.blank, way.wanted, said.title)
    return Detected(answers, how | reasons)


def _classifier(network, said: Answers, pictures, how: dict[str, str]) -> Detected:
    units = network.description.output.shape[-1]
    how.setdefault("head", OF_SHAPE)
    labels = said.labels
    if labels:
        how["labels"] = SAID
    elif units in (classifier.IMAGENET, classifier.IMAGENET + 1):
        labels = ("background",) * (units - classifier.IMAGENET) + classifier.imagenet()
        how["labels"] = f"A guess: {units} classes are most often ImageNet's."
    try:
        wanted, reasons = classifier.best(network, network.description.preprocessing, labels, pictures)
    except NetworkError:
        wanted, reasons = network.description.preprocessing, {}
    return Detected(Answers(CLASSES, labels, None, wanted, said.title), how | reasons)
