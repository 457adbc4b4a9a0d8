"""What an ONNX file cannot say of itself, as data, and how it is kept in the file's metadata.

answers = Answers("ctc", ("", "a", "b"), 0, Preprocessing(32, None, "grey"), "My reader")
path.write_bytes(with_answers(path.read_bytes(), answers))
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from explain.network.description import Description
from explain.network.head import CTC, NONE
from models.preprocessing import Preprocessing


@dataclass(frozen=True)
class Answers:
    """What a file cannot say of itself; None or () where it stays unsaid.

    head: "ctc", "classes" or "none". labels: of every unit of the last layer, the blank of a CTC network as "".
    blank: its index among them. preprocessing: from a picture to the network's input. title: for people.
    """

    head: str | None = None
    labels: tuple[str, ...] = ()
    blank: int | None = None
    preprocessing: Preprocessing | None = None
    title: str | None = None

    @staticmethod
    def of(description: Description) -> Answers:
        """What a network says already."""
        head = description.head
        return Answers(
            None if head.kind == NONE else head.kind,
            head.labels if head.stated else (),
            head.blank,
            description.preprocessing,
            description.title,
        )

    def metadata(self, whole: bool = False) -> dict[str, str]:
        """Keys and values as `explain.network.head` reads them.

        whole: whether these are all answers, so that empty labels and an empty title overrule what a file says; else
        they say nothing. Labels that a head has no use for say nothing either way.
        """
        made = {}
        if self.head is not None:
            made["head"] = self.head
        if self.labels or (whole and self.head != NONE):
            made["labels"] = json.dumps(self.labels, ensure_ascii=False)
        if self.blank is not None and self.head in (None, CTC):
            made["blank"] = str(self.blank)
        if self.preprocessing is not None:
            made["input"] = json.dumps(_stated(self.preprocessing))
        if self.title or whole:
            made["title"] = self.title or ""
        return made


def _stated(wanted: Preprocessing) -> dict:
    """A preprocessing as the metadata states it: what is left open is left out."""
    facts = {
        "height": wanted.height,
        "width": wanted.width,
        "colour": wanted.colour,
        "mean": list(wanted.mean),
        "deviation": list(wanted.deviation),
        "fit": wanted.fit,
        "transposed": wanted.transposed or None,
    }
    return {key: value for key, value in facts.items() if value is not None}


def with_answers(model: bytes, answers: Answers, whole: bool = False) -> bytes:
    """The bytes of an ONNX file with the answers in its metadata, what it had there before overruled.

    whole: see `Answers.metadata`.

    The file is not taken apart, whoever made it: entries of metadata are laid behind its end, which is the same message
    to protobuf (https://protobuf.dev/programming-guides/encoding/#last-one-wins: repeated fields of concatenated
    messages are joined), and the last entry of a key counts.
    """
    import onnx

    behind = onnx.ModelProto()
    for key, value in answers.metadata(whole).items():
        behind.metadata_props.add(key=key, value=value)
    return model + behind.SerializeToString()
