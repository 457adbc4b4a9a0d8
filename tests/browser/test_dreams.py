"""Dreams of words, from the button to the saved picture, and the saved picture read by the page."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image

from tests.browser.short_jobs import ENDLESS
from tests.browser.test_page import alive, open_page, painted, reading, settled

pytestmark = pytest.mark.browser


def test_a_word_is_dreamt_saved_and_read(page, short, console, tmp_path):
    page.set_default_timeout(60_000)
    open_page(page, short, "?view=Why+this+character%3F&dream=Berlin&dream_count=2")
    page.get_by_role("button", name="Dream it", exact=True).click()
    page.get_by_alt_text(re.compile(r"^The dream after step \d+$")).wait_for()
    page.get_by_text(re.compile("^The network reads Berlin; probability of “Berlin”: 0.61. Seed 1.")).wait_for()
    assert page.get_by_alt_text(re.compile("^Dreamt picture [12], read as Berlin$")).count() == 2
    assert console.errors == []
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save", exact=True).last.click()
    file = tmp_path / saved.value.suggested_filename
    saved.value.save_as(file)
    with Image.open(file) as picture:
        assert picture.size == (128, 32) and np.asarray(picture.convert("L")).min() < 60
    page.get_by_text("Upload", exact=True).first.click()
    page.locator('input[type="file"]').first.set_input_files(file)
    page.wait_for_function("() => document.body.innerText.includes('CTC decoding reads Berlin')")
    settled(page)
    painted(page)
    assert file.name == "dream-Berlin-1.png" and reading(page) == "Berlin"
    alive(page)


def test_a_dream_is_cancelled_and_the_examples_come_back(page, short):
    open_page(page, short, f"?view=Why+this+character%3F&dream={ENDLESS}")
    page.get_by_role("button", name="Dream it", exact=True).click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text(re.compile("^Cancelled")).wait_for()
    page.get_by_role("button", name="Back", exact=True).click()
    page.get_by_text("Dreamt beforehand.").wait_for()
    alive(page)
