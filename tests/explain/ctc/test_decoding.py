"""CTC against brute force over every path, against fast-ctc-decode and against TensorFlow's CTC loss."""

from __future__ import annotations

import itertools
import json
import math
import subprocess
import sys

import fast_ctc_decode
import numpy as np
import pytest

from explain.ctc import decoding

pytestmark = pytest.mark.filterwarnings("error")

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def softmax(logits):
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def random_case(seed):
    """A few frames over a few labels, the blank anywhere: smooth, full of ties, or full of zeros."""
    rng = np.random.default_rng(seed)
    frames, labels = int(rng.integers(1, 6)), int(rng.integers(1, 5))
    kind = seed % 3
    if kind == 0:
        p = rng.dirichlet(np.ones(labels), size=frames)
    elif kind == 1:
        p = rng.multinomial(4, np.ones(labels) / labels, size=frames) / 4
    else:
        p = rng.dirichlet(np.ones(labels), size=frames) * (rng.random((frames, labels)) < 0.6)
        p[p.sum(axis=1) == 0, rng.integers(labels)] = 1
        p /= p.sum(axis=1, keepdims=True)
    return p, int(rng.integers(labels))


CASES = [random_case(seed) for seed in range(200)]


def read(path, blank):
    return tuple(label for label, _ in itertools.groupby(path) if label != blank)


def every_path(p, blank):
    """text -> [(path, probability)] over all paths, those of probability zero too."""
    texts = {}
    for path in itertools.product(range(p.shape[1]), repeat=len(p)):
        texts.setdefault(read(path, blank), []).append((path, math.prod(p[t, k] for t, k in enumerate(path))))
    return texts


BRUTE = [every_path(p, blank) for p, blank in CASES]
WITH_BRUTE = list(zip(CASES, BRUTE, strict=True))


def total(paths):
    return math.fsum(probability for _, probability in paths)


def spans_of(path, blank):
    """Spans by walking the frames one by one."""
    spans, previous = [], blank
    for t, label in enumerate(path):
        if label != blank and label == previous:
            spans[-1] = (label, spans[-1][1], t + 1)
        elif label != blank:
            spans.append((label, t, t + 1))
        previous = label
    return spans


def test_the_cases_hold_what_they_should():
    assert sum((p == 0).any() for p, _ in CASES) > 50
    assert sum(any((row == row.max()).sum() > 1 for row in p) for p, _ in CASES) > 25
    assert sum(any(a == b for a, b in zip(text, text[1:], strict=False)) for texts in BRUTE for text in texts) > 300


def test_best_path_is_the_likeliest_of_all_paths():
    for (p, blank), texts in WITH_BRUTE:
        best = decoding.best_path(p, blank)
        assert best.probability == pytest.approx(max(v for paths in texts.values() for _, v in paths), rel=1e-12)
        assert math.prod(p[np.arange(len(p)), best.path]) == pytest.approx(best.probability, rel=1e-12)
        assert best.labels == read(best.path, blank)
        assert list(best.spans) == spans_of(best.path.tolist(), blank)


def test_log_probability_is_the_sum_over_all_paths_of_the_text():
    for (p, blank), texts in WITH_BRUTE:
        for text, paths in texts.items():
            assert math.exp(decoding.log_probability(p, text, blank)) == pytest.approx(
                total(paths), rel=1e-10, abs=1e-300
            )
        assert math.fsum(decoding.probability(p, text, blank) for text in texts) == pytest.approx(1)


def test_a_wide_beam_finds_every_text_with_its_exact_probability():
    for (p, blank), texts in WITH_BRUTE:
        found = decoding.beam_search(p, beams=10_000, n=10_000, blank=blank)
        exact = {text: total(paths) for text, paths in texts.items() if total(paths) > 0}
        assert {text: math.exp(value) for text, value in found} == pytest.approx(exact, rel=1e-10)
        values = [value for _, value in found]
        assert values == sorted(values, reverse=True)
        assert decoding.n_best(p, beams=10_000, n=3, blank=blank)[0][1] == pytest.approx(found[0][1], abs=1e-10)


def test_n_best_are_the_likeliest_of_all_texts_in_order():
    for (p, blank), texts in WITH_BRUTE:
        exact = {text: total(paths) for text, paths in texts.items() if total(paths) > 0}
        found = decoding.n_best(p, beams=10_000, n=5, blank=blank)
        assert len(found) == min(5, len(exact)) and len({text for text, _ in found}) == len(found)
        assert [math.exp(value) for _, value in found] == pytest.approx([exact[text] for text, _ in found], rel=1e-10)
        best = sorted(exact.values(), reverse=True)[:5]
        assert [math.exp(value) for _, value in found] == pytest.approx(best, rel=1e-10)
        assert math.fsum(math.exp(value) for _, value in found) <= 1 + 1e-12


@pytest.mark.parametrize("beams", [1, 2, 5])
def test_a_narrow_beam_never_claims_more_than_the_truth_and_n_best_tells_it(beams):
    lost = 0
    for (p, blank), texts in WITH_BRUTE:
        for text, value in decoding.beam_search(p, beams, n=5, blank=blank):
            exact = total(texts[text])
            assert math.exp(value) <= exact * (1 + 1e-12)
            lost += math.exp(value) < exact * (1 - 1e-9)
        best = decoding.n_best(p, beams, n=5, blank=blank)
        assert [math.exp(value) for _, value in best] == pytest.approx([total(texts[text]) for text, _ in best])
        assert [value for _, value in best] == sorted((value for _, value in best), reverse=True)
        assert {text for text, _ in best} <= {text for text, _ in decoding.beam_search(p, beams, beams, blank)}
    assert lost > 0  # otherwise the bound above was never put to the test


def test_forced_alignment_is_the_likeliest_path_of_the_text():
    for (p, blank), texts in WITH_BRUTE:
        for text, paths in texts.items():
            best = max(value for _, value in paths)
            if best == 0:
                with pytest.raises(ValueError, match="probability 0"):
                    decoding.forced_alignment(p, text, blank)
                continue
            alignment = decoding.forced_alignment(p, text, blank)
            assert math.exp(alignment.log_probability) == pytest.approx(best, rel=1e-10)
            assert math.prod(p[np.arange(len(p)), alignment.path]) == pytest.approx(best, rel=1e-10)
            assert read(alignment.path, blank) == text
            assert list(alignment.spans) == spans_of(alignment.path.tolist(), blank)


def test_lattice_posteriors_are_those_of_all_paths():
    for (p, blank), texts in WITH_BRUTE[::3]:
        for text, paths in texts.items():
            if total(paths) == 0:
                with pytest.raises(ValueError, match="probability 0"):
                    decoding.lattice(p, text, blank)
                continue
            lattice = decoding.lattice(p, text, blank)
            posterior = np.zeros(p.shape)
            for path, probability in paths:
                posterior[np.arange(len(p)), path] += probability / total(paths)
            assert lattice.label_posteriors(p.shape[1]) == pytest.approx(posterior, abs=1e-10)
            assert lattice.gamma.sum(axis=1) == pytest.approx(np.ones(len(p)))
            assert math.exp(lattice.log_probability) == pytest.approx(total(paths), rel=1e-10)
            # Every frame cuts all alignments once, so each tells the text's whole probability.
            cut = np.logaddexp.reduce(lattice.alpha + lattice.beta, axis=1)
            assert cut == pytest.approx(np.full(len(p), lattice.log_probability))


def test_posteriors_less_the_softmax_are_the_gradient_at_the_logits():
    rng = np.random.default_rng(3)
    logits = rng.normal(size=(6, 4)) * 2
    text, step = (1, 1, 0), 1e-5
    gradient = np.zeros_like(logits)
    for place in np.ndindex(*logits.shape):
        nudge = np.zeros_like(logits)
        nudge[place] = step
        up, down = (decoding.log_probability(softmax(logits + sign * nudge), text) for sign in (1, -1))
        gradient[place] = (up - down) / (2 * step)
    p = softmax(logits)
    assert decoding.lattice(p, text).label_posteriors(4) - p == pytest.approx(gradient, abs=1e-8)


def sharp_frames(seed, frames=31, labels=63):
    """Like a network's answer: mostly sure, now and then torn between labels; float32."""
    rng = np.random.default_rng(seed)
    return softmax(rng.normal(size=(frames, labels)) * rng.uniform(2, 5)).astype(np.float32)


def test_beam_agrees_with_fast_ctc_decode():
    for seed in range(40):
        p = sharp_frames(seed, frames=20, labels=12)
        blank_first = np.ascontiguousarray(np.roll(p, 1, axis=1))
        theirs, _ = fast_ctc_decode.beam_search(blank_first, "-" + LETTERS[:11], beam_size=200)
        assert decoding.text(decoding.beam_search(p, beams=200, n=1)[0][0], LETTERS) == theirs
        theirs, frames = fast_ctc_decode.viterbi_search(blank_first, "-" + LETTERS[:11])
        best = decoding.best_path(p)
        assert decoding.text(best.labels, LETTERS) == theirs
        assert [span.start for span in best.spans] == list(frames)


def test_log_probability_agrees_with_tensorflows_loss(tmp_path):
    rng = np.random.default_rng(11)
    texts = [(7, 7, 3), (0,), tuple(range(31)), (5,) * 16, tuple(rng.integers(0, 62, size=12).tolist()), ()]
    logits = rng.normal(size=(len(texts), 31, 63)).astype(np.float32) * 3
    labels = np.zeros((len(texts), 31), dtype=np.int32)
    for row, text in zip(labels, texts, strict=True):
        row[: len(text)] = text
    np.savez(tmp_path / "case.npz", logits=logits, labels=labels, lengths=[len(text) for text in texts])
    script = """if True:
        import json, sys
        import numpy as np, tensorflow as tf
        case = np.load(sys.argv[1])
        logits = tf.constant(case["logits"])
        loss = tf.nn.ctc_loss(case["labels"], logits, case["lengths"].astype("int32"), [31] * len(logits),
                              logits_time_major=False, blank_index=-1)
        print(json.dumps(loss.numpy().tolist()))
    """
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "case.npz"], capture_output=True, text=True, check=True
    )
    losses = json.loads(done.stdout.splitlines()[-1])
    ours = [-decoding.log_probability(softmax(z.astype(float)), text) for z, text in zip(logits, texts, strict=True)]
    assert ours == pytest.approx(losses, rel=1e-5)
