"""Splicing: the same answers as whole passes, wherever a strip of the picture is changed, for a third of the work."""

import gc
import threading
import weakref

import numpy as np
import pytest

from explain.attribution import incremental_inference, occlusion
from explain.attribution.incremental import reach
from explain.attribution.occlusion import occlude
from explain.network.description import describe
from explain.network.session import Network
from models import crnn
from tests.explain.attribution import small_networks
from tests.explain.attribution.incremental import networks
from tests.explain.network.made import written
from tests.test_third_network import Maker


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(crnn.CARD)


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return np.random.default_rng(0).random((32, 128, 1), dtype=np.float32)


def changed(picture: np.ndarray, firsts: list[int], wide: int, seed: int = 0):
    """Pictures that differ in a strip of columns each: whole, their strips, and the boxes of these."""
    whole = np.repeat(picture[None], len(firsts), axis=0)
    strips = np.random.default_rng(seed).random((len(firsts), len(picture), wide, picture.shape[2]), dtype=np.float32)
    for one, strip, first in zip(whole, strips, firsts, strict=True):
        one[:, first : first + wide] = strip
    return whole, strips, np.array([(0, first, len(picture), first + wide) for first in firsts])


@pytest.mark.parametrize("wide", [1, 3, 8, 40, 128])
def test_answers_are_those_of_whole_passes(network, picture, wide):
    parts, layers = incremental_inference.of(network), ("blstm_1", "logits")
    unchanged = parts.unchanged(network, picture)
    firsts = sorted({0, 1, 2, 3, 5, 61, 62, 127 - wide, 128 - wide} & set(range(129 - wide)))
    whole, strips, boxes = changed(picture, sorted(firsts * 2), wide, wide)
    found = parts.run(network, strips, boxes, unchanged, layers)
    expected = network.run(whole, layers)
    assert set(found) == set(layers)
    for layer in layers:
        np.testing.assert_allclose(found[layer], expected[layer], atol=1e-4)


@pytest.mark.parametrize("column", [0, 1, 31, 60, 61, 126, 127])
def test_a_strip_reaches_the_frames_that_see_it(network, column, monkeypatch):
    monkeypatch.setattr(reach, "NEARLY", 2.0)  # never all of it
    parts = incremental_inference.of(network)
    unchanged = parts.unchanged(network, np.zeros((32, 128, 1), np.float32))
    rows, (first, last) = parts.reached((3, column, 4, column + 1), unchanged)[parts.plan.ends[0]]
    sees = [frame for frame in range(31) if _columns(frame)[0] <= column < _columns(frame)[1]]
    assert (first, last) == (sees[0], sees[-1] + 1) and rows == (0, 1)


def _columns(frame: int) -> tuple[int, int]:
    """The columns of the picture that a frame sees, by hand: from conv_7 back to the picture."""
    first, last = frame, frame + 2
    for kernel, stride in ((3, 1), (3, 1), (3, 1), (3, 1), (2, 2), (3, 1), (2, 2), (3, 1)):
        pad = 1 if kernel == 3 else 0
        first, last = first * stride - pad, (last - 1) * stride - pad + kernel
    return first, last


def whole_passes(monkeypatch) -> None:
    def refuse(network):
        raise incremental_inference.NotWorthIt("Whole passes.")

    monkeypatch.setattr(incremental_inference, "of", refuse)


@pytest.mark.parametrize(("patch", "stride"), [(8, 4), ((32, 8), (32, 2))])
def test_occlusion_is_the_same_either_way(network, picture, patch, stride, monkeypatch):
    told = []
    fast = occlude(network, picture, patch, stride, 0.5, on_step=lambda done, of: told.append((done, of)))
    whole_passes(monkeypatch)
    slow = occlude(network, picture, patch, stride, 0.5)
    assert (fast.why_whole, slow.why_whole) == ("", "Whole passes.")
    np.testing.assert_allclose(fast.covered["logits"], slow.covered["logits"], atol=1e-4)
    assert np.abs(slow.covered["logits"] - slow.whole["logits"]).max(axis=(1, 2)).min() > 1e-3
    assert told[-1] == (len(slow.boxes), len(slow.boxes))


def test_a_patch_that_covers_everything_takes_a_whole_pass(network, picture):
    assert "reaches nearly everything" in occlude(network, picture, 200, 1, 0.5).why_whole


def test_layers_before_the_sequence_are_answered_too(network, picture):
    found = occlude(network, picture, 32, 32, 0.5, layers=("conv_3", "logits"))
    assert found.covered["conv_3"].shape[0] == 4 and "takes a whole pass" in found.why_whole


def test_a_network_is_taken_apart_once_and_few_are_kept(network, tmp_path):
    parts = incremental_inference.of(network)
    assert incremental_inference.of(network) is parts
    others = [networks.network(tmp_path, *made) for made in ((networks.strided, 7), (networks.branching, 6))]
    for other in others:
        incremental_inference.of(other)
    assert len(incremental_inference._made) == incremental_inference.KEPT
    gone = weakref.ref(others.pop())
    del other
    gc.collect()
    assert gone() is None  # the pieces hold no network


def test_threads_get_their_own_answers(network, picture):
    parts = incremental_inference.of(network)
    pictures = [picture, 1 - picture, picture[:, ::-1]]
    strip, box = np.zeros((1, 32, 8, 1), np.float32), np.array([(0, 40, 32, 48)])

    def answer(one):
        return parts.run(network, strip, box, parts.unchanged(network, np.ascontiguousarray(one)), ("logits",))[
            "logits"
        ]

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
def test_another_reader_is_answered_strip_by_strip(reader, tmp_path, wide):
    for network in (reader, Network(describe(small_networks.chain(tmp_path / "chain.onnx")))):
        parts = incremental_inference.of(network)
        assert parts.plan.axes == (1,)
        picture = np.random.default_rng(wide).random((12, 40, 1), dtype=np.float32)
        unchanged = parts.unchanged(network, picture)
        firsts = sorted({0, 1, 2, 3, 17, 40 - wide} & set(range(41 - wide)))
        whole, strips, boxes = changed(picture, sorted(firsts * 2), wide)
        found = parts.run(network, strips, boxes, unchanged, (parts.answers[0], "logits"))
        for name, expected in network.run(whole, list(found)).items():
            np.testing.assert_allclose(found[name], expected, atol=1e-5)


def test_a_network_whose_units_see_the_whole_is_answered_by_whole_passes(tmp_path):
    network = networks.network(tmp_path, networks.squeezing, 30)
    picture = np.random.default_rng(0).random((networks.HEIGHT, networks.WIDTH, 3), dtype=np.float32)
    found = occlude(network, picture, (24, 20), (24, 20), 0.0)
    assert found.why_whole.startswith("A patch reaches nearly everything") and "global average" in found.why_whole
    for (top, left, bottom, right), covered in zip(found.boxes, found.covered["logits"], strict=True):
        one = picture.copy()
        one[top:bottom, left:right] = 0
        np.testing.assert_allclose(covered, network.run(one[None])["logits"][0], atol=1e-5)


def test_a_network_in_another_process_is_asked_for_whole_passes_alone():
    class Apart:
        apart = True

        def run(self, batch, layers):
            return {"logits": batch.sum(axis=(1, 2))}

    found = occlude(Apart(), np.ones((8, 8, 2), np.float32), 4, 4, 0.0)
    assert "process of its own" in found.why_whole
    np.testing.assert_array_equal(found.covered["logits"], np.full((4, 2), 48))


def test_a_network_that_answers_otherwise_in_part_is_found_out(tmp_path, monkeypatch):
    network = networks.network(tmp_path, networks.strided, 7)
    picture = np.random.default_rng(0).random((networks.HEIGHT, networks.WIDTH, 3), dtype=np.float32)
    assert occlude(network, picture, 4, 12, 0.0).why_whole == ""
    wrong = networks.network(tmp_path, networks.averaging, 5)
    monkeypatch.setattr(reach.Stage, "corrections", lambda *_: [])
    found = occlude(wrong, picture, 4, 12, 0.0)
    assert "answers otherwise" in found.why_whole
    covered = picture.copy()
    covered[:4, :4] = 0
    np.testing.assert_allclose(found.covered["logits"][0], wrong.run(covered[None])["logits"][0], atol=1e-5)


def test_the_share_of_the_work_is_that_of_the_passes(network):
    sizes = incremental_inference.of(network).unchanged(network, np.zeros((32, 128, 1), np.float32)).sizes
    narrow, wide = (
        incremental_inference.share(network.description, occlusion.boxes((32, 128), *of), sizes)
        for of in (((32, 8), (32, 2)), ((32, 64), (32, 64)))
    )
    assert 0.2 < narrow < 0.5 and wide == 1
