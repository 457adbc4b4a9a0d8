"""What a kind of job is, and how a job reports; each job module exports its `Kind`, `jobs` is the table of them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol


class Report(Protocol):
    """How a job says how far it is. Both return False once the job should stop."""

    def __call__(self, step: int, steps: int, picture: Any = None, score: float | None = None) -> bool:
        """`step` of `steps` is done; picture: (height, width, 3) uint8; score: what the job raises, so far."""

    def doing(self, text: str) -> bool:
        """What happens before the first step, without a full stop, e.g. "Starting TensorFlow"."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of job.

    run: `run(settings, report)` in the worker; returns a dict of arrays and plain values.
    check: `check(settings)` in the page; returns the settings in full, defaults filled in, or raises ValueError with
        one sentence. Equal requests must come out equal: the result is kept under what it returns.
    files: what the result depends on besides the settings; None where results are not to be kept.
    score: the word for the number reported with each step; or `score(settings)`, where it depends on them.
    """

    run: Callable[[dict[str, Any], Report], dict[str, Any]]
    check: Callable[[dict[str, Any]], dict[str, Any]] = dict
    files: Callable[[dict[str, Any]], Sequence[Path]] | None = None
    score: str | Callable[[dict[str, Any]], str] = "score"

    def word(self, settings: dict[str, Any]) -> str:
        """What the number reported with each step is called; settings: as `check` returned them."""
        return self.score if isinstance(self.score, str) else self.score(settings)


class SettingsError(ValueError):
    """A job was asked for with settings that it cannot take."""


def check_whole(name: str, value: Any, allowed: range) -> None:
    """Raises SettingsError where a setting is no whole number of the range."""
    if type(value) is not int or value not in allowed:
        raise SettingsError(f"{name} must be a whole number from {allowed[0]} to {allowed[-1]}, not {value!r}.")


def refusing(check: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """The check, with whatever ValueError it raises raised as SettingsError."""

    @functools.wraps(check)
    def checked(*arguments: Any) -> dict[str, Any]:
        try:
            return check(*arguments)
        except SettingsError:
            raise
        except ValueError as error:
            raise SettingsError(str(error)) from error

    return checked
