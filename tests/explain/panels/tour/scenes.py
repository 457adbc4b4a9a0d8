"""Steps of the tour and subjects for them, for the tests of this folder."""

from __future__ import annotations

import base64
import io
import json
import tomllib

import numpy as np
from PIL import Image

from explain.network.session import Network
from explain.panels.inputs import photograph, word
from explain.panels.page.subject import Subject
from explain.panels.tour import steps
from explain.panels.tour.scene import Scene, Work
from models import crnn, vgg16
from models.networks import CARDS

STEPS = {step.name: step for step in steps.ALL}
TEXTS = tomllib.loads(steps.TEXTS.read_text("utf-8"))


def subject_of(sample: str = "elephant") -> Subject:
    return Subject.of(crnn.CARD.name, *word.from_sample(sample))


def photograph_of(sample: str = "chelsea") -> Subject:
    return Subject.of(vgg16.CAM.name, photograph.TITLE, photograph.sample(sample))


def ran(subject: Subject) -> dict[str, np.ndarray]:
    """Every layer from ONNX Runtime, without the batch."""
    network = Network(CARDS[subject.network])
    names = [*network.description.layer_names, "logits"]
    return {name: values[0] for name, values in network.run(subject.batch, names).items()}


def drawn(scene: Scene) -> dict:
    """The picture, after the work that it may take; it has to be plain data."""
    picture = finished(scene).picture
    json.dumps(picture, allow_nan=False)
    return picture


def finished(scene: Scene) -> Scene:
    """The scene after the work that its picture may take."""
    if isinstance(scene.picture, Work):
        return scene.picture.finished(scene.picture.run(lambda done, of: True))
    return scene


def pixels(url: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))))


def crnn_layer(subject: Subject, kind: str) -> str:
    return subject.description.of_kind(kind)[0].name
