"""Steps of the tour from columns to a text: frames, an LSTM, guesses, blanks and repeats, and why a path loses."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from explain.ctc import decoding
from explain.ctc.detours import detours
from explain.layers import held, lstm
from explain.layers.frames import frames
from explain.network.layers import Layer
from explain.panels.ctc import small_example
from explain.panels.layers.focus import weights
from explain.panels.memory import alone
from explain.panels.tour.scene import Scene, bars, called, letters, lying, picture_of, share, signed, values_of
from explain.pictures.notation import listed

CHANNELS = 3  # of a frame's numbers that are drawn
PACE = 420  # milliseconds a frame
OTHERS = 3  # paths beside the best one
SIDES = {"forward": "from the left", "backward": "from the right"}
LETS_IN = "how far it lets new in (input gate)"
KEEPS = "how much it keeps (forget gate: full keeps all, empty forgets)"


def film(subject, moments: list[dict], rows: list[dict], describes: str, count: int, **more) -> dict:
    shared = frames(subject.description, count, subject.width).middles
    columns = [[first, last + 1] for first, last in shared]
    given = {"describes": describes, "columns": columns, "rows": rows, "moments": moments, "pace": PACE}
    return picture_of(subject, "moments", **given, names="Frame", **more)


def sequence(subject) -> Layer | None:
    """The first layer that is a row of frames."""
    count = len(subject.probabilities)
    rows = (layer for layer in subject.description.layers[1:] if len(layer.shape) == 2)
    return next((layer for layer in rows if len(subject.values[layer.name]) == count), None)


def frame(subject) -> Scene:
    """The row of frames that the convolutions leave, each over the columns that it sees."""
    layer = sequence(subject)
    values, count = subject.values[layer.name], len(subject.probabilities)
    order = np.argsort(-np.ptp(values, axis=0), kind="stable")[:CHANNELS]
    rows = [bars(f"number {channel} of each frame", values[:, channel]) for channel in order]
    moments = []
    for at in range(count):
        some = listed([signed(value) for value in values[at, order]])
        columns = f"columns {subject.frames.columns_seen(at)}"
        says = f"frame {at}: {columns} became {values.shape[1]} numbers, among them {some}"
        moments.append({"box": lying(subject.frames.within[at], subject.height), "says": says})
    spans = subject.best.spans
    middle = spans[len(spans) // 2].start if spans else count // 2  # a frame at which something is read
    first, end = subject.frames.within[middle]
    facts = {
        "layer": called(subject, layer),
        "frames": str(count),
        "channels": str(values.shape[1]),
        "frame": str(middle),
        "first": str(first),
        "last": str(end - 1),
        "final": str(count - 1),
        "columns": str(subject.width),
    }
    describes = f"{count} frames, each over the columns of the picture that it sees"
    return Scene(facts, film(subject, moments, rows, describes, count, start=middle), address=at_frame(subject, middle))


def at_frame(subject, frame: int | None) -> dict[str, str | None]:
    """A frame as the address has it, and the character that is read there."""
    if frame is None:
        return {"frame": None, "character": None}
    at = [place for place, span in enumerate(subject.best.spans) if span.start <= frame < span.end]
    return {"frame": str(frame), "character": str(at[0]) if at else None}


def can_remember(subject) -> bool:
    """Whether it has an LSTM whose steps can be worked out again."""
    layer = next(iter(subject.description.of_kind("lstm")), None)
    if layer is None or layer.settings.get("last_step"):
        return False
    try:
        _traces(subject, layer)
    except lstm.LstmError:
        return False
    return True


def _traces(subject, layer: Layer) -> dict[str, lstm.Trace]:
    fed = values_of(subject)[layer.inputs[0]]
    read = weights(subject.description, layer.name)
    return {way: lstm.trace(fed, read, way) for way in lstm.directions_of(read)}


def memory(subject) -> Scene:
    """The unit of the first recurrent layer that keeps something longest: its gates, its memory, and that of the unit
    that does so from the other side."""
    layer = subject.description.of_kind("lstm")[0]
    traces = _traces(subject, layer)
    kept = {way: held.longest(trace, way == "backward") for way, trace in traces.items()}
    seen = {way: (one.forgot is not None, one.steps) for way, one in kept.items() if one}
    way = max(seen, key=seen.get, default=next(iter(traces)))
    unit = kept[way].unit if kept[way] else traces[way].most_moving
    picture = _memories(subject, traces, kept, way, unit)
    facts = {
        "layer": called(subject, layer),
        "units": str(layer.settings["units"]),
        "unit": str(unit),
        "frames": str(len(traces[way].cell)),
        "way": SIDES[way],
        "alone": alone.from_the_left(subject),
    }
    address, pressed = {"lstm_unit": str(unit)}, {"lstm_layer": called(subject, layer)}
    if len(traces) == 2:
        pressed["lstm_direction"] = way
    variant = "text" if len(traces) == 2 else "single"
    if kept[way] is None:
        return Scene(facts, picture, f"{variant}_nothing", address, pressed)
    facts |= _story(subject, traces[way], kept[way], way == "backward")
    address |= at_frame(subject, kept[way].wrote)
    variant = variant if kept[way].forgot is not None else f"{variant}_kept"
    return Scene(facts, picture, variant, address, pressed)


def _story(subject, trace: lstm.Trace, kept: held.Held, backward: bool) -> dict[str, str]:
    """What a unit does over the frames, in numbers and in characters of the reading."""
    facts = {
        "wrote": str(kept.wrote),
        "written": _standing(subject, kept.wrote),
        "value": _rounded(kept.value),
        "steps": f"{kept.steps} frame{'s' if kept.steps > 1 else ''}",
        "last": str(kept.last(backward)),
    }
    if kept.forgot is not None:
        facts |= {
            "forgot": str(kept.forgot),
            "gate": _rounded(trace.forget_gate[kept.forgot, kept.unit]),
            "left": _rounded(trace.kept[kept.forgot, kept.unit]),
            "lost": _standing(subject, kept.forgot),
        }
    return facts


def _rounded(value: float) -> str:
    """With two digits, and nothing that is nearly zero in powers of ten."""
    return signed(round(float(value), 2) + 0.0)


def _standing(subject, frame: int) -> str:
    """Where a frame lies in the reading, as the end of a sentence; empty where nothing is read."""
    spans, alphabet = subject.best.spans, subject.alphabet
    if not spans or len(subject.probabilities) <= frame:
        return ""
    nearest = min(spans, key=lambda span: max(span.start - frame, frame - span.end + 1, 0))
    where = "before" if frame < nearest.start else "after" if frame >= nearest.end else "at"
    return f", {where} the “{alphabet.name(nearest.label)}”"


def _memories(subject, traces: dict[str, lstm.Trace], kept: dict[str, held.Held | None], way: str, unit: int) -> dict:
    """Gates and memory of a unit of one direction, and the memory of the other's, over the frames."""
    steps, count, backward = traces[way], len(traces[way].cell), way == "backward"
    rows = [
        bars(f"unit {unit}, {SIDES[way]}: {LETS_IN}", steps.input_gate[:, unit], backward, 1.0),
        bars(KEEPS, steps.forget_gate[:, unit], backward, 1.0),
        bars("its memory (orange: below zero)", steps.cell[:, unit], backward),
    ]
    units = {way: unit}
    for other in traces:
        if other != way:
            units[other] = kept[other].unit if kept[other] else traces[other].most_moving
            name = f"memory of unit {units[other]}, {SIDES[other]}"
            rows.append(bars(name, traces[other].cell[:, units[other]], other == "backward"))
    columns = frames(subject.description, count, subject.width).within
    moments = []
    for at in range(count):
        told = []
        for side, number in units.items():
            frame_at = count - 1 - at if side == "backward" else at
            told.append(f"frame {frame_at}, {SIDES[side]}: memory {_rounded(traces[side].cell[frame_at, number])}")
        box = columns[count - 1 - at if backward else at]
        moments.append({"box": lying(box, subject.height), "says": " · ".join(told)})
    more = {} if kept[way] is None else {"start": count - 1 - kept[way].wrote if backward else kept[way].wrote}
    return film(subject, moments, rows, f"Gates and memory of unit {unit} over {count} frames", count, tall=66, **more)


def guesses(subject) -> Scene:
    """What every frame says: its likeliest label and how sure it is."""
    p, alphabet = subject.probabilities, subject.alphabet
    likeliest = np.argsort(-p, axis=1, kind="stable")[:, :2]
    best, second = likeliest[:, 0], likeliest[:, -1]
    moments = [
        {
            "box": lying(subject.frames.within[at], subject.height),
            "says": f"frame {at}: {alphabet.name(int(best[at]))} {share(p[at, best[at]])}, "
            f"then {alphabet.name(int(second[at]))} {share(p[at, second[at]])}",
        }
        for at in range(len(p))
    ]
    rows = [
        letters("the likeliest label of each frame (· is the blank)", [alphabet.mark(int(label)) for label in best]),
        bars("how likely", p[np.arange(len(p)), best]),
    ]
    at = subject.best.spans[0].start if subject.best.spans else len(p) // 2
    facts = {
        "frames": str(len(p)),
        "labels": f"{p.shape[1]:,}",
        "characters": f"{p.shape[1] - 1:,}",
        "blanks": str(int((best == subject.description.blank).sum())),
        "frame": str(at),
        "says": alphabet.name(int(best[at])),
        "sure": share(float(p[at, best[at]])),
    }
    picture = film(subject, moments, rows, f"The guesses of {len(p)} frames", len(p), start=at)
    return Scene(facts, picture, address=at_frame(subject, at))


def collapse(subject) -> Scene:
    """How the best path becomes a text: repeats merge, then blanks fall away."""
    best, alphabet, blank = subject.best, subject.alphabet, subject.description.blank
    path = [int(label) for label in best.path]
    starts = [at == 0 or path[at] != path[at - 1] for at in range(len(path))]
    merged = [alphabet.mark(label) if start else "" for label, start in zip(path, starts, strict=True)]
    left = ["" if label == blank else mark for label, mark in zip(path, merged, strict=True)]
    rows = [
        letters("the likeliest label of each frame (· is the blank)", [alphabet.mark(label) for label in path]),
        letters("repeats merged", merged),
        letters("blanks dropped", left),
    ]
    moments = []
    for at in range(len(path)):
        so_far = decoding.text([span.label for span in best.spans if span.start <= at], alphabet.labels)
        says = f"so far: “{so_far}”" if so_far else "so far: nothing"
        moments.append({"box": lying(subject.frames.within[at], subject.height), "says": says})
    facts = {"frames": str(len(path)), "text": subject.text}
    if not best.labels:
        picture = film(subject, moments, rows, "The best path", len(path))
        return Scene(facts, picture, "nothing", at_frame(subject, None))
    facts["letter"] = alphabet.name(best.labels[0])
    twice = next((at for at, two in enumerate(pairwise(best.labels)) if two[0] == two[1]), None)
    if twice is not None:
        first, second = best.spans[twice : twice + 2]
        path[first.end : second.start] = [first.label] * (second.start - first.end)
        without = [span.label for span in decoding.collapse(path, blank)]
        rows.append(letters("the same without the blank between the two", [alphabet.mark(label) for label in path]))
        facts |= {
            "letter": alphabet.name(first.label),
            "between": _blanks(range(first.end, second.start)),
            "without": decoding.text(without, alphabet.labels),
        }
    between = None if twice is None else best.spans[twice].end
    start = {} if between is None else {"start": between}
    picture = film(subject, moments, rows, "The best path, repeats merged, blanks dropped", len(path), **start)
    return Scene(facts, picture, "text" if twice is None else "doubled", at_frame(subject, between))


def _blanks(frames: range) -> str:
    several = len(frames) > 1
    return f"the blank{'s' * several} at frame{'s' * several} {listed([str(frame) for frame in frames])}"


def best_path(subject) -> Scene:
    """The best path and others that read the same; and in a small example how a text beats the best path."""
    best, alphabet, blank = subject.best, subject.alphabet, subject.description.blank
    path = [int(label) for label in best.path]
    others = detours(subject.probabilities, best.path, blank)[:OTHERS]
    paths = [(best.probability, path, "the best path")]
    for other in others:
        said = [*path[: other.frame], other.label, *path[other.frame + 1 :]]
        paths.append((other.probability, said, f"another path that reads the same, different at frame {other.frame}"))
    rows = [letters(f"{name}: {share(chance)}", list(map(alphabet.mark, said))) for chance, said, name in paths]
    moments = []
    for at in range(len(path)):
        label = path[at]
        says = f"frame {at}: {alphabet.name(label)} has {share(float(subject.probabilities[at, label]))}"
        moments.append({"box": lying(subject.frames.within[at], subject.height), "says": says})
    whole = decoding.probability(subject.probabilities, best.labels, blank)
    small, all_ = small_example.first()
    facts = {
        "frames": str(len(path)),
        "text": subject.text or "nothing",
        "path": share(best.probability),
        "whole": share(whole),
        "loses": small_example.ALPHABET.text(small.text),
        "small": share(small.probability),
        "wins": small_example.ALPHABET.text(all_[0].text),
        "count": str(len(all_[0].paths)),
        "together": share(all_[0].probability),
    }
    start = others[0].frame if others else 0
    picture = film(subject, moments, rows, "Paths that read the same", len(path), start=start, whole=True)
    address = {**at_frame(subject, None), small_example.KEY: None}
    return Scene(facts, picture, address=address, pressed={"small_frames": next(iter(small_example.FIRST))})
