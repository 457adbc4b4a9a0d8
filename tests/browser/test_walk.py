"""The walk in Chromium: every visible control of every view is pressed once, those inside the components too.

`tests/walk` does the same without a browser and is part of every run of the tests; this sees what only a browser can:
parts of the page that run by themselves, JavaScript, what the browser sends and is sent. It takes minutes, so it runs
only when asked for: `pytest -m walk -s`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from models import typeface
from tests.browser.conftest import FLAGS, Console, chromium
from tests.browser.test_page import painted

pytestmark = [pytest.mark.browser, pytest.mark.walk]

CONTROLS = 487  # different ones that were pressed when this was written
SHARE = 0.9  # of them that have to be there
SAME = 3  # presses of controls that differ only in a number
MOST = 24  # controls of one kind in one place that are pressed: of 200 pictures of a gallery so many
SLOWEST = 120_000  # milliseconds
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
FIND = (Path(__file__).parent / "controls.js").read_text("utf-8")
VIEW = re.compile("^view ")  # the choice of the deeper view
EXCEPTION = '[data-testid="stException"]'
RESTING = '[data-testid="stApp"][data-test-script-state="notRunning"]'


@pytest.fixture
def visitor(browser, console, tmp_path) -> Iterator:
    """A page in a browser with a camera, which answers every request for a file with a picture of a word."""
    picture = tmp_path / "word.png"
    typeface.draw_word("Walk", next(iter(typeface.FONTS))).save(picture)
    opened = browser.browser_type.launch(executable_path=chromium(), args=[*FLAGS, *CAMERA])
    context = opened.new_context(viewport={"width": 1400, "height": 900}, permissions=["camera"])
    context.set_default_timeout(SLOWEST)
    page = context.new_page()
    page.on("filechooser", lambda chooser: chooser.set_files(picture))
    page.on("console", lambda said: console.errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: console.errors.append(str(error)))
    yield page
    opened.close()


class Walk:
    """Presses what is there, what appeared last first.

    pressed: how often, by name, over all views. missed: how often one was covered or gone when its turn came.
    together: how many of the controls in one place, such as a gallery.
    """

    def __init__(self, page, console: Console) -> None:
        self.page, self.console = page, console
        self.pressed: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.together: Counter[str] = Counter()
        self.broken: list[str] = []

    @property
    def controls(self) -> int:
        """How many different ones have been pressed."""
        return sum(self.missed[name] < times for name, times in self.pressed.items())

    def through(self, url: str) -> None:
        born: dict[str, int] = {}
        way: list[str] = []
        self.page.goto(url)
        painted(self.page)
        self._settle()
        while True:
            handle = self.page.evaluate_handle(FIND)
            there = self.page.evaluate("found => found.map(({ name, kind }) => [name, kind])", handle)
            names = [name for name, _ in there]
            for name in names:
                born.setdefault(name, len(born))
            wanted = [name for name in names if not VIEW.match(name) and self._is_wanted(name, names.count(name))]
            if not wanted:
                return
            name = max(wanted, key=born.__getitem__)
            alike = [place for place, other in enumerate(names) if other == name]
            place = alike[self.pressed[name] * (len(alike) - 1) // (SAME - 1)]  # the first, one between, the last
            kind, element = there[place][1], handle.get_property(str(place)).get_property("element").as_element()
            self.pressed[name] += 1
            self.together[_group(name)] += self.pressed[name] == 1
            way.append(name)
            self._press(name, kind, element)
            handle.dispose()
            if not self._settle() or self._is_broken():
                self._tell(url, way)
                return
            if self.console.errors:
                self._tell(url, way)

    def _is_wanted(self, name: str, alike: int) -> bool:
        if not self.pressed[name] and self.together[_group(name)] >= MOST:
            return False
        return self.pressed[name] < min(SAME, alike)

    def _press(self, name: str, kind: str, element) -> None:
        """Does what a hand would; what is covered or gone when its turn comes is missed."""
        from playwright.sync_api import Error

        try:
            element.scroll_into_view_if_needed(timeout=3000)
            if kind in ("text", "number"):
                element.fill("1" if kind == "number" else "hello", timeout=3000)
                element.press("Enter")
            elif kind == "choice":
                element.click(timeout=3000)
                element.press("ArrowDown")
                element.press("Enter")
            elif kind == "range":
                element.focus()
                element.press("Home")
                element.press("ArrowRight")
            else:
                element.click(timeout=3000)
        except Error as problem:
            if "Timeout" not in str(problem) and "not attached" not in str(problem):
                raise
            self.missed[name] += 1
        self.page.evaluate("document.fullscreenElement && document.exitFullscreen()")

    def _settle(self) -> bool:
        """Waits until the server has answered; False if it never does, as when the page runs itself again and again."""
        from playwright.sync_api import TimeoutError

        self.page.wait_for_timeout(100)
        try:
            self.page.wait_for_selector(RESTING)
        except TimeoutError:
            self.console.errors.append("The page does not come to rest.")
            return False
        return True

    def _is_broken(self) -> bool:
        shown = self.page.locator(EXCEPTION)
        self.console.errors += [shown.nth(place).inner_text() for place in range(shown.count())]
        return bool(shown.count())

    def _tell(self, url: str, way: list[str]) -> None:
        self.broken.append(f"{url} after\n  " + "\n  ".join(way[-12:]) + "\n" + "\n".join(self.console.errors))
        self.console.errors.clear()


def _group(name: str) -> str:
    """The place that a control's name begins with, and its kind; a name alone where it stands in no place."""
    return name if name.startswith(" ") else " ".join(name.split(" ")[:2])


def test_every_control_can_be_pressed_in_a_browser(visitor, quick, console):
    walk = Walk(visitor, console)
    visitor.goto(quick.url)
    painted(visitor)
    views = visitor.locator(".st-key-view [role=radio], .st-key-view button").all_inner_texts()
    assert len(views) >= 6
    for view in views:
        before = walk.controls
        walk.through(f"{quick.url}/?view={quote_plus(view)}")
        print(f"{view}: {walk.controls - before} controls", flush=True)
    print(f"walk in Chromium: {walk.controls} controls, {walk.pressed.total()} presses, missed: {dict(walk.missed)}")
    assert not walk.broken, "\n\n".join(walk.broken)
    assert walk.controls >= SHARE * CONTROLS
