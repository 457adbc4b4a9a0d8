"""LSTM: against ONNX Runtime, against the papers' equations one number at a time, and against Keras's own cell."""

from __future__ import annotations

import json
import math
import time

import numpy as np
import pytest

from explain.layers import lstm
from explain.network.description import describe
from explain.network.session import Network
from explain.network.weights import network_weights
from models import crnn
from models.card import WEIGHTS
from models.pictures import open_picture

SAMPLES = WEIGHTS.parent / "samples" / "words"
LAYERS = {"blstm_1": "squeezed", "blstm_2": "blstm_1"}  # and what each is fed
HALVES = {"forward": slice(0, 128), "backward": slice(128, 256)}
RESULTS = ("input_gate", "forget_gate", "candidate", "output_gate", "cell", "hidden")


@pytest.fixture(scope="module")
def weights():
    return {layer: network_weights(describe(crnn.CARD), layer) for layer in (*LAYERS, "outputs")}


@pytest.fixture(scope="module")
def passes():
    """What ONNX Runtime gives for the sample words, then for pictures of noise of three strengths."""
    named = [SAMPLES / item["file"] for item in json.loads((SAMPLES / "samples.json").read_text())]
    words = np.concatenate([crnn.prepare(open_picture(path)) for path in named])
    rng = np.random.default_rng(5)
    noise = [strength * rng.random((4, 32, 128, 1), dtype=np.float32) for strength in (0.1, 1, 10)]
    layers = ("squeezed", *LAYERS, "outputs")
    outputs = Network(crnn.CARD).run(np.concatenate([words, *noise]), layers)
    return [{layer: outputs[layer][i] for layer in layers} for i in range(len(outputs["outputs"]))]


ROLES = ("kernel", "recurrent", "bias")


def arrays_of(weights, direction):
    """Kernel, recurrent kernel and bias of one direction."""
    return [weights[f"{direction}_{role}"] for role in ROLES]


def random_case(frames=7, features=5, units=3, seed=0):
    """A sequence and weights large enough that gates open and shut."""
    rng = np.random.default_rng(seed)
    shapes = 2 * [(features, 4 * units), (units, 4 * units), (4 * units,)]
    names = [f"{direction}_{role}" for direction in lstm.DIRECTIONS for role in ROLES]
    weights = {name: 1.5 * rng.normal(size=shape) for name, shape in zip(names, shapes, strict=True)}
    return rng.normal(size=(frames, features)), weights


def by_hand(sequence, kernel, recurrent, bias, reset_at=None):
    """The equations of Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000, in plain floats.

    For unit j at time t, with net_g the weighted sum for gate g over inputs x(t) and outputs y(t - 1):
    y_in = f(net_in), y_phi = f(net_phi), y_out = f(net_out), f the logistic function; s(t) = y_phi s(t - 1) +
    y_in g(net_c) and y(t) = y_out h(s(t)), where g = h = tanh. Frames in the order they are read.
    """

    def logistic(net):
        return 1 / (1 + math.exp(-net))

    units = len(recurrent)
    output, state = [0.0] * units, [0.0] * units
    rows = {name: [] for name in RESULTS}
    for t, x in enumerate(sequence.tolist()):
        if t == reset_at:
            output, state = [0.0] * units, [0.0] * units
        net = [
            bias[column]
            + sum(x[i] * kernel[i][column] for i in range(len(x)))
            + sum(output[j] * recurrent[j][column] for j in range(units))
            for column in range(4 * units)
        ]
        y_in, y_phi = [logistic(net[j]) for j in range(units)], [logistic(net[units + j]) for j in range(units)]
        g = [math.tanh(net[2 * units + j]) for j in range(units)]
        y_out = [logistic(net[3 * units + j]) for j in range(units)]
        state = [y_phi[j] * state[j] + y_in[j] * g[j] for j in range(units)]
        output = [y_out[j] * math.tanh(state[j]) for j in range(units)]
        for name, row in zip(RESULTS, (y_in, y_phi, g, y_out, state, output), strict=True):
            rows[name].append(row)
    return {name: np.array(row) for name, row in rows.items()}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("direction", lstm.DIRECTIONS)
def test_hidden_states_are_those_of_onnx_runtime(weights, passes, layer, direction):
    for values in passes:
        steps = lstm.trace(values[LAYERS[layer]], weights[layer], direction)
        assert all(getattr(steps, name).shape == (31, 128) for name in RESULTS)
        np.testing.assert_allclose(steps.hidden, values[layer][:, HALVES[direction]], rtol=0, atol=1e-4)


def test_the_states_compared_are_neither_flat_nor_alike(passes):
    """Else agreement would prove little."""
    for layer in LAYERS:
        stack = np.array([values[layer] for values in passes])
        assert stack.std(axis=1).mean() > 0.05 and stack.std(axis=0).mean() > 0.05


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("reset", [None, 1, 4, 6])
def test_every_state_follows_the_papers_equations(seed, reset):
    sequence, weights = random_case(seed=seed)
    expected = by_hand(sequence, *arrays_of(weights, "forward"), reset_at=reset)
    forward = lstm.trace(sequence, weights, "forward", reset)
    # Reading backward, the first frame past the line before frame `reset` is frame reset - 1, at time 7 - reset.
    turned = by_hand(sequence[::-1], *arrays_of(weights, "backward"), reset_at=None if reset is None else 7 - reset)
    backward = lstm.trace(sequence, weights, "backward", reset)
    for name in RESULTS:
        np.testing.assert_allclose(getattr(forward, name), expected[name], atol=2e-6)
        np.testing.assert_allclose(getattr(backward, name), turned[name][::-1], atol=2e-6)


@pytest.mark.parametrize("direction", lstm.DIRECTIONS)
def test_real_weights_follow_the_papers_equations(weights, passes, direction):
    """The first four frames read of the first sample, in double precision; all 128 units feed one another."""
    kernel, recurrent, bias = arrays_of(weights["blstm_2"], direction)
    sequence = passes[0]["blstm_1"]
    read = sequence if direction == "forward" else sequence[::-1]
    expected = by_hand(read[:4], kernel.tolist(), recurrent.tolist(), bias.tolist())
    steps = lstm.trace(sequence, weights["blstm_2"], direction)
    for name in RESULTS:
        ours = getattr(steps, name)
        ours = ours if direction == "forward" else ours[::-1]
        np.testing.assert_allclose(ours[:4], expected[name], atol=1e-4)


def test_steps_are_those_of_keras_own_cell():
    keras = pytest.importorskip("keras")
    sequence, weights = random_case(frames=6, features=4, units=5, seed=9)
    for direction in lstm.DIRECTIONS:
        cell = keras.layers.LSTMCell(5)
        cell.build((1, 4))
        cell.set_weights(arrays_of(weights, direction))
        state = [keras.ops.zeros((1, 5))] * 2
        steps = lstm.trace(sequence, weights, direction)
        for t in range(6) if direction == "forward" else reversed(range(6)):
            hidden, state = cell(keras.ops.convert_to_tensor(sequence[t : t + 1], "float32"), state)
            np.testing.assert_allclose(steps.hidden[t], np.asarray(hidden)[0], atol=1e-5)
            np.testing.assert_allclose(steps.cell[t], np.asarray(state[1])[0], atol=1e-5)


@pytest.mark.parametrize("direction", lstm.DIRECTIONS)
def test_kept_and_written_make_up_the_cell_state(direction):
    sequence, weights = random_case()
    steps = lstm.trace(sequence, weights, direction, reset=3)
    np.testing.assert_allclose(steps.kept + steps.written, steps.cell, atol=1e-6)
    found = np.zeros_like(steps.cell)
    if direction == "forward":
        found[1:] = steps.cell[:-1]
        found[3] = 0
    else:
        found[:-1] = steps.cell[1:]
        found[2] = 0
    np.testing.assert_array_equal(steps.before, found)


def test_memory_is_measured_by_its_length():
    zeros, ones = np.zeros((2, 2), np.float32), np.ones((2, 2), np.float32)
    before = np.array([[0, 0], [3, 4]], np.float32)
    forget = np.array([[1, 1], [1, 0.5]], np.float32)
    cell = np.array([[3, 4], [3, 2]], np.float32)
    steps = lstm.Trace(ones, forget, np.array([[3, 4], [0, 0]]), ones, before, cell, zeros)
    memory = lstm.memory(steps)
    np.testing.assert_allclose(memory.before, [0, 5])
    np.testing.assert_allclose(memory.kept, [0, math.sqrt(13)])
    np.testing.assert_allclose(memory.written, [5, 0])
    np.testing.assert_allclose(memory.after, [5, math.sqrt(13)])
    assert np.isnan(memory.share[0]) and memory.share[1] == pytest.approx(math.sqrt(13) / 5)


def test_units_stand_in_the_order_in_which_they_act():
    late, early, strong, never = [0, 0, 0, 0.5], [0.6, 0, 0, 0], [-0.9, 0, 0, 0], [0.3, 0.3, 0.3, 0.3]
    order = lstm.order_of_acting(np.array([late, early, strong, never]).T)
    assert order.tolist() == [2, 1, 3, 0]  # what never moves counts as moving at frame 0, by nothing
    assert lstm.order_of_acting(np.array([late, never, early]).T).tolist() == [2, 1, 0]


def read(weights, values, **ablation):
    layers = [weights[layer] for layer in LAYERS]
    return lstm.reading(values["squeezed"], layers, weights["outputs"], **ablation)


def test_without_ablation_the_reading_is_the_networks(weights, passes):
    for values in passes:
        softmax = read(weights, values)
        assert softmax.shape == (31, 63)
        np.testing.assert_allclose(softmax, values["outputs"], rtol=0, atol=1e-4)


@pytest.mark.parametrize("direction", lstm.DIRECTIONS)
def test_a_silenced_direction_is_as_good_as_weights_of_zero(weights, passes, direction):
    """A candidate that is always tanh(0) leaves the cell state, and with it the hidden states, at zero."""
    silent = dict(weights)
    for layer in LAYERS:
        silent[layer] = {
            role: array if role.startswith(direction) else np.zeros_like(array)
            for role, array in weights[layer].items()
        }
    for values in passes[:3]:
        alone = read(weights, values, directions=(direction,))
        np.testing.assert_allclose(alone, read(silent, values), atol=1e-6)
        assert np.abs(alone - values["outputs"]).max() > 0.01


@pytest.mark.parametrize("reset", [1, 13, 30])
def test_a_reset_reads_the_two_sides_as_two_words(weights, passes, reset):
    """Nothing crosses the line, so each side reads as it would if there were no other."""
    values = passes[0]
    sides = [{"squeezed": values["squeezed"][:reset]}, {"squeezed": values["squeezed"][reset:]}]
    apart = np.concatenate([read(weights, side) for side in sides])
    together = read(weights, values, reset=reset)
    np.testing.assert_allclose(together, apart, atol=1e-5)
    assert np.abs(together - values["outputs"]).max() > 1e-5


def test_one_direction_does_not_know_what_is_ahead(weights, passes):
    """Forward only, frames up to 9 stay as they are whatever stands from frame 10 on; backward the other way round."""
    sequence, foreign = passes[0]["squeezed"], passes[1]["squeezed"]
    left, right = slice(0, 10), slice(10, 31)
    for direction, same, other in (("forward", left, right), ("backward", right, left)):
        ahead = sequence.copy()
        ahead[other] = foreign[other]
        first, second = (read(weights, {"squeezed": given}, directions=(direction,)) for given in (sequence, ahead))
        np.testing.assert_allclose(first[same], second[same], atol=1e-5)
        assert np.abs(first[other] - second[other]).max() > 0.01


def test_a_product_in_pieces_is_the_product():
    rng = np.random.default_rng(1)
    for rows, inner, columns in ((31, 512, 512), (1, 3, 2), (600, 7, 600)):
        a, b = rng.normal(size=(rows, inner)).astype("f"), rng.normal(size=(inner, columns)).astype("f")
        expected = a.astype(np.float64) @ b.astype(np.float64)
        np.testing.assert_allclose(lstm._product(a, b), expected, atol=1e-3)


def test_a_word_takes_less_than_ten_milliseconds(weights, passes):
    """Of this thread's processor time, so that a busy machine changes nothing; the best of several."""
    taken = []
    for _ in range(15):
        start = time.thread_time()
        for layer, fed in LAYERS.items():
            for direction in lstm.DIRECTIONS:
                lstm.trace(passes[0][fed], weights[layer], direction)
        taken.append(time.thread_time() - start)
    assert min(taken) < 0.010


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"direction": "sideways"}, "no direction called 'sideways'"),
        ({"direction": ""}, "choose forward or backward"),
        ({"reset": 0}, "before one of the frames 1 to 6, not before frame 0"),
        ({"reset": 7}, "not before frame 7"),
        ({"sequence": np.zeros(5)}, r"shape \(frame, feature\), not \(5,\)"),
        ({"sequence": np.zeros((0, 5))}, r"not \(0, 5\)"),
        ({"sequence": np.zeros((7, 4))}, "forward weights over 4 features"),
        ({"weights": {}}, "no forward_kernel and no forward_recurrent and no forward_bias"),
        ({"weights": {**random_case()[1], "forward_recurrent": np.zeros((2, 12))}}, "have the shapes"),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(broken, said):
    sequence, weights = random_case()
    given = {"sequence": sequence, "weights": weights, "direction": "forward", **broken}
    with pytest.raises(lstm.LstmError, match=said):
        lstm.trace(**given)


def test_a_reading_refuses_what_does_not_fit():
    sequence, weights = random_case()
    dense = {"kernel": np.zeros((6, 4)), "bias": np.zeros(4)}
    assert lstm.reading(sequence, [weights], dense).shape == (7, 4)
    with pytest.raises(lstm.LstmError, match="no direction called 'both'"):
        lstm.reading(sequence, [weights], dense, directions=("both",))
    with pytest.raises(lstm.LstmError, match="kernel"):
        lstm.reading(sequence, [weights], {"kernel": np.zeros((5, 4)), "bias": np.zeros(4)})
    with pytest.raises(lstm.LstmError, match="frame, unit"):
        lstm.order_of_acting(np.zeros(3))


def test_a_map_of_one_row_is_the_sequence_of_its_columns():
    sequence, weights = random_case()
    states = lstm.hidden_states(sequence, weights)
    np.testing.assert_array_equal(lstm.hidden_states(sequence[None], weights), states)
    one_way = lstm.hidden_states(sequence[None], weights, ("forward",))
    np.testing.assert_array_equal(one_way[:, :3], states[:, :3])
    assert not one_way[:, 3:].any()
    with pytest.raises(lstm.LstmError, match="has the shape"):
        lstm.trace(np.stack([sequence, sequence]), weights, "forward")
