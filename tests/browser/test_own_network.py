"""A network of the visitor's own: uploaded, answered for, looked into, unseen by others. And one of the folder by link.

What it reads is worked out here by ONNX Runtime alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from explain.panels.inputs import word
from models.preprocessing import Preprocessing
from tests import test_third_network
from tests.browser.conftest import Served, chromium, serve
from tests.browser.test_page import settled
from tests.browser.test_views import shows
from tests.explain.panels.page import made

pytestmark = pytest.mark.browser

LABELS, HEIGHT, WIDTH = test_third_network.LABELS, test_third_network.HEIGHT, test_third_network.WIDTH
SAMPLE = "elephant"  # the page's first


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Iterator[Served]:
    """A server whose folder of networks holds one."""
    chromium()
    folder = tmp_path_factory.mktemp("networks")
    made.recogniser(folder / "reader.onnx")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NETWORKS_FOLDER", str(folder))
        running = serve(tmp_path_factory.mktemp("own"))
    yield running
    running.process.terminate()
    running.process.wait(10)


def silent(path: Path) -> Path:
    """The recogniser of tests/test_third_network.py, its file saying nothing of labels, blank or scaling."""
    test_third_network.make(path)
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.save(model, path)
    return path


def reading(frames: np.ndarray, labels: tuple[str, ...], blank: int = 0) -> str:
    """frames: (frame, label)."""
    return "".join(labels[label] for label, _ in groupby(frames.argmax(axis=1).tolist()) if label != blank)


def read(path: Path, mean: float, deviation: float) -> str:
    """What the uploaded network reads in the first sample under a scaling."""
    wanted = Preprocessing(HEIGHT, WIDTH, "grey", (mean,), (deviation,), "pad")
    pixels = wanted.prepare(word.from_sample(SAMPLE)[1]).reshape(1, 1, HEIGHT, WIDTH)
    return reading(onnxruntime.InferenceSession(str(path)).run(None, {"pixels": pixels})[0][:, 0], LABELS)


def choose(page, label: str, option: str) -> None:
    """Chooses from a list of the form."""
    page.get_by_role("combobox", name=re.compile(f"{label}$")).click()
    page.get_by_role("option", name=option, exact=True).click()
    settled(page)


def test_a_network_is_opened_answered_and_looked_into_by_its_owner_alone(page, browser, own, console, tmp_path):
    path = silent(tmp_path / "sounds.onnx")
    right, wrong = read(path, 127.5, 127.5), read(path, 0.0, 255.0)
    assert right != wrong and len(right) > 2
    page.goto(own.url)
    page.get_by_role("button", name="Open a network").click()
    page.locator('[data-testid="stPopoverBody"] [data-testid="stFileUploaderDropzoneInput"]').set_input_files(path)
    shows(page, "What the file of sounds does not say", timeout=60_000)
    settled(page)

    # the answers are corrected, and what it reads follows
    form = page.locator(".st-key-answers-form")
    page.get_by_role("textbox", name="Labels").fill("".join(LABELS))
    page.get_by_role("textbox", name="Labels").press("Control+Enter")
    settled(page)
    choose(page, "Other shapes are", "kept in proportion, filled up on the right")
    choose(page, "Blank", "the first, 0")
    choose(page, "Values", "from 0 to 1")
    form.get_by_text(wrong, exact=True).first.wait_for()
    choose(page, "Values", "from −1 to 1")
    form.get_by_text(right, exact=True).first.wait_for()
    form.get_by_role("button", name="Keep").click()
    form.wait_for(state="detached")
    shows(page, f"CTC decoding reads {right}")

    _looked_into(page)
    assert "network=sounds" in page.url
    _seen_by_its_owner_alone(browser, own, page.url)
    assert console.errors == []


def _looked_into(page) -> None:
    """Its layers, one unit by hand, a map of why."""
    page.locator(".tile canvas").first.wait_for()
    chips = page.locator(".chips button")
    assert chips.count() == len(test_third_network.KINDS)
    chips.nth(2).click()
    page.locator('.chips button[aria-pressed="true"]').filter(has_text="3 add").wait_for()
    page.get_by_role("radio", name="One unit by hand").click()
    shows(page, "they agree")
    page.get_by_role("radio", name="Why this character?").click()
    page.get_by_alt_text("Occlusion map over the word").wait_for(timeout=60_000)
    settled(page)


def _seen_by_its_owner_alone(browser, own: Served, link: str) -> None:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    other = context.new_page()
    other.set_default_timeout(20_000)
    other.goto(link)
    shows(other, "There is no network called “sounds” here.*open for that visitor alone")
    shows(other, f"CTC decoding reads {SAMPLE}")
    other.get_by_role("combobox", name="Network", exact=True).click()
    offered = other.get_by_role("option").all_inner_texts()
    assert {"CRNN", "VGG16", "Third reader"} <= set(offered) and not [name for name in offered if "sounds" in name]
    context.close()


def test_a_link_opens_a_network_of_the_folder(page, own, console, tmp_path):
    path = made.recogniser(tmp_path / "reader.onnx")
    wanted = Preprocessing(made.HEIGHT, made.WIDTH, "rgb", fit="pad")
    batch = np.ascontiguousarray(wanted.prepare(word.from_sample(SAMPLE)[1]).transpose(0, 3, 1, 2))
    text = reading(onnxruntime.InferenceSession(str(path)).run(None, {"picture": batch})[0][0], made.LABELS)
    page.goto(f"{own.url}/?network=reader&view=Why+this+class%3F")
    shows(page, "CTC decoding reads " + re.escape(text.strip()[:4]))
    shows(page, "This needs a network that names classes, which Third reader lacks.")
    assert page.get_by_role("combobox", name="Network", exact=True).input_value() == "Third reader"
    page.wait_for_function("document.title === 'Inside Third reader'")
    assert console.errors == []
