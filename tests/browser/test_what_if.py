"""The view *What if?* in the browser: a channel silenced from its map, the link opened anew, all cleared; a curve."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_page import alive, open_page, settled
from tests.browser.test_views import shows, view

pytestmark = pytest.mark.browser

READS = re.compile(r"^reads .*, probability")


def silence_from_map(page, channel: int) -> None:
    """Clicks a channel's map in *Layer by layer*, and then the button that silences the channel."""
    page.locator(f'.tile[data-channel="{channel}"] canvas').last.click()
    settled(page)
    buttons = page.locator('[class*="st-key-silence-deep-"]')
    buttons.get_by_role("button", name=f"Silence channel {channel}", exact=True).click()
    page.get_by_text("Clear all changes").wait_for()
    settled(page)


def readings(page) -> list[str]:
    """What is read untouched and changed, each with its probability."""
    lines = page.get_by_text(READS)
    lines.nth(1).wait_for()
    return [line.inner_text() for line in lines.all()]


def test_a_channel_is_silenced_from_its_map_shared_and_cleared(page, served, console):
    open_page(page, served, view("Layer by layer", sample="market", deep="conv_2"))
    silence_from_map(page, 84)
    shows(page, "conv_2, channel 84: set to zero")
    page.wait_for_url(re.compile("changes=conv_2.c84.zero"))
    untouched, changed = readings(page)
    assert untouched.startswith("reads market,") and changed.startswith("reads morket,")
    other = page.context.new_page()
    other.goto(page.url)
    assert readings(other) == [untouched, changed]
    shows(other, "conv_2, channel 84: set to zero")
    other.get_by_role("button", name="Clear all changes").click()
    shows(other, "Nothing is changed")
    other.close()
    page.get_by_role("button", name="Back to Layer by layer").click()
    page.locator('[class*="st-key-silence-deep-"]').first.wait_for()
    assert "back=" not in page.url and "deep_unit=84" in page.url
    alive(page)
    assert console.errors == []


def test_the_same_with_a_network_that_nothing_here_knows(page, third, console):
    page.goto(f"{third.url}/{view('Layer by layer', network='third', deep='t7')}")
    page.locator('.tile[data-channel="3"] canvas').last.wait_for()
    settled(page)
    silence_from_map(page, 3)
    untouched, changed = readings(page)
    assert untouched != changed
    page.reload()
    assert readings(page) == [untouched, changed]
    page.get_by_role("button", name="Clear all changes").click()
    shows(page, "Nothing is changed")
    page.get_by_role("button", name="Blur the picture by 2 pixels").click()
    shows(page, "over the slider")
    page.get_by_role("radio", name="Where is it decided?").click()
    settled(page)
    assert page.locator('[data-testid="stException"]').count() == 0
    assert console.errors == []


def test_three_clicks_from_the_first_screen(page, served):
    open_page(page, served)
    page.get_by_role("radio", name="What if?").click()
    page.get_by_role("radio", name="The picture", exact=True).click()
    page.get_by_role("radio", name="Shifted to the right").click()
    shows(page, "Shifted to the right: pixels")
    assert page.get_by_role("slider").first.input_value() == "3"


def test_a_change_that_breaks_the_reading_says_what_is_read_instead(page, served):
    open_page(page, served, view("What if?", changes="blstm_1.backward.zero~blstm_2.forward.zero"))
    shows(page, "is left with probability")
    alive(page)


def test_the_answer_is_a_curve_over_the_slider(page, served):
    open_page(page, served, view("What if?", what_if_part="The picture", picture_change="Inverted"))
    shows(page, "over the slider")
    page.locator('[data-testid="stVegaLiteChart"] svg').last.wait_for()
    shows(page, "reads elephant")
    alive(page)
