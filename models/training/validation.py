"""How well a network in training reads: its batch normalisation measured, its readings, the words it is tried on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.training.fonts import installed
from models.training.render import Batch, Renderer


def measure_batch_norm(model, pictures: np.ndarray, size: int = 64) -> None:
    """Set each batch normalisation's mean and variance to what pictures (n, 32, width) give, layer after layer.

    conv_5's answers may be tiny beside the moving variance's start of 1, which forgets by 0.99 a step: until some 1,000
    steps have passed, a network that reads in training mode is blind in inference mode.
    """
    import keras

    x = pictures[..., None].astype(np.float32) / 255
    for name in ("batch_norm_5", "batch_norm_6"):
        layer = model.get_layer(name)
        before = keras.Model(model.input, layer.input)
        values = [before.predict_on_batch(x[i : i + size]) for i in range(0, len(x), size)]
        flat = np.concatenate([value.reshape(-1, value.shape[-1]) for value in values])
        layer.moving_mean.assign(flat.mean(axis=0))
        layer.moving_variance.assign(flat.var(axis=0))


def read(model, pictures: np.ndarray, size: int = 64) -> list[str]:
    """What the best path of each picture (n, 32, 128) says."""
    texts = []
    for i in range(0, len(pictures), size):
        x = pictures[i : i + size, ..., None].astype(np.float32) / 255
        for path in np.argmax(model.predict_on_batch(x), axis=-1):
            texts.append(collapsed(path))
    return texts


def collapsed(path: np.ndarray) -> str:
    """What a path (frames,) of labels says: repeats as one, blanks left out."""
    from models.crnn import BLANK, LABELS

    kept = path[np.append(True, path[1:] != path[:-1])]
    return "".join(LABELS[k] for k in kept if k != BLANK)


def accuracy(found: list[str], wanted: tuple[str, ...]) -> float:
    """Share of texts read whole, case ignored."""
    return float(np.mean([a.lower() == b.lower() for a, b in zip(found, wanted, strict=True)]))


def validation(cache: Path | None, number: int) -> dict[str, Batch]:
    """Words to normalise by, in training fonts, and plain and hard ones in held-out fonts.

    They are drawn with the settings of today: shares read before and after these were changed can't be compared.
    """
    fonts = installed(cache=cache)
    normalise = Renderer([font for font in fonts if not font.held_out])
    held_out = Renderer([font for font in fonts if font.held_out])
    printed = Renderer([font for font in fonts if font.held_out and font.printed])
    return {
        "normalise": normalise.batch(9, 0, 128, 0.5),
        "plain": printed.batch(7, 0, number, 0.0, longest=12),
        "hard": held_out.batch(8, 0, number, 0.65),
    }
