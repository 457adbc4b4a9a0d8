"""Changes inside a network against Keras with the same change made inside, and against a file with it built in."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from explain.attribution.targets import ClassLogit, WholeText, score
from explain.interventions.intervention import Intervention, InterventionError, What, Where
from explain.interventions.patching import Contrast, spans_of, turned
from explain.interventions.run import after, behind, check_cut, run
from explain.interventions.which import Stopped, costs, parts
from explain.network.apart.network import RemoteNetwork
from explain.network.apart.pool import Pool
from explain.network.session import Network
from models import crnn, onnx_weights, vgg16
from tests.test_third_network import make, pictures

COMMITTED = {"crnn": (crnn.CARD, crnn.build, (32, 128, 1)), "vgg16-cam": (vgg16.CAM, vgg16.build_cam, (64, 64, 3))}
SOME = {
    "crnn": ("conv_1", "conv_4", "pool_4", "batch_norm_6", "squeezed", "blstm_1", "blstm_2", "outputs"),
    "vgg16-cam": ("block4_conv1", "block5_conv3", "global_average"),
}
WITH_COLUMNS = ("t2", "t7", "t13", "t21")


def opened(name):
    card, build, shape = COMMITTED[name]
    network = Network(card)
    scale = 1.0 if name == "crnn" else 60.0
    picture = scale * np.random.default_rng(4).uniform(size=(1, *shape)).astype(np.float32)
    return network, build, picture


def values_of(network, picture):
    return {name: values[0] for name, values in network.run(picture).items()}


def kinds(shape):
    """One change of each kind, somewhere in an output of that shape."""
    some = Where(channels=tuple(range(0, shape[-1], 2)))
    part = Where(columns=(0, max(1, shape[-2] // 2))) if len(shape) > 1 else some
    return [(some, What("zero")), (part, What("scale", 1.5)), (some, What("add", 0.25)), (part, What("mean"))]


def with_changes(model):
    """The Keras model with every layer's output multiplied and added to, by what is handed in for each layer."""
    import keras

    values, factors, more, outputs = model.input, {}, {}, {}
    for layer in model.layers[1:]:
        values = layer(values)
        factors[layer.name], more[layer.name] = (keras.Input(values.shape[1:]) for _ in range(2))
        values = outputs[layer.name] = values * factors[layer.name] + more[layer.name]
    return keras.Model([model.input, factors, more], outputs)


def agrees_with_keras(name, wanted):
    """The largest difference from Keras in any layer, over the largest number there where that is above 1."""
    import tensorflow as tf

    network, build, picture = opened(name)
    model = build()
    onnx_weights.fill(model, onnx_weights.read(network.path))
    untouched = values_of(network, picture)
    shapes = {layer: untouched[layer].shape for layer in network.layer_names}
    keras_pass = tf.function(with_changes(model), autograph=False)
    largest = 0.0
    for number, layer in enumerate(wanted):
        where, what = kinds(shapes[layer])[number % 4]
        found = run(network, picture, untouched, [Intervention(layer, where, what)])
        factors = {one: np.ones((1, *shape), np.float32) for one, shape in shapes.items()}
        more = {one: np.zeros((1, *shape), np.float32) for one, shape in shapes.items()}
        at = _index(where, shapes[layer])
        if what.kind == "add":
            more[layer][at] = what.amount
        else:
            factors[layer][at] = what.amount if what.kind == "scale" else 0
        if what.kind == "mean":
            axes = tuple(range(len(shapes[layer]) - 1)) or None
            more[layer][at] = np.broadcast_to(untouched[layer].mean(axes), shapes[layer])[at]
        expected = {one: np.asarray(values)[0] for one, values in keras_pass([picture, factors, more]).items()}
        assert list(found.changed) == list(network.layer_names[network.layer_names.index(layer) :])
        for one, values in expected.items():
            scale = max(1.0, np.abs(values).max())
            np.testing.assert_allclose(found.values[one], values, atol=1e-4 * scale, err_msg=f"{layer}: {one}")
            largest = max(largest, float(np.abs(found.values[one] - values).max() / scale))
    return largest


def _index(where, shape):
    if where.columns:
        return (..., slice(*where.columns), slice(None))
    return (..., list(where.channels))


@pytest.mark.parametrize("name", COMMITTED)
def test_a_changed_network_equals_keras_with_the_same_change_inside(name):
    agrees_with_keras(name, SOME[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMITTED)
def test_at_every_layer(name, capsys):
    largest = agrees_with_keras(name, Network(COMMITTED[name][0]).layer_names)
    with capsys.disabled():
        print(f"\n{name}: changed at every layer, at most {largest:.1e} from Keras")


@pytest.fixture(scope="module")
def reader():
    """The CRNN, a picture, and all its layers for it."""
    network, _, picture = opened("crnn")
    return network, picture, values_of(network, picture)


def test_two_at_once_equal_one_after_the_other(reader):
    network, picture, untouched = reader
    early = Intervention("conv_4", Where(channels=(3, 40)))
    late = Intervention("blstm_1", Where(direction="backward"), What("scale", 0.5))
    both = run(network, picture, untouched, [late, early])
    first = run(network, picture, untouched, [early]).values
    then = run(network, picture, first, [late]).values
    for name in network.layer_names:
        np.testing.assert_allclose(both.values[name], then[name], atol=1e-6, err_msg=name)
    assert list(both.changed) == list(network.layer_names[5:])
    assert not np.allclose(both.values["outputs"], first["outputs"])


def test_a_picture_s_own_values_put_in_change_nothing(reader):
    network, picture, untouched = reader
    for name in ("conv_2", "blstm_2", "outputs"):
        own = run(network, picture, untouched, [Intervention(name, what=What("patch"))], untouched)
        assert set(own.changed.values()) == {0.0}
        again = after(network, picture, untouched, name, untouched[name][None], behind(network.description, name))
        for later, values in again.items():
            scale = max(1.0, np.abs(untouched[later]).max())
            np.testing.assert_allclose(values[0], untouched[later], atol=1e-6 * scale, err_msg=f"{name}: {later}")


def test_all_of_another_picture_s_values_give_its_answer(reader):
    network, picture, untouched = reader
    other = values_of(network, picture[:, ::-1].copy())
    found = run(network, picture, untouched, [Intervention("conv_5", what=What("patch"))], other)
    np.testing.assert_allclose(found.values["outputs"], other["outputs"], atol=1e-5)


@pytest.fixture(scope="module")
def third(tmp_path_factory):
    """The third network, with branches; a picture, all its layers, and the same network in a process of its own."""
    path = make(tmp_path_factory.mktemp("third") / "third.onnx")
    network, remote = Network(path), RemoteNetwork(path, Pool())
    yield network, pictures(1, seed=5), values_of(network, pictures(1, seed=5)), remote
    remote.close()


def masked(network, layer, channel, folder):
    """The same file with a channel of a layer multiplied by nothing, for whoever takes that layer."""
    model = onnx.load(network.path)
    axes = network.description.axes[layer]
    count = network.description.layer(layer).shape[-1]
    mask = np.ones(count, np.float32)
    mask[channel] = 0
    mask = mask.reshape([count if axis == "C" else 1 for axis in axes])
    for node in model.graph.node:
        node.input[:] = ["masked" if name == layer else name for name in node.input]
    at = next(i for i, node in enumerate(model.graph.node) if layer in node.output)
    model.graph.node.insert(at + 1, helper.make_node("Mul", [layer, "mask"], ["masked"]))
    model.graph.initializer.append(numpy_helper.from_array(mask, "mask"))
    onnx.save(model, folder / f"{layer}.onnx")
    return Network(folder / f"{layer}.onnx")


@pytest.mark.parametrize("layer", ["t2", "t7", "t12", "t19", "t22", "t25"])
def test_branches_are_run_on_with_what_did_not_change(third, layer, tmp_path):
    network, picture, untouched, remote = third
    change = Intervention(layer, Where(channels=(3,)))
    wanted = masked(network, layer, 3, tmp_path).run(picture)
    for one in (network, remote):
        found = run(one, picture, untouched, [change])
        assert found.changed["frames"] > 0
        np.testing.assert_allclose(found.values["frames"], wanted["frames"][0], atol=1e-5)
        np.testing.assert_allclose(found.values["logits"], wanted["logits"][0], atol=1e-4)
        before = network.layer_names[: network.layer_names.index(layer)]
        assert not set(before) & set(found.changed)


def test_many_at_once_equal_one_by_one(third):
    network, picture, untouched, remote = third
    target = WholeText((2, 3), 0)
    places = parts(network.description, "t7", untouched["t7"].shape)["channels"]
    told = []
    found = costs(network, picture, untouched, "t7", target, places, on_step=lambda *step: told.append(step))

    def number(values):
        return score(target, {"logits": values["logits"][None]})[0]

    for one in found:
        alone = run(network, picture, untouched, [Intervention("t7", one.where)]).values
        assert abs(one.cost - (number(untouched) - number(alone))) < 1e-3
    assert [one.cost for one in found] == sorted((one.cost for one in found), reverse=True) and len(found) == 8
    assert told[-1] == (8, 8)
    apart = costs(remote, picture, untouched, "t7", target, places)
    np.testing.assert_allclose([one.cost for one in apart], [one.cost for one in found], atol=1e-4)
    with pytest.raises(Stopped):
        costs(network, picture, untouched, "t7", target, places, on_step=lambda done, count: False)


def test_frames_and_directions_can_be_silenced_in_turn(reader):
    network, picture, untouched = reader
    found = parts(network.description, "blstm_1", untouched["blstm_1"].shape)
    assert {name: len(places) for name, places in found.items()} == {"channels": 256, "columns": 31, "directions": 2}
    assert set(parts(network.description, "conv_4", (8, 32, 256))) == {"channels", "columns"}


def test_the_map_is_one_where_everything_that_differs_is_exchanged(third):
    network, picture, untouched, _ = third
    changed_picture = picture.copy()
    changed_picture[:, :, 28:32] *= -1
    other = values_of(network, changed_picture)
    measure = Contrast(WholeText((2, 3), 0), WholeText((4,), 0))
    found = turned(network, (picture, changed_picture), (untouched, other), measure, WITH_COLUMNS, 15, 15)
    assert found.layers == WITH_COLUMNS
    assert found.values[0, 7] == pytest.approx(1, abs=1e-3) and found.values[1, 7] == pytest.approx(1, abs=1e-3)
    assert found.values[3, 7] == pytest.approx(1, abs=1e-3)
    thin = turned(network, (picture, changed_picture), (untouched, other), measure, ("t2",), 15, 1).values[0]
    assert thin[:4] == pytest.approx(0, abs=1e-4) and thin[12:] == pytest.approx(0, abs=1e-4)
    with pytest.raises(InterventionError, match="same answer"):
        turned(network, (picture, picture), (untouched, untouched), measure)


def test_stripes_share_a_layer_s_columns_out():
    assert spans_of(8, 4) == [(0, 2), (2, 4), (4, 6), (6, 8)]
    assert spans_of(8, 4, 3) == [(0, 4), (0, 6), (2, 8), (4, 8)]
    assert spans_of(3, 6) == [(0, 1), (0, 1), (1, 2), (1, 2), (2, 3), (2, 3)]


def test_a_network_that_is_not_what_it_says_is_refused(tmp_path):
    path = make(tmp_path / "third.onnx")
    network, picture = Network(path), pictures(1)
    untouched = values_of(network, picture)
    check_cut(network, picture, untouched, "t7")
    untouched["frames"] = untouched["frames"] + 1
    with pytest.raises(InterventionError, match="answers otherwise"):
        check_cut(network, picture, untouched, "t12")


def test_what_a_channel_costs_a_linear_head_by_hand():
    network, _, picture = opened("vgg16-cam")
    untouched = values_of(network, picture)
    places = [Where(channels=(7,)), Where(channels=(9, 11))]
    found = costs(network, picture, untouched, "global_average", ClassLogit(5), places)
    weights = onnx_weights.read(network.path)["predictions"][0]
    for one in found:  # the head is linear, so each costs its value times its weight
        by_hand = sum(untouched["global_average"][channel] * weights[channel, 5] for channel in one.where.channels)
        assert one.cost == pytest.approx(by_hand, abs=1e-4)
