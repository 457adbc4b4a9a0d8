"""Inside the CRNN, with the mouse: what is marked is where the library says it is, the beam search plays, and the
README's questions are answered by what stands on the page."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

import numpy as np
import pytest

from explain.ctc import alternatives, decoding
from explain.layers.receptive_field import receptive_field
from explain.network.session import Network
from models import crnn
from models.pictures import open_picture
from tests.browser.conftest import ROOT
from tests.browser.test_page import alive, open_page, settled

pytestmark = pytest.mark.browser

INK = "#d9480f"  # of the frame around what is chosen
NEAR = 1.5  # input pixels: the width of the frame's line, and what the screen rounds; from frame to frame it is four


@pytest.fixture
def page(page):
    """Patient: a view is drawn in a second, on a machine with much else to do in many."""
    page.set_default_timeout(90_000)
    return page


@pytest.fixture(scope="module")
def softmax() -> np.ndarray:
    """`(31, 63)` of the page's first sample, from ONNX Runtime without the page."""
    picture = open_picture(crnn.CARD.weights.parents[1] / "samples" / "words" / "elephant.png")
    return Network(crnn.CARD).run(crnn.prepare(picture))["outputs"][0]


def view(name: str, more: str = "") -> str:
    return f"?view={name.replace(' ', '+').replace('?', '%3F')}{more}"


def seen(first: int, last: int) -> tuple[int, int]:
    """Input columns, from and to, that the convolutions of these frames see."""
    field = receptive_field(crnn.CARD, "squeezed")
    _, left, *_ = field.box(0, first)
    *_, right = field.box(0, last)
    return max(left, 0), min(right, crnn.WIDTH)


def framed_on_word(chart) -> list[tuple[float, float]]:
    """Input columns, from and to, of every frame drawn on the word of a chart."""
    word = chart.locator("image").first.bounding_box()
    boxes = [frame.bounding_box() for frame in chart.locator(f'path[stroke="{INK}"]').all()]
    scale = crnn.WIDTH / word["width"]
    return [
        ((box["x"] - word["x"]) * scale, (box["x"] + box["width"] - word["x"]) * scale)
        for box in boxes
        if box["y"] < word["y"] + word["height"] / 2
    ]


def charts(page):
    return page.locator('[data-testid="stVegaLiteChart"]')


def until_marked(page, number: int, columns: tuple[int, int]) -> None:
    """Waits until the chart with that number frames exactly these columns of its word."""
    page.wait_for_function(
        """([number, ink]) => document.querySelectorAll('[data-testid="stVegaLiteChart"]')[number]
          ?.querySelectorAll(`path[stroke="${ink}"]`).length > 1""",
        arg=[number, INK],
    )
    settled(page)
    assert framed_on_word(charts(page).nth(number)) == [pytest.approx(columns, abs=NEAR)]


def middle(box: dict, start: str, size: str) -> float:
    return box[start] + box[size] / 2


def test_a_character_clicked_in_the_lattice_is_marked_in_all_views(page, served, softmax, console):
    place = 4
    span = decoding.best_path(softmax).spans[place]
    assert span.end - span.start == 1
    open_page(page, served, view("CTC in depth"))
    page.get_by_text("The lattice of “elephant”").wait_for()
    lattice = charts(page).filter(has=page.locator('path[aria-label*="row: h, 5th character"]')).first
    cell = lattice.locator(f'path[aria-label*="frame: {span.start}; "][aria-label*="row: h, 5th character"]')
    cell.click()
    page.mouse.move(5, 5)  # what the pointer is over is framed as well
    page.get_by_text("5th character, h").wait_for()
    until_marked(page, 0, seen(span.start, span.start))  # heat map and picture of panel 2
    assert charts(page).nth(0).locator(f'path[stroke="{INK}"]').count() == 2
    assert framed_on_word(lattice) == [pytest.approx(seen(span.start, span.end - 1), abs=NEAR)]
    marked, clicked = lattice.locator(f'path[stroke="{INK}"]').first.bounding_box(), cell.bounding_box()
    assert middle(marked, "y", "height") == pytest.approx(middle(clicked, "y", "height"), abs=1)
    assert middle(marked, "x", "width") == pytest.approx(
        middle(clicked, "x", "width"), abs=1
    )  # it is told at one frame

    page.get_by_text("Recurrent layers", exact=True).click()
    settled(page)  # a click while the view is still being built may be lost
    page.get_by_role("radio", name="forget gate", exact=True).click()
    page.locator(".states .line").filter(has_text=re.compile(rf"frame {span.start} · forget gate ")).wait_for()
    canvas = page.locator(".states canvas").bounding_box()
    gate = page.locator(".states canvas ~ div").nth(1).bounding_box()
    frame = (middle(gate, "x", "width") - canvas["x"]) / canvas["width"] * crnn.FRAMES
    assert frame == pytest.approx(span.start + 0.5, abs=0.1)

    page.get_by_text("Why this character?", exact=True).click()
    page.get_by_text("“h” is read at").wait_for()
    alive(page)
    assert console.errors == []


# Presses Play or Pause inside the page, which no frame can overtake; frames are gathered until the film stops or
# `until` is shown, when it is paused.
PLAY = """async (until) => {
  const inside = [...document.querySelectorAll('*')].map((e) => e.shadowRoot).find((r) => r?.querySelector('.beams'));
  const play = inside.querySelector('.bar button'), slider = inside.querySelector('.bar input');
  const shown = [Number(slider.value)];
  const look = () => Number(slider.value) === shown.at(-1) || shown.push(Number(slider.value));
  play.click();
  for (look(); play.textContent.includes('Pause'); look()) {
    if (shown.at(-1) === until) play.click();
    else await new Promise(requestAnimationFrame);
  }
  return shown;
}"""


def test_the_beam_search_plays_frame_by_frame_to_the_end(page, served, softmax):
    last = crnn.FRAMES - 1
    open_page(page, served, view("CTC in depth", f"&beams=10&beam_frame={last - 3}"))
    page.locator(".beams .rows").wait_for()
    living(page, softmax, last - 3)
    assert page.evaluate(PLAY) == [last - 3, last - 2, last - 1, last]
    page.wait_for_url(re.compile(rf"beam_frame={last}\b"))
    living(page, softmax, last)


def test_the_beam_search_pauses_and_goes_on(page, served, softmax):
    open_page(page, served, view("CTC in depth", "&beams=10"))
    page.locator(".beams .rows").wait_for()
    said = page.get_by_text(re.compile(r"It opens at frame \d+")).inner_text()
    first = int(re.search(r"It opens at frame (\d+)", said)[1])
    assert page.evaluate(PLAY) == list(range(first, crnn.FRAMES)) and first < crnn.FRAMES - 1
    page.wait_for_url(re.compile(rf"beam_frame={crnn.FRAMES - 1}\b"))
    assert page.evaluate(PLAY, 2) == [crnn.FRAMES - 1, 0, 1, 2]  # from the end it starts anew
    page.wait_for_url(re.compile(r"beam_frame=2\b"))
    page.wait_for_timeout(1000)  # two frames' time
    assert page.locator(".beams .bar input").input_value() == "2"
    assert page.locator(".beams .bar button").inner_text().endswith("Play")
    living(page, softmax, 2)
    assert page.evaluate(PLAY, 4) == [2, 3, 4]


def living(page, softmax: np.ndarray, frame: int) -> None:
    """The prefixes on the page are those that the library has living after that frame, likeliest first."""
    expected = [decoding.text(prefix.prefix, crnn.LABELS) for prefix in decoding.beam_record(softmax, 10)[frame].living]
    shown = page.locator(".beams .prefix").all_inner_texts()
    assert shown == [text or "(nothing yet)" for text in expected][: len(shown)] and len(shown) == min(
        10, len(expected)
    )


def questions() -> dict[str, str]:
    """The README's questions and their links."""
    readme = (ROOT / "README.md").read_text()
    return dict(re.findall(r"^\| ([^|]+\?|What in [^|]+) \| `(\?[^`]+)`", readme, re.MULTILINE))


def test_the_questions_ask_for_what_their_links_choose(softmax):
    """Frames, characters and units in the links are those that the questions speak of, as the network reads now."""
    links = questions()
    assert len(links) == 12
    best = decoding.best_path(softmax)
    chosen = {question: parse_qs(link[1:]) for question, link in links.items()}

    def of(words: str) -> dict[str, list[str]]:
        (found,) = [query for question, query in chosen.items() if words in question]
        return found

    letter, _, frame = map(int, of("speak for *e*")["hand_unit"][0].split("."))
    assert crnn.LABELS[letter] == "e" == crnn.LABELS[best.path[frame]]
    assert int(of("after the first letter")["frame"][0]) == best.spans[0].end
    second = int(of("second *e*")["character"][0])
    letters = decoding.text(best.labels, crnn.LABELS)
    assert letters[second] == "e" and letters[:second].count("e") == 1
    assert letters[int(of("make it a *p*")["character"][0])] == "p"


def test_answers_stand_on_the_page(page, served, softmax):
    """Of the questions whose answer is a number or a place: it is the library's."""
    links = questions()
    by = {words: link for question, link in links.items() for words in WORDS if words in question}
    open_page(page, served, by["frame 12 see"])
    until_marked(page, 0, seen(12, 12))

    open_page(page, served, by["second *e*"])
    character = alternatives.characters(softmax, decoding.best_path(softmax).labels)[2]
    rival = crnn.LABELS[character.rival]
    said = page.get_by_text("3rd character, e").first
    said.wait_for()
    assert f"is {character.posterior:.1%} sure" in said.inner_text() and f"rival is {rival}" in said.inner_text()

    open_page(page, served, by["make it a *p*"])
    frame = decoding.best_path(softmax).spans[3].start
    said = page.get_by_text(re.compile(r"costs most at columns \d+ to \d+"))
    said.wait_for()
    left, right = map(int, re.search(r"columns (\d+) to (\d+)", said.inner_text()).groups())
    start, end = seen(frame, frame)
    assert start <= left and right < end  # within what the convolutions of the frame that says p see


WORDS = ("frame 12 see", "second *e*", "make it a *p*")
