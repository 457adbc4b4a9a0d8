"""What a network's file cannot know, told as data: its name and words, its labels, where it comes from.

Geometry (layers, shapes, windows, parameters) is read from the file by `explain.network`; nothing of it stands here. A
card knows nothing of Keras, ONNX or Streamlit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.preprocessing import Preprocessing

WHY_THESE = "Why these classes"  # headings of what is told about a network, which views show as well
POINT_TRULY = "Which maps point truly"
WEIGHTS = Path(__file__).resolve().parent / "weights"


def weights_beside(network: Path) -> Path:
    """Where the weights of an ONNX file are that has them in a file of their own."""
    return network.with_name(network.name + ".data")


def network_files(network: Path) -> list[Path]:
    """The files that a network is read from: the ONNX file, and that with its weights beside it where there is one."""
    beside = weights_beside(network)
    return [network, *([beside] if beside.exists() else [])]


@dataclass(frozen=True)
class Card:
    """A network as the explainer shows it, apart from what its file says.

    weights: the ONNX file. labels: what each unit of the last layer stands for, the blank of a CTC network being "".
    blank: index of the blank among them, None for a network without one. preprocessing: from a picture to its input.
    numbers: of each class in the longer list that the classes were taken from, () where there is none.
    words: one plain sentence a layer, by the layer's name; a sentence by kind is used where there is none.
    samples, gallery, bank: what comes along with this network: folders of pictures to begin with, of class
        visualisations or dreamt words, and the bank of words its units were measured on.
    short: a name that fits on a button, where the title does not. spelt_out: the words that the title's letters stand
        for.
    channels: a folder of pictures dreamt of channels; networks with the same convolutions may share it.
    statistics: an .npz that tells how some of its layers answer to usual pictures: for each layer what
        `models.vgg16.statistics` says.
    about: what people ask of a network in a meeting and one or two plain sentences on it, by a short heading: what it
        is, what it learnt from, how often it is right, POINT_TRULY. Figures as on the card of its weights.
    trust: a file of what was measured of its readings: how often they are right, and how words differ from the rest.
    moments: a file of what it was at some moments of a training from nothing (`models.moments`).
    bytes_beside: length of the file with the weights of a network that has them beside it. how_to_get: one sentence on
        how the files are had, of a network that does not come along.
    """

    name: str
    title: str
    weights: Path
    licence: str
    source: str
    preprocessing: Preprocessing
    labels: tuple[str, ...] = ()
    blank: int | None = None
    numbers: tuple[int, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    samples: Path | None = None
    gallery: Path | None = None
    bank: Path | None = None
    short: str = ""
    spelt_out: str = ""
    statistics: Path | None = None
    channels: Path | None = None
    trust: Path | None = None
    moments: Path | None = None
    bytes_beside: int = 0
    how_to_get: str = ""

    @property
    def called(self) -> str:
        """The name that fits on a button."""
        return self.short or self.title

    @property
    def beside(self) -> Path:
        """The file with the weights of a network too large to have them inside its ONNX file, where there is one."""
        return weights_beside(self.weights)

    @property
    def files(self) -> list[Path]:
        """The files that the network is read from."""
        return network_files(self.weights)

    @property
    def here(self) -> bool:
        """Whether the files are there, and whole."""
        try:
            return self.weights.is_file() and (not self.bytes_beside or self.beside.stat().st_size >= self.bytes_beside)
        except OSError:
            return False

    def __hash__(self) -> int:
        return hash((self.name, self.weights))
