"""The deeper views: each opens by its link with something to see, answers, and survives a link that makes no sense."""

from __future__ import annotations

import json
import re
import zipfile
from urllib.parse import parse_qs, quote_plus

import numpy as np
import pytest

from explain.ctc import alternatives, decoding
from explain.network.session import Network
from explain.pictures.notation import ordinal
from models import crnn
from models.pictures import open_picture
from tests.browser.conftest import ROOT
from tests.browser.test_page import alive, open_page, settled

pytestmark = pytest.mark.browser

PARAMETERS = [
    *["hand_network", "hand_layer", "hand_unit", "lstm_layer", "lstm_direction", "lstm_state", "lstm_scale"],
    *[
        "lstm_unit",
        "lstm_answers",
        "lstm_reset",
        "lattice",
        "character",
        "what_if",
        "rival",
        "why_patch",
        "why_rival",
        "why_layer",
        "why_check",
    ],
    *["dream", "dream_what", "dream_count", "dream_frame", "dream_layer", "dream_channel", "dream_blstm", "dream_unit"],
    *[
        "deep_network",
        "vgg_network",
        "photo",
        "map_of",
        "vgg_part",
        "vgg_methods",
        "vgg_layer",
        "vgg_patch",
        "vgg_filters",
        "vgg_check",
    ],
    *["vgg_filter", "class_search", "dream_preset", "dream_several", "dream_diversity", "dream_full", "deep_filter"],
    *["deep_character", "dream_aim", "deep_part", "tells_of", "tells_first", "tells_second"],
    *["follow_network", "follow_target", "follow_layers", "follow_node"],
]


def view(name: str, **parameters: str) -> str:
    return "?" + "&".join(f"{key}={quote_plus(value)}" for key, value in {"view": name, **parameters}.items())


def shows(page, text: str, timeout: float = 20_000):
    found = page.get_by_text(re.compile(text)).first
    found.wait_for(timeout=timeout)
    return found


@pytest.fixture(scope="module")
def elephant() -> np.ndarray:
    """The softmax (31, 63) of the page's first sample."""
    picture = open_picture(crnn.CARD.weights.parents[1] / "samples" / "words" / "elephant.png")
    return Network(crnn.CARD).run(crnn.prepare(picture))["outputs"][0]


@pytest.mark.parametrize(
    ("name", "parameters", "text"),
    [
        ("One unit by hand", {}, "they agree"),
        ("One unit by hand", {"hand_layer": "blstm_1"}, "they agree"),
        ("One unit by hand", {"hand_network": "VGG16"}, "they agree"),
        ("Recurrent layers", {"lstm_unit": "7"}, "The story of unit 7"),
        ("Recurrent layers", {"lstm_layer": "blstm_2", "lstm_direction": "backward"}, "Reading with less"),
    ],
)
def test_a_view_opens_with_something_to_see(page, served, console, name, parameters, text):
    """What the README's questions do not open."""
    open_page(page, served, view(name, **parameters))
    shows(page, text)
    settled(page)
    alive(page)
    assert console.errors == []


def test_what_if_says_what_the_library_says(page, served, elephant):
    open_page(page, served, view("CTC in depth"))
    shows(page, "The lattice of “elephant”")
    box = page.get_by_label("What if it said …")
    for text, digits in (("elephant", 3), ("elegant", 2)):
        box.fill(text)
        box.press("Enter")
        told = shows(page, f"Why not “{text}”").locator("xpath=..").inner_text()
        expected = float(np.exp(decoding.log_probability(elephant, decoding.labels_of(text, crnn.LABELS))))
        number = float(re.search(r"probability ([0-9.]+(?:e-?\d+)?)", told)[1])
        assert number == float(f"{expected:.{digits}g}")
        page.wait_for_url(re.compile(f"what_if={text}"))


def test_a_text_that_cannot_fit_is_told_why(page, served):
    open_page(page, served, view("CTC in depth", what_if="m" * 17))
    shows(page, "31 frames")
    alive(page)


def test_a_character_chosen_in_one_view_is_chosen_in_the_next(page, served):
    open_page(page, served, view("CTC in depth", character="4"))
    shows(page, "5th character, h")
    page.get_by_role("radio", name="Why this character?").or_(
        page.get_by_role("button", name="Why this character?")
    ).first.click()
    shows(page, "“h” is read at")


def test_a_word_is_explained_by_gradient_methods(page, served):
    open_page(page, served, view("Why this character?"))
    page.get_by_role("button", name="Show the gradient methods").click()
    page.get_by_alt_text("Integrated gradients over the word").wait_for(timeout=150_000)
    settled(page)
    for method in ("Saliency", "Guided backpropagation", "Grad-CAM"):
        assert page.get_by_alt_text(f"{method} over the word").first.is_visible()
    alive(page)


@pytest.mark.parametrize(
    ("nonsense", "views"),
    [
        ("%00<script>", ["One unit by hand", "CTC in depth"]),
        ("99999999999999999999.-1.x", ["Recurrent layers", "VGG16"]),
        ("", ["Why this character?", "One unit by hand"]),
    ],
)
def test_links_that_make_no_sense_open_all_the_same(page, served, nonsense, views):
    """Each view at least once: an open takes seconds."""
    parameters = "".join(f"&{name}={nonsense}" for name in PARAMETERS)
    for name in views:
        open_page(page, served, view(name) + parameters)
        alive(page)


LINKS = {
    "?frame=12": "Frame 12 sees columns",
    "?layer=conv_5": "conv_5 · ",
    "hand_layer=conv_3&hand_unit=218.3.12": "conv_3, channel 218, row 3, column 12",
    "hand_layer=outputs&hand_unit=4.0.2": "they agree",
    "lstm_state=forget+gate&frame=3": "Frame 3 keeps ",
    "?view=Recurrent+layers": "Reading with less",
    "character=2&frame=7": "3rd character, e",
    "what_if=elegant": "Why not “elegant”",
    "changes=conv_3.c151.zero": "Untouched",
    "deep_part=Cost+of+each+layer": "of all multiply-adds",
    "character=3": "“p” is read at",
    "photo=chelsea": "What it calls this",
}


def test_the_readmes_questions_are_answered(page, served, console):
    readme = (ROOT / "README.md").read_text()
    table = readme[readme.index("### Twelve questions") :].split("\n\n")[2]
    links = re.findall(r"`(\?[^`]+)`", table)
    assert len(links) == len(LINKS)
    for link, (part, text) in zip(links, LINKS.items(), strict=True):
        assert link.endswith(part)
        open_page(page, served, link)
        if text:
            shows(page, re.escape(text))
        settled(page)
        alive(page)
        assert parse_qs(link[1:]).items() <= parse_qs(page.url.partition("?")[2]).items()  # nothing was refused
    assert console.errors == []


def framed(page) -> int:
    """How many boxes stand around a frame in panel 2: on the word and on the heat map."""
    return page.locator('[data-testid="stVegaLiteChart"]').first.locator('path[stroke="#d9480f"]').count()


def test_a_chosen_character_is_marked_everywhere(page, served, elephant):
    found = alternatives.characters(elephant, decoding.labels_of("elephant", crnn.LABELS))
    least_sure = min(range(8), key=lambda place: found[place].posterior)
    open_page(page, served, view("CTC in depth"))
    shows(page, f"{ordinal(least_sure)} character, {'elephant'[least_sure]}")
    assert framed(page) == 0
    page.get_by_role("button", name="h", exact=True).click()
    shows(page, "5th character, h")
    settled(page)
    query = parse_qs(page.url.partition("?")[2])
    assert query["character"] == ["4"] and query["frame"] == ["14"]
    page.wait_for_timeout(1000)
    assert framed(page) == 2


def test_a_clicked_frame_chooses_its_character(page, served):
    open_page(page, served, view("CTC in depth"))
    shows(page, "The lattice of")
    chart = page.locator('[data-testid="stVegaLiteChart"]').first
    cells = chart.locator('path[aria-label*="frame: 17; "]')
    cells.nth(2).click()
    shows(page, "6th character, a")
    assert "frame=17" in page.url


def test_everything_of_a_word_is_downloaded_and_opens_from_disk(page, served, elephant, tmp_path):
    open_page(page, served)
    with page.expect_download(timeout=60_000) as got:
        page.get_by_role("button", name="Download everything").click()
    got.value.save_as(tmp_path / "word.zip")
    with zipfile.ZipFile(tmp_path / "word.zip") as archive:
        archive.extractall(tmp_path)
        names = archive.namelist()
    report = next(tmp_path / name for name in names if name.endswith("report.html"))
    reading = json.loads(next(tmp_path / name for name in names if name.endswith("reading.json")).read_text())
    assert "elephant" in json.dumps(reading)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    assert page.get_by_text("elephant").first.is_visible()
    assert {url.partition(":")[0] for url in asked} <= {"file", "data"}
