"""The weights of two cycles averaged: what the later one learnt, without what it happened to end on.

    python -m models.training.average models/weights/crnn.onnx FOLDER/crnn.npz --share 0.7 --out FOLDER/averaged.npz

Networks that go on from one another, each to the end of a cycle of its own, lie around a minimum that is flatter and
better in its middle than at any of them: P. Izmailov et al., *Averaging Weights Leads to Wider Optima and Better
Generalization*, 2018, https://arxiv.org/abs/1803.05407. As told there, what batch normalisation has measured can't be
averaged: it is measured anew, on the words that training measures it on.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from models import npz_weights, onnx_weights


def averaged(before: dict[str, list[np.ndarray]], after: dict[str, list[np.ndarray]], share: float):
    """`share` of the later weights and the rest of the earlier ones, by layer; in the order of `layer.get_weights()`.

    Raises ValueError where they are not of one network or the share is not from 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"The share of the later weights is {share}; it must be from 0 to 1.")
    shapes = [{name: [array.shape for array in arrays] for name, arrays in one.items()} for one in (before, after)]
    if shapes[0] != shapes[1]:
        raise ValueError("The two files hold weights of different networks; give two of the same one.")
    return {
        name: [(1 - share) * old + share * new for old, new in zip(arrays, after[name], strict=True)]
        for name, arrays in before.items()
    }


def read(path: Path) -> dict[str, list[np.ndarray]]:
    """Weights by layer of an exported network (.onnx), or of a training run's crnn.npz ("<layer>/<i>")."""
    return onnx_weights.read(path) if path.suffix == ".onnx" else npz_weights.read(path)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--share", type=float, default=0.7, help="of the later weights (0.7)")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fonts", type=Path, help="JSON file that keeps the list of fonts")
    options = parser.parse_args(arguments)
    try:
        weights = averaged(read(options.before), read(options.after), options.share)
    except ValueError as problem:
        parser.error(str(problem))

    from models import crnn
    from models.training.validation import measure_batch_norm, validation

    model = crnn.build()
    onnx_weights.fill(model, weights)
    measure_batch_norm(model, validation(options.fonts, 1)["normalise"].pictures)
    npz_weights.write({layer.name: layer.get_weights() for layer in model.layers}, options.out)


if __name__ == "__main__":
    main()
