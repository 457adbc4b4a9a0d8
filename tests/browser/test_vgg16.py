"""VGG16 as a visitor meets it: a class by its number, and one class of a photograph under the methods."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

import pytest

from models import vgg16
from tests.browser.test_page import alive, open_page, settled
from tests.browser.test_views import shows, view

pytestmark = pytest.mark.browser


def test_a_link_opens_on_a_class_by_its_number(page, served, console):
    open_page(page, served, view("VGG16", **{"class": "385", "vgg_part": "Classes"}))
    chosen = page.get_by_role("combobox", name="Class")
    assert chosen.first.input_value() == "Indian elephant · 385"
    if not vgg16.full_is_here():
        told = page.locator('[data-testid="stAlert"]').inner_text()
        assert "385 is Indian elephant" in told and "528 MB" in told
    query = parse_qs(page.url.partition("?")[2])
    assert query["class"] == ["Indian elephant · 385"] and query["view"] == ["VGG16"]
    # numbers and names side by side, and a class found by its number
    page.get_by_role("button", name=re.compile(r"^384\s+indri")).wait_for()
    field = page.get_by_role("textbox", name="A name or a number")
    field.fill("281")
    field.press("Enter")
    page.get_by_role("button", name=re.compile(r"^281\s+tabby")).click()
    page.wait_for_url(re.compile("tabby"))
    settled(page)
    assert chosen.first.input_value() == "tabby · 281"
    # the choice itself takes a number too
    chosen.first.click()
    page.keyboard.type("963")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("963"))
    assert chosen.first.input_value() == "pizza · 963"
    alive(page)
    assert console.errors == []


def test_a_photograph_under_the_methods(page, served):
    open_page(page, served, view("VGG16", photo="chelsea"))
    page.get_by_role("button", name="Show the methods").click()
    for method in ("Saliency", "Guided backpropagation", "Grad-CAM", "LayerCAM"):
        page.get_by_alt_text(f"{method} over the photograph", exact=True).wait_for(timeout=150_000)
    said = shows(page, r"Measures which channels of a layer speak for the class").inner_text()
    assert re.search(r"At block5_conv3\. Strongest at column \d+, row \d+\.", said)
    alive(page)
