"""The view *What if?* in the browser: a channel silenced from its map, the link opened anew, all cleared; a curve."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_page import alive, open_page, settled
from tests.browser.test_views import shows, view

pytestmark = pytest.mark.browser


def test_a_channel_is_silenced_from_its_map_shared_and_cleared(page, served, console):
    open_page(page, served, view("Layer by layer", deep="conv_3", deep_unit="151.3.12"))
    page.get_by_role("button", name="Silence channel 151: what if?").click()
    shows(page, "conv_3, channel 151: set to zero")
    page.wait_for_url(re.compile("changes=conv_3.c151.zero"))
    settled(page)
    open_page(page, served, page.url.removeprefix(served.url).lstrip("/"))
    shows(page, "conv_3, channel 151: set to zero")
    shows(page, "How much each layer has changed")
    page.get_by_role("button", name="Clear all changes").click()
    shows(page, "Nothing is changed")
    alive(page)
    assert console.errors == []


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
