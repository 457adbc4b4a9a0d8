"""Answers kept in a file's metadata, as ONNX itself reads them back, and labels brought to one a unit."""

import json

import numpy as np
import onnx
import pytest

from explain.network.description import describe
from explain.network.errors import NetworkError
from explain.network.own.answers import Answers, with_answers
from explain.network.own.labels import fitted, listed, why_not
from explain.network.session import Network
from models.preprocessing import Preprocessing
from tests.explain.network.made import written
from tests.test_third_network import Maker


def reader(tmp_path, metadata=None, units=4, name="reader"):
    """Twelve columns of a picture of 5 x 12, each a frame of `units` logits."""
    made = Maker()
    x = made.node("Conv", ["picture", made.weight("w", units, 1, 5, 1)], "row")
    x = made.node("Squeeze", [x, made.array("two", np.array([2]))], "squeezed")
    made.node("Transpose", [x], "frames", perm=[0, 2, 1])
    return written(tmp_path, made, ["n", 1, 5, 12], output="frames", metadata=metadata, name=name)


ANSWERS = Answers(
    "ctc", ("a", "ß", "", "\n"), 2, Preprocessing(5, 12, "grey", (127.5,), (127.5,), "stretch"), "Zwölf Spalten"
)


def test_answers_are_read_back_and_overrule_what_was_there(tmp_path):
    path = reader(tmp_path, {"labels": '["x", "y", "z", ""]', "blank": "3", "title": "before", "author": "somebody"})
    assert describe(path).labels == ("x", "y", "z", "")
    before = path.read_bytes()
    answered = with_answers(before, ANSWERS)
    assert answered.startswith(before)
    path.write_bytes(answered)
    description = describe(path)
    assert Answers.of(description) == ANSWERS and description.head.stated
    model = onnx.load(path)
    told = {entry.key: entry.value for entry in model.metadata_props}
    assert told["author"] == "somebody" and json.loads(told["labels"]) == list(ANSWERS.labels)
    assert model.graph == onnx.load_from_string(before).graph
    again = Answers("ctc", ("p", "q", "", "r"), 2, title="again")
    path.write_bytes(with_answers(answered, again))
    assert describe(path).labels == again.labels and describe(path).preprocessing == ANSWERS.preprocessing
    assert Network(path).run(np.zeros((1, 5, 12, 1)))["frames"].shape == (1, 12, 4)


def test_what_is_unsaid_says_nothing():
    assert Answers().metadata() == {} and with_answers(b"model", Answers()) == b"model"
    assert Answers("classes", ("a", "b"), 1).metadata() == {"head": "classes", "labels": '["a", "b"]'}


@pytest.mark.parametrize("key", ["labels", "names", "character"])
def test_labels_and_a_title_that_were_cleared_do_not_come_back(tmp_path, key):
    given = {"labels": "abc", "names": "{0: 'a', 1: 'b', 2: 'c'}", "character": "a\nb"}[key]
    path = reader(tmp_path, {key: given, "title": "before", "head": "ctc", "blank": "0"})
    told = describe(path)
    assert told.head.stated and told.title == "before"
    path.write_bytes(with_answers(path.read_bytes(), Answers("ctc", (), 0), whole=True))
    assert not describe(path).head.stated and describe(path).title == path.stem
    assert describe(path).labels == ("", "[1]", "[2]", "[3]")


def test_labels_that_nobody_was_asked_for_stay(tmp_path):
    path = reader(tmp_path, {"labels": "abc", "blank": "0"})
    for some in (Answers("none"), Answers(title="Reader")):
        answered = with_answers(path.read_bytes(), some, whole=some.head == "none")
        made = {entry.key: entry.value for entry in onnx.load_from_string(answered).metadata_props}
        assert made["labels"] == "abc"


def test_a_recogniser_without_labels_has_its_units_numbered(tmp_path):
    description = describe(reader(tmp_path, {"head": "ctc", "blank": "0"}))
    assert description.labels == ("", "[1]", "[2]", "[3]") and not description.head.stated
    assert Answers.of(description).labels == ()


@pytest.mark.parametrize(
    ("metadata", "labels"),
    [
        ({"labels": "abc", "blank": "0"}, ("", "a", "b", "c")),
        ({"labels": "abc", "blank": "3"}, ("a", "b", "c", "")),
        ({"labels": "a\nb\nc\n", "blank": "1"}, ("a", "", "b", "c")),
        ({"labels": '["-", "a", "b", "c"]', "blank": "0"}, ("", "a", "b", "c")),
        ({"character": "a\nb"}, ("", "a", "b", " ")),
        ({"character": "a\nb\nc"}, ("", "a", "b", "c")),
        ({"names": "{0: 'a', 2: 'c', 1: 'b'}", "blank": "3"}, ("a", "b", "c", "")),
    ],
)
def test_labels_may_leave_out_the_blank(tmp_path, metadata, labels):
    head = describe(reader(tmp_path, metadata)).head
    assert (head.kind, head.labels) == ("ctc", labels)


def test_labels_whose_number_does_not_fit_count_as_not_given(tmp_path):
    assert describe(reader(tmp_path, {"labels": "abcdef", "blank": "0"})).head.kind == "none"
    assert fitted("abcdef", 4, 0) is None and fitted("abcd", 4, 4) is None
    assert fitted("ab c", 6, 0) is None  # two are missing, and the space is not one of them
    assert why_not("abcdef", 4, True) == (
        "Here are 6 labels, and the last layer wants 4, the blank among them, or 3 without it: "
        "give one for each of its units."
    )


def test_a_byte_order_mark_and_windows_lines_are_no_labels():
    assert listed("\ufeffa\r\nb\r\n") == ("a", "b")
    assert listed("a\n \n'\n") == ("a", " ", "'")
    assert listed("[]") == ()
    with pytest.raises(NetworkError, match="list of strings"):
        listed('["a", 1]')


def test_lists_and_dictionaries_as_python_writes_them():
    assert listed(str(["a", "'", '"', "\\", ",", "ß"])) == ("a", "'", '"', "\\", ",", "ß")
    assert listed(str({1: "b, c", 0: "it's", 10: "x"})) == ("it's", "b, c", "x")
    assert listed("[]()'") == tuple("[]()'") and listed("['a', b]") == tuple("['a', b]")
    deep = "[" * 100_000
    assert listed(deep) == tuple(deep) and listed("[" + "-" * 50_000 + "1]")[:2] == ("[", "-")
