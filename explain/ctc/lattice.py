"""The lattice of a text's alignments: frames across, states down; forward variables and Viterbi on it, in log space.

The states of a text are its characters with a blank before, between and after them. An alignment stays in a state,
moves one on, or leaves out a blank between two unlike characters.

**Ref.** A. Graves et al., Connectionist Temporal Classification, ICML 2006, section 4.1,
https://www.cs.toronto.edu/~graves/icml_2006.pdf

Callers want `explain.ctc.decoding`, which checks what comes in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Text = tuple[int, ...]

TOGETHER = 512  # texts scored at a time: their forward variables stay in the processor's cache
# Forward variables start here instead of at 1 and only shrink, which leaves 590 powers of ten before they are lost.
START = 2.0**996
NEGLIGIBLE = 1e-6  # probability at every frame, below which a label hardly makes a text
MISSED = 1e-4  # share of all texts' probability that may be worked out as one label's; three digits are shown
LEAST = 1e-290


def states_of(texts: Sequence[Text], blank: int) -> np.ndarray:
    """`(text, state)`: each text's characters with blanks around them, filled up with blanks to the longest."""
    states = np.full((len(texts), 2 * max(map(len, texts)) + 1), blank)
    for row, labels in zip(states, texts, strict=True):
        row[1 : 2 * len(labels) : 2] = labels
    return states


def skips_of(states: np.ndarray, blank: int) -> np.ndarray:
    """True where a state may be entered from two before it: a character unlike the one before."""
    skip = np.zeros(states.shape, dtype=bool)
    skip[..., 2:] = (states[..., 2:] != blank) & (states[..., 2:] != states[..., :-2])
    return skip


def forward(emission: np.ndarray, skip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Forward variables of lattices whose states have log-probability `emission` `(frame, .., state)`.

    Returns, shaped alike, what arrives at a state before the frame's own label is counted, and alpha, with it.
    """
    arrive = np.full(emission.shape, -np.inf)
    arrive[0, ..., :2] = 0.0
    alpha = arrive + emission
    for t in range(1, len(emission)):
        stay, on, over = _ways(alpha[t - 1], skip)
        arrive[t] = np.logaddexp(np.logaddexp(stay, on), over)
        alpha[t] = arrive[t] + emission[t]
    return arrive, alpha


def log_probabilities(log_p: np.ndarray, texts: Sequence[Text], blank: int) -> np.ndarray:
    """Exact log-probabilities `(text,)` of several texts in one pass.

    The blanks that fill up the shorter ones come after the states that end a text, and nothing flows back from there.
    """
    states = states_of(texts, blank)
    last = forward(log_p[:, states], skips_of(states, blank))[1][-1]
    rows = np.arange(len(texts))
    ends = 2 * np.array([len(labels) for labels in texts])
    on_character = np.where(ends > 0, last[rows, np.maximum(ends - 1, 0)], -np.inf)
    return np.logaddexp(last[rows, ends], on_character)


def score(log_p: np.ndarray, texts: Sequence[Text], blank: int) -> np.ndarray:
    """As `log_probabilities`, for many texts: about twenty times as quick.

    The sums are done on the probabilities themselves. What gets lost below the smallest double is at most 1e-320 a
    state and frame, so a sum above LEAST is exact to the last digits; a fainter one is done again in log space.
    """
    p = np.exp(log_p)
    scores = np.full(len(texts), -np.inf)
    order = np.argsort([len(labels) for labels in texts], kind="stable")
    for start in range(0, len(order), TOGETHER):
        rows = order[start : start + TOGETHER]
        with np.errstate(divide="ignore"):
            scores[rows] = np.log(_sums(p, [texts[row] for row in rows], blank))
    faint = np.flatnonzero(scores < np.log(LEAST))
    scores -= np.log(START)
    for start in range(0, len(faint), TOGETHER):
        rows = faint[start : start + TOGETHER]
        scores[rows] = log_probabilities(log_p, [texts[row] for row in rows], blank)
    return scores


def _sums(p: np.ndarray, texts: Sequence[Text], blank: int) -> np.ndarray:
    """START times the probability `(text,)` of each text. The texts lie along the last axis, next to one another.

    What fills up the shorter texts gets probability 0: in a row of blanks one alignment would be counted many times
    over, which is harmless where nothing flows back from but may be more than a double holds.
    """
    states = states_of(texts, blank)
    characters = np.ascontiguousarray(states[:, 1::2].T)
    characters[characters == blank] = p.shape[1]
    p = np.pad(p, ((0, 0), (0, 1)))
    skip = np.ascontiguousarray(skips_of(states, blank)[:, 3::2].T.astype(float))
    alpha = np.zeros(states.T.shape)
    alpha[0], alpha[1:2] = START * p[0, blank], START * p[0][characters[:1]]
    for frame in p[1:]:
        arrive = alpha.copy()
        arrive[1:] += alpha[:-1]
        arrive[3::2] += skip * alpha[1:-2:2]
        arrive[0::2] *= frame[blank]
        arrive[1::2] *= frame[characters]
        alpha = arrive
    columns, ends = np.arange(len(texts)), 2 * np.array([len(labels) for labels in texts])
    return alpha[ends, columns] + np.where(ends > 0, alpha[np.maximum(ends - 1, 0), columns], 0.0)


def replacements(log_p: np.ndarray, labels: Text, blank: int) -> np.ndarray:
    """Exact log-probabilities `(place, label)` of a text with the character at that place replaced by that label.

    What comes before the character and what comes after it is the same for all labels: forward and backward variables
    of the text itself. So one pass over the frames is enough for all places and labels together, however many labels
    there are. -inf in the blank's column, which makes no character.
    """
    return _replaced(log_p, labels, blank, np.arange(log_p.shape[1]), np.empty((len(log_p), 0)))


def likely_replacements(log_p: np.ndarray, labels: Text, blank: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same for the labels that can matter: those, ascending; `(place, label)` of them; `(place,)` of all others.

    Left out are labels with less than NEGLIGIBLE at every frame. All of them together count as one whose probability at
    a frame is the sum of theirs, which gives at least what their texts have together and bounds what is missed; one
    with the largest of theirs bounds each. Where the others may hold the likeliest text besides the labels' own, or a
    share of more than MISSED, none is left out, and the others have -inf.
    """
    count = log_p.shape[1]
    among = np.union1d(np.flatnonzero(log_p.max(axis=0) >= np.log(NEGLIGIBLE)), np.array([*labels, blank], int))
    if len(among) < count and labels:
        others = np.delete(log_p, among, axis=1)
        together = np.stack([np.logaddexp.reduce(others, axis=1), others.max(axis=1)], axis=1)
        scores = _replaced(log_p, labels, blank, among, together)
        scores, rest, largest = scores[:, :-2], scores[:, -2], scores[:, -1]
        besides = scores.copy()
        besides[np.arange(len(labels)), np.searchsorted(among, labels)] = -np.inf
        share = rest - np.logaddexp.reduce(scores, axis=1)
        if (besides.max(axis=1) > largest).all() and (share < np.log(MISSED)).all():
            return among, scores, rest
    return np.arange(count), replacements(log_p, labels, blank), np.full(len(labels), -np.inf)


def _replaced(log_p: np.ndarray, labels: Text, blank: int, among: np.ndarray, more: np.ndarray) -> np.ndarray:
    """As `replacements` for some labels, ascending, those of the text and the blank among them, and then for characters
    `(frame, character)` that are none of the network's labels."""
    states = states_of([labels], blank)[0]
    emission, skip = log_p[:, states], skips_of(states, blank)
    alpha, after = forward(emission, skip)[1], backward(emission, states, blank)
    inner = range(1, len(states), 2)
    # Ways in at each frame, from the blank before and from the character before it; ways out likewise.
    from_blank, from_character = (_entered(alpha, [state - back for state in inner], back) for back in (1, 2))
    to_blank, to_character = (_left(emission + after, [state + on for state in inner], on) for on in (1, 2))
    rows, places = np.arange(len(labels)), np.searchsorted(among, np.array(labels, int))
    inside = np.full((len(labels), len(among) + more.shape[1]), -np.inf)
    total = inside.copy()
    for t, frame in enumerate(np.concatenate([log_p[:, among], more], axis=1)):
        enter = np.repeat(np.logaddexp(from_blank[t], from_character[t])[:, None], len(frame), axis=1)
        leave = np.repeat(np.logaddexp(to_blank[t], to_character[t])[:, None], len(frame), axis=1)
        # Only over a blank can the same label as a neighbour's be a character of its own.
        enter[rows[1:], places[:-1]] = from_blank[t, 1:]
        leave[rows[:-1], places[1:]] = to_blank[t, :-1]
        inside = np.logaddexp(inside, enter) + frame
        total = np.logaddexp(total, inside + leave)
    total[:, np.searchsorted(among, blank)] = -np.inf
    return total


def _entered(alpha: np.ndarray, states: list[int], back: int) -> np.ndarray:
    """`(frame, place)`: log-probability of all frames before, ending in these states; before the first, of starting."""
    entered = np.full((len(alpha), len(states)), -np.inf)
    there = [place for place, state in enumerate(states) if state >= 0]
    entered[1:, there] = alpha[:-1, [states[place] for place in there]]
    if back == 1:
        entered[0, :1] = 0.0
    return entered


def _left(onward: np.ndarray, states: list[int], on: int) -> np.ndarray:
    """`(frame, place)`: log-probability of all frames after, beginning in these states; after the last, of ending."""
    left = np.full((len(onward), len(states)), -np.inf)
    there = [place for place, state in enumerate(states) if state < onward.shape[1]]
    left[:-1, there] = onward[1:, [states[place] for place in there]]
    if on == 1:
        left[-1, -1:] = 0.0
    return left


def backward(emission: np.ndarray, states: np.ndarray, blank: int) -> np.ndarray:
    """Backward variables `(frame, state)`: of the frames after, given the state; the frame's own label is left out."""
    # Seen from the end, with the states upside down, it is the same lattice: what arrives there is beta.
    return forward(emission[::-1, ::-1], skips_of(states[::-1], blank))[0][::-1, ::-1]


def viterbi(emission: np.ndarray, skip: np.ndarray) -> tuple[np.ndarray, float]:
    """The likeliest alignment through `emission` `(frame, state)`: the state at each frame, and its log-probability.

    Of equals, one that ends in the last blank is taken, and one that enters a state earlier: always the same choice.
    """
    score = np.where(np.arange(emission.shape[1]) < 2, emission[0], -np.inf)
    came_by = np.zeros(emission.shape, dtype=int)
    for t in range(1, len(emission)):
        ways = np.stack(_ways(score, skip))
        came_by[t] = ways.argmax(axis=0)
        score = ways.max(axis=0) + emission[t]
    last = len(score) - 1
    state = last - 1 if last and score[last - 1] > score[last] else last
    best = float(score[state])
    visited = np.empty(len(emission), dtype=int)
    for t in range(len(emission) - 1, -1, -1):
        visited[t] = state
        state -= came_by[t, state]
    return visited, best


def _ways(before: np.ndarray, skip: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log-probabilities `(.., state)` of the ways into each state: from itself, from one before, from two before.

    A way's place in the tuple is the number of states it moves on.
    """
    on, over = np.full((2, *before.shape), -np.inf)
    on[..., 1:] = before[..., :-1]
    over[..., 2:] = before[..., :-2]
    over[~skip] = -np.inf
    return before, on, over
