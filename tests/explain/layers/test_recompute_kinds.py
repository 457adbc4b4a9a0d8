"""Each kind of unit on small layers, every place of them, against loops over its definition."""

import math

import numpy as np
import pytest

from explain.layers.recompute import recompute
from explain.layers.workings import Convolution, Copy, Dense, LstmStep, MaxPooling, Mean
from explain.network.layers import WHOLE, WINDOW, Layer, Window
from tests.explain.network.made import chain


def network_of(*layers, input_shape=(5, 6, 3)):
    """A network of the input and these layers, without files."""
    return chain(input_shape, *layers)


def conv(shape, size, padding="same"):
    """A convolution layer with relu; "same" for odd sizes."""
    sides = ((size // 2, size // 2),) * 2 if padding == "same" else ((0, 0), (0, 0))
    window = Window((size, size), padding=sides)
    return Layer("conv", "conv", "conv", ("input",), shape, window, WINDOW, activation="relu")


SQUEEZE = {"order": ("C", "H", "W"), "laid": ("C", "W")}  # channel-first, as most files have it


def floats(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def convolved(picture, kernel, bias, padding, stride):
    """A convolution layer with relu by six loops; `padding` zeros on the top and left, as many as needed after."""
    height, width, inputs, filters = kernel.shape
    rows = (picture.shape[0] + 2 * padding - height) // stride + 1
    columns = (picture.shape[1] + 2 * padding - width) // stride + 1
    answer = np.zeros((rows, columns, filters))
    for y in range(rows):
        for x in range(columns):
            for f in range(filters):
                total = float(bias[f])
                for dy in range(height):
                    for dx in range(width):
                        row, column = y * stride + dy - padding, x * stride + dx - padding
                        if 0 <= row < picture.shape[0] and 0 <= column < picture.shape[1]:
                            for c in range(inputs):
                                total += float(picture[row, column, c]) * float(kernel[dy, dx, c, f])
                answer[y, x, f] = max(total, 0)
    return answer


@pytest.mark.parametrize(("size", "padding"), [(3, "same"), (2, "valid"), (3, "valid")])
def test_every_unit_of_a_convolution(size, padding):
    picture, kernel, bias = floats(5, 6, 3), floats(size, size, 3, 4, seed=1), floats(4, seed=2)
    expected = convolved(picture, kernel, bias, 1 if padding == "same" else 0, 1)
    layer = conv(expected.shape, size, padding)
    outputs = {"input": picture, "conv": expected}
    for y, x, channel in np.ndindex(expected.shape):
        unit = recompute(network_of(layer), "conv", channel, (y, x), outputs, {"kernel": kernel, "bias": bias})
        assert isinstance(unit, Convolution)
        assert unit.by_hand == pytest.approx(expected[y, x, channel], abs=1e-9)
        assert unit.by_hand == max(unit.before, 0)
        assert unit.sums.sum() + unit.bias == pytest.approx(unit.before)
        np.testing.assert_allclose(unit.products, unit.inputs * unit.weights)
        sizes = np.abs(unit.sums)[unit.order]
        assert (sizes[:-1] >= sizes[1:]).all()


def test_a_window_in_the_corner_reads_zeros_beyond_the_edge():
    picture, kernel, bias = floats(5, 6, 3) + 10, floats(3, 3, 3, 4, seed=1), floats(4, seed=2)
    expected = convolved(picture, kernel, bias, 1, 1)
    layer = conv(expected.shape, 3)
    unit = recompute(
        network_of(layer), "conv", 0, (0, 5), {"input": picture, "conv": expected}, {"kernel": kernel, "bias": bias}
    )
    assert unit.corner == (-1, 4)
    assert unit.outside.tolist() == [[True, True, True], [False, False, True], [False, False, True]]
    assert (unit.inputs[unit.outside] == 0).all() and (unit.inputs[~unit.outside] > 0).all()
    np.testing.assert_array_equal(unit.inputs[1:, :2], picture[:2, 4:])


@pytest.mark.parametrize(("kernel", "shape"), [((2, 2), (2, 3, 3)), ((2, 1), (2, 6, 3))])
def test_pooling_names_the_winner(kernel, shape):
    picture = floats(5, 6, 3)
    layer = Layer("pool", "pool", "max_pool", ("input",), shape, Window(kernel, kernel), WINDOW)
    for y, x, channel in np.ndindex(shape):
        best, where = -math.inf, None
        for row in range(y * kernel[0], (y + 1) * kernel[0]):
            for column in range(x * kernel[1], (x + 1) * kernel[1]):
                if picture[row, column, channel] > best:
                    best, where = float(picture[row, column, channel]), (row, column)
        unit = recompute(network_of(layer), "pool", channel, (y, x), {"input": picture, "pool": np.zeros(shape)})
        assert isinstance(unit, MaxPooling)
        assert (unit.by_hand, unit.winner) == (best, where)
        assert unit.weights.sum() == 1 and unit.products.sum() == best


def test_batch_normalisation_by_its_four_numbers():
    picture, gamma, beta, mean = floats(5, 6, 3), floats(3, seed=1), floats(3, seed=2), floats(3, seed=3)
    variance = np.array([0.0, 0.5, 4.0], np.float32)
    layer = Layer("bn", "bn", "batch_norm", ("input",), (5, 6, 3), settings={"epsilon": 0.001})
    for y, x, channel in np.ndindex(5, 6, 3):
        deviation = math.sqrt(float(variance[channel]) + 0.001)
        expected = float(gamma[channel]) * (float(picture[y, x, channel]) - float(mean[channel])) / deviation
        expected += float(beta[channel])
        outputs = {"input": picture, "bn": np.zeros((5, 6, 3))}
        weights = {"gamma": gamma, "beta": beta, "mean": mean, "variance": variance, "epsilon": np.float64(0.001)}
        unit = recompute(network_of(layer), "bn", channel, (y, x), outputs, weights)
        assert unit.by_hand == pytest.approx(expected, abs=1e-9)
        assert unit.products + unit.bias == pytest.approx(expected, abs=1e-9)


def test_squeezed_says_where_it_was_copied_from():
    picture = floats(1, 6, 3)
    layer = Layer("squeezed", "squeezed", "reshape", ("input",), (6, 3), settings=SQUEEZE)
    for t, channel in np.ndindex(6, 3):
        outputs = {"input": picture, "squeezed": np.zeros((6, 3))}
        unit = recompute(network_of(layer, input_shape=(1, 6, 3)), "squeezed", channel, (0, t), outputs)
        assert isinstance(unit, Copy)
        assert (unit.source_place, unit.source_channel, unit.by_hand) == (
            (0, t),
            channel,
            float(picture[0, t, channel]),
        )


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def lstm(steps, kernel, recurrent, bias):
    """Hidden and cell states after each step, by loops over the equations; gates input, forget, candidate, output."""
    units = len(recurrent)
    hidden, cell, states = [0.0] * units, [0.0] * units, []
    for step in steps:
        new_hidden, new_cell = [0.0] * units, [0.0] * units
        for j in range(units):
            a = []
            for gate in range(4):
                total = float(bias[gate * units + j])
                total += sum(float(step[k]) * float(kernel[k, gate * units + j]) for k in range(len(step)))
                total += sum(hidden[k] * float(recurrent[k, gate * units + j]) for k in range(units))
                a.append(total)
            new_cell[j] = sigmoid(a[1]) * cell[j] + sigmoid(a[0]) * math.tanh(a[2])
            new_hidden[j] = sigmoid(a[3]) * math.tanh(new_cell[j])
        hidden, cell = new_hidden, new_cell
        states.append((hidden, cell))
    return states


def test_every_step_and_unit_of_a_bidirectional_lstm():
    steps, features, units = 5, 3, 2
    given = floats(steps, features)
    arrays = [floats(*shape, seed=s + 1) for s, shape in enumerate([(3, 8), (2, 8), (8,), (3, 8), (2, 8), (8,)])]
    roles = [f"{way}_{role}" for way in ("forward", "backward") for role in ("kernel", "recurrent", "bias")]
    forward = lstm(given, *arrays[:3])
    backward = lstm(given[::-1], *arrays[3:])[::-1]
    layers = [
        Layer("squeezed", "squeezed", "reshape", ("input",), (steps, features), settings=SQUEEZE),
        Layer(
            "blstm",
            "blstm",
            "lstm",
            ("squeezed",),
            (steps, 2 * units),
            sees=WHOLE,
            weights=dict.fromkeys(roles),
            settings={"units": units},
        ),
    ]
    network, outputs = network_of(*layers), {"squeezed": given, "blstm": np.zeros((steps, 2 * units))}
    nothing = ([0.0] * units, [0.0] * units)
    for t, channel in np.ndindex(steps, 2 * units):
        unit = recompute(network, "blstm", channel, (0, t), outputs, dict(zip(roles, arrays, strict=True)))
        assert isinstance(unit, LstmStep)
        j, states = channel % units, forward if channel < units else backward
        earlier = t - 1 if channel < units else t + 1
        hidden_before, cell_before = states[earlier] if 0 <= earlier < steps else nothing
        assert unit.direction == ("forward" if channel < units else "backward") and unit.unit == j
        assert unit.by_hand == pytest.approx(states[t][0][j], abs=1e-9)
        assert unit.cell == pytest.approx(states[t][1][j], abs=1e-9)
        assert unit.cell_before == pytest.approx(cell_before[j], abs=1e-9)
        np.testing.assert_allclose(unit.inputs, [*given[t], *hidden_before], atol=1e-9)
        np.testing.assert_allclose(unit.sums.sum(1) + unit.bias, unit.before)
        into, keep, candidate, out = unit.gates
        assert unit.cell == pytest.approx(keep * unit.cell_before + into * candidate)
        assert unit.by_hand == pytest.approx(out * math.tanh(unit.cell))


@pytest.mark.parametrize("flat", [True, False])
def test_dense_and_softmax(flat):
    given = floats(4) if flat else floats(6, 4)
    kernel, bias = floats(4, 5, seed=1), floats(5, seed=2)
    before = Layer("before", "before", "reshape", ("input",), given.shape)
    shape = (5,) if flat else (6, 5)
    network = network_of(before, Layer("outputs", "outputs", "dense", ("before",), shape, activation="softmax"))
    for t in range(1 if flat else 6):
        row = given if flat else given[t]
        logits = [float(bias[c]) + sum(float(row[k]) * float(kernel[k, c]) for k in range(4)) for c in range(5)]
        total = sum(math.exp(logit) for logit in logits)
        for c in range(5):
            outputs = {"before": given, "outputs": np.zeros(shape)}
            unit = recompute(network, "outputs", c, (0, t), outputs, {"kernel": kernel, "bias": bias})
            assert isinstance(unit, Dense)
            assert unit.before == pytest.approx(logits[c], abs=1e-9)
            assert unit.by_hand == pytest.approx(math.exp(logits[c]) / total, abs=1e-9)
            np.testing.assert_allclose(unit.logits, logits, atol=1e-9)
            assert unit.sums.sum() + unit.bias == pytest.approx(unit.before)


def test_global_average():
    picture = floats(5, 6, 3)
    network = network_of(Layer("gap", "gap", "global_average_pool", ("input",), (3,), sees=WHOLE))
    for channel in range(3):
        expected = math.fsum(float(v) for v in picture[:, :, channel].ravel()) / 30
        unit = recompute(network, "gap", channel, (0, 0), {"input": picture, "gap": np.zeros(3)})
        assert isinstance(unit, Mean)
        assert unit.by_hand == pytest.approx(expected, abs=1e-9)
        assert unit.products.sum() == pytest.approx(expected, abs=1e-9)


def test_the_biggest_input_of_a_unit_is_where_its_largest_product_is():
    """Poked in turn: of all inputs of a convolution, taking that one away changes the sum before relu the most."""
    picture, kernel, bias = floats(5, 6, 3), floats(3, 3, 3, 4, seed=1), np.full(4, 1e3, np.float32)
    layer = conv((5, 6, 4), 3)
    for y, x, channel in ((0, 0, 0), (2, 3, 1), (4, 5, 3)):
        whole = convolved(picture, kernel, bias, 1, 1)
        changes = {}
        for at in np.ndindex(picture.shape):
            poked = picture.copy()
            poked[at] = 0
            changes[at] = abs(convolved(poked, kernel, bias, 1, 1)[y, x, channel] - whole[y, x, channel])
        row, column, source = max(changes, key=changes.get)
        unit = recompute(
            network_of(layer),
            "conv",
            channel,
            (y, x),
            {"input": picture, "conv": whole},
            {"kernel": kernel, "bias": bias},
        )
        assert unit.biggest == (source, (row, column))
