"""What the page says of its networks: the figures are those of their cards, and a stranger's file is told apart."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from explain.network.description import describe
from explain.panels.inputs import about
from models.networks import CARDS
from tests.explain.panels.views import opened, text_of

ROOT = Path(__file__).resolve().parents[4]
FIGURE = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


def written() -> str:
    """All that is measured: the cards of the weights, the README and the network's own file of constants."""
    cards = "\n".join(path.read_text("utf-8") for path in (ROOT / "models" / "weights").glob("*.md"))
    return cards + (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.name)
def test_every_figure_stands_on_a_card(card):
    measured = {figure for figure in FIGURE.findall(written())}
    for sentence in card.about.values():
        for figure in FIGURE.findall(re.sub(r"[A-Z]+\d\w*|0 to 9", "", sentence)):
            share = f"{float(figure.replace(',', '')) / 100:.3f}"  # tables have shares where the page has hundredths
            assert figure in measured or share in measured, f"{card.name}: {figure} is on no card"
    assert {"What it is", "What it learnt from"} <= set(card.about)


def test_of_a_network_that_comes_along_the_page_says_what_it_learnt_from():
    def page():
        from explain.panels.inputs import about

        about.show()

    said = text_of(opened(page))
    assert "81.0 %" in said and "Tiny ImageNet" in said and "whoever opens the same link" in said


def test_of_a_stranger_it_says_what_the_file_says(tmp_path):
    from tests.test_third_network import make

    said = about.facts(describe(make(tmp_path / "third.onnx")))
    assert "does not say" in said["What it learnt from"] and "layers" in said["What it is"]
