"""Trains the denoiser of print that dreams of words are held to (`explain.gradients.words.denoiser_prior`); made by

    python -m models.training.denoiser --out models/weights/print-denoiser.npz [--seed 0] [--steps 1600]

Five small convolutions, 15 pixels seen at a time, learn to mend damaged print: random strings of letters and digits in
the project's typefaces, under grain, blobs, blur and gaps. One typeface is held back to measure with (`EXAMINED`);
what is printed at the end is its error, and those of the best normal blur and of the median of 3 x 3 pixels, which
`--measure FILE` does alone. A run repeats itself from its seed, up to the rounding of the machine.
"""

from __future__ import annotations

import argparse
import json
import string
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from models import crnn, typeface

DILATIONS = (1, 2, 2, 1, 1)  # of 3 x 3 filters: each adds twice its own to the 1 pixel that is seen
CHANNELS = 24
EXAMINED = "Serif"  # the typeface that the training does not show
WORDS, BATCH, STEPS = 3000, 16, 1600
RATE, LAST_RATE = 3e-3, 6e-5
LENGTHS = (1, 9)  # characters of a string
WIDTHS = (0.7, 1.5)  # a word is drawn that much narrower or wider
KINDS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, crnn.LABELS)


def printed(rng: np.random.Generator, count: int, fonts: tuple[str, ...]) -> np.ndarray:
    """Random strings in print as the network sees them, float32 `(count, 32, 128, 1)`, 0 ink and 1 paper."""
    return np.stack([_word(rng, fonts) for _ in range(count)])


def _word(rng: np.random.Generator, fonts: tuple[str, ...]) -> np.ndarray:
    kind = KINDS[rng.integers(len(KINDS))]
    text = "".join(rng.choice(list(kind), rng.integers(LENGTHS[0], LENGTHS[1] + 1)))
    word = typeface.draw_word(text, fonts[rng.integers(len(fonts))])
    word = word.resize((max(8, round(word.width * rng.uniform(*WIDTHS))), word.height))
    room = int(rng.integers(0, word.height // 3 + 1))  # not every word fills its picture
    sheet = Image.new("RGB", (word.width + 2 * room, word.height + room), "white")
    sheet.paste(word, (int(rng.integers(0, 2 * room + 1)), int(rng.integers(0, room + 1))))
    return crnn.prepare(sheet)[0]


def damaged(rng: np.random.Generator, pictures: np.ndarray) -> np.ndarray:
    """Pictures `(batch, height, width, 1)` blurred (half of the time), with gaps, blobs and grain; in [0, 1].

    How blurred all are and how large the blobs is drawn for the batch, amounts for each picture.
    """
    values = pictures[..., 0].astype(np.float64)
    count = (len(values), 1, 1)
    if rng.random() < 0.5:
        values = blurred(values, rng.uniform(0.2, 1.2))
    gaps = 1 / (1 + np.exp(-8 * (blobs(rng, values.shape, (0.8, 1.6)) - rng.uniform(0.8, 2.5, count))))
    values = values + (1 - values) * gaps
    smooth, grain = blobs(rng, values.shape, (0.8, 2.2)), rng.standard_normal(values.shape)
    soft, amount = rng.uniform(0, 1, count) ** 0.5, rng.uniform(0, 0.5, count)
    values = values + amount * (soft * smooth + (1 - soft) * grain)
    return np.clip(values, 0, 1)[..., None].astype(np.float32)


def blobs(rng: np.random.Generator, shape: tuple[int, ...], widths: tuple[float, float]) -> np.ndarray:
    """Normal noise of standard deviation 1, as smooth as a blur of one random width makes it."""
    noise = blurred(rng.standard_normal(shape), rng.uniform(*widths))
    return noise / noise.std()


def blurred(pictures: np.ndarray, spread: float) -> np.ndarray:
    """Pictures `(batch, height, width)` with a normal blur of so many pixels; what is beyond a border repeats it."""
    reach = 8
    wider = np.pad(pictures, ((0, 0), (reach, reach), (reach, reach)), "edge")
    rows, columns = np.fft.fftfreq(wider.shape[1])[:, None], np.fft.rfftfreq(wider.shape[2])[None]
    passed = np.exp(-2 * (np.pi * spread) ** 2 * (rows**2 + columns**2))
    found = np.fft.irfft2(np.fft.rfft2(wider) * passed, s=wider.shape[1:])
    return found[:, reach:-reach, reach:-reach]


def built():
    """The denoiser, untrained: pictures `(batch, height, width, 1)` in [0, 1], of any size, to the same."""
    import keras

    values = given = keras.Input((None, None, 1))
    for number, dilation in enumerate(DILATIONS, start=1):
        last = number == len(DILATIONS)
        layer = keras.layers.Conv2D(
            1 if last else CHANNELS,
            3,
            padding="same",
            dilation_rate=dilation,
            activation="sigmoid" if last else "relu",
        )
        values = layer(values)
    return keras.Model(given, values)


def trained(seed: int = 0, steps: int = STEPS, words: int = WORDS):
    """A denoiser after so many steps of `BATCH` words; reports to stderr every 200."""
    import keras

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    fonts = tuple(name for name in typeface.FONTS if name != EXAMINED)
    clean, model = printed(rng, words, fonts), built()
    rates = keras.optimizers.schedules.CosineDecay(RATE, steps, alpha=LAST_RATE / RATE)
    model.compile(keras.optimizers.Adam(rates), "mse")
    losses = []
    for step in range(1, steps + 1):
        shown = clean[rng.integers(words, size=BATCH)]
        losses.append(float(model.train_on_batch(damaged(rng, shown), shown)))
        if step % 200 == 0:
            print(f"{step} of {steps}: mean square {np.mean(losses[-200:]):.4f}", file=sys.stderr, flush=True)
    return model


def errors(denoise, words: int = 96) -> dict[str, float]:
    """Mean squared errors on damaged words of the typeface held back.

    denoise: from pictures `(batch, 32, 128, 1)` to such pictures. "damaged": of doing nothing; "blur": of the normal
    blur, of ten widths, that does best; "median": of the median of 3 x 3; "denoiser".
    """
    rng = np.random.default_rng(99)
    clean = printed(rng, words, (EXAMINED,))
    shown = np.concatenate([damaged(rng, clean[at : at + 8]) for at in range(0, words, 8)])

    def away(found: np.ndarray) -> float:
        return round(float(np.mean((found - clean[..., 0]) ** 2)), 5)

    wide = np.pad(shown[..., 0], ((0, 0), (1, 1), (1, 1)), "edge")
    squares = np.lib.stride_tricks.sliding_window_view(wide, (3, 3), (1, 2))
    return {
        "damaged": away(shown[..., 0]),
        "blur": min(away(blurred(shown[..., 0], spread)) for spread in np.linspace(0.2, 2, 10)),
        "median": away(np.median(squares, (3, 4))),
        "denoiser": away(np.asarray(denoise(shown))[..., 0]),
    }


def save(model, file: Path) -> None:
    """Writes `kernel_1`, `bias_1` and so on, float32, and `dilations`."""
    arrays = {}
    for number in range(1, len(DILATIONS) + 1):
        arrays[f"kernel_{number}"], arrays[f"bias_{number}"] = model.get_weights()[2 * number - 2 : 2 * number]
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez(file, dilations=np.array(DILATIONS), **arrays)


def loaded(file: Path):
    """The denoiser whose arrays `save` has written."""
    model = built()
    with np.load(file) as stored:
        layers = range(1, len(DILATIONS) + 1)
        model.set_weights([stored[f"{way}_{number}"] for number in layers for way in ("kernel", "bias")])
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    end = parser.add_mutually_exclusive_group(required=True)
    end.add_argument("--out", type=Path, help="trains one and writes it to this file")
    end.add_argument("--measure", type=Path, help="only measures the one of this file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args()
    model = loaded(options.measure) if options.measure else trained(options.seed, options.steps)
    if options.out:
        save(model, options.out)
    print(json.dumps(errors(lambda pictures: model.predict(pictures, verbose=0))))


if __name__ == "__main__":
    main()
