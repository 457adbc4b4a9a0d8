"""The view *Follow an answer* in the browser: the path at a character, a channel of it clicked and silenced."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_page import alive, open_page, settled
from tests.browser.test_views import shows, view

pytestmark = pytest.mark.browser
THERE = "Begin at the answer"


def test_a_path_is_waited_for_cancelled_tried_again_and_there(page, quick, console):
    """While it is worked out the strongest channels stand there, and can be clicked."""
    open_page(page, quick, view("Follow an answer", follow_target="1"))
    shows(page, "Not the path yet")
    page.locator("svg .node").last.click()
    page.wait_for_url(re.compile("follow_node="))
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Follow the answer").click()
    page.get_by_role("button", name="Try again").click()
    shows(page, THERE)
    _silenced(page)
    assert console.errors == []


@pytest.mark.slow
def test_a_real_path_at_a_character(page, served, console):
    open_page(page, served, view("Follow an answer", follow_target="1"))
    shows(page, THERE, timeout=250_000)
    _silenced(page)
    assert console.errors == []


def _silenced(page) -> None:
    """The first channel of the path is clicked, the next one reached by the keyboard, and the first one silenced."""
    settled(page)
    first = page.locator("svg .node").first
    first.click()
    name = first.get_attribute("aria-label").split(":")[0]
    shows(page, "Silenced, it should")
    settled(page)
    page.locator("svg .node").first.focus()
    page.keyboard.press("ArrowRight")
    focused = page.evaluate(
        "() => [...document.querySelectorAll('*')].map(e => e.shadowRoot?.activeElement?.dataset.at).find(Boolean)"
    )
    assert focused == "1.0"
    page.get_by_role("button", name=re.compile(f"Silence {name.split(', ')[1]}$")).click()
    shows(page, re.escape(name) + ": set to zero")
    shows(page, "How much each layer has changed")
    alive(page)
