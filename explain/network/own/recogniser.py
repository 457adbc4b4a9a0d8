"""What can be found out about a network that reads: its blank, its scaling, the height of its pictures, by trying."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from PIL import Image

from explain.network.description import Description
from explain.network.errors import NetworkError
from explain.network.head import CTC
from explain.network.own import scaling
from explain.network.own.labels import fitted
from explain.network.own.trial import Read, Trial, by_labels, by_pattern, read_units, sureness
from models.preprocessing import Preprocessing

SURE = 0.97  # share of the frames of empty pictures that the blank wins; six of six trained networks gave as much
HEIGHTS = (48, 32, 64)  # that recognisers mostly take, tried where the file leaves it open
FEWEST, MOST = 3, 8  # sample words: that every way reads, and that the best ones do
SECONDS = 1.2  # after which those have read enough
GOOD, POOR = 0.5, 0.25  # a reading of half of the characters, of a quarter
NEAR, CLEAR = 0.3, 0.02  # a way that may yet win; a lead that counts
OF_BLANK = "It wins {:.0%} of the frames of a white, a grey and a black picture."
Samples = Sequence[tuple[Image.Image, str]]


@dataclass(frozen=True)
class Way:
    """One way to prepare pictures, and what the network makes of them.

    blank, share: which unit wins the frames of empty pictures, and how many of them. marks: of each word, from 0 to 1.
    sure: of its best path, see `trial.sureness`, on average over the words.
    """

    wanted: Preprocessing
    blank: int
    share: float
    labels: tuple[str, ...]
    marks: tuple[float, ...]
    sure: float

    @property
    def mark(self) -> float:
        return sum(self.marks) / len(self.marks) if self.marks else 0.0

    @property
    def right(self) -> int:
        return sum(mark == 1 for mark in self.marks)


def upright(description: Description) -> tuple[bool, tuple[int | None, int | None]]:
    """Whether a file wants its pictures lying, and height and width of the upright picture.

    The frames of a text that is read from left to right follow the picture's width: where they follow the side that
    the file has in the height's place, and that is the longer one or open, the picture lies there.
    """
    height, width, _ = description.picture
    axes = description.axes.get(description.output.name, ())
    lies = "H" in axes and "W" not in axes and (height is None or (width is not None and height > width))
    wanted = description.preprocessing
    if lies and not wanted.transposed:
        return True, (width, height)
    return wanted.transposed, (wanted.height, wanted.width)


def best(network, first: Preprocessing, samples: Samples) -> tuple[Way, dict[str, str]] | None:
    """The way in which the network reads the samples best, and how that was found; None where it is no recogniser.

    first: what is known, and the usual for the rest. What the file answers itself is not tried in another way.
    """
    tries = _Tries(network, samples)
    answered = network.description.answered
    heights = HEIGHTS if first.height is None else (first.height,)
    ways: list[Way] = []
    for height in heights:
        at_height = replace(first, height=height)
        names = () if answered & {"mean", "deviation"} else scaling.usual(first)
        ways += tries.of([scaling.scaled(at_height, name) for name in names] or [at_height], FEWEST)
        if ways and max(way.mark for way in ways) >= GOOD:
            break
    told = network.description.head.kind == CTC
    if not ways or not (told or max(way.share for way in ways) >= SURE):
        return None
    how = {}
    ways = tries.longer(ways)
    chosen = _likeliest(ways)
    how["scaling"] = _by_scaling(chosen, ways, answered)
    if len(heights) > 1:
        chosen, how["size"] = _by_height(tries, chosen, heights)
    if first.channels == 3 and "colour" not in answered:
        chosen, how["colour"] = _by_colour(tries, chosen)
    if chosen.wanted.width is not None and "fit" not in answered:
        chosen, how["fit"] = _by_fit(tries, chosen)
    how["blank"] = _told_blank(network.description) if told else OF_BLANK.format(chosen.share)
    return chosen, how


def _told_blank(description: Description) -> str:
    if "blank" in description.answered:
        return "The file says so."
    empty = "" in description.head.given
    return "It is the empty one among the labels." if empty else "It comes first, as in all of PaddleOCR's networks."


class _Tries:
    """Sample words read in one way after the other. What was read once is remembered."""

    def __init__(self, network, samples: Samples):
        self.trial = Trial(network)
        self.head = network.description.head
        self.units = network.description.output.shape[-1]
        known = set("".join(self.head.given).lower())
        self.samples = [pair for pair in samples if not known or set(pair[1].lower()) <= known][:MOST]
        self.until = time.monotonic() + SECONDS
        self._empty: dict[Preprocessing, tuple[int, float]] = {}
        self._read: dict[Preprocessing, list[tuple[Read, float]]] = {}

    def of(self, candidates: Iterable[Preprocessing], count: int) -> list[Way]:
        """Those ways that the network takes at all, each with so many words."""
        made = []
        for wanted in candidates:
            try:
                made.append(self._way(wanted, count))
            except NetworkError:
                continue
        return made

    def longer(self, ways: list[Way]) -> list[Way]:
        """The ways that may be the best read more words, as many as there is time for; the others stay as they are."""
        leading = max(way.mark for way in ways)
        while leading >= POOR:
            near = [way for way in ways if way.mark >= leading - NEAR and len(way.marks) == len(ways[0].marks)]
            near = near or [_likeliest(ways)]
            count = len(near[0].marks) + 1
            if count > len(self.samples) or time.monotonic() > self.until:
                break
            more = {way: self._way(way.wanted, count) for way in near}
            ways = sorted((more.get(way, way) for way in ways), key=lambda way: way not in more.values())
            leading = max(way.mark for way in more.values())
        return ways

    def _way(self, wanted: Preprocessing, count: int) -> Way:
        if self.head.kind == CTC:
            blank, share = self.head.blank, 1.0
        else:
            blank, share = self._empty.get(wanted) or self._empty.setdefault(wanted, self.trial.blank(wanted))
        read = self._read.setdefault(wanted, [])
        pictures = [picture for picture, _ in self.samples[len(read) : count]]
        read += [(read_units(frames, blank), sureness(frames)) for frames in self.trial.probabilities(wanted, pictures)]
        reads, texts = [units for units, _ in read[:count]], [text for _, text in self.samples[:count]]
        sure = sum(value for _, value in read[:count]) / max(1, len(reads))
        labels = fitted(self.head.given, self.units, blank) or ()
        marks = by_labels(labels, reads, texts) if labels else by_pattern(reads, texts)
        return Way(wanted, blank, share, labels, tuple(marks), sure)


def _likeliest(ways: Sequence[Way]) -> Way:
    """The way with the best mark, of several as good the surest; where hardly anything is read, that with the surest
    blank."""
    leading = max(way.mark for way in ways)
    if leading < POOR:
        return max(ways, key=lambda way: round(way.share, 2))
    return max((way for way in ways if way.mark >= leading - CLEAR), key=lambda way: round(way.sure, 6))


def _by_scaling(chosen: Way, ways: Sequence[Way], answered: frozenset[str]) -> str:
    if answered & {"mean", "deviation"}:
        return "The file says so."
    if not chosen.marks:
        return "A guess: there was no word to try."
    if chosen.mark < GOOD:
        return "A guess: no scaling reads the sample words."
    others = [way for way in ways if way is not chosen and way.wanted.height == chosen.wanted.height]
    rest = max((way.mark for way in others), default=0.0)
    count = f"{chosen.right} of {len(chosen.marks)}" if chosen.labels else f"{chosen.mark:.0%} of"
    read = f"{count} sample words are read right so" if chosen.labels else f"{count} the sample words’ characters fit"
    if rest >= chosen.mark - CLEAR:
        return f"{read}, and as many with another scaling: a guess, the surest of these."
    return f"{read}, fewer with any other scaling."


def _by_height(tries: _Tries, chosen: Way, heights: Sequence[int]) -> tuple[Way, str]:
    others = [height for height in heights if height != chosen.wanted.height]
    ways = [chosen, *tries.of([replace(chosen.wanted, height=height) for height in others], len(chosen.marks))]
    leading = max(way.mark for way in ways)
    found = chosen if chosen.mark >= leading - CLEAR else next(way for way in ways if way.mark == leading)
    tried = ", ".join(str(height) for height in sorted(way.wanted.height for way in ways))
    if len(ways) == 1:
        return found, f"The file leaves the height open, and of {', '.join(map(str, heights))} takes this alone."
    return found, f"The file leaves the height open; of {tried} pixels this reads the sample words best."


def _by_colour(tries: _Tries, chosen: Way) -> tuple[Way, str]:
    name = scaling.name_of(chosen.wanted)
    other = replace(chosen.wanted, colour="bgr" if chosen.wanted.colour == "rgb" else "rgb")
    other = scaling.scaled(other, name) if name else other
    ways = tries.of([other], len(chosen.marks))
    if ways and ways[0].mark > chosen.mark + CLEAR:
        return ways[0], "The sample words are read better so than in the other order."
    if ways and ways[0].mark < chosen.mark - CLEAR:
        return chosen, "The sample words are read better so than in the other order."
    return chosen, "A guess, the usual order: the sample words are read alike in both."


def _by_fit(tries: _Tries, chosen: Way) -> tuple[Way, str]:
    other = replace(chosen.wanted, fit="stretch" if chosen.wanted.fit == "pad" else "pad")
    ways = tries.of([other], len(chosen.marks))
    if ways and ways[0].mark > chosen.mark + CLEAR:
        return ways[0], "The sample words are read better so than with their proportions kept."
    return chosen, "The sample words are read no better when they are stretched."
