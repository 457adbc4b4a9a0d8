"""The presenter's mode in Chromium: large type over the whole screen, left by Escape; link and picture."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tests.browser.test_page import open_page, settled

pytestmark = pytest.mark.browser

SIZE = """(selector) => {
  const node = document.querySelector(selector);
  return parseFloat(getComputedStyle(node).fontSize) * (node.currentCSSZoom || 1);
}"""
CLIP = """async () => {
  const [item] = await navigator.clipboard.read();
  const bytes = new Uint8Array(await (await item.getType('image/png')).arrayBuffer());
  return Array.from(bytes);
}"""


def test_a_view_fills_the_screen_and_is_handed_on(page, served, console):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.set_viewport_size({"width": 1920, "height": 1500})
    open_page(page, served, "?view=How+it+learnt")
    usual = page.evaluate(SIZE, ".st-key-deeper [data-testid=stCaptionContainer] p")
    page.get_by_role("button", name="Present", exact=True).click()
    page.wait_for_function("() => new URL(location).searchParams.get('present') === '1'")
    leave = page.get_by_role("button", name="Leave (Esc)", exact=True)
    leave.wait_for()
    settled(page)
    page.locator('.st-key-deeper [data-testid="stVegaLiteChart"] svg').nth(1).wait_for()
    assert page.get_by_text("Class visualisation", exact=True).count() == 1, (
        "the panel is left out, its button is there"
    )
    assert page.evaluate(SIZE, ".st-key-deeper [data-testid=stCaptionContainer] p") >= max(22, 1.5 * usual)
    box = page.locator(".st-key-deeper").bounding_box()
    assert box["width"] > 0.93 * 1920 and box["y"] < 140
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"

    page.get_by_role("button", name="Copy link", exact=True).click()
    page.get_by_text("Link copied").wait_for()
    assert page.evaluate("() => navigator.clipboard.readText()") == page.url

    page.get_by_role("button", name="Copy picture", exact=True).click()
    page.get_by_text("Picture copied").wait_for()
    picture = Image.open(io.BytesIO(bytes(page.evaluate(CLIP)))).convert("RGB")
    assert picture.width == pytest.approx(2 * box["width"], rel=0.02) or max(picture.size) >= 7900
    shown = Image.open(io.BytesIO(page.locator(".st-key-deeper").screenshot())).convert("RGB")
    small = [np.asarray(one.resize((120, 90), Image.Resampling.BOX), np.float64).ravel() for one in (picture, shown)]
    assert np.corrcoef(small)[0, 1] > 0.8, "what was copied looks like what is seen"

    page.keyboard.press("Escape")
    page.get_by_text("Layers", exact=True).first.wait_for()
    page.wait_for_function("() => !new URL(location).searchParams.has('present')")
    assert console.errors == []
