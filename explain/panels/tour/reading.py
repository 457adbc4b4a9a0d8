"""Steps of the tour from columns to a text: frames, a memory that reads both ways, guesses, blanks and repeats."""

from __future__ import annotations

import numpy as np

from explain.ctc import decoding
from explain.layers import lstm
from explain.layers.frames import frames
from explain.network.layers import Layer
from explain.panels.layers.focus import weights
from explain.panels.tour.scene import Scene, bars, called, letters, lying, picture_of, share, signed, values_of
from explain.pictures.notation import listed

CHANNELS = 3  # of a frame's numbers that are drawn
PACE = 420  # milliseconds a frame


def _film(subject, moments: list[dict], rows: list[dict], describes: str, count: int, **more) -> dict:
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
    middle = count // 2
    first, end = subject.frames.within[middle]
    facts = {
        "layer": called(subject, layer),
        "frames": str(count),
        "channels": str(values.shape[1]),
        "sees": str(end - first),
        "columns": str(subject.width),
    }
    describes = f"{count} frames, each over the columns of the picture that it sees"
    return Scene(facts, _film(subject, moments, rows, describes, count))


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
    """One unit of the first recurrent layer: its gates and its memory, from the left and from the right at once."""
    layer = subject.description.of_kind("lstm")[0]
    traces = _traces(subject, layer)
    way = next(iter(traces))
    unit, steps = traces[way].most_moving, traces[way]
    count = len(steps.cell)
    side = {"forward": "from the left", "backward": "from the right"}
    backward = way == "backward"
    rows = [
        bars(f"unit {unit} {side[way]}: what it lets in (input gate)", steps.input_gate[:, unit], backward),
        bars("what it keeps (forget gate)", steps.forget_gate[:, unit], backward),
        bars("its memory", steps.cell[:, unit], backward),
    ]
    if len(traces) == 2:
        rows.append(bars(f"memory of unit {unit} from the right", traces["backward"].cell[:, unit], True))
    columns = frames(subject.description, count, subject.width).within
    moments = []
    for at in range(count):
        parts = []
        for other, trace in traces.items():
            frame_at = count - 1 - at if other == "backward" else at
            parts.append(f"{side[other]}, frame {frame_at}: memory {signed(trace.cell[frame_at, unit])}")
        where = count - 1 - at if backward else at
        moments.append({"box": lying(columns[where], subject.height), "says": " · ".join(parts)})
    wrote, lost = steps.turning_points(unit)
    facts = {
        "layer": called(subject, layer),
        "units": str(layer.settings["units"]),
        "unit": str(unit),
        "frames": str(count),
        "wrote": str(wrote),
        "lost": str(lost),
        "layers": str(len(subject.description.of_kind("lstm"))),
        "way": side[way],
    }
    picture = _film(subject, moments, rows, f"Gates and memory of unit {unit} over {count} frames", count, tall=66)
    return Scene(facts, picture, "text" if len(traces) == 2 else "single", {"lstm_unit": str(unit)})


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
    facts = {
        "frames": str(len(p)),
        "labels": f"{p.shape[1]:,}",
        "characters": f"{p.shape[1] - 1:,}",
        "blanks": str(int((best == subject.description.blank).sum())),
    }
    return Scene(facts, _film(subject, moments, rows, f"The guesses of {len(p)} frames", len(p)))


def collapse(subject) -> Scene:
    """How the best path becomes a text: repeats merge, then blanks fall away."""
    best, alphabet, blank = subject.best, subject.alphabet, subject.description.blank
    path = [int(label) for label in best.path]
    starts = [at == 0 or path[at] != path[at - 1] for at in range(len(path))]
    merged = [alphabet.mark(label) if start else "" for label, start in zip(path, starts, strict=True)]
    left = ["" if label == blank else mark for label, mark in zip(path, merged, strict=True)]
    rows = [
        letters("the likeliest label of each frame", [alphabet.mark(label) for label in path]),
        letters("repeats merged", merged),
        letters("blanks dropped", left),
    ]
    moments = []
    for at in range(len(path)):
        so_far = decoding.text([span.label for span in best.spans if span.start <= at], alphabet.labels)
        says = f"so far: “{so_far}”" if so_far else "so far: nothing"
        moments.append({"box": lying(subject.frames.within[at], subject.height), "says": says})
    whole = decoding.probability(subject.probabilities, best.labels, blank)
    facts = {
        "frames": str(len(path)),
        "text": subject.text or "nothing",
        "path": share(best.probability),
        "whole": share(whole),
    }
    return Scene(facts, _film(subject, moments, rows, "The best path, repeats merged, blanks dropped", len(path)))
