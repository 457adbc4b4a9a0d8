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

from explain.ctc.alphabet import SPACE_MARK
from explain.network.description import describe
from explain.panels.inputs import word
from models.preprocessing import Preprocessing
from tests.browser.conftest import Served, serving
from tests.browser.test_page import settled, to_the_top
from tests.browser.test_views import shows
from tests.explain.panels.page import made

pytestmark = pytest.mark.browser

SEED = 2  # of the uploaded network's weights; that of the folder has others
SAMPLE = "elephant"  # the page's first


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Iterator[Served]:
    """A server whose folder of networks holds one."""
    folder = tmp_path_factory.mktemp("networks")
    made.recogniser(folder / "reader.onnx")
    with serving(tmp_path_factory.mktemp("own"), NETWORKS_FOLDER=str(folder)) as running:
        yield running


def silent(path: Path) -> Path:
    """A recogniser whose file says nothing of labels, blank or scaling."""
    made.recogniser(path, seed=SEED)
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.save(model, path)
    return path


def read(path: Path, mean: float = 0.0, deviation: float = 255.0) -> str:
    """What a network reads in the first sample under a scaling: repeats merged, blanks (the first label) dropped."""
    wanted = Preprocessing(made.HEIGHT, made.WIDTH, "rgb", (mean,), (deviation,), "pad")
    pixels = np.ascontiguousarray(wanted.prepare(word.from_sample(SAMPLE)[1]).transpose(0, 3, 1, 2))
    frames = onnxruntime.InferenceSession(str(path)).run(None, {"picture": pixels})[0][0]
    return "".join(made.LABELS[label] for label, _ in groupby(frames.argmax(axis=1).tolist()) if label)


def choose(page, label: str, option: str) -> None:
    """Chooses from a list of the form."""
    page.get_by_role("combobox", name=re.compile(f"{label}$")).click()
    page.get_by_role("option", name=option, exact=True).click()
    settled(page)


def test_a_network_is_opened_answered_and_looked_into_by_its_owner_alone(page, browser, own, console, tmp_path):
    path = silent(tmp_path / "sounds.onnx")
    right, wrong = read(path, 127.5, 127.5), read(path)
    assert right != wrong and len(right) > 2
    page.goto(own.url)
    page.get_by_role("button", name="Open a network").click()
    page.locator('[data-testid="stPopoverBody"] [data-testid="stFileUploaderDropzoneInput"]').set_input_files(path)
    shows(page, "What the file of sounds does not say", timeout=60_000)
    settled(page)

    # the answers are corrected, and what it reads follows
    form = page.locator(".st-key-answers-form")
    choose(page, "It answers", "a text (CTC)")  # nobody trained it, which is why it is not taken for a reader
    page.get_by_role("textbox", name="Labels").fill("\n".join(made.LABELS[1:]))
    page.get_by_role("textbox", name="Labels").press("Control+Enter")
    settled(page)
    choose(page, "Other shapes are", "kept in proportion, filled up on the right")
    choose(page, "Blank", "the first, 0")
    choose(page, "Values", "values from 0 to 1")
    form.get_by_text(wrong, exact=True).first.wait_for()
    choose(page, "Values", "values from -1 to 1")
    form.get_by_text(right, exact=True).first.wait_for()
    form.get_by_role("button", name="Keep", exact=True).click()
    form.wait_for(state="detached")
    reads(page, right)

    _looked_into(page, len(describe(path).layer_names))
    assert "network=sounds" in page.url
    _seen_by_its_owner_alone(browser, own, page.url)
    assert console.errors == []


def reads(page, text: str) -> None:
    """Waits until panel 2 says that the network reads this text, of any picture; spaces at its ends have a mark."""
    inner = text.strip()
    before, after = (len(text) - len(side) for side in (text.lstrip(), text.rstrip()))
    page.wait_for_function(
        "said => [...document.querySelectorAll('p')].some((p) => (p.innerText.trim() + ' ').startsWith(said + ' '))",
        arg=f"CTC decoding reads {SPACE_MARK * before}{inner}{SPACE_MARK * after}",
    )


def _looked_into(page, layers: int) -> None:
    """Its layers, one unit by hand, a map of why."""
    page.locator(".tile canvas").first.wait_for()
    chips = page.locator(".chips button")
    assert chips.count() == layers
    chips.nth(3).click()
    page.locator('.chips button[aria-pressed="true"]').filter(has_text="4 add").wait_for()
    page.get_by_role("radio", name="One unit by hand").click()
    shows(page, "they agree")
    page.get_by_role("radio", name="Why this character?").click()
    page.get_by_alt_text("Occlusion map over the word").wait_for(timeout=60_000)
    settled(page)


def _seen_by_its_owner_alone(browser, own: Served, link: str) -> None:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    other = context.new_page()
    other.set_default_timeout(60_000)
    other.goto(link)
    shows(other, "There is no network called “sounds” here.*open for that visitor alone")
    reads(other, SAMPLE)
    to_the_top(other)
    other.get_by_role("combobox", name="Network", exact=True).click()
    other.get_by_role("option").filter(has_text="VGG16").wait_for()
    offered = other.get_by_role("option").all_inner_texts()
    assert {"CRNN", "VGG16", "Third reader"} <= set(offered) and not [name for name in offered if "sounds" in name]
    context.close()


def test_a_link_opens_a_network_of_the_folder(page, own, console, tmp_path):
    text = read(made.recogniser(tmp_path / "reader.onnx"))
    page.goto(f"{own.url}/?network=reader&view=Why+this+class%3F")
    reads(page, text)
    shows(page, "This needs a network that names classes, which Third reader lacks.")
    assert page.get_by_role("combobox", name="Network", exact=True).input_value() == "Third reader"
    page.wait_for_function("document.title === 'Inside Third reader'")
    assert console.errors == []
