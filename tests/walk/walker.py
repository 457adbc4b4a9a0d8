"""The walk itself: presses every control of a view and whatever appears, and remembers how each was reached."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.walk.presses import Press, When, name_of, presses
from tests.walk.quick_jobs import OUTCOMES, QuickWorker
from tests.walk.visitor import Visitor

MOST = 8  # presses of one control: counted and named ones, which stand for many, are tried so often at most
LONG = 300  # seconds that work beside the page may take on a busy machine
MOMENT = 1.5  # seconds from one look at work that goes on to the next: each look is a run of the page


class Broken(AssertionError):
    """A press that brought the page down."""


class Step(NamedTuple):
    control: str
    value: str


class Read(NamedTuple):
    """How the page came to look a name up in the address. address: where. steps: what was pressed to get there; way:
    all that was pressed before, since what an earlier press left behind may count as well."""

    address: dict[str, str]
    steps: tuple[Step, ...]
    way: tuple[Step, ...]


@dataclass
class Walk:
    """All that has been pressed, over all views.

    view: the control that chooses between views, and its name in the address; it is left alone. Whatever else opens
    another view has its press undone by it: that view is walked by itself. pressed: how often, by control and value.
    read: how each name of the address came to be read first.
    starts: buttons that start work, and how often they are pressed, so that all that can become of it is seen: what the
    worker does, see there; what the page itself does is cancelled, then waited for.
    """

    worker: QuickWorker
    view: str
    pressed: Counter[Step] = field(default_factory=Counter)
    read: dict[str, Read] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)

    @property
    def controls(self) -> set[str]:
        return {step.control for step in self.pressed}

    def follow(self, steps: Sequence[Step], **address: str) -> Visitor:
        """Opens the page in a fresh tab and presses what is told, each job being done at once.

        What is not there is passed over: with every job done there is none to be tried again.
        """
        self.worker.at_once = True
        visitor = Visitor(**address)
        for at, step in enumerate(steps):
            self._look(visitor, address, steps[:at])
            there = (press for node in visitor.controls for press in presses(visitor, node))
            for press in [press for press in there if (press.control, press.value) == step][:1]:
                self._act(visitor, press)
        self._look(visitor, address, steps)
        return visitor

    def through(self, **address: str) -> None:
        """Opens the page in a fresh tab and presses what is there and what appears, until all has been pressed.

        Raises Broken, with all that was pressed on the way, when the page shows an exception.
        """
        self.worker.asked.clear()
        visitor = Visitor(**address)
        way: list[Step] = []
        born: dict[str, int] = {}
        steps: tuple[Step, ...] = ()
        led: dict[str, tuple[Step, ...]] = {}  # what had to be pressed for a control to appear
        self._note(visitor, steps, address, way)
        while True:
            for name in map(name_of, visitor.controls):
                if name not in born:
                    born[name], led[name] = len(born), steps
            todo = [
                (self._turn(press, born[name_of(node)]), name_of(node), press)
                for node in visitor.controls
                for press in presses(visitor, node)
                if name_of(node) != self.view and self._is_wanted(press)
            ]
            if not todo:
                return
            _, name, press = min(todo, key=lambda option: option[0])
            way.append(Step(press.control, press.value))
            self._press(visitor, press, address, way)
            steps = (*led[name], way[-1])
            self._note(visitor, steps, address, way)

    @staticmethod
    def _turn(press: Press, born: int) -> tuple[int, int]:
        """Of those whose turn it is the one that appeared last comes first; of switches the one that did first."""
        return press.when, born if press.when is When.SWITCHED_ON else -born

    def _is_wanted(self, press: Press) -> bool:
        times = self.pressed[Step(press.control, press.value)]
        if press.control in self.starts:
            return times < self.starts[press.control]
        return not times and sum(step.control == press.control for step in self.pressed) < MOST

    def _press(self, visitor: Visitor, press: Press, address: dict[str, str], way: list[Step]) -> None:
        step, before, working = way[-1], self.worker.asked.total(), len(visitor.get("progress"))
        self.worker.at_once = bool(press.value)
        self.pressed[step] += 1
        try:
            self._act(visitor, press)
        except RuntimeError as problem:  # it takes too long: a page that runs itself again and again
            raise Broken(_story(address, way, str(problem))) from problem
        self._look(visitor, address, way)
        if press.value:
            return
        if self.worker.asked.total() > before:
            self.starts[press.control] = len(OUTCOMES)
        elif len(visitor.get("progress")) > working:
            self.starts[press.control] = 2
            if self.pressed[step] == 2:
                self._wait(visitor, address, way)

    def _act(self, visitor: Visitor, press: Press) -> None:
        """Presses, and comes back to the view where it was pressed, unless the page is broken."""
        view = visitor.value(self.view)
        press.act()
        visitor.run()
        if not visitor.exception and visitor.value(self.view) not in (None, view):
            visitor.choose(self.view, view)

    def _wait(self, visitor: Visitor, address: dict[str, str], way: list[Step]) -> None:
        """Until work that goes on beside the page is over."""
        end, working = time.monotonic() + LONG, len(visitor.get("progress"))
        while len(visitor.get("progress")) == working:
            assert time.monotonic() < end, f"the work that {way[-1].control} began does not end"
            time.sleep(MOMENT)
            visitor.run()
            self._look(visitor, address, way)

    @staticmethod
    def _look(visitor: Visitor, address: dict[str, str], way: Sequence[Step]) -> None:
        if visitor.exception:
            raise Broken(_story(address, way, visitor.trouble))

    def _note(self, visitor: Visitor, steps: tuple[Step, ...], address: dict[str, str], way: list[Step]) -> None:
        self._look(visitor, address, way)
        for name in visitor.read - set(self.read):
            self.read[name] = Read({**address, **visitor.address}, steps, tuple(way))


def _story(address: dict[str, str], way: Sequence[Step], trouble: str) -> str:
    told = "\n".join(f"  {step.control} = {step.value}" for step in way)
    return f"at {address} the page broke after\n{told}\n{trouble}"
