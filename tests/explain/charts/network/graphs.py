"""Networks for tests of the picture of a whole network: layers that nothing but their graph is told of, and files."""

from __future__ import annotations

import random
from pathlib import Path

from explain.network.layers import Layer
from tests.explain.network.reading.parts import Parts


def layers(inputs: dict[str, tuple[str, ...]], shapes: dict[str, tuple[int, ...]] | None = None) -> list[Layer]:
    """Layers by what each takes; of 8 rows, 8 columns and 4 channels unless said."""
    shapes = shapes or {}
    kinds = {0: "input", 1: "conv"}
    return [
        Layer(name, name, kinds.get(len(taken), "add"), taken, shapes.get(name, (8, 8, 4)))
        for name, taken in inputs.items()
    ]


def random_graph(seed: int, count: int = 14) -> dict[str, tuple[str, ...]]:
    """Every layer takes one to three of the four before it, and every one but the last is taken by another."""
    draw = random.Random(seed)
    inputs: dict[str, tuple[str, ...]] = {"0": ()}
    for number in range(1, count):
        before = [str(other) for other in range(max(0, number - 4), number)]
        inputs[str(number)] = tuple(draw.sample(before, min(len(before), draw.choice([1, 1, 2, 3]))))
    for number in range(count - 1):
        if not any(str(number) in taken for taken in inputs.values()):
            inputs[str(number + 1)] = (*inputs[str(number + 1)], str(number))
    return inputs


def residual(folder: Path, blocks: tuple[int, ...] = (3, 4, 6), **metadata) -> Path:
    """A network as ResNet is: so many blocks a stage, each of two convolutions and a short cut; ten classes."""
    made = Parts(17, 4)
    x, channels = made.next("Relu", made.conv("picture", 3, 8)), 8
    for stage, count in enumerate(blocks):
        for block in range(count):
            out, step = 8 * 2**stage, 2 if stage and not block else 1
            y = made.next("Relu", made.conv(x, channels, out, strides=[step, step]))
            y = made.conv(y, out, out)
            short = made.conv(x, channels, out, 1, strides=[step, step]) if (out, step) != (channels, 1) else x
            x, channels = made.next("Relu", made.next("Add", y, short)), out
    row = made.next("Flatten", made.next("GlobalAveragePool", x))
    answer = made.next("Gemm", row, made.drawn(channels, 10), made.drawn(10))
    return made.write(folder, answer, ("n", 3, 32, 32), **metadata)
