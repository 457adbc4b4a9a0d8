"""Pictures that make a network sure and wrong: each answer is worked out here once more."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest
from PIL import Image

from explain.interventions import spoilt
from explain.interventions.picture import CHANGES
from explain.interventions.which import Stopped
from explain.network.session import Network
from models import crnn, typeface, vgg16


def probability_of_text(p: np.ndarray, labels: tuple[int, ...]) -> float:
    """The sum over all paths, state by state: blank, label, blank, label, …"""
    states = [crnn.BLANK, *(state for label in labels for state in (label, crnn.BLANK))]
    reached = np.zeros(len(states))
    reached[:2] = p[0, states[:2]]
    for row in p[1:]:
        come = reached.copy()
        come[1:] += reached[:-1]
        for at in range(2, len(states)):
            come[at] += reached[at - 2] if states[at] not in (crnn.BLANK, states[at - 2]) else 0
        reached = come * row[states]
    return float(reached[-2:].sum())


def read(network: Network, picture) -> tuple[str, float]:
    batch = crnn.CARD.preprocessing.scaled(np.asarray(picture))[None]
    p = network.run(batch)[network.description.output.name][0].astype(np.float64)
    labels = tuple(label for label, _ in groupby(p.argmax(axis=1).tolist()) if label != crnn.BLANK)
    return "".join(crnn.LABELS[label] for label in labels), probability_of_text(p, labels)


def test_the_surest_wrong_answer_of_every_change_is_the_networks_own():
    network, told = Network(crnn.CARD), []
    seen = crnn.fit(typeface.draw_word("hello", "Sans"))
    found = spoilt.tried(network, seen, lambda *step: told.append(step))
    assert found.usual.text == "hello" == read(network, seen)[0]
    expected: dict[str, tuple[float, str]] = {}
    for change in CHANGES:
        for amount in spoilt.AMOUNTS.get(change.name, ()):
            text, probability = read(network, change.made(seen, amount))
            if text not in ("", "hello") and probability > expected.get(change.name, (0,))[0]:
                expected[change.name] = probability, text
    assert {one.change.name for one in found.turned} == set(expected)
    for change, answered in found.turned:
        probability, text = expected[change.name]
        assert answered.text == text and answered.probability == pytest.approx(probability, rel=1e-3)
    chances = [one.answered.probability for one in found.turned]
    assert chances == sorted(chances, reverse=True) and found.turned[0].sure and found.turned[-1].answered.text
    assert found.count == sum(map(len, spoilt.AMOUNTS.values())) == told[-1][0] - 1 == told[-1][1] - 1


def test_every_amount_is_one_of_its_slider():
    by_name = {change.name: change.amounts() for change in CHANGES}
    for name, amounts in spoilt.AMOUNTS.items():
        assert set(map(float, amounts)) <= set(by_name[name]), name


def test_a_large_picture_is_spoilt_in_fewer_ways():
    network = Network(vgg16.CAM)
    seen = vgg16.as_seen(Image.fromarray(np.random.default_rng(0).integers(0, 256, (140, 140, 3), np.uint8)), 128)
    found = spoilt.tried(network, seen)
    assert found.count == sum(map(len, spoilt.AMOUNTS.values())) // 2 and found.usual.text in network.description.labels


def test_it_can_be_stopped():
    seen = crnn.fit(typeface.draw_word("hello", "Sans"))
    with pytest.raises(Stopped):
        spoilt.tried(Network(crnn.CARD), seen, lambda done, of: False)
