"""The view *Follow an answer* in the browser: the path at a character, a channel of it clicked and silenced."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_page import alive, open_page, settled
from tests.browser.test_views import shows, view

pytestmark = pytest.mark.browser


def test_a_character_is_followed_and_a_channel_on_its_path_silenced(page, served, console):
    open_page(page, served, view("Follow an answer", follow_target="1"))
    shows(page, "is what the log-probability", timeout=150_000)
    nodes = page.locator("svg .node")
    first = nodes.first
    first.click()
    page.wait_for_url(re.compile("follow_node="))
    settled(page)
    first.focus()
    page.keyboard.press("ArrowRight")
    focused = page.evaluate(
        "() => [...document.querySelectorAll('*')].map(e => e.shadowRoot?.activeElement?.dataset.at).find(Boolean)"
    )
    assert focused == "1.0"
    name = first.get_attribute("aria-label").split(":")[0]
    shows(page, "of all that passes through")
    page.get_by_role("button", name=re.compile("^Silence .*what if")).click()
    shows(page, re.escape(name) + ": set to zero")
    shows(page, "How much each layer has changed")
    alive(page)
    assert console.errors == []
