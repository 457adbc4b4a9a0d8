"""Steps of the tour on what an answer hangs on: a covered word, dreamt words, and where the network fails."""

from __future__ import annotations

from functools import partial

import numpy as np

from explain.attribution import cam, occlusion, targets
from explain.ctc import decoding
from explain.interventions import picture as changed
from explain.interventions.which import Stopped
from explain.network.head import CTC
from explain.panels.jobs.background_task import OnStep
from explain.panels.layers.feature_maps import is_wide
from explain.panels.page import address
from explain.panels.tour.scene import Scene, Work, bars, colour, lying, picture_of, share, tiles, url
from explain.panels.visualisation import gallery
from explain.pictures import images

PACE = 520  # milliseconds a moment
AMOUNTS = 9  # of each change of the picture
SHOWN = 8  # dreamt words
SPOILT = changed.CHANGES[:3:2]  # blurred, and turned


def why(subject) -> Scene:
    """A strip that covers the word column by column, and how sure the network still is of one character."""
    text = subject.best.labels
    in_address = address.numbers("character", 1)
    place = in_address[0] if in_address and in_address[0] < len(text) else len(text) // 2
    target = targets.character(subject.probabilities, text, place, blank=subject.description.blank)
    name = subject.alphabet.name(target.label)
    size, step = occlusion.patches_of_a_word(subject.height)["columns"]
    usual = targets.mean_probability(subject.probabilities, target)
    facts = {"character": name, "number": str(place + 1), "columns": str(size[1]), "usual": share(usual)}

    def run(on_step: OnStep) -> np.ndarray | None:
        covered = occlusion.occlude(subject.opened.network, subject.batch[0], size, step, on_step=on_step)
        return None if covered is None else covered.drops(target)

    def draw(drops: np.ndarray) -> dict:
        return _covered(subject, occlusion.boxes(subject.batch[0].shape, size, step), usual, drops, name)

    key = ("why", subject.ran.digest, place)
    return Scene(facts, Work(key, run, draw), address={"character": str(place)})


def _covered(subject, places: np.ndarray, usual: float, drops: np.ndarray, name: str) -> dict:
    # a mean over the frames that tell the character: what is lost of its logarithm is a factor of it
    remaining = usual * np.exp(-drops)
    moments = [
        {
            "box": lying((left, right), subject.height),
            "says": f"columns {left} to {right - 1} covered: “{name}” is left with {share(float(rest))}",
        }
        for (_, left, _, right), rest in zip(places.tolist(), remaining, strict=True)
    ]
    middles = [(left + right) / 2 for _, left, _, right in places.tolist()]
    half = min(np.diff(middles), default=subject.width) / 2
    return picture_of(
        subject,
        "moments",
        describes=f"How sure it is of {name} while a strip covers the word",
        columns=[[middle - half, middle + half] for middle in middles],
        rows=[bars(f"how sure it still is of “{name}”", remaining)],
        moments=moments,
        pace=PACE // 2,
        names="Place of the strip",
        cover=colour(subject, cam.background(subject.batch[0])),
    )


def has_dreams(subject) -> bool:
    card = subject.description.card
    return bool(card and card.gallery and gallery.contents(card.gallery).get("words"))


def dreams(subject) -> Scene:
    """Words dreamt beforehand, this one first if it is among them."""
    folder = subject.description.card.gallery
    records = gallery.contents(folder)["words"]
    shown = sorted(records, key=lambda record: record["text"] != subject.text)[:SHOWN]
    items = [
        {
            "src": images.data_url(gallery.picture(folder, record["file"])),
            "title": f"dream of “{record['text']}”",
            "note": f"read as {record['reading']}, {share(record['probability'])}",
        }
        for record in shown
    ]
    right = sum(record["reading"] == record["text"] for record in records)
    facts = {"count": str(len(records)), "right": str(right), "word": shown[0]["text"]}
    describes = f"{len(shown)} words dreamt by the network"
    return Scene(facts, tiles(items, subject.width / subject.height, describes, 110, 190))


def fails(subject) -> Scene:
    """The picture spoilt step by step in the way that the network stands least, and what it says to each."""
    best = subject.text if subject.description.head.kind == CTC else _likeliest(subject)
    facts = {"usual": best or "nothing", "usually": share(_probability(subject))}

    def run(on_step: OnStep) -> list[tuple[str, list[changed.Answered]]] | None:
        curves, of = [], len(SPOILT) * AMOUNTS
        for number, change in enumerate(SPOILT):
            amounts = np.linspace(max(change.nothing, change.least), change.most, AMOUNTS).tolist()
            report = partial(_further, on_step, number * AMOUNTS, of)
            try:
                points = changed.curve(subject.opened.network, subject.seen, change, amounts, report)
            except Stopped:
                return None
            curves.append((change.name, points))
        return curves

    work = Work(("fails", subject.ran.digest), run, lambda curves: _spoilt(subject, curves))
    return Scene(facts, work, address={"what_if_part": "The picture"})


def _further(on_step: OnStep, before: int, of: int, done: int, _: int) -> bool:
    return on_step(before + done, of)


def _likeliest(subject) -> str:
    return subject.description.labels[int(np.argmax(subject.probabilities))]


def _probability(subject) -> float:
    """Of what it says: of the whole text, or of the class."""
    p = subject.probabilities
    if subject.description.head.kind != CTC:
        return float(p.max())
    return decoding.probability(p, subject.best.labels, subject.description.blank)


def _spoilt(subject, curves: list[tuple[str, list[changed.Answered]]]) -> dict:
    """The change after whose fewest steps another answer comes, as a film."""
    name, points = min(curves, key=lambda one: _breaks(one[1]))
    change = next(change for change in SPOILT if change.name == name)
    moments = [
        {
            "src": url(change.made(subject.seen, point.amount)),
            "says": f"{change.title.lower()}, {point.amount:g} {change.unit}: “{point.text or 'nothing'}”, "
            f"{share(point.probability)}{'' if point.text == points[0].text else ' ✗'}",
        }
        for point in points
    ]
    return picture_of(
        subject,
        "moments",
        describes=f"The picture {change.title.lower()} step by step, and the answer to each",
        columns=[],
        rows=[],
        moments=moments,
        pace=2 * PACE,
        names=f"{change.title}, {change.unit}",
        tall=140 if is_wide(subject) else 190,
    )


def _breaks(points) -> int:
    """From which point on the answer is another one; as many as there are where none is."""
    return next((at for at, point in enumerate(points) if point.text != points[0].text), len(points))


def answers(subject) -> bool:
    """Whether the network's numbers mean something that can be right or wrong."""
    return subject.description.head.kind != "none"


def reads(subject) -> bool:
    """Whether it reads at least one character here."""
    return subject.description.head.kind == CTC and bool(subject.best.labels)
