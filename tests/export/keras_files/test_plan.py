"""Configurations of every kind become the same plan; what takes other inputs is cut off, what is no network refused."""

import json

import numpy as np
import pytest

from export.errors import UnknownLayer
from export.keras_files import opening
from export.keras_files.assembly import assembled
from export.keras_files.plan import Call, Ref, plan
from tests.export.keras_files import cases


def functional(*layers, outputs):
    inputs = [[layer["name"], 0, 0] for layer in layers if layer["class_name"] == "InputLayer"]
    config = {"name": "n", "layers": list(layers), "input_layers": inputs, "output_layers": outputs}
    return {"class_name": "Functional", "config": config}


PICTURE = cases.entry("InputLayer", "picture", [], batch_input_shape=[None, 4, 4, 1])


def put_together(config, keras_version="2.9.0"):
    """The assembled model of a configuration, and the lines told, of a file without weights."""
    file = opening.KerasFile(None, config, {}, False, keras_version)
    told = []
    return assembled(file, plan(config), told.append), told


def test_keras_2_and_keras_3_say_the_same_in_their_own_ways():
    old = functional(PICTURE, cases.entry("Add", "sum", ["picture", "picture"]), outputs=[["sum", 0, 0]])
    tensor = {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None, 4, 4, 1], "dtype": "float32", "keras_history": ["picture", 0, 0]},
    }
    new = json.loads(json.dumps(old))
    new["config"]["layers"][1]["inbound_nodes"] = [{"args": [[tensor, tensor]], "kwargs": {}}]
    new["config"]["output_layers"] = ["sum", 0, 0]
    plans = [plan(config) for config in (old, new)]
    for found in plans:
        assert found.inputs == (Ref("picture"),) and found.outputs == (Ref("sum"),)
        assert found.specs[1].calls == (Call(([Ref("picture"), Ref("picture")],)),)
    assert plans[1].shapes == {Ref("picture"): (None, 4, 4, 1)} and not plans[0].shapes


def test_a_row_of_layers_is_called_one_by_one_and_may_lack_its_input():
    dense = {"class_name": "Dense", "config": {"name": "d", "units": 2, "batch_input_shape": [None, 4, 4, 1]}}
    for config in ([dense], {"name": "row", "layers": [dense]}):
        found = plan({"class_name": "Sequential", "config": config})
        assert [spec.name for spec in found.specs] == ["d_input", "d"]
        assert found.inputs == (Ref("d_input"),) and found.specs[1].calls == (Call((Ref("d_input"),)),)


def test_a_model_within_a_model_counts_its_calls_from_one():
    inner = functional(PICTURE, cases.entry("ReLU", "bent", ["picture"]), outputs=[["bent", 0, 0]])
    outer = [cases.entry("InputLayer", "seen", [], batch_input_shape=[None, 4, 4, 1])]
    outer.append({**inner, "name": "inner", "inbound_nodes": [[["seen", 0, 0, {}]], [["inner", 1, 0, {}]]]})
    network, told = put_together(functional(*outer, outputs=[["inner", 2, 0]]))
    assert list(network.shown.values()) == ["bent", "inner.bent"]
    values = network.model(np.full((1, 4, 4, 1), -1.0, np.float32))
    assert not np.any(values["layer_1"])
    assert sum("a model within the model" in line for line in told) == 1


def test_arithmetic_of_keras_2_is_known_by_name():
    def tensorflow(called, function, taken, **keywords):
        layer = cases.entry("TFOpLambda", called, [], function=function)
        return {**layer, "inbound_nodes": [[taken, 0, 0, keywords]]}

    network, _ = put_together(
        functional(
            PICTURE,
            tensorflow("twice", "math.multiply", taken="picture", y=2.0, name=None),
            tensorflow("both", "__operators__.add", taken="twice", y=["picture", 0, 0]),
            tensorflow("mean", "math.reduce_mean", taken="both", axis=[1, 2]),
            outputs=[["mean", 0, 0]],
        )
    )
    picture = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    np.testing.assert_allclose(network.model(picture)["layer_2"], [[22.5]])
    unknown = tensorflow("odd", "io.write_file", taken="picture")
    with pytest.raises(UnknownLayer, match="Layer 'odd' is the function io.write_file, which is not known"):
        put_together(functional(PICTURE, unknown, outputs=[["odd", 0, 0]]))


def test_a_loss_that_takes_labels_is_cut_off_whatever_class_it_is_of():
    labels = cases.entry("InputLayer", "label", [], batch_input_shape=[None, 6])
    reading = cases.entry("Softmax", "reading", ["picture"])
    loss = {**cases.entry("CTCLayer", "ctc_loss", ["label", "reading"]), "registered_name": "own>CTCLayer"}
    network, told = put_together(functional(PICTURE, labels, reading, loss, outputs=[["ctc_loss", 0, 0]]))
    assert (network.ends, network.cut, network.ctc) == (["reading"], ["ctc_loss"], True)
    assert told == ["  cut after 'reading': 'ctc_loss' (CTCLayer) also takes 'label', which training alone has"]
    with pytest.raises(UnknownLayer, match="Nothing in the file is computed from the picture alone"):
        lonely = {**loss, "inbound_nodes": [[["label", 0, 0, {}]]]}
        put_together(functional(PICTURE, labels, lonely, outputs=[["ctc_loss", 0, 0]]))


def test_hard_sigmoid_is_that_of_the_keras_that_wrote_the_file():
    bent = cases.entry("Activation", "bent", ["picture"], activation="hard_sigmoid")
    for version, wanted in (("2.2.4", 0.7), ("3.0.0", 4 / 6)):
        network, _ = put_together(functional(PICTURE, bent, outputs=[["bent", 0, 0]]), version)
        np.testing.assert_allclose(network.model(np.ones((1, 4, 4, 1), np.float32))["layer_0"], wanted, rtol=1e-6)


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ([cases.entry("RepeatVector", "many", ["flat"], n=10**9)], "more than can be shown"),
        ([cases.entry("ReLU", "round", ["round"])], "takes something that the file never computes"),
        ([cases.entry("ReLU", "lost", ["nowhere"])], "takes an output of a layer 'nowhere'"),
    ],
)
def test_what_is_no_network_is_refused(layers, sentence):
    flat = cases.entry("Flatten", "flat", ["picture"])
    with pytest.raises(UnknownLayer, match=sentence):
        put_together(functional(PICTURE, flat, *layers, outputs=[[layers[-1]["name"], 0, 0]]))
