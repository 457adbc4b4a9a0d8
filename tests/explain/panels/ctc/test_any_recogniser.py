"""The CTC panels for any recogniser: other alphabets, the blank at any index, thousands of labels."""

from __future__ import annotations

import time
from itertools import groupby
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from streamlit.testing.v1 import AppTest

from explain.charts import ctc as ctc_chart
from explain.charts import lattice as lattice_chart
from explain.charts.theme import Inks
from explain.ctc import decoding
from explain.ctc.alphabet import Alphabet
from explain.layers.frames import Frames
from explain.panels.inputs import word
from explain.panels.page.subject import Subject
from explain.panels.page.wording import bold, plain
from tests.explain.panels.page import made
from tests.explain.panels.views import opened, text_of

MANY = ("", *(chr(0x4E00 + index) for index in range(6598)), " ")


def page():
    import streamlit as st

    from explain.panels.ctc import decoding, in_depth
    from explain.panels.inputs import word
    from explain.panels.page.subject import Subject

    subject = Subject.of("any", *word.from_sample(st.query_params.get("sample", "elephant")))
    decoding.show(subject)
    in_depth.show(subject)


def subject() -> Subject:
    return Subject.of("any", *word.from_sample("elephant"))


@pytest.fixture
def network(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("NETWORKS_FOLDER", str(tmp_path))
    return tmp_path / "any.onnx"


def placed(count: int) -> Frames:
    """So many frames, each four columns wide, over a picture that they just fill."""
    columns = tuple((4 * t, 4 * t + 3) for t in range(count))
    return Frames(columns, columns, 4 * count)


def reading(path: Path, labels, blank: int) -> str:
    """By ONNX Runtime alone: the likeliest labels, repeats merged, blanks dropped."""
    batch = np.ascontiguousarray(subject().batch.transpose(0, 3, 1, 2))
    scores = onnxruntime.InferenceSession(str(path)).run(None, {"picture": batch})[0][0]
    return "".join(labels[label] for label, _ in groupby(scores.argmax(axis=1).tolist()) if label != blank)


@pytest.mark.parametrize(
    "labels, blank, softmax",
    [
        (made.LABELS, 0, False),
        ((*made.LABELS[1:], ""), len(made.LABELS) - 1, True),
        ((*made.LABELS[1:7], "", *made.LABELS[7:]), 6, False),
        (("-", *made.LABELS[1:]), 0, True),  # the file writes the blank as a dash
    ],
)
def test_the_reading_stands_in_every_part(network, labels, blank, softmax):
    made.recogniser(network, labels, blank, softmax=softmax)
    read = reading(network, labels, blank)
    assert len(read) > 5
    said = text_of(opened(page))
    assert f"**CTC decoding** :gray[reads] {bold(read)}" in said
    assert f"is the probability of “{plain(read)}”: the sum over all" in said
    assert f"**The lattice of “{plain(read)}”**" in said
    assert said.count("24 columns") == 1 and said.count("24 frames") == 1
    assert "all 15 texts with this one character replaced" in said
    assert "31 frames" not in said


def test_a_chosen_frame_is_told_in_words(network):
    made.recogniser(network)
    assert "**Frame" not in text_of(opened(page))
    shown = subject()
    p, alphabet = shown.probabilities[7], Alphabet(made.LABELS, 0)
    first, second = sorted(range(len(p)), key=lambda label: -p[label])[:2]
    left, right = shown.frames.within[7]
    told = f"**Frame 7** sees columns {left} to {right - 1} of the picture, framed above. It says "
    told += f"{plain(alphabet.name(first))} ({p[first]:.4f}), then {plain(alphabet.name(second))} ({p[second]:.4f})."
    assert told in text_of(opened(page, frame="7"))


def test_texts_are_typed_in_the_networks_own_alphabet(network):
    made.recogniser(network)
    said = text_of(opened(page, what_if="th*N", words="th*N tx N| 中中"))
    assert "**Why not “th\\*N”?**" in said
    assert "Share of the probability of all 3 words; 1 can't be read" in said
    assert "no label for “x”" in text_of(opened(page, what_if="tx"))


def test_thousands_of_labels_make_no_chart_of_thousands_of_rows(network):
    made.recogniser(network, MANY, 0)
    started = time.process_time()
    test = opened(page)
    assert time.process_time() - started < 20  # 4 s where nothing else runs
    assert f"{len(MANY) - 1:,} texts with this one character replaced" in text_of(test)
    assert all(len(box.options) < 100 for box in test.selectbox)
    probabilities = subject().probabilities
    assert probabilities.shape == (24, 6600)
    rows = ctc_chart.rows_to_show(probabilities, subject().best, 0)
    assert rows[0] == 0 and len(rows) <= ctc_chart.MOST_READ + 1
    chart = ctc_chart.ctc("data:,", probabilities, subject().best, Alphabet(MANY, 0), subject().frames, Inks.of(False))
    assert len(str(chart)) < 500_000


def test_a_text_of_very_many_characters_keeps_the_chart_in_bounds():
    probabilities = np.eye(300)[np.arange(1, 201)] * 0.9 + 0.1 / 300
    best = decoding.best_path(probabilities, 0)
    assert len(best.labels) == 200
    rows = ctc_chart.rows_to_show(probabilities, best, 0)
    assert rows == [0, *range(1, ctc_chart.MOST_READ + 1)]
    alphabet = Alphabet(["", *map(chr, range(0x400, 0x400 + 299))], 0)
    chart = ctc_chart.ctc("data:,", probabilities, best, alphabet, placed(200), Inks.of(False))
    numbers = next(layer["data"]["values"] for layer in chart["layer"] if "number" in layer["data"]["values"][0])
    assert [number["number"] for number in numbers] == list(range(0, 200, 15))


def test_the_blank_first_is_drawn_as_the_blank():
    probabilities = np.array([[0.1, 0.8, 0.1], [0.7, 0.2, 0.1], [0.1, 0.2, 0.7]])
    best = decoding.best_path(probabilities, 0)
    alphabet, frames = Alphabet(("", "a", " "), 0), placed(3)
    chart = ctc_chart.ctc("data:,", probabilities, best, alphabet, frames, Inks.of(False))
    path = next(layer["data"]["values"] for layer in chart["layer"] if "blank" in layer["data"]["values"][0])
    assert [(row["text"], row["blank"]) for row in path] == [("a", False), ("·", True), ("␣", False)]
    assert "reads a ." in chart["description"]
    about = probabilities, best.labels, 0
    lattice, alignment = decoding.lattice(*about), decoding.forced_alignment(*about)
    drawn = lattice_chart.lattice("data:,", probabilities, lattice, alignment, alphabet, frames, Inks.of(False))
    cells = next(layer["data"]["values"] for layer in drawn["layer"] if "posterior" in layer["data"]["values"][0])
    assert [cell["state"] for cell in cells[::3]] == [
        "blank before a",
        "a, 1st character",
        "blank between a and ␣",
        "␣, 2nd character",
        "blank after ␣",
    ]


def test_one_frame_alone_is_as_wide_as_the_picture():
    probabilities = np.array([[0.9, 0.1]])
    best = decoding.best_path(probabilities)
    chart = ctc_chart.ctc(
        "data:,", probabilities, best, Alphabet("a", 1), Frames(((0, 39),), ((0, 39),), 40), Inks.of(False)
    )
    cells = next(layer["data"]["values"] for layer in chart["layer"] if "probability" in layer["data"]["values"][0])
    assert {(cell["x"], cell["x2"]) for cell in cells} == {(0, 40)}


def test_a_picture_that_reads_as_nothing_is_said(network):
    labels = made.LABELS
    made.recogniser(network, labels, blank=0)

    def nothing():
        import numpy as np

        from explain.panels.ctc import decoding, in_depth
        from explain.panels.page.subject import Subject

        class Silent(Subject):
            probabilities = np.tile(np.eye(16, dtype=np.float32)[0], (24, 1))

        silent = Silent("any", "blank", np.ones((1, 24, 96, 3), np.float32))
        decoding.show(silent)
        in_depth.show(silent)

    test = AppTest.from_function(nothing, default_timeout=60).run()
    assert not test.exception and "Every frame says blank: the network reads nothing here." in text_of(test)
