"""Starts the real page and opens it in Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.test_third_network import make

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Served:
    """The running page: its address, and the process that serves it."""

    url: str
    process: subprocess.Popen


@dataclass
class Console:
    """What the browser complained about."""

    errors: list[str] = field(default_factory=list)


def chromium() -> str:
    """Path of a Chromium; without one the test is skipped, but fails in CI."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail("CI has no Chromium: the browser tests would not run.")
    pytest.skip("No Chromium on this machine; install it to run the browser tests.")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def healthy(url: str, seconds: float = 10) -> bool:
    """Whether the server says that it is up, within so many seconds."""
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=seconds) as answer:
            return answer.read() == b"ok"
    except OSError:
        return False


def serve(cache: Path, script: str = "app.py", **surroundings: str) -> Served:
    """Starts `streamlit run SCRIPT` and waits until it answers.

    cache: where this server keeps what it computes. surroundings: more variables of its environment.
    """
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless=true", f"--server.port={port}"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), **surroundings}
    log = (cache / "server.log").open("wb")
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    served = Served(f"http://127.0.0.1:{port}", process)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if healthy(served.url, 1):
            return served
        time.sleep(0.1)
    process.kill()
    pytest.fail(f"The page did not start: {(cache / 'server.log').read_text()[-2000:]}")


@contextmanager
def serving(cache: Path, script: str = "app.py", **surroundings: str) -> Iterator[Served]:
    """A server as `serve` starts it, for as long as tests need it; where there is no browser they are not run."""
    chromium()
    running = serve(cache, script, **surroundings)
    yield running
    running.process.terminate()
    running.process.wait(10)


@pytest.fixture(scope="session")
def served(tmp_path_factory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("cache")) as running:
        yield running


@pytest.fixture(scope="session")
def short(tmp_path_factory) -> Iterator[Served]:
    """A server of the page whose dreams are short; see `short_page`."""
    with serving(tmp_path_factory.mktemp("short"), "tests/browser/short_page.py") as running:
        yield running


@pytest.fixture(scope="session")
def quick(tmp_path_factory) -> Iterator[Served]:
    """A server whose jobs end at once, made up: the first of a kind goes on until it is cancelled, the second fails."""
    with serving(tmp_path_factory.mktemp("quick"), "tests/browser/quick_page.py") as running:
        yield running


@pytest.fixture(scope="session")
def third(tmp_path_factory) -> Iterator[Served]:
    """A server whose folder of networks holds the third network of the tests, which nothing in the project knows."""
    folder = tmp_path_factory.mktemp("networks")
    make(folder / "third.onnx")
    with serving(tmp_path_factory.mktemp("third"), NETWORKS_FOLDER=str(folder)) as running:
        yield running


@pytest.fixture(scope="session")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def console() -> Console:
    return Console()


@pytest.fixture
def page(browser, console):
    """A fresh visitor on a laptop's screen; every console error and uncaught exception is kept in `console`."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    opened.on("console", lambda said: console.errors.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: console.errors.append(str(error)))
    yield opened
    context.close()
