"""What tells drawn words from photographed ones: a sheet of both, and a small classifier with its reasons.

    python -m tests.benchmarks apart A.zip B.zip --out sheet.png [--number 1000] [--difficulty 0.65]

A renderer is good for training where nothing simple tells its pictures from photographs. Each picture is measured by
some fifteen plain numbers (how small it was, how sharp, how noisy, how tilted, how closely cut); a logistic regression
on them and their squares says of words that it was not fitted on which are drawn. An area under the curve of 0.5 means
that they can't be told apart, 1 that they always can. The table says which numbers differ, most first.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from explain.trust import regression
from models.crnn import HEIGHT
from models.training.fonts import installed
from models.training.photographs import Photograph, greys, listed
from models.training.recipe import Recipe
from models.training.render import Renderer, Sample
from models.training.sheets import contact_sheet

FOLDS = 5
PENALTY = 3.0
SIDE_BY_SIDE = 60  # of each kind on the sheet

NAMES = {
    "height": "height of the picture, pixels",
    "pitch": "width of a character, in heights of the picture",
    "length": "characters",
    "contrast": "standard deviation of grey, of 1",
    "brightness": "mean grey, of 1",
    "dark ink": "border brighter than the middle by, of 1",
    "two greys": "share of the variance that a split in two greys explains",
    "sharpness": "slope from pixel to pixel, beside the contrast",
    "detail": "second difference, beside the contrast",
    "noise": "second difference in the flattest third, of 1",
    "uneven border": "standard deviation along the border, beside the contrast",
    "cut above and below": "what outer rows vary, beside the middle's",
    "cut at the sides": "what outer columns vary, beside the middle's",
    "tilt": "rise of the ink's middle from left to right, in heights, either way",
    "bend": "rise of the ink's middle between the ends, in heights, either way",
    "blocks": "steps at every eighth pixel beside the others",
}


def measured(grey: np.ndarray, characters: int) -> np.ndarray:
    """The numbers of `NAMES` for a picture, grey (height, width) uint8, of so many characters."""
    height, width = grey.shape
    broad = max(16, round(width * HEIGHT / height))
    seen = np.asarray(Image.fromarray(grey).resize((broad, HEIGHT), Image.Resampling.BICUBIC), np.float64) / 255
    spread = max(float(seen.std()), 1e-3)
    rim = np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]])
    across, down = np.diff(seen, axis=1), np.diff(seen, axis=0)
    second = np.abs(seen[1:-1, 1:-1] - (seen[:-2, 1:-1] + seen[2:, 1:-1] + seen[1:-1, :-2] + seen[1:-1, 2:]) / 4)
    middle = seen[HEIGHT // 4 : -HEIGHT // 4]
    ink = np.abs(seen - np.median(rim))
    tilt, bend = _line(ink)
    return np.array(
        [
            height,
            width / height / characters,
            characters,
            spread,
            seen.mean(),
            np.median(rim) - seen[4:-4, 4:-4].mean(),
            _two_greys(seen),
            (np.abs(across).mean() + np.abs(down).mean()) / spread,
            second.mean() / spread,
            _flattest(seen, second),
            rim.std() / spread,
            np.concatenate([seen[:2].std(axis=1), seen[-2:].std(axis=1)]).mean() / max(middle.std(), 1e-3),
            np.concatenate([seen[:, :2].std(axis=0), seen[:, -2:].std(axis=0)]).mean() / spread,
            abs(tilt),
            abs(bend),
            _blocks(grey),
        ]
    )


def _two_greys(seen: np.ndarray) -> float:
    """Largest share of the variance between two groups of greys (Otsu 1979, doi:10.1109/TSMC.1979.4310076)."""
    ordered = np.sort(seen.ravel())
    count = np.arange(1, len(ordered))
    below = np.cumsum(ordered)[:-1]
    gap = below / count - (ordered.sum() - below) / (len(ordered) - count)
    return float((count * (len(ordered) - count) * gap**2).max() / len(ordered) ** 2 / max(ordered.var(), 1e-9))


def _flattest(seen: np.ndarray, second: np.ndarray) -> float:
    """Mean second difference where the surroundings change least: noise and JPEG's ripples, and no strokes."""
    slope = np.hypot(seen[1:-1, 2:] - seen[1:-1, :-2], seen[2:, 1:-1] - seen[:-2, 1:-1])
    return float(second[slope <= np.quantile(slope, 1 / 3)].mean())


def _line(ink: np.ndarray) -> tuple[float, float]:
    """Rise from end to end, and of the middle over the ends, of a parabola through the columns' centres, in heights."""
    weight = ink.sum(axis=0)
    centre = (np.arange(len(ink)) @ ink) / np.maximum(weight, 1e-6) / len(ink)
    at = np.linspace(-1, 1, ink.shape[1])
    square, slope, _ = np.polyfit(at, centre, 2, w=np.sqrt(weight + 1e-6))
    return 2 * float(slope), float(square)


def _blocks(grey: np.ndarray) -> float:
    """Steps over every eighth column beside the other steps: JPEG's blocks; 1 where there are none."""
    if grey.shape[1] < 24:
        return 1.0
    steps = np.abs(np.diff(grey.astype(np.float64), axis=1)).mean(axis=0)
    at = np.arange(len(steps)) % 8 == 7
    return float(steps[at].mean() / max(steps[~at].mean(), 1e-3))


def separation(drawn: np.ndarray, photographed: np.ndarray, seed: int = 0) -> float:
    """Area under the curve of words left out of the fit; both (word, number)."""
    values = np.concatenate([drawn, photographed])
    scale = values.std(axis=0)
    values = (values - values.mean(axis=0)) / np.where(scale > 0, scale, 1)
    values = np.concatenate([values, values.clip(-4, 4) ** 2], axis=1)
    truth = np.arange(len(values)) < len(drawn)
    fold = np.random.default_rng(seed).permutation(len(values)) % FOLDS
    score = np.zeros(len(values))
    for left in range(FOLDS):
        fitted = regression.logistic(values[fold != left], truth[fold != left], PENALTY)
        score[fold == left] = values[fold == left] @ fitted[:-1] + fitted[-1]
    return regression.area(score[truth], score[~truth])


def table(drawn: np.ndarray, photographed: np.ndarray) -> list[tuple[str, float, np.ndarray, np.ndarray]]:
    """Of each number: its name, how often a photographed word has more of it, its tenth, half and nine tenths of both.

    The first is an area under the curve: 0.5 where the number tells nothing. Those that tell most stand first.
    """
    rows = []
    for column, name in enumerate(NAMES):
        a, b = photographed[:, column], drawn[:, column]
        rows.append((name, regression.area(a, b), *(np.quantile(each, (0.1, 0.5, 0.9)) for each in (a, b))))
    return sorted(rows, key=lambda row: -abs(row[1] - 0.5))


def spread_evenly(words: Sequence[Photograph], number: int) -> list[Photograph]:
    """So many of the words, evenly over the list."""
    return [words[i] for i in np.linspace(0, len(words) - 1, min(number, len(words))).round().astype(int)]


def numbers(pictures: Iterable[tuple[np.ndarray, int]]) -> np.ndarray:
    """Rows of `measured`, (word, number), of grey pictures and how many characters they have."""
    return np.array([measured(grey, characters) for grey, characters in pictures])


def main(argv: list[str]) -> dict:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks apart", description=__doc__.split("\n\n")[0])
    parser.add_argument("archives", type=Path, nargs="+", metavar="ZIP")
    parser.add_argument("--out", type=Path, help="sheet of drawn words and, below them, of photographed ones")
    parser.add_argument("--number", type=int, default=1000, help="of each kind")
    parser.add_argument("--difficulty", type=float, default=Recipe().hardest)
    parser.add_argument("--fonts", type=Path, help="JSON file that keeps the list of fonts")
    options = parser.parse_args(argv)
    renderer = Renderer([font for font in installed(cache=options.fonts) if not font.held_out])
    drawn = [renderer.draw(0, i, options.difficulty) for i in range(options.number)]
    chosen = spread_evenly([word for path in options.archives for word in listed(path)], options.number)
    pictures = list(greys(chosen))
    own = numbers((np.asarray(sample.picture), len(sample.text)) for sample in drawn)
    others = numbers((grey, len(word.text)) for grey, word in zip(pictures, chosen, strict=True))
    rows = table(own, others)
    print(f"{'photographed have more, of 1':72} {'photographed':>24} {'drawn':>24}   (a tenth, half, nine tenths)")
    for name, more, theirs, ours in rows:
        levels = (" ".join(f"{level:7.3g}" for level in each) for each in (theirs, ours))
        print(f"{more:5.3f} {name + ': ' + NAMES[name]:66} {next(levels):>24} {next(levels):>24}")
    if options.out:
        contact_sheet([*drawn[:SIDE_BY_SIDE], *_samples(chosen, pictures)]).save(options.out)
    return {
        "drawn": len(own),
        "photographed": len(others),
        "area": round(separation(own, others), 3),
        "photographed_have_more": {name: round(more, 3) for name, more, *_ in rows},
    }


def _samples(words: Sequence[Photograph], pictures: Sequence[np.ndarray]) -> list[Sample]:
    """Some of the photographs, evenly, as the sheet takes them; no edges are drawn under them."""
    at = np.linspace(0, len(words) - 1, min(SIDE_BY_SIDE, len(words))).round().astype(int)
    return [Sample(Image.fromarray(pictures[i]), words[i].text, np.zeros((0, 2), np.float32)) for i in at]
