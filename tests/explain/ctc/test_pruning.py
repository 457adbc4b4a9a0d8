"""Thousands of labels: the search looks at few of them, and finds what it finds when it looks at all."""

from __future__ import annotations

import numpy as np
import pytest

from explain.ctc import beam_search, decoding

pytestmark = pytest.mark.filterwarnings("error")


def plain(log_p, blank, width, dropped):
    """The same search written down again, over all labels: after each frame what is kept and what is not."""
    beams = {(): (0.0, -np.inf)}
    for frame in log_p:
        after, order = {}, []

        def add(prefix, by_blank, by_label, after=after, order=order):
            if prefix not in after:
                order.append(prefix)
            was = after.get(prefix, (-np.inf, -np.inf))
            after[prefix] = np.logaddexp(was[0], by_blank), np.logaddexp(was[1], by_label)

        for prefix, (by_blank, by_label) in beams.items():
            add(
                prefix,
                np.logaddexp(by_blank, by_label) + frame[blank],
                by_label + frame[prefix[-1]] if prefix else -np.inf,
            )
        for prefix, (by_blank, by_label) in beams.items():
            for label in np.flatnonzero(frame > -np.inf).tolist():
                if label != blank:
                    whole = by_blank if prefix and prefix[-1] == label else np.logaddexp(by_blank, by_label)
                    add((*prefix, label), -np.inf, whole + frame[label])
        scores = {prefix: np.logaddexp(*after[prefix]) for prefix in order}
        ranked = sorted((prefix for prefix in order if scores[prefix] > -np.inf), key=lambda prefix: -scores[prefix])
        beams = {prefix: after[prefix] for prefix in ranked[:width]}
        gone = ranked[width:]
        lost = np.logaddexp.reduce([scores[prefix] for prefix in gone]) if gone else -np.inf
        yield [(prefix, scores[prefix]) for prefix in ranked[:width]], gone[:dropped], len(gone), lost


def frames(seed, count, labels, kind):
    random = np.random.default_rng(seed)
    if kind == "peaked":  # a few labels hold nearly everything, as a trained network has it
        logits = random.normal(size=(count, labels))
        logits[np.arange(count), random.integers(labels, size=count)] += 6
        logits[:, -1] += 7 * random.random(count)
    elif kind == "flat":
        logits = random.normal(size=(count, labels)) * 0.01
    else:  # some labels are impossible, many exactly as likely as others
        logits = np.where(random.random((count, labels)) < 0.9, -np.inf, random.integers(3, size=(count, labels)))
        logits[:, -1] = 1.0
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("kind", ["peaked", "flat", "ties"])
@pytest.mark.parametrize(("labels", "width", "dropped"), [(90, 1, 0), (90, 4, 3), (120, 7, 0), (150, 5, 9)])
def test_every_step_is_that_of_a_search_over_all_labels(kind, labels, width, dropped):
    for seed in range(3):
        p = frames(seed, 7, labels, kind)
        blank = labels - 1 if seed else 0
        if not seed:
            p = np.roll(p, 1, axis=1)
        with np.errstate(divide="ignore"):
            log_p = np.log(p)
        steps = list(beam_search.record(log_p, blank, width, dropped))
        for step, (kept, gone, drops, lost) in zip(steps, plain(log_p, blank, width, dropped), strict=True):
            assert [living.prefix for living in step.living] == [prefix for prefix, _ in kept]
            found = [np.logaddexp(living.blank, living.label) for living in step.living]
            np.testing.assert_allclose(found, [score for _, score in kept], atol=1e-9)
            assert [one.prefix for one in step.dropped][: len(gone)] == gone
            assert step.drops == drops
            np.testing.assert_allclose(np.exp(step.log_lost), np.exp(lost), rtol=1e-6, atol=1e-12)
        searched = beam_search.search(log_p, blank, width)
        assert searched.prefixes == tuple(living.prefix for living in steps[-1].living)


def test_few_of_many_labels_are_looked_at():
    p = frames(0, 3, 6625, "peaked")
    for frame in np.log(p):
        looked_at = beam_search._telling(frame, {6624, 17}, 25)
        assert len(looked_at) <= 27 and {6624, 17} <= set(looked_at.tolist())
        assert set(np.argsort(-frame)[:25].tolist()) <= set(looked_at.tolist())


def test_the_answer_with_thousands_of_labels_is_exact():
    p = frames(3, 12, 5000, "peaked")
    for text, value in decoding.beam_search(p, beams=40, n=3):
        assert value <= decoding.log_probability(p, text) + 1e-9
    assert decoding.n_best(p)[0][1] >= decoding.log_probability(p, decoding.best_path(p).labels) - 1e-9
