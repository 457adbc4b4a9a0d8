"""*How it learnt* shows the moment and the word of the address, from the data; nonsense counts as not given."""

from __future__ import annotations

import json

import numpy as np
import pytest

from explain.network.description import describe
from explain.network.needs import Needs
from explain.panels.page import views
from models import moments
from models.networks import CARDS
from tests.explain.panels.views import opened, text_of
from tests.walk.visitor import CHART, COMPONENT, Visitor

CARD = next(card for card in CARDS.values() if card.moments is not None)
KEPT = moments.read(CARD.moments)


def page():
    from explain.panels.inputs import strip
    from explain.panels.moments import how_it_learnt

    how_it_learnt.show(strip.show())


def charts(test) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in test.get(CHART)]


def cells(spec: dict) -> list[float]:
    named = next(layer for layer in spec["layer"] if layer.get("name") == "cells")
    return [row["probability"] for row in named["data"]["values"]]


@pytest.mark.parametrize("moment", [0, len(KEPT) // 2, len(KEPT) - 1])
def test_the_moment_of_the_address_is_shown(moment):
    word = len(KEPT.texts) - 1
    test = opened(page, network=CARD.name, learnt=str(moment), learnt_word=KEPT.texts[word])
    frames, line = charts(test)[-2:]
    kept, shown = KEPT.probabilities[moment, word], cells(frames)
    assert len(shown) % len(kept) == 0
    np.testing.assert_allclose(shown[: len(kept)], kept[:, CARD.blank], atol=1e-6)  # its row is the first
    wanted = CARD.labels.index(KEPT.texts[word][0])
    np.testing.assert_allclose(shown[len(kept) : 2 * len(kept)], kept[:, wanted], atol=1e-6)
    read, said = KEPT.readings[moment][word], text_of(test)
    assert f"After {KEPT.seen[moment]:,} words" in said and (f"**{read}**" in said if read else "**blank**" in said)
    assert line["description"].startswith(f"After {KEPT.seen[moment]:,} words")


def test_it_opens_on_the_last_moment_and_nonsense_counts_as_not_given():
    for address in (
        {},
        {"learnt": "9999", "learnt_word": "nonsense"},
        {"learnt": "-1"},
        {"learnt": "", "learnt_word": ""},
    ):
        test = opened(page, network=CARD.name, **address)
        assert f"After {KEPT.seen[-1]:,} words it" in text_of(test)


def test_the_slider_is_kept_in_the_address():
    visitor = Visitor(view="How it learnt", network=CARD.name)
    slider = next(node for node in visitor.controls if node.type == COMPONENT and node.key == "learnt-player")
    names = json.loads(slider.proto.json)[0]["names"]
    assert names == [f"{seen:,} words" for seen in KEPT.seen]
    for told, wanted in ((2, "2"), (len(KEPT), "2"), ("1", "2"), (None, "2"), (len(KEPT) - 1, None)):
        visitor.tell(slider, {"at": told})
        visitor.run()
        assert not visitor.trouble and visitor.address.get("learnt") == wanted


def test_it_asks_for_moments_and_for_no_name():
    (view,) = [view for view in views.VIEWS if view.panel == "moments.how_it_learnt"]
    assert view.needs.fits(describe(CARD))
    without = next(card for card in CARDS.values() if card.moments is None)
    assert "moments of a training of its own" in Needs(along=("moments",)).missing(describe(without))
