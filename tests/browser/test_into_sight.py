"""A view that a visitor's press has opened comes into sight, and nothing else moves the page."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_page import open_page, settled
from tests.browser.test_views import shows, view

pytestmark = pytest.mark.browser

IN_SIGHT = "() => Math.abs(document.querySelector('.st-key-deeper-choice').getBoundingClientRect().top) < 40"
CHANGED = "With this change it"
PATIENCE = 5000  # milliseconds: longer than the page goes on scrolling


def scrolled(page) -> float:
    return page.get_by_test_id("stMain").evaluate("main => main.scrollTop")


def to_the_top(page) -> None:
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")


def tab(page, name: str):
    return page.locator(".st-key-view").get_by_role("radio", name=name, exact=True)


def in_window(page, found) -> bool:
    box = found.bounding_box()
    return box["y"] >= 0 and box["y"] + box["height"] <= page.viewport_size["height"]


def test_a_tab_brings_its_view_into_sight_and_keeps_the_focus(page, served, console):
    open_page(page, served)
    page.wait_for_timeout(PATIENCE)
    assert scrolled(page) == 0  # the address names no view
    tab(page, "Recurrent layers").click()
    page.wait_for_function(IN_SIGHT)
    settled(page)
    assert in_window(page, shows(page, "Reading with less"))
    assert page.evaluate("document.activeElement.innerText") == "Recurrent layers"
    to_the_top(page)
    page.locator(".picks button[title^=LONDON]").first.click()
    page.wait_for_url(re.compile("sample=LONDON"))
    settled(page)
    page.wait_for_timeout(PATIENCE)
    assert scrolled(page) == 0  # another word opens no view
    assert console.errors == []


def test_what_was_silenced_comes_into_sight_from_wherever_it_was_pressed(page, served, console):
    open_page(page, served, "?unit=87.4.6")
    for place in (0, 1):  # the second with *What if?* open already
        to_the_top(page)
        page.locator('.st-key-panel-layers [class*="st-key-silence-layers-"]').nth(place).get_by_role("button").click()
        page.wait_for_function(IN_SIGHT)
        shows(page, "conv_3, channel 87, row 4, column 6: set to zero" if place else "conv_3, channel 87: set to zero")
        settled(page)
        assert in_window(page, shows(page, CHANGED))
    assert console.errors == []


def test_a_button_that_goes_with_its_view_leaves_the_focus_in_the_next(page, served):
    open_page(page, served, view("Recurrent layers"))
    page.wait_for_function(IN_SIGHT)  # a link that names a view
    button = page.locator('[class*="st-key-silence-recurrent-"]').first.get_by_role("button")
    button.focus()
    button.press("Enter")
    shows(page, "Clear all changes")
    settled(page)
    page.wait_for_function("() => document.activeElement.closest('.st-key-deeper')")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText").endswith("Back to Recurrent layers")


def test_a_layer_of_the_network_at_a_glance_leaves_the_page_where_it_is(page, served):
    """Its maps are shown beside it."""
    open_page(page, served)
    page.locator("[data-layer=conv_5]").first.click()
    shows(page, "conv_5 · ")
    settled(page)
    page.wait_for_timeout(PATIENCE)
    assert scrolled(page) == 0
