"""The page as a visitor meets it: opened cold, used, left up."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from explain.network.description import describe
from models import crnn, typeface
from tests.browser.conftest import serve

pytestmark = pytest.mark.browser

COLD_SECONDS = 5.0
START_SECONDS = 0.7  # of a processor, to start a program on an ordinary machine of two cores; 0.57 measured
RESIDENT_MB = 500
READING = re.compile(r"CTC decoding reads (\S+)")


def painted(page) -> None:
    """Waits until each of the three panels holds its picture."""
    page.wait_for_function(
        """() => {
          const maps = [...document.querySelectorAll('*')].filter(e => e.shadowRoot)
            .flatMap(e => [...e.shadowRoot.querySelectorAll('.tile canvas')]);
          const charts = [...document.querySelectorAll('[data-testid="stVegaLiteChart"] svg')];
          const reads = document.body.innerText.includes('CTC decoding'); // its chart is drawn over the word
          const chart = charts.some((svg) => !reads || svg.querySelector('image'));
          const picture = document.querySelector('[data-testid="stImage"] img, [data-testid="stFullScreenFrame"] img');
          return maps.length > 0 && chart && picture && picture.complete && picture.naturalWidth > 0;
        }"""
    )


def settled(page) -> None:
    """Waits until the server has answered the last action."""
    page.wait_for_timeout(150)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def to_the_top(page) -> None:
    """Scrolls up as a visitor would, which also ends that the page brings a view into sight; a list closes on that."""
    page.mouse.move(700, 450)
    page.mouse.wheel(0, -9000)
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollTop === 0")
    page.wait_for_timeout(100)


def reading(page) -> str:
    """What panel 2 says the network reads."""
    text = page.get_by_text(re.compile("CTC decoding reads")).inner_text()
    return READING.search(" ".join(text.split())).group(1)


def open_page(page, served, address: str = "") -> None:
    page.goto(served.url + "/" + address)
    painted(page)
    settled(page)


def alive(page) -> None:
    """The page is still up and shows its panels."""
    page.get_by_text("Class visualisation", exact=True).wait_for()
    assert page.locator('[data-testid="stException"]').count() == 0


def memory_map(process) -> str:
    return Path(f"/proc/{process.pid}/maps").read_text()


def slowness() -> float:
    """How many times the seconds of an ordinary machine this one takes to start a program: 1 for a faster one too."""
    resource = pytest.importorskip("resource")
    took = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", "import streamlit.web.cli, onnxruntime"], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return max(1.0, min(took) / START_SECONDS)


@pytest.mark.alone
def test_first_open_is_quick(browser, tmp_path):
    """A fresh server each time, three at most: what else the machine does can only make it slower. Slow machines have
    longer, in proportion."""
    took, most = [], COLD_SECONDS * slowness()
    while len(took) < 3 and min(took, default=most) >= most:
        (tmp_path / str(len(took))).mkdir()
        cold = serve(tmp_path / str(len(took)))
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        opened = context.new_page()
        start = time.perf_counter()
        opened.goto(cold.url)
        painted(opened)
        took.append(time.perf_counter() - start)
        context.close()
        cold.process.terminate()
        cold.process.wait(10)
    assert min(took) < most, f"the three panels took {took} s, of at most {most:.1f}"


def test_first_open_is_quiet_and_light(page, served, console):
    open_page(page, served)
    assert console.errors == []
    if Path("/proc").is_dir():
        resident = int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{served.process.pid}/status").read_text())[1]) / 1024
        assert resident < RESIDENT_MB, f"{resident:.0f} MB"
        assert "tensorflow" not in memory_map(served.process)


def test_first_open_needs_no_scrolling(page, served):
    open_page(page, served)
    for title in ("Layers", "CTC decoding", "Class visualisation"):
        panel = page.locator('[data-testid="stColumn"]').filter(has_text=title).first
        box = panel.bounding_box()
        assert box["y"] + box["height"] <= 900


def test_a_narrow_page_hides_no_view(browser, served):
    """On a telephone the row of views breaks; scrolled, it would hide the first ones from who opens the last."""
    context = browser.new_context(viewport={"width": 420, "height": 900})
    page = context.new_page()
    open_page(page, served, "?view=VGG16")
    views = page.get_by_role("radiogroup").filter(has_text="Layer by layer")
    assert views.evaluate("(row) => row.scrollWidth <= row.clientWidth")
    for name in ("Layer by layer", "Why this character?", "VGG16"):
        box = views.get_by_role("radio", name=name).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 420, name
    context.close()


def test_nothing_is_asked_of_another_host(browser, served):
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    open_page(page, served)
    context.close()
    assert (
        asked and [url for url in asked if not url.startswith((served.url, "data:", "blob:", "ws://127.0.0.1"))] == []
    )


def test_an_uploaded_word_is_read(page, served, tmp_path):
    open_page(page, served)
    before = reading(page)
    face = next(iter(typeface.FONTS))
    word = "window"
    typeface.draw_word(word, face).save(tmp_path / "word.png")
    page.get_by_role("radio", name="Upload").click()
    settled(page)
    page.locator('[data-testid="stFileUploaderDropzoneInput"]').first.set_input_files(tmp_path / "word.png")
    page.get_by_text("CTC decoding reads " + word).wait_for()
    page.get_by_text("CTC decoding reads " + before).wait_for(state="detached")  # the panel that stood higher up
    assert before != word and reading(page) == word


def test_a_typed_word_is_read_and_kept_in_the_address(page, served):
    open_page(page, served)
    page.get_by_role("radio", name="Type a word").click()
    settled(page)
    field = page.get_by_role("textbox", name="Word")
    field.fill("garden")
    field.press("Enter")
    page.get_by_text("reads garden").wait_for()
    assert "word_text=garden" in page.url
    address = page.url.split("/", 3)[3]
    open_page(page, served, address)
    assert reading(page) == "garden"


def test_all_layers_of_panel_1(page, served, console):
    open_page(page, served)
    seen = set()
    for name in describe(crnn.CARD).layer_names:
        chip = page.locator(f'.chips button[title="{name}"]')
        chip.click()
        page.locator(f'.chips button[title="{name}"][aria-pressed="true"]').wait_for()
        page.locator(".line").filter(has_text=f"{name} · ").first.wait_for()
        first = page.locator(".tile canvas").first
        assert first.evaluate("c => c.width") == describe(crnn.CARD).layer(name).shape[-2]
        seen.add(first.evaluate("c => c.style.background"))
    assert len(seen) >= len(describe(crnn.CARD).layer_names) - 1  # squeezed holds what conv_7 holds
    assert console.errors == []


def test_a_map_is_read_off_and_frames_what_it_sees(page, served):
    open_page(page, served, "?layer=conv_3")
    tile = page.locator(".tile canvas").first
    tile.click(position={"x": 40, "y": 10})
    page.mouse.move(5, 5)  # what was clicked stays when the pointer leaves
    said = re.compile(r"^channel \d+, row \d+, column \d+: -?[\d.e-]+ · sees rows \d+–\d+, columns \d+–\d+$")
    page.locator(".line").filter(has_text=said).first.wait_for()
    page.wait_for_url(re.compile(r"unit=\d+\.\d+\.\d+"))
    assert page.locator(".seen .box").first.is_visible()


def test_a_frame_of_the_chart_is_kept_in_the_address(page, served):
    open_page(page, served)
    cell = page.locator('[data-testid="stVegaLiteChart"] svg path[aria-roledescription="rect mark"]').nth(12)
    cell.click(force=True)
    page.wait_for_url(re.compile(r"frame=12\b"))
    alive(page)


def test_another_class_shows_another_picture(page, served):
    open_page(page, served)
    picture = page.locator('[data-testid="stImage"] img').first
    before = picture.get_attribute("src")
    page.get_by_role("combobox", name=re.compile("Class")).click()
    page.keyboard.type("lion")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "before => document.querySelector('[data-testid=\"stImage\"] img').getAttribute('src') !== before", arg=before
    )
    settled(page)
    assert "lion" in page.url
    alive(page)


def test_every_layer_of_vgg16_in_order(page, served, console):
    from models import vgg16

    open_page(page, served, "?network=VGG16")
    page.locator(".list .layer").filter(has_text="block5_conv3").wait_for()
    assert page.locator(".list .layer").all_inner_texts() == list(describe(vgg16.CAM).layer_names)
    page.locator(".list button").filter(has_text="block3_conv2").click()
    page.get_by_text("block3_conv2 · convolution").wait_for()
    assert "deep=block3_conv2" in page.url
    assert console.errors == []


def test_vgg16_names_a_photograph(page, served):
    open_page(page, served, "?view=VGG16&photo=coffee")
    page.get_by_text("What it calls this").wait_for()
    page.locator('[data-testid="stVegaLiteChart"] svg text').filter(has_text="espresso").first.wait_for()


@pytest.mark.parametrize("dark", [False, True])
def test_light_and_dark(browser, served, dark):
    context = browser.new_context(viewport={"width": 1400, "height": 900}, color_scheme="dark" if dark else "light")
    page = context.new_page()
    open_page(page, served)
    ground = page.locator('[data-testid="stApp"]').evaluate("e => getComputedStyle(e).backgroundColor")
    context.close()
    brightness = sum(map(int, re.findall(r"\d+", ground)[:3])) / 3
    assert brightness < 60 if dark else brightness > 200


def test_nonsense_in_every_parameter(page, served, console):
    names = ["from", "sample", "word_text", "font", "layer", "unit", "frame", "class", "view", "network"]
    names += ["deep_network", "deep", "deep_unit", "photo", "map_of", "unknown"]
    for nonsense in ("%00%ff<script>", "99999999999999999999.-1.x", "", "..%2F..%2Fetc"):
        open_page(page, served, "?" + "&".join(f"{name}={nonsense}" for name in names))
        alive(page)
        assert reading(page)
    assert not [error for error in console.errors if "404" not in error]


@pytest.mark.alone
def test_a_class_is_dreamt_live_and_cancelled(page, served):
    open_page(page, served)
    page.get_by_role("button", name="Dream it live").click()
    page.get_by_text(re.compile(r"Step \d+ of \d+")).wait_for(timeout=90_000)
    page.get_by_role("button", name="Cancel").click()
    start = time.perf_counter()
    page.get_by_role("button", name="Another seed").wait_for()
    assert time.perf_counter() - start < 3
    # The next one runs to its end.
    page.get_by_role("button", name="Another seed").click()
    page.get_by_text(re.compile(r"Step \d+ of \d+")).wait_for(timeout=90_000)
    page.get_by_role("button", name="Save", exact=True).wait_for(timeout=120_000)
    alive(page)
    if Path("/proc").is_dir():
        assert "tensorflow" not in memory_map(served.process)  # only ever in the worker


def test_a_word_on_a_sign_is_behind_the_button_more(page, served):
    open_page(page, served)
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("button", name="Espresso, cup sleeve").click()
    page.get_by_text("reads Espresso").wait_for()
    assert "sample=Espresso" in page.url
