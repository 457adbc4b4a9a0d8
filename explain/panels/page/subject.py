"""What a view explains: one network, and the picture that it looks at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import streamlit as st
from PIL import Image

from explain.ctc import decoding
from explain.ctc.alphabet import Alphabet
from explain.layers import activations
from explain.layers.frames import Frames, frames
from explain.network.costs.layers import Cost, costs_of
from explain.network.description import Description
from explain.network.session import Network
from explain.panels.page import resources
from explain.panels.page.recent import Recent
from explain.pictures import images
from explain.trust.judge import judge, words_on
from explain.trust.trust import Trust
from models.prepared import Prepared

COUNTED = 64  # pictures of which it is remembered how many words there are
PIXEL, WIDEST = 6, 1536  # screen pixels: of one input pixel, and of a picture that is enlarged
SAMPLE, TYPED, OWN = "sample", "typed", "picture"  # where a picture is from; OWN: the visitor's, in a file or camera


@dataclass(frozen=True, eq=False)
class Subject:
    """network: its name, as `resources` knows it. title: of the picture; of a typed word, the word.

    batch: `(1, height, width, channel)` float32, the picture as the network takes it. prepared: the same with what was
    done to the picture on the way. origin: SAMPLE, TYPED or OWN.
    What is shown of a subject stays of one piece: of the network as it was opened first, even if its file changes.
    """

    network: str
    title: str
    batch: np.ndarray
    prepared: Prepared | None = None
    origin: str = SAMPLE

    @staticmethod
    def of(
        network: str,
        title: str,
        picture: Image.Image,
        *,
        trim: bool = False,
        contrast: bool = False,
        origin: str = SAMPLE,
    ) -> Subject:
        """The subject for any picture, prepared as the network wants it; NetworkError where it wants no picture.

        trim, contrast: see `models.prepared.prepare`.
        """
        prepared = resources.description(network).made_ready(picture, trim=trim, contrast=contrast)
        return Subject(network, title, prepared.batch, prepared, origin)

    @cached_property
    def opened(self) -> resources.Opened:
        return resources.opened(self.network)

    @property
    def description(self) -> Description:
        return self.opened.network.description

    @property
    def ran(self) -> resources.Pass:
        """Every layer for this picture, from one pass."""
        return resources.run_opened(self.opened, self.batch)

    @property
    def costs(self) -> tuple[Cost, ...]:
        """What each layer costs for a picture of this size; NetworkError where that cannot be counted."""
        return _costs(self.opened.stamp, (self.height, self.width), self.opened.network)

    @property
    def values(self) -> dict[str, np.ndarray]:
        """Every layer's output for this picture, without the batch."""
        return self.ran.values

    @cached_property
    def seen(self) -> Image.Image:
        """The picture as the network sees it, mode "L" or "RGB"."""
        return Image.fromarray(self.description.preprocessing.pixels(self.batch[0]))

    @cached_property
    def url(self) -> str:
        """The picture as the network sees it as a data URL, its pixels squares; for charts that are drawn over it."""
        return images.data_url(images.enlarge(self.seen, max(1, min(PIXEL, WIDEST // self.width))))

    @property
    def height(self) -> int:
        return self.batch.shape[1]

    @property
    def width(self) -> int:
        return self.batch.shape[2]

    @cached_property
    def probabilities(self) -> np.ndarray:
        """The softmax of the last layer: `(frame, label)` of a recogniser, `(class,)` of a classifier."""
        return activations.probabilities(self.description, self.values)

    @cached_property
    def best(self) -> decoding.BestPath:
        """Of a recogniser, the likeliest label of every frame, and the text they collapse to."""
        return decoding.best_path(self.probabilities, self.description.blank)

    @property
    def text(self) -> str:
        """What a recogniser reads here."""
        return decoding.text(self.best.labels, self.description.labels)

    @cached_property
    def trust(self) -> Trust:
        """Of a recogniser, how far its reading can be believed."""
        return judge(self.description, self.values, self.prepared, self.words)

    @property
    def words(self) -> int | None:
        """How many words are found on a picture of the visitor's own; None of any other, which is of one."""
        if self.origin != OWN or self.prepared is None:
            return None
        key = self.ran.digest, self.prepared.source.size, self.prepared.kept
        count = _counted().get(key)
        if count is None:
            count = words_on(self.prepared)
            _counted().add(key, count)
        return count

    @property
    def alphabet(self) -> Alphabet:
        """Of a recogniser, its labels."""
        return Alphabet(self.description.labels, self.description.blank)

    @cached_property
    def frames(self) -> Frames:
        """Of a recogniser, the columns of the picture that each frame stands for."""
        return frames(self.description, len(self.probabilities), self.width)


@st.cache_resource(show_spinner=False)
def _counted() -> Recent:
    """Of the last pictures, how many words were found."""
    return Recent(COUNTED)


@st.cache_resource(max_entries=24, show_spinner=False)
def _costs(stamp: str, size: tuple[int, int], _network: Network) -> tuple[Cost, ...]:
    return costs_of(_network, size)
