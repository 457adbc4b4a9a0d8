"""The networks that gradients can be had of, by name, and their files as functions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explain.gradients.kinds import Report, SettingsError
from explain.network.description import Description, describe
from explain.network.errors import NetworkError
from models.card import Card, network_files
from models.networks import CARDS, here

if TYPE_CHECKING:
    from explain.gradients.network.function import NetworkFunction


Fits = Callable[[Card | Description], bool]

_own: ContextVar[Mapping[str, Description] | None] = ContextVar("own", default=None)


@contextmanager
def own(networks: Mapping[str, Description]) -> Iterator[None]:
    """Within this, a visitor's own networks are known as well, by what they say of themselves: to check settings.

    The process that computes finds their files in its own folder of networks.
    """
    token = _own.set(networks)
    try:
        yield
    finally:
        _own.reset(token)


def _any(_network: Card | Description) -> bool:
    return True


def source(name: Any, fits: Fits = _any) -> Card | Path | Description:
    """The card of that name, the file of the folder, or what a visitor's own says of itself.

    fits: which of all can be chosen here.
    Raises SettingsError for any other name, and for a network whose weights are not here.
    """
    missing = CARDS.get(name) if isinstance(name, str) else None
    if missing is not None and not missing.here and fits(missing):
        raise SettingsError(f"The weights of {missing.title} are not here. {missing.how_to_get}".strip())
    known = {**here(), **(_own.get() or {})}
    if not isinstance(name, str) or name not in known or not _fit(known[name], fits):
        names = ", ".join(other for other, network in known.items() if _fit(network, fits))
        raise SettingsError(f"There is no network called {name!r} here; choose one of {names}.")
    return known[name]


def _fit(network: Card | Path | Description, fits: Fits) -> bool:
    """Whether a network can be chosen; a file that is no network cannot."""
    try:
        return fits(describe(network) if isinstance(network, Path) else network)
    except NetworkError:
        return False


def network(name: Any, fits: Fits = _any) -> Description:
    """What the network of that name says of itself; raises as `source` does."""
    return describe(source(name, fits))


def files(name: str) -> list[Path]:
    """The files that a network's answers depend on."""
    of = source(name)
    if isinstance(of, Path):
        return network_files(of)
    if isinstance(of, Description):
        return of.files
    return [*of.files, *([of.statistics] if of.statistics else [])]


def function(name: str) -> NetworkFunction:
    """The file of the network as a TensorFlow function; built once and kept, until the file changes."""
    return _function(network(name))


@lru_cache(maxsize=2)
def _function(of: Description) -> NetworkFunction:
    from explain.gradients.network.function import NetworkFunction

    return NetworkFunction(of)


def prepare(report: Report) -> bool:
    """Imports TensorFlow, telling what takes so long; False once the job should stop."""
    if "tensorflow" not in sys.modules:
        report.doing("Starting TensorFlow (about 6 s the first time)")
        import tensorflow  # noqa: F401
    return report.doing("Preparing the network")


def on_network(
    run: Callable[[NetworkFunction, dict[str, Any], Report], dict[str, Any]],
    check: Callable[[dict[str, Any]], dict[str, Any]],
) -> Callable[[dict[str, Any], Report], dict[str, Any]]:
    """A job's run made of one that takes the network's function first: it checks the settings and loads the network.

    Empty where the job was stopped in the meantime.
    """

    def job(settings: dict[str, Any], report: Report) -> dict[str, Any]:
        settings = check(settings)
        return run(function(settings["network"]), settings, report) if prepare(report) else {}

    return job
