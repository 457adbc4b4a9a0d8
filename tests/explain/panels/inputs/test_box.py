"""The box on a picture that a visitor brings: what the browser says of it, and what the page reads then."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from explain.network.session import Network
from explain.panels.inputs import box
from explain.panels.inputs.brought import LIGHT, Brought
from explain.panels.page.subject import Subject
from explain.pictures import images
from models import typeface
from tests.explain.panels.inputs.pictures import FACE, LOWER, UPPER, as_file, read, sheet
from tests.walk.visitor import Visitor


@dataclass
class File:
    """An upload, as Streamlit hands it over."""

    file_id: str
    data: bytes

    def getvalue(self) -> bytes:
        return self.data


@pytest.fixture
def brought() -> Brought:
    return Brought(File("first", as_file(sheet("garden", "hotel"))), "sheet.png")


def test_a_box_that_moves_is_read_and_one_at_rest_is_kept(brought):
    about = {"id": brought.name, "has": brought.name}
    assert not box.follow(brought, {**about, "n": 1, "box": list(UPPER), "moving": True})
    assert brought.moving.box == UPPER and brought.marked.box is None
    assert box.follow(brought, {**about, "n": 2, "box": list(LOWER), "moving": False})
    assert brought.moving is None and brought.marked.box == LOWER and brought.heard == 2
    assert read(brought.marked.cut(brought.picture)) == "hotel"
    assert not box.follow(brought, {**about, "n": 3, "box": list(LOWER), "moving": False})  # nothing new to read
    assert box.follow(brought, {**about, "n": 4, "box": None})
    assert brought.marked.box is None


def test_what_is_said_of_a_picture_turned_meanwhile_is_left(brought):
    about = {"id": brought.name, "has": brought.name, "n": 1}
    assert box.follow(brought, {**about, "turn": 1})
    assert brought.marked.turns == 1 and not box.follow(brought, {**about, "turn": 1})
    assert not box.follow(brought, {**about, "box": list(LOWER)})
    assert brought.marked.turns == 1 and brought.marked.box is None


@pytest.mark.parametrize(
    "told", [[1, 2, 3], "all", [0, 0, None, 1], [0, 0, float("nan"), 5], {"x": 1}, [1e999, 0, 1, 1]]
)
def test_a_box_that_is_none_is_left(brought, told):
    assert not box.follow(brought, {"id": brought.name, "n": "x", "has": [1], "box": told})
    assert brought.marked.box is None and brought.heard == 0


@pytest.mark.parametrize("turn", [7, 0.5, "left", None, [1]])
def test_nobody_turns_by_anything_but_quarters(brought, turn):
    assert not box.follow(brought, {"id": brought.name, "turn": turn})
    assert brought.marked.turns == 0


def test_a_glimpse_says_what_the_whole_pass_says():
    whole = Subject.of("crnn", "word", typeface.draw_word("garden", FACE))
    glimpse = box.Glimpse.of(Subject.of("crnn", "word", typeface.draw_word("garden", FACE)))
    assert box.answer(glimpse) == box.answer(whole)
    assert box.answer(glimpse)["text"] == "garden" and float(box.answer(glimpse)["chance"]) > 0.9
    assert set(glimpse.values) == set(whole.values)
    assert np.array_equal(glimpse.values["conv_3"], whole.values["conv_3"]) and "conv_99" not in glimpse.values


def test_a_glimpse_takes_one_pass_and_no_layer_that_nobody_looks_at(monkeypatch):
    passes, run = [], Network.run
    monkeypatch.setattr(Network, "run", lambda self, batch, layers: passes.append(layers) or run(self, batch, layers))
    for word in ("garden", "window"):
        passes.clear()
        assert box.answer(box.Glimpse.of(Subject.of("crnn", word, typeface.draw_word(word, FACE))))["text"] == word
    assert len(passes) == 1 and "conv_1" not in passes[0]


def test_a_photograph_is_light_on_the_screen_and_a_small_picture_keeps_its_pixels():
    noise = Image.effect_noise((3000, 2000), 90)
    photograph = Brought(File("first", as_file(noise, "JPEG")), "noise.jpg")
    assert len(photograph.address) < 1.4 * LIGHT
    small = sheet("garden", "hotel")
    assert Brought(File("second", as_file(small)), "sheet.png").address == images.data_url(small)


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(**{"from": "Upload"})


def upload(visitor: Visitor, *file) -> None:
    next(node for node in visitor.controls if (node.key or "").startswith("upload-")).set_value(file or None)
    visitor.run()
    assert not visitor.exception, visitor.trouble


def shown(visitor: Visitor) -> tuple:
    """The component with the box, and what it is to show."""
    nodes = [node for node in visitor.controls if node.type == "bidi_component" and "word-box" in node.proto.id]
    return (nodes[0], json.loads(nodes[0].proto.json)[0]) if nodes else (None, None)


def reads(visitor: Visitor) -> str:
    titles = (text.value for text in visitor.markdown)
    return next(text for text in titles if text.startswith("**CTC decoding**"))


def test_a_new_picture_starts_whole_whatever_its_name(visitor):
    upload(visitor, "page.png", as_file(sheet("garden", "hotel")), "image/png")
    node, data = shown(visitor)
    assert data["box"] is None and data["src"] and data["words"] is None
    visitor.tell(node, {"said": {"n": 1, "id": data["id"], "has": data["id"], "box": list(LOWER), "moving": False}})
    visitor.run()
    node, data = shown(visitor)
    assert data["box"] == list(LOWER) and data["src"] is None and "**hotel**" in reads(visitor)
    assert data["answer"]["text"] == "hotel"
    other = sheet("window", "bridge")
    upload(visitor, "page.png", as_file(other), "image/png")
    assert shown(visitor)[1]["box"] is None and shown(visitor)[1]["src"]
    assert f"**{read(other) or 'nothing'}**" in reads(visitor)


def test_a_word_whose_picture_is_gone_or_refused_is_still_named(visitor):
    upload(visitor, "page_1.png", as_file(typeface.draw_word("garden", FACE)), "image/png")
    assert "**garden**" in reads(visitor) and not [text for text in visitor.caption if "Still" in text.value]
    for file in (("other.png", b"no picture", "image/png"), ()):
        upload(visitor, *file)
        assert shown(visitor) == (None, None) and "**garden**" in reads(visitor)
        assert [text.value for text in visitor.caption if "Still" in text.value] == ["Still showing **page\\_1.png**."]
        assert len(visitor.error) == bool(file)


def test_proposed_words_come_after_the_picture_and_are_looked_for_once(visitor, monkeypatch):
    asked = []

    def find(picture: Image.Image, *, quick: bool = False) -> list:
        if not quick:  # a quick look is one at what is read
            asked.append(picture.size)
        return [UPPER, LOWER]

    monkeypatch.setattr("explain.detection.words.find", find)
    upload(visitor, "two.png", as_file(sheet("cellar", "attic")), "image/png")
    assert not asked
    for number in range(1, 100):
        node, data = shown(visitor)
        if data["words"] is not None:
            break
        visitor.tell(node, {"said": {"n": number, "id": data["id"], "has": data["id"]}})
        visitor.run()
    assert data["words"] == [list(UPPER), list(LOWER)] and asked == [(320, 220)]
    visitor.tell(node, {"said": {"n": 100, "id": data["id"], "has": data["id"], "turn": 1}})
    visitor.run()
    node, data = shown(visitor)
    assert data["size"] == [220, 320] and data["words"] is None and data["src"]
