"""How a unit of each kind of layer is worked out; `explain.layers.recompute` asks for one."""

from __future__ import annotations

import numpy as np

from explain.layers.activations import sigmoid, softmax
from explain.layers.by_hand.over_windows import average_pooling, convolution, max_pooling
from explain.layers.by_hand.task import RecomputeError, Task, laid_out
from explain.layers.workings import (
    GATES,
    BatchNormalisation,
    Combination,
    Copy,
    Curve,
    Dense,
    LstmStep,
    Mean,
    Scaling,
    Softmax,
)
from explain.network.layers import Layer


def _batch_normalisation(task: Task) -> BatchNormalisation:
    roles = ("gamma", "beta", "mean", "variance")
    gamma, beta, mean, variance = (float(task.weights[role][task.channel]) for role in roles)
    epsilon = float(task.weights["epsilon"])
    taken = float(task.values[(*task.place, task.channel)])
    value = float(gamma * (taken - mean) / np.sqrt(variance + epsilon) + beta)
    weight = np.asarray(gamma / np.sqrt(variance + epsilon))
    products = taken * weight
    sizes = {"inputs": np.asarray(taken), "weights": weight, "products": products, "sums": np.array([products])}
    more = {"gamma": gamma, "beta": beta, "mean": mean, "variance": variance, "epsilon": epsilon}
    bias = float(beta - mean * weight)
    return BatchNormalisation(**task.common(), **sizes, **more, bias=bias, before=value, by_hand=task.after(value))


def _scaling(task: Task) -> Scaling:
    taken = float(task.values[(*task.place, task.channel)])
    scale, shift = (float(numbers[task.channel]) for numbers in task.affine(task.values.shape[-1]))
    sizes = {"inputs": np.asarray(taken), "weights": np.asarray(scale), "products": np.asarray(taken * scale)}
    more = {"sums": np.array([taken * scale]), "bias": shift, "before": taken * scale + shift}
    return Scaling(**task.common(), **sizes, **more, by_hand=task.after(more["before"]))


def _laid_anew(task: Task) -> Copy:
    """A reshape: the numbers stand in one row in both orders of axes, so the place in that row leads to the source."""
    order, laid = task.layer.settings["order"], task.layer.settings["laid"]
    taken = task.taken[task.source]
    old = dict(zip(_plain(order), taken.shape, strict=True))
    lengths = dict(zip(_plain(laid), _plain_shape(task.layer, taken.size), strict=True))
    unit = dict(zip(_plain(laid), (*task.place, task.channel)[3 - len(laid) :], strict=True))
    row = int(np.ravel_multi_index([unit[name] for name in laid], [lengths[name] for name in laid]))
    source = dict(zip(order, np.unravel_index(row, [old[name] for name in order]), strict=True))
    *place, channel = (int(source[name]) for name in _plain(order))
    return _copied(task, task.source, (*[0] * (2 - len(place)), *place), channel)


def _plain(axes: tuple[str, ...]) -> list[str]:
    """Names of axes in the order in which layers' outputs have them."""
    return sorted(axes, key="HWC".index)


def _plain_shape(layer: Layer, numbers: int) -> tuple[int, ...]:
    """The layer's shape for a picture of which it gets so many numbers, where one of its lengths may vary."""
    known = int(np.prod([length for length in layer.shape if length is not None]))
    return tuple(numbers // known if length is None else length for length in layer.shape)


def _copied(task: Task, source: str, place: tuple[int, int], channel: int) -> Copy:
    value = float(laid_out(task.taken[source])[(*place, channel)])
    sizes = {"inputs": np.asarray(value), "weights": np.asarray(1.0), "products": np.asarray(value)}
    more = {"sums": np.array([value]), "bias": 0.0, "before": value, "source_place": place, "source_channel": channel}
    return Copy(**task.common(source), **sizes, **more, by_hand=task.after(value))


def _side_by_side(task: Task) -> Copy:
    at = [*task.place, task.channel]
    axis = 3 + task.layer.settings["axis"]
    for source in task.layer.inputs:
        length = laid_out(task.taken[source]).shape[axis]
        if at[axis] < length:
            return _copied(task, source, (at[0], at[1]), at[2])
        at[axis] -= length
    raise RecomputeError(f"{task.layer.name} holds more than the layers that it lays side by side.")


def _combination(task: Task) -> Combination:
    """The sum or product over layers; one with a single place or channel counts at every place or channel."""
    operation = task.layer.kind
    at = (*task.place, task.channel)
    places, values = [], []
    for source in task.layer.inputs:
        taken = laid_out(task.taken[source])
        where = tuple(0 if length == 1 else index for index, length in zip(at, taken.shape, strict=True))
        places.append((where[2], where[:2]))
        values.append(float(taken[where]))
    inputs = np.array(values)
    total = float(inputs.sum() if operation == "add" else inputs.prod())
    rest = [np.delete(inputs, position) for position in range(len(inputs))]
    weights = np.array([1.0 if operation == "add" else float(others.prod()) for others in rest])
    source = task.layer.inputs[int(np.abs(inputs).argmax())]
    sizes = {"inputs": inputs, "weights": weights, "products": inputs * weights}
    more = {"sums": inputs if operation == "add" else np.array([total]), "bias": 0.0, "before": total}
    where = {"operation": operation, "sources": task.layer.inputs, "places": tuple(places)}
    return Combination(**task.common(source), **sizes, **more, **where, by_hand=task.after(total))


def _curve(task: Task) -> Curve:
    value = float(task.values[(*task.place, task.channel)])
    sizes = {"inputs": np.asarray(value), "weights": np.asarray(1.0), "products": np.asarray(value)}
    more = {"sums": np.array([value]), "bias": 0.0, "before": value}
    return Curve(**task.common(), **sizes, **more, by_hand=task.after(value))


def _softmax(task: Task) -> Softmax:
    if task.layer.settings.get("axis", -1) != -1:
        raise RecomputeError(f"{task.layer.name} is a softmax over places, which is not worked out by hand.")
    inputs = task.values[task.place].astype(np.float64)
    probabilities = softmax(inputs)
    weights = np.eye(len(inputs))[task.channel]
    products = inputs * weights
    value = float(inputs[task.channel])
    sizes = {"inputs": inputs, "weights": weights, "products": products, "sums": products}
    more = {"bias": 0.0, "before": value, "probabilities": probabilities}
    return Softmax(**task.common(), **sizes, **more, by_hand=float(probabilities[task.channel]))


def _lstm_step(task: Task) -> LstmStep:
    layer, units = task.layer, task.layer.settings["units"]
    direction = layer.directions[task.channel // units]
    backward, unit = direction == "backward", task.channel % units
    kernel, recurrent, bias = (task.vector(f"{direction}_{role}") for role in ("kernel", "recurrent", "bias"))
    sequence = task.values[0].astype(np.float64)  # a map of one row is the sequence of its columns
    steps = sequence[::-1] if backward else sequence
    last = len(steps) - 1
    at = (0 if backward else last) if layer.settings.get("last_step") else task.place[1]
    position = last - at if backward else at
    hidden, cell = _states(kernel, recurrent, bias, steps[:position])
    own = unit + units * np.arange(4)
    inputs = np.concatenate([steps[position], hidden])
    weights = np.concatenate([kernel[:, own], recurrent[:, own]]).T
    products = inputs * weights
    features = steps.shape[1]
    sums = np.stack([products[:, :features].sum(1), products[:, features:].sum(1)], axis=1)
    before = sums.sum(1) + bias[own]
    gates = sigmoid(before)
    gates[GATES.index("candidate")] = np.tanh(before[GATES.index("candidate")])
    into, keep, candidate, out = gates
    memory = keep * cell[unit] + into * candidate
    sizes = {"inputs": inputs, "weights": weights, "products": products, "sums": sums}
    more = {"features": features, "bias": bias[own], "before": before, "gates": gates, "unit": unit, "step": at}
    states = {"cell_before": float(cell[unit]), "cell": float(memory)}
    by_hand = task.after(float(out * np.tanh(memory)))
    return LstmStep(**task.common(), **sizes, **more, **states, direction=direction, by_hand=by_hand)


def _states(kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray, steps: np.ndarray):
    """Hidden and cell state `(units,)` each after reading `steps` `(step, feature)` in order, from zero states."""
    hidden = cell = np.zeros(len(recurrent))
    for given in steps @ kernel + bias:
        into, keep, candidate, out = np.split(given + hidden @ recurrent, 4)
        cell = sigmoid(keep) * cell + sigmoid(into) * np.tanh(candidate)
        hidden = sigmoid(out) * np.tanh(cell)
    return hidden, cell


def _dense(task: Task) -> Dense:
    kernel = task.vector("kernel")
    scale, shift = task.affine(kernel.shape[1])
    inputs = task.values[task.place].astype(np.float64)
    logits = inputs @ kernel * scale + shift
    value, probabilities = task.curve(logits)
    weights = kernel[:, task.channel] * scale[task.channel]
    products = inputs * weights
    bias = float(shift[task.channel])
    sizes = {"inputs": inputs, "weights": weights, "products": products, "sums": products}
    more = {"bias": bias, "before": float(products.sum() + bias), "logits": logits, "probabilities": probabilities}
    return Dense(**task.common(), **sizes, **more, by_hand=value)


def _mean(task: Task) -> Mean:
    inputs = task.values[:, :, task.channel].astype(np.float64)
    weights = np.full(inputs.shape, 1 / inputs.size)
    products = inputs * weights
    value = float(products.sum())
    sizes = {"inputs": inputs, "weights": weights, "products": products, "sums": np.array([value])}
    return Mean(**task.common(), **sizes, bias=0.0, before=value, by_hand=task.after(value))


OF_KIND = {
    "conv": convolution,
    "max_pool": max_pooling,
    "average_pool": average_pooling,
    "batch_norm": _batch_normalisation,
    "scaling": _scaling,
    "activation": _curve,
    "add": _combination,
    "multiply": _combination,
    "concat": _side_by_side,
    "reshape": _laid_anew,
    "flatten": _laid_anew,
    "lstm": _lstm_step,
    "dense": _dense,
    "global_average_pool": _mean,
    "softmax": _softmax,
}
