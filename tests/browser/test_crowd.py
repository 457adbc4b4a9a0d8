"""The gradient worker under stress: its process is killed in mid-job, and ten visitors ask for pictures at once.

Page, sessions, queue, process and protocol are the real ones; only what the process computes is shorter
(`short_page`, `short_jobs`), so that all ten can be served to the end in the time a test may take. Real class
visualisations are dreamt, cancelled and ended in `test_page`. The visitors' classes differ, since what one visitor has
been answered is kept for the next who asks the same.

Visitors bring processors of their own. Here their ten pages of Chromium have to share the server's two, and are given
only what it and its worker leave; otherwise the time that the kernel takes to get round to the server is what is
measured. How long the server took to answer meanwhile is printed beside the time of one that has nothing else to do.
All this keeps two cores busy for a minute, so this test runs only when asked for: `pytest -m crowd -s`.
"""

from __future__ import annotations

import http.server
import os
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from explain.gradients.worker.job import ORDINALS
from models import vgg16
from tests.browser.conftest import FLAGS, chromium, healthy
from tests.browser.short_jobs import LASTING, STEPS
from tests.browser.test_page import alive, open_page, settled

pytestmark = pytest.mark.browser

VISITORS, LEAVING = 10, 2
RESPONSIVE = 0.5  # seconds that the server may take to say that it is up, whatever else it is doing
CLASSES = vgg16.CAM_IMAGENET_INDEX[:VISITORS]  # numbers among ImageNet's 1000
SLOWEST = 120_000  # milliseconds to wait for anything, with little of a machine to itself
STEP = re.compile(r"Step \d+ of \d+")
QUEUED = re.compile(rf"^({'|'.join(ORDINALS)}) in the queue$")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="finds the process in /proc")


def gradient_process(server: int) -> int:
    """The process id of the gradient worker that belongs to a server."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:  # it ended just now
            continue
        if parent == server and b"explain.gradients.worker" in command:
            return int(folder.name)
    raise AssertionError("The page has no gradient process.")


def says(page, text: str | re.Pattern):
    """Waits for a text, and fails with the page's own sentence where that says why it will not come."""
    found, alert = page.get_by_text(text).first, page.locator('[data-testid="stAlert"]').first
    found.or_(alert).first.wait_for(timeout=SLOWEST)
    assert not alert.is_visible(), alert.inner_text()
    return found


@linux_only
def test_killed_in_mid_job_it_says_so_and_the_next_job_works(page, short):
    page.set_default_timeout(SLOWEST)
    open_page(page, short, f"?class={LASTING}")
    page.get_by_role("button", name="Dream it live").click()
    says(page, STEP)
    killed = gradient_process(short.process.pid)
    os.kill(killed, signal.SIGKILL)
    message = page.locator('[data-testid="stAlert"]')
    message.wait_for()
    assert message.count() == 1
    assert re.fullmatch(r"[A-Z][^.]+ ended[^.]+ next request [^.]+\.", message.locator("p").inner_text())
    alive(page)
    page.get_by_role("button", name="Another seed").click()
    message.wait_for(state="detached")
    says(page, STEP)
    assert gradient_process(short.process.pid) != killed
    page.get_by_alt_text(re.compile(rf" · {LASTING}, step \d+$")).wait_for()
    page.get_by_role("button", name="Cancel").click()
    says(page, re.compile("Cancelled at step"))
    alive(page)


class Health(threading.Thread):
    """Asks a server ten times a second how it is; took: seconds of every answer."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.took, self.failed, self.over = url, [], 0, threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.1):
            start = time.perf_counter()
            self.failed += not healthy(self.url)
            self.took.append(time.perf_counter() - start)


@contextmanager
def watched(url: str) -> Iterator[Health]:
    health = Health(url)
    health.start()
    try:
        yield health
    finally:
        health.over.set()
        health.join(15)


@contextmanager
def idle_server() -> Iterator[str]:
    """A server that has nothing else to do: what it takes to answer is the machine's doing."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


# Keeps in `said` everything that the page tells of a job, however short it stands there; one who is leaving cancels
# at the sight of the queue.
LISTEN = """(leaving) => {
  window.said = [];
  new MutationObserver(() => {
    const text = document.querySelector('[data-testid="stProgress"]')?.textContent;
    if (!text) return;
    if (text !== said.at(-1)) said.push(text);
    if (!leaving || !text.endsWith('in the queue')) return;
    const cancel = [...document.querySelectorAll('button')].find((button) => button.textContent.trim() === 'Cancel');
    if (cancel) leaving = cancel.click();  // once
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


@pytest.fixture
def elsewhere(browser, tmp_path) -> Iterator:
    """A Chromium in the class of processes that run when no other wants to (it sets its threads' niceness itself)."""
    starter, chrt = tmp_path / "chromium", shutil.which("chrt")
    starter.write_text(f'#!/bin/sh\nexec {f"{chrt} --idle 0" if chrt else "nice -n 19"} "{chromium()}" "$@"\n')
    starter.chmod(0o755)
    opened = browser.browser_type.launch(executable_path=starter, args=FLAGS)
    yield opened
    opened.close()


@pytest.fixture
def visitors(elsewhere, short) -> Iterator[list]:
    """Ten visitors, each with a session and a class of their own, before the gallery's picture of it."""
    context, pages = elsewhere.new_context(viewport={"width": 1100, "height": 700}), []
    context.set_default_timeout(SLOWEST)
    for number in CLASSES:
        pages.append(context.new_page())
        pages[-1].goto(f"{short.url}/?class={number}", wait_until="commit")
    for page in pages:
        page.get_by_role("button", name="Dream it live").wait_for()
        settled(page)
        page.evaluate(LISTEN, page in pages[-LEAVING:])
    yield pages
    context.close()


def press_at_once(pages: list) -> None:
    """Has every page's button pressed by its own browser at the same moment."""
    moment = 1000 * time.time() + 1000
    for page in pages:
        page.get_by_role("button", name="Dream it live").evaluate(
            "(button, moment) => void setTimeout(() => button.click(), moment - Date.now())", moment
        )


def has_queued(page) -> bool:
    return any(QUEUED.match(text) for text in page.evaluate("said"))


@pytest.mark.crowd
def test_ten_visitors_at_once_are_all_served(visitors, short):
    with idle_server() as idle, watched(idle) as machine, watched(short.url) as health:
        press_at_once(visitors)
        ends = [says(page, re.compile(r"^(Done in [\d.]+ s, logit \d|Cancelled )")).inner_text() for page in visitors]
    assert sum(map(has_queued, visitors)) >= VISITORS // 2
    left = [page for page, end in zip(visitors, ends, strict=True) if end.startswith("Cancelled")]
    assert left and set(left) <= set(visitors[-LEAVING:])
    for number, page in zip(CLASSES, visitors, strict=True):
        alive(page)
        assert page.locator('[data-testid="stAlert"]').count() == 0
        if page not in left:  # everyone has the picture of the class that they asked for
            assert page.get_by_alt_text(f"{vgg16.IMAGENET_NAMES[number]} · {number}, step {STEPS}").is_visible()
    slowest, usual = max(health.took), max(machine.took)
    print(f"\nhealth: {len(health.took)} answers, slowest {slowest:.3f} s; an idle server's {usual:.3f} s")
    assert health.failed == 0
    assert slowest <= RESPONSIVE
