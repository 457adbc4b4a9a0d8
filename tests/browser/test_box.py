"""The box on a picture of the visitor's own: from a street to one of its words, by mouse, finger and keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Served, serving
from tests.browser.street import SIGNS, SIZE, street
from tests.browser.test_page import alive, open_page, reading, settled

pytestmark = pytest.mark.browser

NARROW = {"width": 390, "height": 800}
FINGER = 24  # screen pixels that a finger needs


@pytest.fixture(scope="module")
def signs(tmp_path_factory) -> Iterator[Served]:
    """A server of the page that finds the words on the drawn street."""
    with serving(tmp_path_factory.mktemp("signs"), "tests/browser/signs_page.py") as running:
        yield running


@pytest.fixture(scope="module")
def photograph(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("street") / "street.jpg"
    street().save(path, quality=90)
    return path


@pytest.fixture
def telephone(browser, console) -> Iterator:
    """A fresh visitor with a narrow screen that is touched."""
    context = browser.new_context(viewport=NARROW, has_touch=True, is_mobile=True)
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    opened.on("pageerror", lambda error: console.errors.append(str(error)))
    yield opened
    context.close()


def bring(page, served: Served, path: Path) -> None:
    """Opens the page and uploads the picture; the box is then around all of it."""
    open_page(page, served, "?from=Upload")
    page.locator('[data-testid="stFileUploaderDropzoneInput"]').first.set_input_files(path)
    page.locator(".word-box .mark.whole").wait_for()
    page.locator(".word-box .place").filter(has_text=f"{path.name}: the whole picture").wait_for()
    page.locator(".word-box .hint").filter(has_not_text="Looking").wait_for()
    settled(page)  # nothing moves any more under a stroke that is measured out on the screen


def on_screen(page, box) -> list[tuple[float, float]]:
    """The corners of a box, left top and right bottom, in pixels of the street, as places on the screen."""
    frame = page.locator(".word-box .stage > img").bounding_box()
    scale = frame["width"] / SIZE[0]
    return [(frame["x"] + scale * x, frame["y"] + scale * y) for x, y in (box[:2], box[2:])]


def marked(page) -> tuple[int, ...]:
    """Where the box is, as a screen reader is told."""
    said = page.locator(".word-box .mark").get_attribute("aria-label")
    left, right, top, bottom = map(
        int, re.search(r"columns (\d+) to (\d+) of \d+, rows (\d+) to (\d+) of", said).groups()
    )
    return left, top, right, bottom


def draw(page, box) -> None:
    """One stroke of the mouse; the button stays down."""
    start, end = on_screen(page, box)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=6)


def box_reads(page, word: str) -> None:
    """Waits until that stands beside the picture."""
    page.locator(".word-box .reading").get_by_text(word, exact=True).wait_for()


def page_reads(page, word: str) -> None:
    """Waits until that is what the whole page is about."""
    page.get_by_text(f"CTC decoding reads {word}").wait_for()


def test_a_stroke_of_the_mouse_reads_a_sign_before_it_ends(page, signs, photograph, console):
    bring(page, signs, photograph)
    before = reading(page)
    left, top, right, bottom = SIGNS["bakery"][0]
    draw(page, (left, top, right, bottom))
    box_reads(page, "bakery")
    assert reading(page) == before != "bakery"  # the page follows when the box has come to rest
    page.mouse.up()
    page_reads(page, "bakery")
    assert marked(page) == pytest.approx((left, top, right, bottom), abs=3)
    strokes = [
        ((left + 100, top + 40), (left + 100, top - 10)),  # moved by what lies in it
        ((right, bottom - 50), (right - 60, bottom - 50)),  # stretched at a corner, which stands a little off a low box
    ]
    for start, end in strokes:
        (x, y), (to_x, to_y) = on_screen(page, (*start, *end))
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(to_x, to_y, steps=3)
        page.mouse.up()
    page.get_by_text("CTC decoding reads bakery").wait_for(state="detached")
    assert marked(page) == pytest.approx((left, top - 50, right - 60, bottom - 50), abs=5)
    page.get_by_role("button", name="Whole picture").click()
    page.locator(".word-box .mark.whole").wait_for()
    page.get_by_role("button", name="Enlarge", exact=True).click()
    page.wait_for_function("document.fullscreenElement")
    page.wait_for_function(
        "[...document.querySelectorAll('*')].some((e) => "
        "e.shadowRoot?.querySelector('.word-box .stage')?.clientHeight > 500)"
    )
    draw(page, SIGNS["hotel"][0])
    page.mouse.up()
    box_reads(page, "hotel")
    page.get_by_role("button", name="Enlarge", exact=True).click()
    page_reads(page, "hotel")
    alive(page)
    assert console.errors == []


def test_a_click_takes_a_proposed_word_and_the_keyboard_another(page, signs, photograph):
    bring(page, signs, photograph)
    words = page.locator(".word-box .word")
    words.nth(2).wait_for()
    assert [word.get_attribute("aria-label") for word in words.all()] == [f"Word {n} of 3" for n in (1, 2, 3)]
    page.get_by_role("button", name="Word 1 of 3").click()
    page_reads(page, "hotel")
    assert marked(page) == SIGNS["hotel"][0]
    mark, step = page.get_by_role("application"), round(max(SIZE) / 100)
    mark.focus()
    moves = [to - at for at, to in zip(SIGNS["hotel"][0], SIGNS["bakery"][0], strict=True)]
    for axis, (less, more) in enumerate((("ArrowLeft", "ArrowRight"), ("ArrowUp", "ArrowDown"))):
        for keys, length in (("", moves[axis]), ("Shift+", moves[axis + 2] - moves[axis])):
            for _ in range(round(abs(length) / step)):
                page.keyboard.press(keys + (more if length > 0 else less))
    page_reads(page, "bakery")
    assert marked(page) == pytest.approx(SIGNS["bakery"][0], abs=step)
    assert "the network reads bakery, 0.9" in mark.get_attribute("aria-label")
    page.keyboard.press("Escape")
    page.locator(".word-box .mark.whole").wait_for()
    page.get_by_role("button", name="Word 2 of 3").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page_reads(page, "garden")


def test_a_finger_on_a_narrow_screen(telephone, signs, photograph, console):
    page = telephone
    bring(page, signs, photograph)
    page.locator(".word-box .stage").scroll_into_view_if_needed()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    stage = page.locator(".word-box .stage").bounding_box()
    assert stage["x"] >= 0 and stage["x"] + stage["width"] <= NARROW["width"] and stage["height"] <= 260
    client, scrolled = page.context.new_cdp_session(page), page.evaluate("window.scrollY")
    start, end = on_screen(page, SIGNS["bakery"][0])
    for kind, share in (("touchStart", 0), ("touchMove", 0.3), ("touchMove", 0.7), ("touchMove", 1), ("touchEnd", 1)):
        at = {axis: a + share * (b - a) for axis, a, b in zip("xy", start, end, strict=True)}
        points = [] if kind == "touchEnd" else [at]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    box_reads(page, "bakery")
    page_reads(page, "bakery")
    assert page.evaluate("window.scrollY") == scrolled
    for grip in page.locator(".word-box .grip:visible").all():
        assert min(grip.bounding_box()["width"], grip.bounding_box()["height"]) >= FINGER
    page.get_by_role("button", name="Word 3 of 3").tap()
    page_reads(page, "garden")
    assert console.errors == []


def test_a_picture_that_lies_is_turned_and_its_box_with_it(page, signs, photograph, tmp_path):
    street().rotate(90, expand=True).save(tmp_path / "lying.png")  # Pillow turns to the left
    bring(page, signs, tmp_path / "lying.png")
    page.get_by_role("button", name=re.compile("quarter to the right")).click()
    page.get_by_role("button", name="Word 2 of 3").click()
    page_reads(page, "bakery")
    page.get_by_role("button", name=re.compile("quarter to the left")).click()
    page.get_by_text("CTC decoding reads bakery").wait_for(state="detached")
    left, top, right, bottom = SIGNS["bakery"][0]
    assert marked(page) == (top, SIZE[0] - right, bottom, SIZE[0] - left)
    page.get_by_role("button", name=re.compile("quarter to the right")).click()
    page_reads(page, "bakery")
