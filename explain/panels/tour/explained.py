"""Steps of the tour on what an answer hangs on: a covered word, dreamt words, and where the network fails."""

from __future__ import annotations

import numpy as np

from explain.attribution import cam, occlusion, targets
from explain.ctc import decoding
from explain.interventions import picture as changed
from explain.interventions import spoilt
from explain.interventions.which import Stopped
from explain.network.head import CTC
from explain.panels.inputs import word
from explain.panels.interventions.parts import PART, PICTURE
from explain.panels.interventions.picture import CHANGE, amount_key
from explain.panels.jobs.background_task import OnStep
from explain.panels.layers.feature_maps import is_wide
from explain.panels.page import address
from explain.panels.page.subject import OWN, TYPED
from explain.panels.tour.scene import Scene, Work, bars, colour, in_100, lying, picture_of, share, signed, tiles, url
from explain.panels.visualisation import gallery
from explain.pictures import images
from explain.trust import wording

PACE = 520  # milliseconds a moment
FAILURES = 6  # pictures side by side, the untouched one among them
SHOWN = 8  # dreamt words
LITTLE = 0.05  # share of a probability that may be lost without a word


def why(subject) -> Scene:
    """A strip that covers the word column by column, and how sure the network still is of one character."""
    text = subject.best.labels
    in_address = address.numbers("character", 1)
    place = in_address[0] if in_address and in_address[0] < len(text) else len(text) // 2
    target = targets.character(subject.probabilities, text, place, blank=subject.description.blank)
    name = subject.alphabet.name(target.label)
    size, step = occlusion.patches_of_a_word(subject.height)["columns"]
    usual = targets.mean_probability(subject.probabilities, target)
    facts = {
        "character": name,
        "number": str(place + 1),
        "count": str(len(text)),
        "columns": str(size[1]),
        "usual": share(usual),
    }
    chosen = {"character": str(place), "frame": None}, {"why_patch": "columns", "why_rival": False}

    def run(on_step: OnStep) -> np.ndarray | None:
        covered = occlusion.occlude(subject.opened.network, subject.batch[0], size, step, on_step=on_step)
        return None if covered is None else covered.drops(target)

    def finished(drops: np.ndarray) -> Scene:
        places = occlusion.boxes(subject.batch[0].shape, size, step)
        # a mean over the frames that tell the character: what is lost of its logarithm is a factor of it
        remaining = usual * np.exp(-drops)
        worst = int(remaining.argmin())
        _, left, _, right = places[worst].tolist()
        found = {"first": str(left), "last": str(right - 1), "left": share(float(remaining[worst]))}
        variant = "text" if remaining[worst] < (1 - LITTLE) * usual else "nowhere"
        return Scene({**facts, **found}, _covered(subject, places, remaining, name), variant, *chosen)

    return Scene(facts, Work(("why", subject.ran.digest, place), run, finished), "working", *chosen)


def _covered(subject, places: np.ndarray, remaining: np.ndarray, name: str) -> dict:
    moments = [
        {
            "box": lying((left, right), subject.height),
            "says": f"columns {left} to {right - 1} covered: “{name}” keeps {share(float(rest))}",
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
        rows=[bars(f"the probability of “{name}” while a strip covers these columns", remaining)],
        moments=moments,
        start=int(remaining.argmin()),
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
    """The picture spoilt in many ways: of those that turn the answer the ones of which the network is surest."""
    best = subject.text if subject.description.head.kind == CTC else _likeliest(subject)
    facts = {
        "usual": _quoted(best),
        "usually": in_100(_probability(subject)),
        "does": "reads" if subject.description.head.kind == CTC else "says",
        "what": "text" if subject.description.head.kind == CTC else "class",
        "measured": _measured(subject),
    }

    def run(on_step: OnStep) -> spoilt.Tried | None:
        try:
            return spoilt.tried(subject.opened.network, subject.seen, on_step, _written(subject))
        except Stopped:
            return None

    work = Work(("fails", subject.ran.digest), run, lambda tried: _spoilt(subject, facts, tried))
    return Scene(facts, work, "working", pressed={PART: PICTURE})


def _written(subject) -> str | None:
    """What stands on the picture, where that is known: of a typed word and of the samples."""
    if subject.description.head.kind != CTC or subject.origin == OWN:
        return None
    if subject.origin == TYPED:
        return subject.title
    return next((one["text"] for one in word.samples().values() if one["title"] == subject.title), None)


def _measured(subject) -> str:
    """How often readings like the present one are right, as one more sentence; empty where nobody has measured it."""
    known = wording.measured(subject.trust) if subject.description.head.kind == CTC else ""
    return f" That is measured apart from it, on photographed words: {known[0].lower()}{known[1:]}" if known else ""


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "nothing"


def _likeliest(subject) -> str:
    return subject.description.labels[int(np.argmax(subject.probabilities))]


def _probability(subject) -> float:
    """Of what it says: of the whole text, or of the class."""
    p = subject.probabilities
    if subject.description.head.kind != CTC:
        return float(p.max())
    return decoding.probability(p, subject.best.labels, subject.description.blank)


def _spoilt(subject, facts: dict[str, str], tried: spoilt.Tried) -> Scene:
    """The picture as it is, and the surest other answer of each way of spoiling it, side by side."""
    written = _written(subject)
    wrong = "" if written is None else " ✗"
    usually = f"{facts['usual']}, {facts['usually']}{wrong if tried.usual.text != written else ''}"
    items = [{"src": url(subject.seen), "title": "as it is", "note": usually}]
    for change, answered in tried.turned[: FAILURES - 1]:
        item = {
            "src": url(change.made(subject.seen, answered.amount)),
            "title": _done(change, answered.amount),
            "note": f"“{answered.text}”, {in_100(answered.probability)}{wrong}",
        }
        items.append(item)
    wide = is_wide(subject)
    described = f"The picture spoilt in {len(items) - 1} ways, and the surest other answer to each"
    picture = tiles(items, subject.width / subject.height, described, 200 if wide else 108, 230 if wide else 150)
    facts = {**facts, "count": str(tried.count)}
    if not tried.turned:
        return Scene(facts, picture, "holds", pressed={PART: PICTURE})
    change, answered = first = tried.turned[0]
    facts |= {
        "how": _done(change, answered.amount),
        "wrong": _quoted(answered.text),
        "sure": in_100(answered.probability),
    }
    pressed = {PART: PICTURE, CHANGE: change.title, amount_key(change): answered.amount}
    sure = "other" if written is None else "text"
    return Scene(facts, picture, sure if first.sure else "unsure", pressed=pressed)


def _done(change: changed.Change, amount: float) -> str:
    """What was done to the picture, as the page's slider has it."""
    whole = amount == change.most == 1  # inverted all the way
    return change.title.lower() if whole else f"{change.title.lower()}, {_short(amount)} {change.unit}"


def _short(amount: float) -> str:
    return signed(amount, 2).rstrip("0").rstrip(".")


def answers(subject) -> bool:
    """Whether the network's numbers mean something that can be right or wrong."""
    return subject.description.head.kind != "none"
