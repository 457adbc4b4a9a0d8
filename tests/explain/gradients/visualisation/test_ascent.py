"""The loop on networks small enough to know: a scored picture gets better, the same seed makes the same picture."""

from dataclasses import dataclass

import numpy as np
import pytest

from explain.attribution.targets import Channel, ClassLogit, TargetError, Unit, WholeText
from explain.gradients.network.activations import Responses, leaky_name
from explain.gradients.network.function import NetworkFunction
from explain.gradients.visualisation import objectives, transforms
from explain.gradients.visualisation.ascent import Rule, Stage, as_bytes, ascend, measure
from explain.gradients.visualisation.optimisers import Adam, Plain, RMSprop
from explain.gradients.visualisation.parametrisation import Fourier, Pixels
from tests.explain.gradients.network.written import averaged_classes, conv, written

JITTER = transforms.chain(transforms.Move(share=0.05), transforms.Noise(0.01))


@pytest.fixture(scope="module")
def edges(tmp_path_factory):
    """A convolution whose channels 0 and 1 answer to edges down and across, 2 to nothing near grey; two classes."""
    kernel = np.zeros((3, 3, 3, 3), np.float32)  # (out, in, height, width)
    kernel[0, :, :, 0], kernel[0, :, :, 2] = -1, 1
    kernel[1, :, 0], kernel[1, :, 2] = -1, 1
    kernel[2, :, 1, 1] = 1
    rows = [
        ("Transpose", ["input"], "maps", {"perm": [0, 3, 1, 2]}),
        *conv("edges", "maps", auto_pad="SAME_UPPER"),
        *averaged_classes("edges"),
    ]
    weights = {
        "edges/kernel": kernel,
        "edges/bias": np.array([0, 0, -2.5], np.float32),
        "predictions/kernel": np.array([[1, -1], [-1, 1], [0, 0]], np.float32),
        "predictions/bias": np.zeros(2, np.float32),
    }
    path = tmp_path_factory.mktemp("edges") / "edges.onnx"
    layers = ("edges", "global_average", "predictions")
    written(path, rows, weights, ("n", "h", "w", 3), ["predictions"], layers=layers, logits="logits")
    return Responses(NetworkFunction(path))


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """A network that reads three frames of a grey 8 x 12 picture: light means label 0, dark the blank 1."""
    rows = [
        ("Transpose", ["input"], "maps", {"perm": [0, 3, 1, 2]}),
        ("AveragePool", ["maps"], "columns", {"kernel_shape": [8, 4], "strides": [8, 4]}),  # (batch, 1, 1, 3)
        ("Squeeze", ["columns", "height"], "row", {}),
        ("Transpose", ["row"], "frames", {"perm": [0, 2, 1]}),
        ("Transpose", ["frames"], "in_time", {"perm": [1, 0, 2]}),
        ("LSTM", ["in_time", "steps/kernel", "steps/recurrent"], "directions", {"hidden_size": 2}),
        ("Squeeze", ["directions", "direction"], "states", {}),
        ("Transpose", ["states"], "steps", {"perm": [1, 0, 2]}),
        ("Concat", ["frames", "steps"], "joined", {"axis": 2}),
        ("MatMul", ["joined", "outputs/kernel"], "product", {}),
        ("Add", ["product", "outputs/bias"], "logits", {}),
        ("Softmax", ["logits"], "outputs", {"axis": -1}),
    ]
    weights = {
        "height": np.array([2]),
        "direction": np.array([1]),
        "steps/kernel": np.ones((1, 8, 1), np.float32),
        "steps/recurrent": np.random.default_rng(0).normal(0, 0.5, (1, 8, 2)).astype(np.float32),
        "outputs/kernel": np.array([[9, -9], [0, 0], [0, 0]], np.float32),
        "outputs/bias": np.array([-4.5, 4.5], np.float32),
    }
    path = tmp_path_factory.mktemp("reader") / "reader.onnx"
    layers = ("frames", "steps", "outputs")
    written(path, rows, weights, ("n", 8, 12, 1), ["outputs"], layers=layers, logits="logits")
    return Responses(NetworkFunction(path))


@pytest.mark.parametrize("optimiser", [Adam(), Plain(), RMSprop()], ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("target", [ClassLogit(1), Channel("edges", 0), Unit("edges", (10, 10, 1))])
def test_the_objective_rises(edges, optimiser, target):
    objective = objectives.weighted((1.0, objectives.score(target)), (-0.05, objectives.Roughness()))
    image = Fourier(20)
    rule = Rule(rate=0.2, start=0.2, optimiser=optimiser, transform=JITTER)
    found = ascend(edges, objective, [Stage(image, 20, settle=1.0)], rule, [4, 5])
    before = (image.pictures(np.concatenate([image.start(seed, 0.2) for seed in (4, 5)])).numpy() * 255).astype(
        np.uint8
    )
    assert (found.scores > measure(edges, objective, before) + 0.1).all()
    np.testing.assert_allclose(found.scores, measure(edges, objective, found.pictures))


def test_the_same_seed_makes_the_same_picture(edges):
    def pictures(*seeds):
        objective = objectives.score(Channel("edges", 1))
        return ascend(edges, objective, [Stage(Fourier(16), 6)], Rule(transform=JITTER), seeds).pictures

    np.testing.assert_array_equal(pictures(1, 2), pictures(1, 2))
    first, second = pictures(1, 2)
    assert (first != second).mean() > 0.5
    assert (pictures(3)[0] != first).mean() > 0.5


def test_stages_grow_and_the_steps_are_told(edges):
    told = []

    def on_step(step, steps, pictures, scores):
        told.append((step, steps, None if pictures is None else pictures.shape, scores.shape))

    stages = [Stage(Fourier(16), 3), Stage(Fourier(20), 0), Stage(Fourier(24), 3, settle=1.0)]
    found = ascend(edges, objectives.score(ClassLogit(0)), stages, Rule(previews=2), [0, 1], on_step)
    assert [entry[0] for entry in told] == [1, 2, 3, 4, 5, 6] and {entry[1] for entry in told} == {6}
    assert [entry[2] for entry in told] == [None, (2, 16, 16, 3), None, (2, 24, 24, 3), None, (2, 24, 24, 3)]
    assert found.pictures.shape == (2, 24, 24, 3) and found.steps == 6


def test_the_rate_rises_then_falls():
    rates = [Stage(None, 19, rate=2.0, settle=0.5).rate_at(step) for step in range(1, 20)]
    np.testing.assert_allclose(rates[:10], [0.4, 0.8, 1.2, 1.6, *[2.0] * 6])
    assert rates[14] == pytest.approx(1.0) and rates[18] < 0.06 and (np.diff(rates[9:]) < 0).all()
    assert Stage(None, 19).rate_at(19) == 1.0


def test_a_stage_may_have_a_transform_of_its_own(edges):
    """Under a rule that lets the network see only grey there is no way up; the stage's own transform lifts it."""

    @dataclass(frozen=True)
    class Grey:
        def __call__(self, pictures, seed):
            return 0.0 * pictures + 0.5

    image, objective = Fourier(16), objectives.score(Channel("edges", 0))
    before = measure(edges, objective, as_bytes(image.pictures(image.start(0, 0.2))))[0]

    def gain(own):
        found = ascend(edges, objective, [Stage(image, 5, transform=own)], Rule(transform=Grey()))
        return found.scores[0] - before

    assert gain(JITTER) > 0.01 > abs(gain(None))


def test_false_stops(edges):
    found = ascend(edges, objectives.score(ClassLogit(0)), [Stage(Fourier(16), 9)], on_step=lambda step, *_: step < 4)
    assert found.steps == 4 and found.pictures.shape == (1, 16, 16, 3)


@pytest.mark.parametrize("target", [WholeText((0, 0), 1), Unit("steps", (2, 1))], ids=["text", "step"])
def test_a_picture_that_is_no_square_and_has_no_colours(reader, target):
    """Any object with the three methods is a parametrisation."""

    @dataclass(frozen=True)
    class Columns:
        def start(self, seed, spread, batch=1):
            noise = np.random.default_rng(seed).standard_normal((1, 12), dtype=np.float32)
            return np.repeat(noise * np.float32(spread), batch, 0)

        def pictures(self, coefficients):
            import tensorflow as tf

            return tf.repeat(tf.sigmoid(coefficients)[:, None, :, None], 8, 1)

        def grown(self, coefficients, larger):
            return coefficients

    objective = objectives.score(target)
    found = ascend(reader, objective, [Stage(Columns(), 40)], Rule(rate=0.2), [0])
    begun = (Columns().pictures(Columns().start(0, 0.2)).numpy() * 255).astype(np.uint8)
    assert found.pictures.shape == (1, 8, 12, 1)
    assert found.scores[0] > measure(reader, objective, begun)[0] + 0.05
    if isinstance(target, WholeText):  # light, dark, light is the only way to read two of the same
        assert found.scores[0] > -0.5
        assert list(found.pictures[0].reshape(8, 3, 4).mean((0, 2)) > 128) == [True, False, True]


def test_a_silent_channel_is_heard_through_the_leak(edges):
    """Channel 2 only speaks where all colours are above 5/6; from grey, its ReLU lets no gradient through."""
    objective = objectives.score(Channel("edges", 2))
    found = ascend(edges, objective, [Stage(Pixels(12), 30)], Rule(rate=8.0, start=0.01))
    assert found.scores[0] > 0.3


def test_the_leak_is_a_tenth_of_the_sums_below_zero(edges):
    import tensorflow as tf

    pictures = np.random.default_rng(0).random((1, 9, 9, 3), dtype=np.float32)
    values = edges.of(["edges"], leaky=["edges"])(tf.constant(pictures))
    plain, leaking = values["edges"].numpy(), values[leaky_name("edges")].numpy()
    np.testing.assert_allclose(np.maximum(leaking, 0), plain, atol=1e-5)
    arrays = edges.function.arrays_of("edges")
    sums = tf.nn.conv2d(pictures, arrays["edges/kernel"].transpose(2, 3, 1, 0), 1, "SAME") + arrays["edges/bias"]
    np.testing.assert_allclose(leaking, np.where(sums > 0, sums, 0.1 * sums), atol=1e-5)


def test_what_is_not_there_is_said(edges):
    with pytest.raises(TargetError, match="no layer called 'nowhere'; it has input, edges"):
        ascend(edges, objectives.score(Channel("nowhere", 0)), [Stage(Fourier(16), 2)])
    with pytest.raises(ValueError, match="at least one step"):
        ascend(edges, objectives.score(ClassLogit(0)), [])
