"""A walk through the whole page: whatever can be pressed is pressed, whatever can stand in the address stands there.

Nothing here knows what the page holds: controls and names of the address are those that it shows and looks for. A new
one is pressed from the day it is there.
"""

from __future__ import annotations

import ast
import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from streamlit import config

from explain.exemplars.readout import words
from explain.network.costs import timing
from explain.panels.attribution import photograph_checks, photograph_occlusion
from explain.panels.page import guard, resources
from models import vgg16
from tests.walk.quick_jobs import QuickWorker
from tests.walk.visitor import PAGE, Visitor
from tests.walk.walker import Broken, Read, Step, Walk

CONTROLS = 114  # different ones that were pressed when this was written
MOST_MISSING = 0.1  # share of them that may go before somebody has to say so here
VIEW = "view"  # the choice of the deeper view
EMPTY = ""
# A piece of a list of labels; below and above every range; a digit to Python, but no number; what tries to break out.
NONSENSE = ("ab", "-1.-1.-1", "999999.999999.999999", "²", "<script>\x00%00")


class Walked(NamedTuple):
    walk: Walk
    views: tuple[str, ...]
    broken: list[str]


class Home(NamedTuple):
    """Where the page looks a name up: at an address, after some presses."""

    address: dict[str, str]
    steps: tuple[Step, ...]


@pytest.fixture(scope="module")
def worker() -> Iterator[QuickWorker]:
    """Jobs end at once and Score-CAM soon; errors are shown in full, and what a network refuses counts as one.

    What the page does to its process is undone.
    """
    quick, interval, shown = QuickWorker(), sys.getswitchinterval(), config.get_option("client.showErrorDetails")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resources, "worker", lambda: quick)
        patch.setattr(guard, "NetworkError", ())
        patch.setattr(photograph_occlusion, "CHANNELS", 4)
        patch.setattr(photograph_checks, "STEPS", 1)
        patch.setattr(words, "TWINS", 4)
        patch.setattr(timing, "SECONDS", 0.05)
        config.set_option("client.showErrorDetails", "full")
        yield quick
        config.set_option("client.showErrorDetails", shown)
    sys.setswitchinterval(interval)
    gc.unfreeze()


@pytest.fixture(scope="module")
def walked(worker) -> Walked:
    """Every view in a fresh tab of its own; what all views have in common is pressed in the first."""
    walk, broken = Walk(worker, VIEW), []
    views = tuple(next(node for node in Visitor().controls if node.key == VIEW).options)
    for view in views:
        try:
            walk.through(**{VIEW: view})
        except Broken as problem:
            broken.append(str(problem))
    return Walked(walk, views, broken)


@pytest.fixture(scope="module")
def homes(walked) -> dict[str, Home]:
    """For every name in the address where a fresh tab looks it up, by the address alone where that is enough."""
    homes: dict[str, Home] = {}
    contexts = {frozenset(_context(read).items()): None for read in walked.walk.read.values()}
    for address in sorted(map(dict, contexts), key=len):
        for name in Visitor(**address).read:
            homes.setdefault(name, Home(address, ()))
    for name in sorted(walked.walk.read.keys() - set(homes)):
        homes[name] = _home(walked.walk, name)
    return homes


def _home(walk: Walk, name: str) -> Home:
    """The few presses that led to a name, or all of them where those do not lead there from a fresh tab."""
    read = walk.read[name]
    address = {VIEW: read.address[VIEW]}
    few = name in walk.follow(read.steps, **address).read
    return Home(address, read.steps if few else read.way)


def _context(read: Read) -> dict[str, str]:
    """Of an address the view, and what was put there by the presses that led to a name."""
    pressed = {part for step in read.steps for part in step.control.split(".")}
    return {name: value for name, value in read.address.items() if name == VIEW or name in pressed}


def test_every_control_of_every_view_leaves_the_page_up(walked):
    assert not walked.broken, "\n\n".join(walked.broken)


def test_hardly_fewer_controls_are_there_than_there_were(walked, capsys):
    controls, presses = len(walked.walk.controls), walked.walk.pressed.total()
    with capsys.disabled():
        print(f"\nwalk: {controls} controls, {presses} presses, {len(walked.views)} views")
    assert controls >= (1 - MOST_MISSING) * CONTROLS, f"{controls} controls were pressed; there were {CONTROLS}"


def test_the_views_can_be_pressed_one_after_the_other(worker, walked):
    visitor = Visitor()
    for view in (*walked.views, walked.views[0]):
        visitor.choose(VIEW, view)
        assert not visitor.exception, f"{view}: {visitor.trouble}"


def test_every_name_in_the_address_may_be_empty_or_nonsense(worker, walked, homes):
    broken = []
    for place, (name, home) in enumerate(homes.items()):
        for value in (EMPTY, NONSENSE[place % len(NONSENSE)]):
            broken += _opened(walked.walk, home, {name: value}, name)
    assert not broken, "\n\n".join(broken)


def test_all_names_in_the_address_may_be_empty_or_nonsense_at_once(worker, walked, homes):
    """All but those without which the others are not looked up."""
    broken = []
    for address in {frozenset(home.address.items()): home.address for home in homes.values()}.values():
        for value in (EMPTY, *NONSENSE):
            broken += _opened(walked.walk, Home(address, ()), {**dict.fromkeys(homes, value), **address})
    assert not broken, "\n\n".join(broken)


def test_names_that_are_looked_up_only_where_the_full_vgg16_is(worker, walked, homes, monkeypatch):
    monkeypatch.setattr(vgg16, "full_is_here", lambda: True)
    more = {name: view for view in walked.views for name in Visitor(**{VIEW: view}).read if name not in homes}
    assert more
    broken = []
    for name, view in more.items():
        for value in (EMPTY, NONSENSE[0]):
            broken += _opened(walked.walk, Home({VIEW: view}, ()), {name: value}, name)
    assert not broken, "\n\n".join(broken)
    assert not in_the_source() - set(homes) - set(more), "the walk never met these"


def _opened(walk: Walk, home: Home, values: dict[str, str], name: str | None = None) -> list[str]:
    """What broke, with the address. name: that is to be looked up on the way, or else there would be nothing to see."""
    address = {**home.address, **values}
    try:
        visitor = walk.follow(home.steps, **address)
    except Broken as problem:
        return [str(problem)]
    assert name is None or name in visitor.read, f"{name} is not looked up at {address} after {home.steps}"
    return []


def in_the_source() -> set[str]:
    """The names that are written out where the page binds a widget to the address or reads a choice from it."""
    names = set()
    for file in (PAGE, *(PAGE.parent / "explain" / "panels").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                names |= _named(node, file)
    return names


def _named(call: ast.Call, file: Path) -> set[str]:
    said = {keyword.arg: keyword.value for keyword in call.keywords}
    function = ast.unparse(call.func)
    if function in ("address.choice", "address.numbers", "st.query_params.get"):
        value = call.args[0]
    elif function == "address.switch" or "bind" in said:
        value = said.get("key")
    else:
        return set()
    return {value.value} if isinstance(value, ast.Constant) else set()
