"""The networks that gradients can be had of, by the names of their cards, and their files as functions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from explain.gradients.kinds import Report, SettingsError
from explain.network.description import Description, describe
from models.card import Card
from models.networks import CARDS

if TYPE_CHECKING:
    from explain.gradients.network.function import NetworkFunction


def card(name: Any, fits: Callable[[Card], bool] = lambda card: True) -> Card:
    """The card of that name. fits: which of all can be chosen here. Raises SettingsError for any other name, and for a
    network that is not here."""
    named = CARDS.get(name) if isinstance(name, str) else None
    if named is not None and not named.here and fits(named):
        raise SettingsError(f"The weights of {named.title} are not here. {named.how_to_get}".strip())
    if named is None or not fits(named):
        known = ", ".join(one.name for one in CARDS.values() if one.here and fits(one))
        raise SettingsError(f"There is no network called {name!r} here; choose one of {known}.")
    return named


def network(name: Any, fits: Callable[[Card], bool] = lambda card: True) -> Description:
    """What the network of that name says of itself; raises as `card` does."""
    return describe(card(name, fits))


def function(name: str) -> NetworkFunction:
    """The file of the network as a TensorFlow function; built once and kept."""
    return _function(card(name))


@lru_cache(maxsize=2)
def _function(of: Card) -> NetworkFunction:
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
