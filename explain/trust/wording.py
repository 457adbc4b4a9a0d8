"""How far a reading can be believed, in sentences: the same on the page, in the report and in Python."""

from __future__ import annotations

import unicodedata

from explain.ctc.alphabet import Alphabet
from explain.network.description import Description
from explain.trust.trust import Caveat, Trust
from models.prepared import Prepared
from models.typeface import listed

LIKE_THIS = (
    "“Like this” means: among photographed words that the network had not learnt from, those with about the same "
    "score. The score is worked out from the network's own numbers, such as how sure it is of each character and how "
    "far its second choices are. The words fall into a few groups by it, and of the group that this reading belongs "
    "to, so many were read right."
)
SHARES = ("share", "unsure")  # kinds of caveats that say themselves how many such readings are right


def doubts(trust: Trust) -> list[Caveat]:
    """What speaks against the reading, the most important first."""
    return [caveat for caveat in trust.caveats if caveat.kind != "share"]


def sentences(trust: Trust, prepared: Prepared | None = None, network: Description | None = None) -> tuple[str, ...]:
    """All that is to be said beside a recogniser's reading, the most important first: what is wrong with it begins.

    prepared: the picture that was read, where it is known what was done to it. network: where it is to be said what
    the recogniser can read at all.
    """
    wrong = [caveat.sentence for caveat in trust.caveats]
    return tuple(filter(None, [*wrong, *made_ready(prepared), measured(trust), known(network) if network else ""]))


def not_believed(trust: Trust) -> str:
    """The mark of a reading that is not to be believed, with the reason; empty where it may be."""
    return "" if trust.believed else f"Not to be believed: {trust.caveats[0].sentence}"


def measured(trust: Trust) -> str:
    """How many readings like this one are right, where that was measured and nothing that is wrong says it already."""
    if trust.right is None or not trust.believed or any(caveat.kind in SHARES for caveat in trust.caveats):
        return ""
    of_a_hundred = round(100 * trust.right)
    return f"Of readings like this, {'more than 99' if of_a_hundred == 100 else of_a_hundred} in 100 are right."


def like_this(trust: Trust) -> str:
    """What “readings like this” are, where something is said of them; else empty."""
    if trust.right is None or not (measured(trust) or any(caveat.kind in SHARES for caveat in trust.caveats)):
        return ""
    return LIKE_THIS


def made_ready(prepared: Prepared | None) -> tuple[str, ...]:
    """What was done to the picture before it was read, a sentence each."""
    if prepared is None:
        return ()
    trimmed = "An empty margin was left out." if prepared.trimmed else ""
    direction = "Grey loses the word, so a mix of colours that keeps it was read." if prepared.direction else ""
    return tuple(filter(None, (trimmed, direction)))


def known(network: Description) -> str:
    """The characters that a recogniser can read at all, in short; empty where nobody has said its labels."""
    if not network.head.stated:
        return ""
    labels = _writing(Alphabet(network.labels, network.blank))
    count = f"{len(labels):,} character{'' if len(labels) == 1 else 's'}"
    which = listed(["space" if label.isspace() else label for label in labels])
    lacking = _lacking("".join(labels))
    return f"It knows {count}{': ' if which else ''}{which}{'; no ' if lacking else ''}{lacking}."


def _writing(alphabet: Alphabet) -> list[str]:
    """The labels that write something."""
    return [label for number, label in enumerate(alphabet.labels) if label and number != alphabet.blank]


def _lacking(known: str) -> str:
    """Kinds of characters of which an alphabet has none."""
    kinds = {unicodedata.category(character)[0] for character in known}
    accents = any(map(unicodedata.combining, unicodedata.normalize("NFD", known)))
    has = {
        "spaces": any(map(str.isspace, known)),
        "accents": accents,
        "punctuation": "P" in kinds,
        "signs such as $": "S" in kinds,
    }
    *others, last = [kind for kind, there in has.items() if not there] or [""]
    return " or ".join(filter(None, [", ".join(others), last]))
