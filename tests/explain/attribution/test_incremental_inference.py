"""Splicing: the same answers as whole passes, wherever a strip of the picture is changed, for a third of the work."""

import threading

import numpy as np
import pytest

from explain.attribution import incremental_inference, occlusion
from explain.attribution.occlusion import occlude
from explain.network.description import describe
from explain.network.session import Network
from models import crnn, vgg16
from tests.explain.attribution import small_networks
from tests.explain.network.made import written
from tests.test_third_network import Maker, make, pictures


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(crnn.CARD)


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return np.random.default_rng(0).random((32, 128, 1), dtype=np.float32)


@pytest.mark.parametrize("wide", [1, 3, 8, 40, 128])
def test_answers_are_those_of_whole_passes(network, picture, wide):
    spliced, layers = incremental_inference.of(network), ("blstm_1", "logits")
    unchanged = spliced.unchanged(network, picture)
    firsts = sorted({0, 1, 2, 3, 5, 61, 62, 127 - wide, 128 - wide} & set(range(129 - wide)))
    strips = np.random.default_rng(wide).random((2 * len(firsts), 32, wide, 1), dtype=np.float32)
    spans = [(first, first + wide) for first in firsts for _ in range(2)]
    groups = spliced.alike(spans)
    assert sorted(i for group in groups for i in group) == list(range(len(spans)))
    for group in groups:
        chosen = [spans[i][0] for i in group]
        whole = np.repeat(picture[None], len(group), axis=0)
        for one, i, first in zip(whole, group, chosen, strict=True):
            one[:, first : first + wide] = strips[i]
        expected = network.run(whole, layers)
        found = spliced.run(strips[group], chosen, unchanged, layers)
        assert set(found) == set(layers)
        for layer in layers:
            np.testing.assert_allclose(found[layer], expected[layer], atol=1e-4)


@pytest.mark.parametrize("column", [0, 1, 31, 60, 61, 126, 127])
def test_a_strip_reaches_the_frames_that_see_it(network, column):
    (*_, (_, _, first, last)) = incremental_inference.of(network).steps(column, column + 1)
    sees = [frame for frame in range(31) if _columns(frame)[0] <= column < _columns(frame)[1]]
    assert (first, last) == (sees[0], sees[-1] + 1)


def _columns(frame: int) -> tuple[int, int]:
    """The columns of the picture that a frame sees, by hand: from conv_7 back to the picture."""
    first, last = frame, frame + 2
    for kernel, stride in ((3, 1), (3, 1), (3, 1), (3, 1), (2, 2), (3, 1), (2, 2), (3, 1)):
        pad = 1 if kernel == 3 else 0
        first, last = first * stride - pad, (last - 1) * stride - pad + kernel
    return first, last


@pytest.mark.parametrize(("patch", "stride"), [(8, 4), ((32, 8), (32, 2)), (200, 1)])
def test_occlusion_is_the_same_either_way(network, picture, patch, stride, monkeypatch):
    told = []
    fast = occlude(network, picture, patch, stride, 0.5, on_step=lambda done, of: told.append((done, of)))
    monkeypatch.setattr(occlusion, "_can_splice", lambda network, layers: False)
    slow = occlude(network, picture, patch, stride, 0.5)
    np.testing.assert_allclose(fast.covered["logits"], slow.covered["logits"], atol=1e-4)
    assert np.abs(slow.covered["logits"] - slow.whole["logits"]).max(axis=(1, 2)).min() > 1e-3
    assert told[-1] == (len(slow.boxes), len(slow.boxes))


def test_layers_before_the_sequence_are_answered_too(network, picture, monkeypatch):
    monkeypatch.setattr(incremental_inference.Splicing, "run", None)  # not spliced
    assert occlude(network, picture, 32, 32, 0.5, layers=("conv_3", "logits")).covered["conv_3"].shape[0] == 4


def test_a_network_has_one_splicing_and_needs_a_sequence(network):
    assert incremental_inference.of(network) is incremental_inference.of(network)
    classes = Network(vgg16.CAM)
    assert incremental_inference.fits(network) and not incremental_inference.fits(classes)
    with pytest.raises(ValueError, match="makes a sequence"):
        incremental_inference.of(classes)


def test_threads_get_their_own_answers(network, picture):
    spliced = incremental_inference.of(network)
    pictures = [picture, 1 - picture, picture[:, ::-1]]
    strip = np.zeros((1, 32, 8, 1), np.float32)

    def answer(one):
        return spliced.run(strip, [40], spliced.unchanged(network, np.ascontiguousarray(one)), ("logits",))["logits"]

    expected, found = [answer(one) for one in pictures], [None] * 3

    def ask(i):
        for _ in range(10):
            found[i] = answer(pictures[i])

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def reader(tmp_path_factory) -> Network:
    """Another reader: channel-first, time first, one-sided padding, no ReLU, a stride of its own, no softmax."""
    made = Maker()
    x = made.node("Conv", ["picture", made.weight("w1", 4, 1, 3, 3), made.weight("b1", 4)], "c1", pads=[0, 2, 2, 0])
    x = made.node("MaxPool", [made.node("Tanh", [x], "t1")], "p1", kernel_shape=[2, 2], strides=[2, 2])
    x = made.node("Conv", [x, made.weight("w2", 6, 4, 3, 2)], "c2", pads=[1, 0, 1, 1], strides=[1, 2])
    x = made.node("Conv", [x, made.weight("w3", 5, 6, 6, 1)], "c3")
    x = made.node("Squeeze", [x, made.array("two", np.array([2]))], "row")
    x = made.node("Transpose", [x], "steps", perm=[2, 0, 1])
    weights = [made.weight("lw", 1, 12, 5), made.weight("lr", 1, 12, 3), made.weight("lb", 1, 24)]
    x = made.node("LSTM", [x, *weights], "ways", hidden_size=3)
    x = made.node("Squeeze", [x, made.array("one", np.array([1]))], "states")
    made.node("MatMul", [x, made.weight("dense", 3, 4)], "frames")
    folder = tmp_path_factory.mktemp("reader")
    return Network(written(folder, made, ["n", 1, 12, 40], output="frames"))


@pytest.mark.parametrize("wide", [1, 4, 40])
def test_another_reader_is_answered_strip_by_strip(reader, wide):
    assert incremental_inference.fits(reader)
    random = np.random.default_rng(wide)
    picture = random.random((12, 40, 1), dtype=np.float32)
    spliced = incremental_inference.of(reader)
    unchanged = spliced.unchanged(reader, picture)
    for first in {0, 1, 2, 3, 17, 40 - wide} & set(range(41 - wide)):
        strips = random.random((2, 12, wide, 1), dtype=np.float32)
        whole = np.repeat(picture[None], 2, axis=0)
        whole[:, :, first : first + wide] = strips
        found = spliced.run(strips, [first] * 2, unchanged, ("states", "logits"))
        expected = reader.run(whole, ("states", "logits"))
        for name in expected:
            np.testing.assert_allclose(found[name], expected[name], atol=1e-5)


def test_a_network_that_branches_is_answered_by_whole_passes(tmp_path):
    network = Network(make(tmp_path / "third.onnx"))
    assert not incremental_inference.fits(network)
    picture = pictures(1)[0]
    found = occlude(network, picture, (24, 20), (24, 20), 0.0)
    for (top, left, bottom, right), covered in zip(found.boxes, found.covered["logits"], strict=True):
        changed = picture.copy()
        changed[top:bottom, left:right] = 0
        np.testing.assert_allclose(covered, network.run(changed[None])["logits"][0], atol=1e-5)


@pytest.mark.parametrize("wide", [1, 4, 40])
def test_another_chain_of_layers_is_spliced_too(tmp_path, wide):
    other = Network(describe(small_networks.chain(tmp_path / "chain.onnx")))
    assert incremental_inference.fits(other)
    spliced, base = incremental_inference.of(other), np.random.default_rng(3).random((12, 40, 1), dtype=np.float32)
    unchanged = spliced.unchanged(other, base)
    for first in {0, 17, 40 - wide} & set(range(41 - wide)):
        strip = np.random.default_rng(first).random((1, 12, wide, 1), dtype=np.float32)
        whole = base[None].copy()
        whole[0, :, first : first + wide] = strip[0]
        found = spliced.run(strip, [first], unchanged, ("logits",))["logits"]
        np.testing.assert_allclose(found, other.run(whole, ["logits"])["logits"], atol=1e-5)


def test_what_is_no_such_chain_is_not_spliced(tmp_path):
    assert not incremental_inference.fits(Network(describe(small_networks.recogniser(tmp_path / "third.onnx"))))
