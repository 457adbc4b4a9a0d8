"""The picture of a training run: what is better stands higher, what is not measured is not drawn."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.training import curve


def log(path, *lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def rows(picture, ink):
    """Middle row of this colour in each column that has it, left to right, within the axes."""
    left, top, right, bottom = curve.BOX
    near = (np.abs(np.asarray(picture).astype(int) - ink).sum(axis=2) < 60)[top : bottom + 1, left : right + 1]
    return np.array([top + np.flatnonzero(column).mean() for column in near.T if column.any()])


def test_lines_rise_and_fall_as_the_measurements(tmp_path):
    lines = [
        {"words": words, "loss": loss, "plain": plain}
        for words, loss, plain in ((100, 50.0, 0.0), (200, 5.0, 0.5), (400, 1.5, 0.9))
    ]
    picture = curve.draw(curve.read_logs([log(tmp_path / "log.jsonl", *lines)]))
    plain, loss = rows(picture, curve.SETS["plain"]), rows(picture, curve.LOSS)
    top, bottom = curve.BOX[1], curve.BOX[3]
    assert abs(plain[0] - bottom) < 3 and abs(plain[-1] - (bottom - 0.9 * (bottom - top))) < 3
    assert plain[0] > plain[len(plain) // 2] > plain[-1]
    assert loss[0] < loss[-1]
    assert len(rows(picture, curve.SETS["hard"])) == 0


def test_one_measurement_is_no_curve(tmp_path):
    with pytest.raises(ValueError, match="needs two"):
        curve.read_logs([log(tmp_path / "log.jsonl", {"words": 1, "loss": 2.0})])


def test_several_logs_go_on_from_one_another(tmp_path):
    """The later run's name comes first; only the earlier measured plain words; nothing joins the two runs."""
    log(tmp_path / "a.jsonl", {"words": 1500, "loss": 10.0}, {"words": 2000, "loss": 1.0})
    log(tmp_path / "b.jsonl", {"words": 1100, "loss": 1.0, "plain": 0.5}, {"words": 1300, "loss": 1.0, "plain": 0.5})
    runs = curve.read_logs([tmp_path])
    assert [[line["words"] for line in run] for run in runs] == [[1100, 1300], [1500, 2000]]
    assert curve.read_logs([tmp_path / "b.jsonl", tmp_path / "a.jsonl"]) == runs
    pixels = np.asarray(curve.draw(runs)).astype(int)
    left, top, right, bottom = curve.BOX

    def columns(ink):
        near = (np.abs(pixels - ink).sum(axis=2) < 60)[top : bottom + 1, left : right + 1].any(axis=0)
        return np.flatnonzero(near) / (right - left)  # as shares of the axis, which goes from 1100 to 2000 words

    plain, loss = columns(curve.SETS["plain"]), columns(curve.LOSS)
    assert plain.min() < 0.01 and abs(plain.max() - 200 / 900) < 0.01
    assert loss.min() < 0.01 and loss.max() > 0.99 and not ((loss > 0.24) & (loss < 0.43)).any()
