"""Pictures brought, cut, turned, taken away, brought again in any order: the page's word and picture belong together.

What the page has to show after each step is worked out here from the file, the turns and the box on the screen.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from explain.panels.inputs import word
from models import typeface
from tests.browser.test_page import alive, open_page
from tests.explain.panels.inputs.pictures import FACE, LOWER, UPPER, as_file, read, seen, sheet

pytestmark = pytest.mark.browser

SEED, STEPS = 54, 34
WORDS = [[side / length for side, length in zip(box, (320, 220, 320, 220), strict=True)] for box in (UPPER, LOWER)]
PATIENCE = 120  # seconds on a busy machine
# All that the page says and shows of its word, from one moment.
LOOK = """() => {
  const roots = [...document.querySelectorAll('*')].filter((e) => e.shadowRoot && e.getClientRects().length);
  const find = (what) => roots.map((e) => e.shadowRoot.querySelector(what)).find(Boolean);
  const said = [...document.querySelectorAll('p')].map((e) => e.textContent.replace(/\\s+/g, ' '));
  const canvas = find('.maps .seen canvas'), context = canvas?.getContext('2d', { willReadFrequently: true });
  const box = find('.word-box'), levels = (image) => [...image.data].filter((_, i) => i % 4 === 0);
  return {
    reads: said.map((line) => line.match(/^CTC decoding reads (\\S+)/)?.[1]).find(Boolean),
    seen: canvas?.width ? levels(context.getImageData(0, 0, canvas.width, canvas.height)) : [],
    chosen: find('.picks[aria-label="Samples"] button[aria-pressed="true"]')?.title,
    still: said.map((line) => line.match(/^Still showing (.*)\\./)?.[1]).find(Boolean),
    problems: document.querySelectorAll('[data-testid="stAlert"]').length,
    place: box?.querySelector('.place').textContent,
    picture: box?.querySelector('.stage').dataset.picture,
    beside: box?.querySelector('.reading b')?.textContent,
    busy: document.querySelector('[data-testid="stApp"]').dataset.testScriptState !== 'notRunning',
  };
}"""


@dataclass
class Wanted:
    """What the page is to be about. source: what is chosen. file: the picture brought and still there, with its box."""

    title: str
    picture: Image.Image
    source: str = "Samples"
    file: Image.Image | None = None
    turned: int = 0
    box: tuple[int, ...] | None = None
    refused: bool = False
    name: str = ""
    seen: dict = field(default_factory=dict)

    def cut(self) -> None:
        """The page reads what lies in the box."""
        upright = self.file.rotate(-90 * self.turned, expand=True)  # Pillow turns to the left
        self.title, self.picture = self.name, upright.crop(self.box or (0, 0, *upright.size))


class Visit:
    """One visitor, who does one thing after the other. done: how often what was done."""

    def __init__(self, page, files: dict[Path, Image.Image | None], chance: random.Random) -> None:
        self.page, self.files, self.chance, self.done = page, files, chance, Counter()
        first = next(iter(word.samples()))
        self.wanted = Wanted(*word.from_sample(first))
        self.last: Path | None = None

    def step(self) -> None:
        """Something that can be done here and now, and then the look at the page."""
        ways = {self.bring: 4, self.change_source: 1}
        if self.wanted.source == "Samples":
            ways = {self.pick: 1, self.change_source: 3}
        elif self.wanted.file is not None:
            ways |= {self.draw: 5, self.turn: 3, self.whole: 1, self.remove: 2, self.again: 2}
        elif self.wanted.refused:
            ways |= {self.remove: 1}
        act = self.chance.choices(list(ways), list(ways.values()))[0]
        self.done[act.__name__] += 1
        act()
        self.check(act.__name__)

    def bring(self, again: bool = False) -> None:
        path = self.last if again else self.chance.choice([path for path in self.files if path != self.last])
        self.last, picture, wanted = path, self.files[path], self.wanted
        self.done["refused" if picture is None else "taken"] += 1
        if again:  # by the button, as a hand does it: a file field that is given what it has notices nothing
            with self.page.expect_file_chooser() as chooser:
                self.page.get_by_role("button", name="Add files").click()
            chooser.value.set_files(path)
        else:
            self.page.locator('[data-testid="stFileUploaderDropzoneInput"]').first.set_input_files(path)
        wanted.file, wanted.refused, wanted.turned, wanted.box, wanted.name = (
            picture,
            picture is None,
            0,
            None,
            path.name,
        )
        if picture is not None:
            wanted.cut()

    def again(self) -> None:
        self.bring(again=True)

    def remove(self) -> None:
        self.page.get_by_role("button", name="Remove ").click()
        self.wanted.file, self.wanted.refused, self.last = None, False, None

    def change_source(self) -> None:
        wanted = self.wanted
        wanted.source = "Upload" if wanted.source == "Samples" else "Samples"
        self.page.get_by_role("radio", name=wanted.source).click()
        wanted.file, wanted.refused, self.last = None, False, None
        if wanted.source == "Samples":
            self.sampled(wanted.seen.get("sample") or next(iter(word.samples())))

    def pick(self) -> None:
        name = self.chance.choice(list(word.samples())[: word.AT_ONCE])
        self.page.get_by_role("group", name="Samples").get_by_role("button", name=word.samples()[name]["title"]).click()
        self.sampled(name)

    def sampled(self, name: str) -> None:
        self.wanted.seen["sample"] = name
        self.wanted.title, self.wanted.picture = word.from_sample(name)

    def draw(self) -> None:
        """A box around one of the words, or around anything."""
        if self.wanted.box:
            self.page.get_by_role("button", name="Whole picture").click()
        self.page.locator(".word-box .mark.whole").wait_for()
        width, height = self.turned_size()
        left, top = self.chance.uniform(0, 0.4), self.chance.uniform(0, 0.4)
        shares = self.chance.choice((*WORDS, (left, top, left + 0.5, top + 0.5)))
        aimed = [share * side for share, side in zip(shares, (width, height, width, height), strict=True)]
        frame = self.page.locator(".word-box .stage > img").bounding_box()
        (x0, y0), (x1, y1) = [
            (frame["x"] + x * frame["width"] / width, frame["y"] + y * frame["height"] / height)
            for x, y in (aimed[:2], aimed[2:])
        ]
        self.page.mouse.move(x0, y0)
        self.page.mouse.down()
        self.page.mouse.move(x1, y1, steps=3)
        self.page.mouse.up()
        left, right, top, bottom = self.marked()
        assert (left, top, right, bottom) == pytest.approx(aimed, abs=3)
        self.wanted.box = (left, top, right, bottom)
        self.wanted.cut()

    def marked(self) -> list[int]:
        """The first column and the one after the last, then the rows, as a screen reader is told."""
        said = self.page.locator(".word-box .mark").get_attribute("aria-label")
        return [int(side) for sides in re.findall(r"(\d+) to (\d+)", said) for side in sides]

    def whole(self) -> None:
        if self.wanted.box is None:
            return
        self.page.get_by_role("button", name="Whole picture").click()
        self.wanted.box = None
        self.wanted.cut()

    def turn(self) -> None:
        side = self.chance.choice(("left", "right"))
        width, height = self.turned_size()
        self.page.get_by_role("button", name=f"quarter to the {side}").click()
        wanted = self.wanted
        wanted.turned = (wanted.turned + (1 if side == "right" else 3)) % 4
        if wanted.box:
            left, top, right, bottom = wanted.box
            on_the_right = (height - bottom, left, height - top, right)
            wanted.box = on_the_right if side == "right" else (top, width - right, bottom, width - left)
        wanted.cut()

    def turned_size(self) -> tuple[int, int]:
        return self.wanted.file.size[:: -1 if self.wanted.turned % 2 else 1]

    def check(self, act: str) -> None:
        """Waits until the page is as it has to be; fails with what is different."""
        end, different = time.monotonic() + PATIENCE, "nothing"
        expected = self.expected()
        while different:
            shown = self.page.evaluate(LOOK)
            there = {**{key: shown.get(key) for key in expected}, "seen": shown["seen"] == expected["seen"]}
            different = {
                key: (there[key], expected[key]) for key in expected if key != "seen" and there[key] != expected[key]
            }
            if not there["seen"]:
                different["seen"] = "another picture"
            assert time.monotonic() < end, f"after {act}, {sum(self.done.values())}: {different}"
            self.page.wait_for_timeout(30)

    def expected(self) -> dict:
        wanted = self.wanted
        reads = read(wanted.picture) or "nothing"
        expected = {"reads": reads, "seen": seen(wanted.picture).ravel().tolist(), "busy": False}
        expected |= {
            "problems": int(wanted.refused),
            "still": None,
            "beside": None,
            "chosen": None,
            "place": None,
            "picture": None,
        }
        if wanted.source == "Samples":
            expected["chosen"] = wanted.title
        elif wanted.file is None:
            expected["still"] = wanted.title
        else:
            width, height = self.turned_size()
            left, top, right, bottom = wanted.box or (0, 0, 0, 0)
            part = f"{right - left} × {bottom - top} of" if wanted.box else "the whole picture,"
            expected["picture"] = (
                f"{self.done['bring'] + self.done['again']} {wanted.turned}"  # which upload, how turned
            )
            expected |= {"beside": reads, "place": f"{wanted.name}: {part} {width} × {height} pixels"}
        return expected


def _files(folder: Path) -> dict[Path, Image.Image | None]:
    """Files with what is on them, None for those that are refused; two have one name."""
    pictures = {
        "first/word.png": sheet("garden", "hotel"),
        "second/word.png": sheet("window", "bridge"),
        "close.png": typeface.draw_word("coffee", FACE).convert("RGB"),
    }
    files: dict[Path, Image.Image | None] = {folder / name: picture for name, picture in pictures.items()}
    for path, picture in files.items():
        path.parent.mkdir(exist_ok=True)
        picture.save(path)
    bad = {"text.png": b"no picture", "cut.jpg": as_file(sheet("a", "b"), "JPEG")[:900], "empty.png": b""}
    bad["phone.heic"] = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(400)
    for name, data in bad.items():
        (folder / name).write_bytes(data)
    return files | {folder / name: None for name in bad}


def test_word_and_picture_belong_together_whatever_a_visitor_does(page, served, tmp_path, console):
    page.set_default_timeout(1000 * PATIENCE)
    open_page(page, served)
    visit = Visit(page, _files(tmp_path), random.Random(SEED))
    visit.check("opening")
    for _ in range(STEPS):
        visit.step()
    alive(page)
    assert console.errors == []
    assert (
        min(visit.done[act] for act in ("taken", "refused", "again", "draw", "turn", "remove", "change_source")) >= 1
    ), visit.done
