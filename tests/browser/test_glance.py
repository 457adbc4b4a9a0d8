"""The network at a glance: a strip that leaves the three panels on the first screen, for the pointer and for keys."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_page import open_page, settled, to_the_top

pytestmark = pytest.mark.browser


def test_the_strip_stands_above_the_panels_and_leads_to_the_layers(page, served, console):
    open_page(page, served, "?view=CTC in depth")  # which the page brings into sight, until a visitor scrolls
    to_the_top(page)
    block = page.locator('[data-layer="conv_4"]')
    line = page.locator(".glance .line")
    box = page.locator(".glance").bounding_box()
    assert box["height"] <= 125 and box["x"] >= 0 and box["x"] + box["width"] <= 1400
    for title in ("Layers", "CTC decoding", "Class visualisation"):
        panel = page.locator('[data-testid="stColumn"]').filter(has_text=title).first.bounding_box()
        assert box["y"] + box["height"] <= panel["y"] and panel["y"] + panel["height"] <= 900
    assert "Convolutional Recurrent Neural Network" in line.inner_text()

    block.hover()
    assert line.inner_text().startswith("conv_4 · 8 rows, 32 columns, 256 channels · 590,080 parameters")
    page.mouse.move(5, 5)
    assert "Convolutional Recurrent Neural Network" in line.inner_text()
    block.click()
    page.get_by_text("conv_4 · convolution").wait_for()
    page.locator('.chips button[title="conv_4"][aria-pressed="true"]').wait_for()
    settled(page)
    assert re.search(r"\blayer=conv_4\b", page.url) and re.search(r"\bdeep=conv_4\b", page.url)

    # By keys alone: one stop for the tab key, arrows from block to block.
    page.locator('.glance [tabindex="0"]').first.focus()
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.dataset.layer") == "conv_4"
    page.keyboard.press("ArrowRight")
    assert line.inner_text().startswith("pool_4 · 4 rows, 32 columns, 256 channels · no parameters")
    page.keyboard.press("Enter")
    page.get_by_text("pool_4 · max pooling").wait_for()
    names = page.locator(".glance [data-layer]").evaluate_all("all => all.map((one) => one.getAttribute('aria-label'))")
    assert len(names) == 18 and all(" · " in name for name in names)
    assert console.errors == []
