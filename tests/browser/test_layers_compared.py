"""The parts of *Layer by layer* in the browser: what each layer costs, which first tells two characters; one opened."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_page import alive, open_page, settled
from tests.browser.test_views import shows

pytestmark = pytest.mark.browser


def test_costs_times_and_what_tells_two_characters_in_a_click_each(page, served, console):
    open_page(page, served)
    page.get_by_role("radio", name="Cost of each layer").click()
    shows(page, "conv_6 does 37% of all multiply-adds")
    shows(page, "of the time: .* a pass on")
    settled(page)
    assert "deep_part=Cost" in page.url
    page.get_by_role("radio", name="Which layer tells?").click()
    shows(page, "Dashed: chance", 240_000)  # 8 s of one core, which others may want
    dots = page.locator('[data-testid="stVegaLiteChart"]').last.locator("svg .mark-symbol path")
    assert dots.count() == 18  # the pixels and 17 layers
    dots.nth(4).click()
    page.wait_for_url(re.compile("deep=pool_2"))
    shows(page, "pool_2")
    settled(page)
    alive(page)
    assert console.errors == []
