"""What is found out about networks made by hand, whose blank, scaling, size and axes are known."""

import json
from dataclasses import replace

import numpy as np
import pytest
from onnx import TensorProto, helper
from PIL import Image

from explain.ctc import decoding
from explain.layers.activations import probabilities
from explain.network.description import describe
from explain.network.own import classifier, scaling
from explain.network.own.answers import Answers, with_answers
from explain.network.own.detection import detected
from explain.network.own.trial import alike, by_pattern
from explain.network.session import Network
from models.networks import CARDS
from models.preprocessing import Preprocessing
from tests.explain.network.made import written
from tests.explain.network.own.striped import CONTRASTS, HEIGHT, labelled, reader, words
from tests.test_third_network import Maker

MADE = [
    {"scaling": "255", "blank": 0},
    {"scaling": "signed", "blank": 4, "time_first": True},
    {"scaling": "none", "blank": 2, "softmax": True, "sides": (HEIGHT, 80)},
    {"scaling": "signed", "blank": 0, "sides": (None, None)},
    {"scaling": "signed", "blank": 1, "lying": True, "sides": (HEIGHT, 96)},
]


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("with_labels", [True, False])
def test_a_reader_is_found_out_and_then_reads(tmp_path, made, with_labels):
    path = reader(tmp_path / "striped.onnx", **made, metadata=labelled() if with_labels else None)
    found = detected(Network(path), words())
    answers = found.answers
    assert (answers.head, answers.blank) == ("ctc", made["blank"])
    assert scaling.name_of(answers.preprocessing) == made["scaling"]
    assert answers.preprocessing.height == HEIGHT and answers.preprocessing.colour == "grey"
    assert answers.preprocessing.transposed == made.get("lying", False)
    assert "100%" in found.how["blank"] and "fewer" in found.how["scaling"]
    assert all(sentence.endswith(".") for sentence in found.how.values())

    labels = answers.labels or tuple(np.insert(np.array(list(CONTRASTS), object), answers.blank, ""))
    assert labels == tuple(np.insert(np.array(list(CONTRASTS), object), made["blank"], ""))
    path.write_bytes(with_answers(path.read_bytes(), replace(answers, labels=labels)))
    network = Network(path)
    assert Answers.of(network.description).metadata() == replace(answers, labels=labels).metadata()
    for picture, text in words():
        outputs = network.run(network.description.preprocessing.prepare(picture))
        frames = probabilities(network.description, outputs)[0]
        assert decoding.text(decoding.best_path(frames, network.description.blank).labels, labels) == text


def test_what_the_file_says_is_not_tried_in_another_way(tmp_path):
    told = {"mean": 7, "deviation": 100, "colour": "grey", "fit": "stretch"}
    metadata = labelled(blank="0", head="ctc", title="Stripes", input=json.dumps(told))
    found = detected(Network(reader(tmp_path / "told.onnx", metadata=metadata)), words())
    wanted = found.answers.preprocessing
    assert (wanted.mean, wanted.deviation, wanted.fit) == ((7.0,), (100.0,), "stretch")
    assert found.answers.title == "Stripes" and found.answers.labels == ("", *CONTRASTS)
    assert {found.how[fact] for fact in ("head", "blank", "scaling", "labels", "size")} == {"The file says so."}


def test_without_words_the_blank_is_found_and_the_scaling_a_guess(tmp_path):
    found = detected(Network(reader(tmp_path / "striped.onnx", blank=3)), [])
    assert found.answers.blank == 3 and found.how["scaling"].startswith("A guess")


def test_frames_without_a_blank_are_no_reader(tmp_path):
    """Each unit wins where its part of the picture is: something else than frames of a text."""
    made = Maker()
    made.node("MatMul", ["row", made.weight("w", 8, 5)], "frames")
    made.nodes.insert(0, helper.make_node("Reshape", ["mean", "shape"], ["row"]))
    made.nodes.insert(0, helper.make_node("Sub", ["picture", "noise"], ["mean"]))
    made.array("shape", np.array([0, 12, 8]))
    made.array("noise", np.random.default_rng(0).normal(size=(1, 1, 12, 8)).astype(np.float32) * 900)
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 1, 12, 8])
    frames = helper.make_tensor_value_info("frames", TensorProto.FLOAT, ["n", 12, 5])
    graph = helper.make_graph(made.nodes, "rows", [picture], [frames], made.stored)
    path = tmp_path / "rows.onnx"
    path.write_bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    )
    assert len(describe(path).output.shape) == 2
    found = detected(Network(path), words())
    assert found.answers.head == "none" and found.answers.blank is None


LEVELS = {"dark": 40, "middle": 128, "bright": 220}


def levels(tmp_path, scale, centre=0.0, colours=()):
    """Names how bright a picture is on average, or which of three colours it has: the nearest of the known ones wins.

    colours: the names of those in which the first, second or third channel is bright.
    """
    made = Maker()
    x = made.node("GlobalAveragePool", ["picture"], "mean")
    x = made.node("Flatten", [x], "flat")
    known = np.array([[v] * 3 for v in LEVELS.values()], float)
    if colours:
        known = np.array([[200, 60, 60], [60, 200, 60], [60, 60, 200]], float)
    known = (known - centre) / scale
    x = made.node("MatMul", [x, made.array("w", (60 * known.T).astype(np.float32))], "sums")
    x = made.node("Add", [x, made.array("b", (-30 * (known**2).sum(1)).astype(np.float32))], "classes")
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 3, 16, 16])
    graph = helper.make_graph(
        made.nodes,
        "levels",
        [picture],
        [helper.make_tensor_value_info("classes", TensorProto.FLOAT, ["n", 3])],
        made.stored,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"labels": "\n".join(colours or LEVELS)})
    path = tmp_path / "levels.onnx"
    path.write_bytes(model.SerializeToString())
    return Network(path)


@pytest.mark.parametrize(("name", "scale", "centre"), [("255", 255, 0), ("signed", 127.5, 127.5)])
def test_a_classifiers_scaling_is_guessed_from_what_it_makes_of_photographs(tmp_path, name, scale, centre):
    photographs = [(Image.new("RGB", (30, 20), (v, v, v)), f"a {title} picture") for title, v in LEVELS.items()]
    found = detected(levels(tmp_path, scale, centre), photographs)
    assert found.answers.head == "classes" and found.answers.labels == tuple(LEVELS)
    assert scaling.name_of(found.answers.preprocessing) == name
    assert found.how["scaling"].startswith("A guess: ") and found.how["labels"] == "The file says so."
    assert found.how["colour"].startswith("A guess: with another order")


COLOURS = {"red": (200, 60, 60), "green": (60, 200, 60), "blue": (60, 60, 200)}


def test_means_alone_are_taken_out_of_blue_first(tmp_path):
    """As Caffe's networks and Keras's VGG16 have it."""
    blue_first = np.array(scaling.CAFFE_MEAN[::-1])
    network = levels(tmp_path, 1.0, blue_first, colours=["blue", "green", "red"])
    wanted = detected(network, coloured()).answers.preprocessing
    assert (wanted.colour, wanted.mean, wanted.deviation) == ("bgr", tuple(blue_first), (1.0,))


def coloured(order=slice(None)):
    return [(Image.new("RGB", (9, 9), rgb[order]), f"something {name}") for name, rgb in COLOURS.items()]


def test_the_order_of_colours_is_guessed_where_names_tell(tmp_path):
    network = levels(tmp_path, 255, colours=["red", "green", "blue"])
    assert detected(network, coloured(slice(None, None, -1))).answers.preprocessing.colour == "bgr"
    assert detected(network, coloured()).answers.preprocessing.colour == "rgb"


def test_those_that_come_along_say_everything():
    found = detected(Network(CARDS["crnn"]))
    assert found.answers == Answers.of(describe(CARDS["crnn"])) and found.how == {}


def test_marks():
    assert alike("Elephant", "elephant") == 1 and alike("", "ab") == 0 and alike("", "") == 1
    assert alike("elefant", "elephant") == pytest.approx(1 - 2 / 8)
    assert by_pattern([(1, 2, 1), (2, 1)], ["aba", "ba"]) == [1, 1]
    assert by_pattern([(1, 2), (2, 1)], ["aba", "ba"]) == [0, 1]
    assert by_pattern([(1, 1, 1), (2, 2)], ["abc", "ba"])[0] < 0.5


def test_scalings_by_name_and_by_number():
    grey, bgr = Preprocessing(4, 4, "grey"), Preprocessing(4, 4, "bgr")
    assert scaling.read(grey, "127.5/63").deviation == (63.0,)
    assert scaling.read(bgr, "1,2,3/4,5,6").mean == (1.0, 2.0, 3.0)
    assert scaling.scaled(bgr, "caffe").mean == (103.939, 116.779, 123.68)
    for wanted in (grey, bgr, replace(bgr, colour="rgb")):
        for name in scaling.usual(wanted):
            assert scaling.name_of(scaling.scaled(wanted, name)) == name
    assert scaling.name_of(replace(grey, mean=(3.0,))) is None
    white = Image.new("RGB", (4, 4), (255, 255, 255))
    torch = scaling.scaled(replace(bgr, colour="rgb"), "imagenet").prepare(white)[0, 0, 0]
    np.testing.assert_allclose(torch, (1 - np.array([0.485, 0.456, 0.406])) / [0.229, 0.224, 0.225], rtol=1e-6)
    for wrong in ("0.5", "1/x", "half"):
        with pytest.raises(ValueError, match="MEAN/DEVIATION"):
            scaling.read(grey, wrong)
    with pytest.raises(ValueError, match="takes grey pictures"):
        scaling.read(grey, "imagenet")


def test_a_network_that_does_not_take_every_size_gets_one_that_it_takes(tmp_path):
    """Halved, doubled and added to what it was: only even sizes fit."""
    made = Maker()
    x = made.node("MaxPool", ["picture"], "half", kernel_shape=[2, 2], strides=[2, 2])
    x = made.node("Resize", [x, "", made.array("scales", np.array([1, 1, 2, 2], np.float32))], "double")
    made.node("Add", [x, "picture"], "both")
    path = written(tmp_path, made, ["n", 3, None, None], output="both")
    found = detected(Network(path))
    assert found.answers.head == "none" and "does not take every size" in found.how["size"]
    assert (found.answers.preprocessing.height, found.answers.preprocessing.width) == (224, 224)
    made = Maker()
    made.node("Relu", ["picture"], "map")
    free = detected(Network(written(tmp_path, made, ["n", 3, None, None], output="map", name="free")))
    assert free.answers.preprocessing.height is None and "size" not in free.how


def test_a_classifier_for_which_there_is_no_time_gets_the_usual(tmp_path, monkeypatch):
    monkeypatch.setattr(classifier, "SECONDS", -1.0)
    found = detected(levels(tmp_path, 127.5, 127.5))
    assert found.how["scaling"] == "A guess: the usual." and scaling.name_of(found.answers.preprocessing) == "255"
