"""Resize and Upsample. https://onnx.ai/onnx/operators/onnx__Resize.html"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explain.gradients.lazy import tf
from explain.gradients.network.operators.layouts import Maps, known, last_axes, on_values, operator, rank


@operator("Resize", since=11, layout=on_values)
def resize(
    X,
    roi=None,
    scales=None,
    sizes=None,
    antialias=0,
    axes=None,
    coordinate_transformation_mode="half_pixel",
    cubic_coeff_a=-0.75,
    exclude_outside=0,
    extrapolation_value=0.0,
    keep_aspect_ratio_policy="stretch",
    mode="nearest",
    nearest_mode="round_prefer_floor",
):
    if antialias or keep_aspect_ratio_policy != "stretch" or coordinate_transformation_mode not in COORDINATES:
        raise ValueError("A Resize with antialiasing, a kept ratio or a region of interest has no gradient here.")
    count = rank(X)
    axes = np.arange(count) if axes is None else np.asarray(axes) % count
    tensor, order = (X.tensor, last_axes(count)) if isinstance(X, Maps) else (X, list(range(count)))
    sizes, scales = known(sizes), known(scales)
    for number, axis in enumerate(axes):
        at = order.index(int(axis))
        length = int(tensor.shape[at]) if tensor.shape[at] is not None else None
        by_size = sizes is not None and sizes.size
        if (length is None and not by_size and scales[number] == 1) or (by_size and sizes[number] == length):
            continue
        if length is None:
            if axis == 0:
                continue  # the batch stays what it is
            raise ValueError("A Resize needs a picture whose size is known.")
        wanted = int(sizes[number]) if by_size else int(np.floor(length * scales[number]))
        scale = np.float32(wanted / length if by_size else scales[number])
        if wanted != length or scale != 1:
            places = np.arange(wanted, dtype=np.float32)  # halves are rounded as in ONNX Runtime, which counts so
            coordinates = COORDINATES[coordinate_transformation_mode](places, scale, length, wanted)
            taps = _taps(mode, coordinates, nearest_mode, cubic_coeff_a)
            tensor = _sampled(tensor, at, length, taps, bool(exclude_outside))
    return Maps(tensor) if isinstance(X, Maps) else tensor


@operator("Upsample", layout=on_values)
@operator("Resize", since=10, layout=on_values)
def upsample(X, scales=None, mode="nearest"):
    """As Resize was up to opset 10."""
    way = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return resize(X, scales=scales, mode=mode, **way)


# where a number of the result lies on the axis that it is taken from
COORDINATES: dict[str, Callable] = {
    "half_pixel": lambda at, scale, length, wanted: (at + 0.5) / scale - 0.5,
    "half_pixel_symmetric": lambda at, scale, length, wanted: (
        length / 2 * (1 - wanted / (scale * length)) + (at + 0.5) / scale - 0.5
    ),
    "pytorch_half_pixel": lambda at, scale, length, wanted: (at + 0.5) / scale - 0.5 if wanted > 1 else 0.0 * at,
    "align_corners": lambda at, scale, length, wanted: at * ((length - 1) / (wanted - 1)) if wanted > 1 else 0.0 * at,
    "asymmetric": lambda at, scale, length, wanted: at / scale,
}
NEAREST = {
    "round_prefer_floor": lambda at: np.ceil(at - 0.5),
    "round_prefer_ceil": lambda at: np.floor(at + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}


def _taps(mode: str, coordinates: np.ndarray, nearest_mode: str, a: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """(place, weight) of each of the numbers that every number of the result is put together from."""
    if mode == "nearest":
        return [(NEAREST[nearest_mode](coordinates), np.ones(len(coordinates)))]
    low = np.floor(coordinates)
    part = coordinates - low
    if mode == "linear":
        return [(low, 1 - part), (low + 1, part)]

    def near(distance):
        return ((a + 2) * distance - (a + 3)) * distance**2 + 1

    def far(distance):
        return ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a

    weights = (far(part + 1), near(part), near(1 - part), far(2 - part))
    return [(low + step, weight) for step, weight in zip((-1, 0, 1, 2), weights, strict=True)]


def _sampled(tensor, axis: int, length: int, taps: list[tuple[np.ndarray, np.ndarray]], exclude_outside: bool):
    """Sums of numbers along one axis, each times its weight; beyond the ends the last number goes on."""
    places, weights = np.stack([place for place, _ in taps]), np.stack([weight for _, weight in taps])
    if exclude_outside:
        weights = np.where((places >= 0) & (places < length), weights, 0)
        weights = weights / weights.sum(0)
    places = np.clip(places, 0, length - 1).astype(np.int32)
    shape = [-1] + [1] * (len(tensor.shape) - axis - 1)
    parts = []
    for place, weight in zip(places, weights, strict=True):
        picked = tf.gather(tensor, place, axis=axis)
        parts.append(picked if (weight == 1).all() else picked * tf.cast(weight.reshape(shape), tensor.dtype))
    return tf.add_n(parts) if len(parts) > 1 else parts[0]
