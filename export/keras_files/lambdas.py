"""A Lambda's place taken by a layer that does the same to the shape; its code is neither read nor run.

The code of a Lambda is Python bytecode: to load it is to run whatever the file's author liked. What it does to the
shape stands beside it: Keras 3 notes the shapes that layers take, and the weights of a recurrent or dense layer say
what comes in. Of a squeeze, of a reshape that lays neighbouring axes together and of a cast there is then only one that
fits; any other Lambda is refused by name.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from export.errors import UnknownLayer
from export.keras_files.plan import Net, Ref, Spec, value_of

SEQUENCES = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "Conv1D", "MaxPooling1D", "TimeDistributed")
MOST_ONES = 6  # axes of length 1 whose combinations are tried
MAPS = ("Conv2D", "DepthwiseConv2D", "MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D", "ZeroPadding2D")
Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Instead:
    """What stands in a Lambda's place.

    wanted: the shape that comes out, without the batch. drops: the axes of length 1 that it drops, where that is all.
    said: the same for people.
    """

    wanted: Shape
    drops: tuple[int, ...]
    said: str


def instead(net: Net, spec: Spec, call: int, given: Shape, features: dict[str, int]) -> Instead:
    """given: the shape of what the Lambda takes, with the batch. features: how many numbers a place the layers after it
    take, as their weights say, by layer. Raises UnknownLayer where nothing says what the Lambda does.
    """
    stated = _stated(net, spec, call)
    if stated is not None:
        fitting = [stated] if _laid_out(given[1:], stated) else []
    else:
        fitting = [shape for shape in _squeezed(given[1:]) if _fits(net, spec, call, shape, features)]
    if len(fitting) == 1 and (fitting[0] != given[1:] or _casts(net, spec, call)):
        drops = _dropped(given[1:], fitting[0])
        return Instead(fitting[0], drops, _said(given[1:], fitting[0], drops))
    raise UnknownLayer(
        f"Layer {spec.name!r} is a Lambda, whose code is not run, and nothing beside it says what it does: replace it"
        " by a layer of Keras's own (Reshape, Rescaling, Activation, ...) and save again."
    )


def _stated(net: Net, spec: Spec, call: int) -> Shape | None:
    """The shape that the file says comes out, without the batch."""
    if (shape := net.shapes.get(Ref(spec.name, call, 0))) is not None:
        return tuple(shape[1:])
    for user in net.uses(spec.name, call):
        built = user.config.get("build_input_shape")
        if isinstance(built, list) and all(length is None or isinstance(length, int) for length in built):
            return tuple(built[1:])
    output = (
        value_of(spec.config.get("output_shape")) if spec.config.get("output_shape_type") in (None, "raw") else None
    )
    if isinstance(output, list | tuple) and all(length is None or isinstance(length, int) for length in output):
        return tuple(output)
    return None


def _squeezed(given: Shape) -> list[Shape]:
    """What is left of a shape when some of its axes of length 1 are dropped."""
    ones = [axis for axis, length in enumerate(given) if length == 1]
    if len(ones) > MOST_ONES:
        return []
    chosen = itertools.chain.from_iterable(itertools.combinations(ones, count) for count in range(1, len(ones) + 1))
    left = [tuple(length for axis, length in enumerate(given) if axis not in dropped) for dropped in chosen]
    return list(dict.fromkeys(left))


def _fits(net: Net, spec: Spec, call: int, shape: Shape, features: dict[str, int]) -> bool:
    """Whether every layer that takes the Lambda's output can take one of that shape."""
    users = list(net.uses(spec.name, call))
    return bool(users) and all(_takes(user, shape, features) for user in users)


def _takes(user: Spec, shape: Shape, features: dict[str, int]) -> bool:
    rank = len(shape) + 1
    if user.class_name in SEQUENCES and rank != 3 or user.class_name in MAPS and rank != 4:
        return False
    if user.class_name == "Permute" and len(user.config.get("dims") or ()) != len(shape):
        return False
    return bool(shape) and features.get(user.name) in (None, shape[-1])


def _laid_out(given: Shape, wanted: Shape) -> bool:
    """Whether the numbers keep their order: axes of length 1 come or go, or neighbouring axes are laid together.

    A reshape that parts an axis, or parts and joins, has more than one order to go by.
    """
    if [length for length in given if length != 1] == [length for length in wanted if length != 1]:
        return True
    if None in given or None in wanted or prod(given) != prod(wanted):
        return False
    rest = list(given)
    for length in wanted:
        joined = 1
        while rest and joined < length:
            joined *= rest.pop(0)
        if joined != length:
            return False
    return all(length == 1 for length in rest)


def _casts(net: Net, spec: Spec, call: int) -> bool:
    """Whether the file says that whole numbers become fractions there."""
    taken = next(iter(spec.calls[call].refs), None) if spec.calls else None
    before, after = net.dtypes.get(taken, ""), net.dtypes.get(Ref(spec.name, call, 0), "")
    return before.startswith(("int", "uint", "bool")) and after.startswith(("float", "bfloat"))


def _dropped(given: Shape, wanted: Shape) -> tuple[int, ...]:
    """The axes of length 1 without which one shape is the other; none where there is no such way."""
    ones = [axis for axis, length in enumerate(given) if length == 1][:MOST_ONES]
    for dropped in itertools.combinations(ones, max(0, len(given) - len(wanted))):
        if tuple(length for axis, length in enumerate(given) if axis not in dropped) == wanted:
            return dropped
    return ()


def _said(given: Shape, wanted: Shape, drops: tuple[int, ...]) -> str:
    if given == wanted:
        return "a cast of whole numbers to fractions"
    return f"{'a squeeze' if drops else 'a reshape'} from {_by(given)} to {_by(wanted)}"


def _by(shape: Sequence) -> str:
    return " x ".join("any" if length is None else str(length) for length in shape)
