"""python -m tests.benchmarks doubts PATH...: how well a reading's doubts tell words from the rest, right from wrong.

PATH: zips of words (with words.jsonl), and zips or folders of pictures without any text, whose cuts are read; drawn
ones are added. Use other words and pictures than those of `explain.trust.fit`.
"""

from __future__ import annotations

import argparse
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np

from explain.network.session import Network
from explain.trust import fit, measured, regression
from models import networks
from tests.benchmarks import no_text
from tests.benchmarks.labelled import CollectionError

BINS = 10
POINTS = 5  # by which a share may be off


def main(argv: list[str]) -> dict:
    parser = argparse.ArgumentParser(prog="doubts", description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--network", default="crnn")
    parser.add_argument("--cuts", type=int, default=300, help="pieces of each folder or zip of pictures")
    parser.add_argument("--drawn", type=int, default=200)
    given = parser.parse_args(argv)
    network = Network(networks.CARDS[given.network])
    known = measured.measured_of(network.description)
    if known is None:
        raise CollectionError(f"Nothing was measured of {given.network}: run `python -m explain.trust.fit` first.")
    words, kinds, others = {}, [], list(no_text.drawn(given.drawn))
    for path in given.paths:
        if is_words(path):
            words[path.stem] = scored(known, *fit.passes(network, known.layer, fit.words(path)))
        else:
            others += no_text.cuts(path, given.cuts)
    if not words or not others:
        raise CollectionError(
            "Give at least one zip of words with a words.jsonl, and leave some pictures without text."
        )
    kinds = [kind for kind, _ in others]
    rest = scored(known, *fit.passes(network, known.layer, (("", picture) for _, picture in others)))
    together = tuple(np.concatenate(parts) for parts in zip(*words.values(), strict=True))
    return {
        "network": given.network,
        "pictures": dict(Counter(kinds)) | {name: len(found[0]) for name, found in words.items()},
        **compared(known, together, rest),
        "doubted by kind": by_kind(known, rest, kinds),
        "calibration": {name: calibration(found[1], known.said(found[1]), found[2]) for name, found in words.items()},
    }


def is_words(path: Path) -> bool:
    if path.is_dir():
        return False
    if not zipfile.is_zipfile(path):
        raise CollectionError(f"{path} is neither a folder nor a zip.")
    with zipfile.ZipFile(path) as archive:
        return "words.jsonl" in archive.namelist()


def scored(known, vectors, right, read) -> tuple[np.ndarray, ...]:
    """Likeness, share right, whether right, whether read as something."""
    return (*known.scores(vectors), right, read)


def compared(known, words, others) -> dict:
    """Words against the rest: areas, and what is doubted at the thresholds of the page and at 3 in 100."""
    likeness, share, right, read = words
    least_like = float(np.quantile(likeness[right], fit.FALSE_ALARMS))
    least_right = fit.threshold(likeness[right] < least_like, share[right], fit.DOUBTED)
    return {
        "area, words against not-words": round(regression.area(likeness, others[0]), 4),
        "area, rightly read against not-words": round(regression.area(likeness[right], others[0]), 4),
        "area, right against wrong readings": round(regression.area(share[right], share[~right & read]), 4),
        "not-words read as something": round(float(others[3].mean()), 3),
        "as on the page": shares(words, others, known.least_like, known.least_right),
        "at 3 in 100": shares(words, others, least_like, least_right),
    }


def shares(words, others, least_like: float, least_right: float) -> dict:
    """What is doubted: because it is like no word, or because few such readings are right."""
    doubted = [(found[0] < least_like) | (found[1] < least_right) for found in (words, others)]
    parts = {"rightly read": words[2], "wrong readings": ~words[2] & words[3]}
    told = {name: round(float(doubted[0][part].mean()), 4) for name, part in parts.items()}
    told["not-words read as something"] = round(float(doubted[1][others[3]].mean()), 4)
    return {**told, "least likeness": round(least_like, 3), "least share right": round(least_right, 3)}


def by_kind(known, others, kinds) -> dict:
    """Of each kind of picture, the share doubted of those that are read as something."""
    doubted = (others[0] < known.least_like) | (others[1] < known.least_right)
    found = {kind: others[3] & (np.array(kinds) == kind) for kind in dict.fromkeys(kinds)}
    return {kind: round(float(doubted[part].mean()), 3) for kind, part in found.items() if part.any()}


def calibration(share: np.ndarray, told: np.ndarray, right: np.ndarray) -> dict:
    """Told against found, in hundredths: a bin for each N of "N in 100 are right", and of the smooth shares behind
    them ten bins with equally many words and ten of equal width. by chance: how often an exact share that is as smooth
    would be off by more than POINTS in one of the ten equally filled."""
    order = np.argsort(share, kind="stable")
    equal = [part for part in np.array_split(order, BINS) if len(part)]
    place = np.minimum((share * BINS).astype(int), BINS - 1)
    by_value = [np.flatnonzero(place == number) for number in range(BINS) if (place == number).any()]
    bins = {
        "as told": [_bin(told[part], right[part]) for part in (told == one for one in np.unique(told))],
        "smooth, equally filled": [_bin(share[part], right[part]) for part in equal],
        "smooth, equally wide": [_bin(share[part], right[part]) for part in by_value],
    }
    off = {name: [abs(one["told"] - one["found"]) for one in found] for name, found in bins.items()}
    return {
        **bins,
        "largest error": {name: round(max(errors), 1) for name, errors in off.items()},
        "expected calibration error": round(float(np.mean(off["smooth, equally filled"])), 2),
        "by chance": round(by_chance(share, equal), 2),
    }


def by_chance(share: np.ndarray, bins: list[np.ndarray], draws: int = 1000) -> float:
    right = np.random.default_rng(0).random((draws, len(share))) < share
    off = [np.abs(right[:, part].mean(axis=1) - share[part].mean()) for part in bins]
    return float((100 * np.max(off, axis=0) > POINTS).mean())


def _bin(share: np.ndarray, right: np.ndarray) -> dict:
    """Of one bin, the mean share told, and found."""
    return {"words": len(share), "told": round(100 * float(share.mean()), 1), "found": round(100 * right.mean(), 1)}
