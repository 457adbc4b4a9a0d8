"""The tour in the browser: by keys alone, with nothing but this server to ask, on a phone and a laptop, light and dark,
for a word that is typed and for a network that nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from explain.panels.tour.steps import OF_CLASSES, OF_WORDS
from tests.browser.conftest import Served
from tests.browser.test_page import settled

pytestmark = pytest.mark.browser

WITHOUT_DREAMS = [step.title for step in OF_WORDS if step.name != "dreams"]


@contextmanager
def visitor(browser, third: Served, address: str, **settings) -> Iterator:
    """A page that can ask nobody but this server; whatever else it asks, and every complaint, fails the test."""
    context = browser.new_context(**{"viewport": {"width": 1400, "height": 900}, **settings})
    asked: list[str] = []

    def route(request) -> None:
        url = request.request.url
        if url.startswith(f"{third.url}/media/"):  # gone once the next run begins: pictures travel inside the page
            asked.append(url)
        if url.startswith((third.url, "data:", "blob:")):
            request.continue_()
        else:
            asked.append(url)
            request.abort()

    context.route("**/*", route)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.on("console", lambda said: asked.append(said.text) if said.type == "error" else None)
    page.on("response", lambda answer: asked.append(answer.url) if answer.status >= 400 else None)
    page.on("pageerror", lambda error: asked.append(str(error)))
    page.goto(f"{third.url}/?{address}")
    yield page
    assert page.locator('[data-testid="stException"]').count() == 0
    context.close()
    assert asked == []


def at(page, title: str) -> None:
    """Waits for a step, its picture and its mark on the page."""
    page.locator(".card h2").get_by_text(title, exact=True).wait_for()
    page.locator(".scene img").first.wait_for()


def through(page, titles: list[str], key: str) -> None:
    for number, title in enumerate(titles, start=1):
        at(page, title)
        page.wait_for_url(re.compile(rf"tour={number}\b"))
        assert page.locator(".card [aria-current]").get_attribute("aria-label") == f"{number}: {title}"
        if number < len(titles):
            page.keyboard.press(key)


def test_a_presenters_remote_leads_through_it_on_a_phone_in_the_dark(browser, third):
    phone = {"viewport": {"width": 420, "height": 900}, "color_scheme": "dark", "reduced_motion": "reduce"}
    with visitor(browser, third, "tour=1", **phone) as page:
        through(page, [step.title for step in OF_WORDS], "PageDown")
        card = page.locator(".st-key-tour").bounding_box()
        assert card["x"] >= 0 and card["x"] + card["width"] <= 420 and card["y"] + card["height"] <= 901
        assert page.evaluate("document.documentElement.scrollWidth") <= 420
        assert page.locator(".st-key-tour").evaluate("(card) => card.scrollWidth <= card.clientWidth + 1")


def test_keys_alone_start_it_leave_it_and_take_it_up_again_for_a_typed_word(browser, third):
    with visitor(browser, third, "from=Type+a+word&word_text=Hi") as page:
        start = page.get_by_role("button", name="Take the tour")
        start.wait_for()
        settled(page)
        assert start.bounding_box()["y"] + start.bounding_box()["height"] < 900
        start.focus()
        page.keyboard.press("Enter")
        at(page, OF_WORDS[0].title)
        page.keyboard.press("ArrowRight")
        at(page, OF_WORDS[1].title)
        page.locator(".st-key-deeper").get_by_text("Every number in a network").wait_for()
        page.keyboard.press("ArrowLeft")
        at(page, OF_WORDS[0].title)
        page.keyboard.press("Escape")
        page.locator(".card").wait_for(state="detached")
        assert "tour=" not in page.url
        number = numbered("collapse")
        page.goto(f"{page.url}&tour={number}")
        at(page, OF_WORDS[number - 1].title)
        live = page.locator('.card [aria-live="polite"]').inner_text()
        assert "the blanks go: “Hi”" in live and f"step {number} of {len(OF_WORDS)}" in live
        page.get_by_role("slider", name="Frame", exact=True).wait_for()
        page.get_by_role("button", name="Next").press("Enter")
        at(page, OF_WORDS[number].title)


def numbered(name: str) -> int:
    """A step's number, from 1 on."""
    return [step.name for step in OF_WORDS].index(name) + 1


def test_the_view_beside_a_step_shows_what_it_speaks_of(browser, third):
    """Its layer, method and change as well as another step's before it, also where its switches are on the page."""
    with visitor(browser, third, f"tour={numbered('silence')}") as page:
        view, text = page.locator(".st-key-deeper"), page.locator(".card p")
        at(page, OF_WORDS[numbered("silence") - 1].title)
        reads = re.search(r"and “(\w+)” is read", text.inner_text()).group(1)
        view.get_by_text(re.compile(f"reads {reads} instead of")).wait_for()
        for away in ("memory", "filter"):  # where the visitor has chosen otherwise before, with and without the view
            view.get_by_role("radio", name="VGG16").click()
            view.get_by_text("block3_conv1").first.wait_for()
            if away == "memory":
                page.locator(".card .dots button").nth(numbered(away) - 1).click()
                at(page, OF_WORDS[numbered(away) - 1].title)
            page.locator(".card .dots button").last.click()
            wrong = re.search(r"“(\w+)” and gives that text a probability of (\d+)", told(page, "Yes. Spoilt"))
            view.get_by_text(re.compile(f"^reads {wrong.group(1)}, probability 0.{wrong.group(2)[0]}")).wait_for()
            page.locator(".card .dots button").nth(numbered("silence") - 1).click()
            view.get_by_text(re.compile(f"reads {reads} instead of")).wait_for()
        page.locator(".card .dots button").nth(numbered("why") - 1).click()
        at(page, OF_WORDS[numbered("why") - 1].title)
        first, last = re.search(r"columns (\d+) to (\d+)", told(page, "covered it keeps")).groups()
        view.get_by_text(f"The patch costs most at columns {first} to {last}").wait_for()


def told(page, part: str) -> str:
    """The step's text once it says this, which takes some work."""
    text = page.locator(".card p").filter(has_text=part)
    text.wait_for()
    return text.inner_text()


def test_a_network_that_nobody_knows_has_its_general_steps(browser, third):
    with visitor(browser, third, "network=third&tour=1") as page:
        at(page, WITHOUT_DREAMS[0])
        titles = page.locator(".card .dots button").evaluate_all("(dots) => dots.map((dot) => dot.title)")
        assert (
            titles == [title for title in WITHOUT_DREAMS if title in titles] and len(titles) >= len(WITHOUT_DREAMS) - 1
        )
        through(page, titles[:3], "ArrowRight")
        page.locator(".card .dots button").last.click()
        at(page, titles[-1])
        assert page.get_by_role("button", name="Finish").is_visible()


def test_the_classifier_has_a_shorter_one(browser, third):
    with visitor(browser, third, "network=vgg16-cam&photo=chelsea&tour=4") as page:
        at(page, OF_CLASSES[3].title)
        page.locator(".card").get_by_text("384 is indri").wait_for()
        page.keyboard.press("End")
        page.keyboard.press("PageUp")
        at(page, OF_CLASSES[2].title)
