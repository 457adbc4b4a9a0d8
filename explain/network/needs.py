"""What a view, a method or a job needs of a network, and the sentence for a network that lacks it."""

from __future__ import annotations

from dataclasses import dataclass

from explain.network.description import Description

HEADS = {
    "ctc": "a network that reads a text (a CTC head)",
    "classes": "a network that names classes",
}
KINDS = {
    "conv": "convolution layers",
    "lstm": "recurrent layers (LSTM)",
    "global_average_pool": "global average pooling",
    "dense": "a dense layer",
}
ALONG = {"moments": "moments of a training of its own"}


@dataclass(frozen=True)
class Needs:
    """head: the kind of head, or None for any. kinds: of layers, of each of which there must be at least one.

    along: what must come along with the network, by the names of its card's fields, such as "bank".
    """

    head: str | None = None
    kinds: tuple[str, ...] = ()
    along: tuple[str, ...] = ()

    def missing(self, description: Description) -> str:
        """One sentence on what the network lacks; empty where everything is there."""
        lacking = [] if self.head in (None, description.head.kind) else [HEADS[self.head]]
        lacking += [KINDS.get(kind, f"{kind} layers") for kind in self.kinds if not description.of_kind(kind)]
        lacking += [
            ALONG.get(name, f"a {name} of its own")
            for name in self.along
            if getattr(description.card, name, None) is None
        ]
        return f"This needs {' and '.join(lacking)}, which {description.title} lacks." if lacking else ""

    def fits(self, description: Description) -> bool:
        return not self.missing(description)
