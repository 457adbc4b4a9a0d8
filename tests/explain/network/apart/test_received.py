"""What a process says of a network, and what the page believes of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from explain.network.apart import as_json, received
from explain.network.description import Description
from explain.network.errors import NetworkError
from explain.network.head import CTC, NONE, Head
from explain.network.layers import Layer, Stored, Window
from models.crnn import CARD
from models.preprocessing import Preprocessing
from tests.explain.network.made import chain

PATH = Path("/private/net.onnx")
CONV = Layer(
    "map",
    "map",
    "conv",
    ("input",),
    (8, 8, 4),
    Window((3, 3)),
    "window",
    weights={"kernel": Stored((), (), (3, 3, 1, 4))},
)
MEAN = Layer("mean", "mean", "global_average_pool", ("map",), (4,))


def told(**changes) -> Description:
    return replace(chain((8, 8, 1), CONV, MEAN, labels=("a", "b", "c", "d")), **changes)


def received_of(description: Description) -> Description:
    return received.description(as_json.write(description), PATH)


def test_a_description_is_taken_as_the_one_of_the_file_at_hand():
    taken = received_of(told(path=Path("/etc/passwd"), name="somebody else's"))
    assert (taken.path, taken.name, taken.apart) == (PATH, "net", True)
    assert taken.layers == told().layers and taken.labels == ("a", "b", "c", "d")


def test_texts_are_made_one_line_of_bounded_length():
    layers = [*told().layers[:-1], replace(MEAN, title="<b>\n" + "x" * 1000, words="w\x00\x1b[31m " * 300)]
    taken = received_of(
        told(title="a\nb " + "t" * 500, layers=tuple(layers), head=Head("classes", ("l" * 500, *"bcd")))
    )
    assert taken.title.startswith("a b ttt") and len(taken.title) == received.LONGEST_TITLE
    assert taken.output.title.startswith("‹b› xx") and len(taken.output.title) == received.LONGEST_TITLE
    assert taken.output.words.isprintable() and len(taken.output.words) <= received.LONGEST_WORDS
    assert len(taken.labels[0]) == received.LONGEST_LABEL
    assert received_of(told(title="\n")).title == "net"


def test_no_text_becomes_a_link_a_picture_or_an_element():
    evil = "![x](https://example.com/x.png) <img src=x onerror=alert(1)> :red[a] $x$ `b`"
    layers = [*told().layers[:-1], replace(MEAN, title=evil, words=evil)]
    taken = received_of(told(title=evil, layers=tuple(layers), licence=evil, source=evil))
    for text in (taken.title, taken.output.title, taken.output.words, taken.licence, taken.source):
        assert "example.com" in text and not set(text) & set("[]<>`$")
    assert not set(received.sentence(evil)) & set("[]<>`$")


def changed(number: int, **changes) -> tuple[Layer, ...]:
    layers = list(told().layers)
    layers[number] = replace(layers[number], **changes)
    return tuple(layers)


LONG = tuple(Layer(f"l{i}", "", "other", (f"l{i - 1}" if i else "input",), (1,)) for i in range(3000))
LIES = {
    "thousands of layers": {"layers": (told().input, *LONG)},
    "no layer": {"layers": (told().input,)},
    "a name twice": {"layers": changed(2, name="map")},
    "a name without end": {"layers": changed(2, name="n" * 3000)},
    "a layer that takes what comes later": {"layers": changed(1, inputs=("mean",))},
    "a second input": {"layers": changed(2, kind="input")},
    "a kind that is none": {"layers": changed(1, kind="script")},
    "a huge shape": {"layers": changed(1, shape=(2**20, 2**20, 2**10))},
    "a negative length": {"layers": changed(1, shape=(-8, 8, 4))},
    "a huge window": {"layers": changed(1, window=Window((2**30, 2**30)))},
    "a stride of none": {"layers": changed(1, window=Window((3, 3), (0, 1)))},
    "no groups": {"layers": changed(1, groups=0)},
    "huge weights": {"layers": changed(1, weights={"kernel": Stored((), (), (2**40,))})},
    "labels that are too few": {"head": Head("classes", ("a", "b"))},
    "a head that is none": {"head": Head("oracle", ("a", "b", "c", "d"))},
    "a blank outside": {"head": Head(CTC, ("a", "b", "c", "d"), 4)},
    "a reader of no sequence": {"head": Head(CTC, ("a", "b", "c", "d"), 0)},
    "a huge picture": {"preprocessing": Preprocessing(100_000, 100_000, "grey")},
    "a huge least picture": {"smallest": (1, 100_000)},
    "a picture of no height": {"picture": (0, 8, 1)},
    "pictures of many channels": {"picture": (8, 8, 100)},
    "a huge batch": {"batch": 10**9},
    "a batch of none": {"batch": 0},
    "no picture that can be made": {"preprocessing": None},
    "a card": {"card": replace(CARD, words={})},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_refused_with_one_sentence(lie):
    with pytest.raises(NetworkError) as refused:
        received_of(told(**LIES[lie]))
    assert "net.onnx" in str(refused.value) and "/private" not in str(refused.value)
    assert len(str(refused.value)) < 400 and "\n" not in str(refused.value)


def test_far_too_many_frames_are_refused():
    steps = Layer("steps", "steps", "reshape", ("map",), (100_000, 4))
    reader = told(layers=(*told().layers[:2], steps), head=Head(CTC, ("", "a", "b", "c"), 0))
    with pytest.raises(NetworkError, match="100,000 frames"):
        received_of(reader)


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 10_000, as_json.write(MEAN)])
def test_what_is_no_description_is_refused(data):
    with pytest.raises(NetworkError, match="net.onnx says of itself makes no sense"):
        received.description(data, PATH)


@pytest.mark.parametrize("shape", [(60_000_000,), (1, 60_000_000)])
def test_more_units_than_can_be_labels_are_refused_whatever_they_are(shape):
    steps = Layer("many", "many", "reshape", ("map",), shape)
    with pytest.raises(NetworkError, match="ends in 60,000,000 numbers"):
        received_of(told(layers=(*told().layers[:2], steps), head=Head(NONE, stated=False)))


def test_half_of_a_surrogate_pair_in_a_label_can_be_written_down():
    head = received_of(told(head=replace(told().head, labels=("\ud800", "b", "c", "d")))).head
    assert head.labels == ("?", "b", "c", "d") and "".join(head.labels).encode()
