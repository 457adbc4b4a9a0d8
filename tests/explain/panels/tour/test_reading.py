"""Steps of the tour from frames to a text: numbers and marks are the network's, worked out here once more."""

from __future__ import annotations

import re
from itertools import groupby

import numpy as np
import pytest

from explain.network.description import describe
from explain.network.weights import network_weights
from explain.panels.page.subject import Subject
from models import crnn
from models.typeface import draw_word
from tests.explain.panels.tour.scenes import (
    STEPS,
    crnn_layer,
    drawn,
    ran,
    subject_of,
)


@pytest.fixture(scope="module")
def elephant() -> Subject:
    return subject_of()


@pytest.fixture(scope="module")
def values(elephant) -> dict[str, np.ndarray]:
    return ran(elephant)


def test_frames_guesses_and_text_are_the_softmaxs(elephant, values):
    p = values[elephant.description.output.name]
    path = p.argmax(axis=1)
    rows = drawn(STEPS["guesses"].make(elephant))["rows"]
    marks = ["·" if label == crnn.BLANK else crnn.LABELS[label] for label in path]
    assert rows[0]["values"] == marks
    np.testing.assert_allclose(rows[1]["values"], p.max(axis=1) / p.max(), atol=1e-4)
    facts = STEPS["guesses"].make(elephant).facts
    assert (facts["frames"], facts["labels"]) == tuple(map(str, p.shape))
    assert facts["blanks"] == str(int((path == crnn.BLANK).sum()))

    collapsed = STEPS["collapse"].make(elephant)
    text = "".join(crnn.LABELS[label] for label, _ in groupby(path.tolist()) if label != crnn.BLANK)
    assert collapsed.facts["text"] == text == "".join(drawn(collapsed)["rows"][2]["values"])
    paths = STEPS["paths"].make(elephant)
    assert float(paths.facts["path"]) == pytest.approx(float(np.prod(p.max(axis=1, keepdims=True))), abs=1e-3)
    for row in drawn(paths)["rows"]:
        labels = [crnn.BLANK if mark == "·" else crnn.LABELS.index(mark) for mark in row["values"]]
        chance = float(np.prod(p[np.arange(len(p)), labels], dtype=np.float64))
        assert float(row["name"].rpartition(": ")[2]) == pytest.approx(chance, abs=6e-4)
        assert "".join(crnn.LABELS[label] for label, _ in groupby(labels) if label != crnn.BLANK) == text

    frame = STEPS["frame"].make(elephant)
    row = next(values[layer.name] for layer in elephant.description.layers[1:] if len(layer.shape) == 2)
    for name, said in zip(drawn(frame)["rows"], said_of(drawn(frame)["moments"][4]), strict=True):
        number = int(re.search(r"number (\d+)", name["name"]).group(1))
        assert said == pytest.approx(float(row[4, number]), abs=5e-3)


def test_what_a_frame_sees_and_says_is_what_the_panel_marks(elephant, values):
    p = values[elephant.description.output.name]
    frame, guess = STEPS["frame"].make(elephant), STEPS["guesses"].make(elephant)
    at = int(frame.facts["frame"])
    first, end = elephant.frames.within[at]
    assert (frame.facts["first"], frame.facts["last"]) == (str(first), str(end - 1))
    assert frame.address["frame"] == str(at) == str(frame.picture["start"])
    at = int(guess.facts["frame"])
    assert guess.address["frame"] == str(at) and guess.facts["says"] == crnn.LABELS[int(p[at].argmax())]
    assert float(guess.facts["sure"]) == pytest.approx(float(p[at].max()), abs=1e-3)


def test_without_the_blank_between_them_two_equal_letters_are_one():
    hello = Subject.of(crnn.CARD.name, "hello", draw_word("hello", "Sans"))
    scene = STEPS["collapse"].make(hello)
    assert scene.variant == "doubled" and scene.facts["letter"] == "l" and scene.facts["without"] == "helo"
    best, last = (drawn(scene)["rows"][row]["values"] for row in (0, 3))
    frames = [frame for frame, marks in enumerate(zip(best, last, strict=True)) if marks[0] != marks[1]]
    assert [best[frame] for frame in frames] == ["·"] * len(frames) and scene.facts[
        "between"
    ] == f"the blank at frame {frames[0]}"
    assert "".join(mark for mark, _ in groupby(last) if mark != "·") == "helo"
    assert STEPS["collapse"].make(subject_of()).variant == "text"


def said_of(moment: dict) -> list[float]:
    """The numbers that a frame's sentence names."""
    shown = re.findall(r"−?\d+\.\d+", moment["says"].partition("among them ")[2])
    return [float(number.replace("−", "-")) for number in shown]


def gates_of(layer: str, fed: np.ndarray, side: str) -> tuple[np.ndarray, np.ndarray]:
    """Forget gates and memory of one direction, `(frame, unit)` from left to right, worked out here once more."""
    read = network_weights(describe(crnn.CARD), layer)
    kernel, recurrent, bias = (read[f"{side}_{role}"].astype(np.float64) for role in ("kernel", "recurrent", "bias"))
    cell, hidden, gates, cells = np.zeros(len(recurrent)), np.zeros(len(recurrent)), [], []
    for row in fed[::-1] if side == "backward" else fed:
        let_in, keep, new, out = np.split(row @ kernel + hidden @ recurrent + bias, 4)
        let_in, keep, out = (1 / (1 + np.exp(-gate)) for gate in (let_in, keep, out))
        cell = keep * cell + let_in * np.tanh(new)
        hidden = out * np.tanh(cell)
        gates.append(keep)
        cells.append(cell)
    order = slice(None, None, -1 if side == "backward" else 1)
    return np.array(gates)[order], np.array(cells)[order]


@pytest.mark.parametrize("sample", ["elephant", "Harbour", "lemonade"])
def test_the_memory_is_kept_and_forgotten_where_it_says_so(sample):
    subject = subject_of(sample)
    scene, name = STEPS["memory"].make(subject), crnn_layer(subject, "lstm")
    side = scene.pressed["lstm_direction"]
    fed = ran(subject)[subject.description.layer(name).inputs[0]]
    gates, cells = gates_of(name, fed, side)
    unit, wrote, forgot = (int(scene.facts[key]) for key in ("unit", "wrote", "forgot"))
    assert scene.address["lstm_unit"] == str(unit) and scene.address["frame"] == str(wrote)
    step = -1 if side == "backward" else 1
    kept = range(wrote + step, forgot, step)
    assert len(kept) == int(scene.facts["steps"].partition(" ")[0]) >= 3
    value = float(scene.facts["value"].replace("−", "-"))
    for frame in kept:
        assert gates[frame, unit] > 0.9 and cells[frame, unit] == pytest.approx(value, rel=0.1)
    assert float(scene.facts["gate"]) == pytest.approx(gates[forgot, unit], abs=6e-3) and gates[forgot, unit] < 0.5
    left = float(scene.facts["left"].replace("−", "-"))
    assert left == pytest.approx(gates[forgot, unit] * cells[forgot - step, unit], abs=6e-3)
    drawn_cells = np.array(drawn(scene)["rows"][2]["values"])
    np.testing.assert_allclose(drawn_cells, cells[:, unit] / np.abs(cells[:, unit]).max(), atol=1e-3)
