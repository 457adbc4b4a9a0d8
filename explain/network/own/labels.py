"""Labels as somebody gives them, brought to one for each unit of the last layer."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Sequence

from explain.network.errors import NetworkError

SPACE = " "
Labels = tuple[str, ...]
# One entry of a list or dictionary as Python writes it, up to the comma: 'a' or 3: "a".
ENTRY = re.compile(r"""\s*(?:(\d{1,9})\s*:\s*)?('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")\s*(?:,|$)""")


def listed(given: str) -> Labels:
    """The labels that a text holds: a JSON list of strings, a mapping {0: "cat", ...}, one a line, or one a character.

    A text of several lines has a label on each; one of a single line has a label in every character.
    Raises NetworkError for JSON that is no list of strings.
    """
    return tuple(written(label) for label in _listed(given.removeprefix("\ufeff")))


def written(label: str) -> str:
    """A label as text that can be written down: half of a surrogate pair, which JSON can state, becomes "?"."""
    return label.encode("utf-8", "replace").decode("utf-8")


def _listed(text: str) -> Labels:
    if text.lstrip()[:1] in ("[", "{"):
        whole = _literal(text)
        if isinstance(whole, dict):
            whole = [whole[key] for key in sorted(whole, key=_number)]
        if isinstance(whole, list | tuple):
            if not all(isinstance(label, str) for label in whole):
                raise NetworkError("Labels are a JSON list of strings, and nothing else may stand in it.")
            return tuple(whole)
    lines = text.split("\n")
    if len(lines) > 1:
        lines = [line.removesuffix("\r") for line in lines]
        return tuple(lines[:-1] if lines[-1] == "" else lines)
    return tuple(text)


def fitted(labels: Sequence[str], units: int, blank: int | None) -> Labels | None:
    """The labels of all `units` of a CTC network, the blank being "", or None where their number does not fit.

    blank: its index among the units. The labels may leave out the blank, and the space that then comes last, as
    PaddleOCR's dictionaries do; a blank that they name otherwise ("-", "<blank>") becomes "".
    """
    if blank is None or not 0 <= blank < units:
        return None
    made = list(labels)
    if len(made) == units - 2 and SPACE not in made:
        made.append(SPACE)
    if len(made) == units - 1:
        made.insert(blank, "")
    if len(made) != units:
        return None
    made[blank] = ""
    return tuple(made)


def numbered(units: int) -> Labels:
    """What stands in place of a recogniser's labels where nobody says them."""
    return tuple(f"[{index}]" for index in range(units))


def why_not(labels: Sequence[str], units: int, ctc: bool) -> str:
    """One sentence for labels whose number does not fit the last layer."""
    count = f"{len(labels)} label" if len(labels) == 1 else f"{len(labels)} labels"
    wanted = f"{units}, the blank among them, or {units - 1} without it" if ctc else f"{units}"
    return f"Here are {count}, and the last layer wants {wanted}: give one for each of its units."


def _literal(text: str):
    """JSON, or what Python writes for a list or dictionary of strings; None where it is neither."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    inner, at, entries = text.strip()[1:-1].strip(), 0, []
    while at < len(inner):
        entry = ENTRY.match(inner, at)
        if entry is None:
            return None
        entries.append((entry[1], _unquoted(entry[2])))
        at = entry.end()
    numbers = [number for number, _ in entries]
    if None in numbers:
        return [label for _, label in entries] if set(numbers) == {None} else None
    return {int(number): label for number, label in entries}


def _unquoted(written: str) -> str:
    try:
        return ast.literal_eval(written)
    except (ValueError, SyntaxError):  # such as a broken escape
        return written[1:-1]


def _number(key) -> tuple[int, str]:
    try:
        return int(key), ""
    except (TypeError, ValueError):
        return 0, str(key)
