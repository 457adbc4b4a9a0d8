"""Which font files to train on: Latin, legible, sorted into families, some families kept for validation.

    python -m models.training.fonts            lists what is installed and usable
    python -m models.training.fonts --install  installs Debian's font packages first (needs root)

Only Debian's packages are used, so that anyone can have the same files; none of them is part of this project.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFont

from models.crnn import LABELS

ROOT = Path("/usr/share/fonts")
PACKAGES = Path(__file__).with_name("packages.txt")
REFERENCES = (
    "truetype/dejavu/DejaVuSans.ttf",
    "truetype/dejavu/DejaVuSerif-Bold.ttf",
    "truetype/liberation/LiberationSans-Regular.ttf",
    "truetype/liberation/LiberationSerif-Italic.ttf",
)
LEGIBLE = 0.35  # least share of characters that look most like themselves; dingbats and black letter stay below
PRINTED = 0.75  # the same for what is called plain print: text faces, not display faces or handwriting
HELD_OUT = 8  # one family in so many is kept for validation
# Script and handwriting faces: legible to people, and labels, menus and shop signs are full of them. Being far from the
# reference fonts, some stay below LEGIBLE and the others would seldom be drawn; these are taken as they are.
SCRIPTS = frozenset(
    (
        "Abecedario",
        "Breip",
        "Chilanka",
        "Dancing Script",
        "Delphine",
        "DkgHandwriting",
        "Domestic Manners",
        "Ecolier_court",
        "Elegante",
        "Havana",
        "Kaushan Script",
        "Kristi",
        "Leckerli One",
        "Lemonada",
        "Lobster Two",
        "Nanum Brush Script",
        "Nanum Pen Script",
        "Purisa",
        "Rufscript",
        "Steve",
        "Z003",
        "femkeklaver",
    )
)
# The face in which the page draws handwriting, for samples and for what visitors type. Never trained on, it was read
# right one time in five; so it is not kept for measuring, and drawn more often than other script faces.
OFFERED = "Dancing Script"
GREEK = frozenset(("Alfa-beta", "Ellhnikh"))  # Greek letters in the places of Latin ones
CAPS, SMALL, DIGITS = LABELS[26:52], LABELS[:26], LABELS[52:]
# these look alike in both cases in sound fonts too, so they don't tell whether a font has small letters of its own
ALIKE = set("ckopsuvwxyz")


@dataclass(frozen=True)
class Font:
    """A font file with what the renderer needs to know about it.

    small: it has small letters of its own, not capitals in their place.
    legible: share of its characters whose shape is nearest to the same letter of a reference font.
    """

    path: str
    family: str
    small: bool
    legible: float

    @property
    def held_out(self) -> bool:
        chosen = int(hashlib.sha256(self.family.encode()).hexdigest(), 16) % HELD_OUT == 0
        return chosen and self.family != OFFERED

    @property
    def script(self) -> bool:
        return self.family in SCRIPTS

    @property
    def printed(self) -> bool:
        return self.small and self.legible >= PRINTED


def glyph(font: ImageFont.FreeTypeFont, character: str) -> np.ndarray:
    """The character's ink, cropped to its box, (height, width) uint8; empty where nothing is drawn."""
    mask, _ = font.getmask2(character, mode="L")
    picture = (
        np.asarray(Image.frombytes("L", mask.size, bytes(mask))) if 0 not in mask.size else np.zeros((0, 0), np.uint8)
    )
    rows, columns = (
        np.flatnonzero(picture.max(axis=1, initial=0) > 64),
        np.flatnonzero(picture.max(axis=0, initial=0) > 64),
    )
    if not len(rows):
        return np.zeros((0, 0), np.uint8)
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _shape(ink: np.ndarray) -> np.ndarray:
    """A glyph's shape as a unit vector: its box squeezed to 12 x 12, with its proportion beside it."""
    small = np.asarray(Image.fromarray(ink).resize((12, 12), Image.Resampling.BOX), dtype=np.float32)
    vector = np.append(small.ravel() - small.mean(), 400 * np.log(ink.shape[0] / ink.shape[1]))
    return vector / (np.linalg.norm(vector) + 1e-6)


def _references() -> np.ndarray:
    """Shapes of the 62 characters in the reference fonts, (fonts, 62, values)."""
    fonts = [ImageFont.truetype(str(ROOT / name), 40, layout_engine=ImageFont.Layout.BASIC) for name in REFERENCES]
    return np.stack([[_shape(glyph(font, character)) for character in LABELS] for font in fonts])


def examine(path: Path, references: np.ndarray) -> Font | None:
    """What the file is good for, or None where it can't draw the capitals and digits visibly distinct."""
    try:
        font = ImageFont.truetype(str(path), 40, layout_engine=ImageFont.Layout.BASIC)
        family = font.getname()[0] or path.stem
        missing = glyph(font, "\uffff").tobytes()
        ink = {character: glyph(font, character) for character in LABELS}
    except (OSError, ValueError):
        return None
    if family in GREEK:
        return None
    drawn = {character: picture.tobytes() for character, picture in ink.items() if picture.size}
    if any(character not in drawn or drawn[character] == missing for character in CAPS + DIGITS):
        return None
    if len({drawn[character] for character in CAPS}) < 26 or len({drawn[character] for character in DIGITS}) < 10:
        return None
    own = [c for c in SMALL if c in drawn and drawn[c] not in (missing, drawn[c.upper()])]
    small = len(own) == 26 and sum(not _same_shape(ink[c], ink[c.upper()]) for c in SMALL if c not in ALIKE) >= 12
    used = [c for c in LABELS if small or c not in SMALL]
    nearest = [int(np.argmax((references @ _shape(ink[c])).max(axis=0))) for c in used]
    legible = float(np.mean([LABELS[n].lower() == c.lower() for n, c in zip(nearest, used, strict=True)]))
    usable = legible >= LEGIBLE or family in SCRIPTS
    return Font(str(path), family, small, round(legible, 3)) if usable else None


def _same_shape(a: np.ndarray, b: np.ndarray) -> bool:
    return float(_shape(a) @ _shape(b)) > 0.93


def installed(root: Path = ROOT, cache: Path | None = None) -> list[Font]:
    """Every usable font file under root, sorted by path. cache: a JSON file to read the answer from or write it to.

    A cache that was written by other rules than today's is written anew.
    """
    if cache and cache.exists():
        kept = json.loads(cache.read_text())
        if isinstance(kept, dict) and kept["rules"] == _rules():
            return [Font(**entry) for entry in kept["fonts"]]
    references = _references()
    paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in (".ttf", ".otf") and _latin(path))
    fonts = [font for path in paths if (font := examine(path, references))]
    if cache:
        keep(fonts, cache)
    return fonts


def keep(fonts: list[Font], cache: Path) -> None:
    """Writes the list that `installed` reads from there."""
    cache.write_text(json.dumps({"rules": _rules(), "fonts": [asdict(font) for font in fonts]}, indent=0))


def _rules() -> str:
    """What decides which fonts are taken, as text that changes when it does."""
    return json.dumps([LEGIBLE, sorted(SCRIPTS), sorted(GREEK)])


def _latin(path: Path) -> bool:
    """Noto has a file for each script and most carry the same Latin letters: one set of them is enough."""
    name = path.stem.split("-")[0]
    return not name.startswith("Noto") or name in (
        "NotoSans",
        "NotoSerif",
        "NotoSansMono",
        "NotoSansDisplay",
        "NotoSerifDisplay",
    )


def families(fonts: list[Font]) -> dict[str, list[Font]]:
    """The fonts by family."""
    groups: dict[str, list[Font]] = defaultdict(list)
    for font in fonts:
        groups[font.family].append(font)
    return dict(groups)


def install() -> None:
    """Debian's font packages and word lists, through apt-get."""
    packages = PACKAGES.read_text().split()
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--install", action="store_true", help="install Debian's font packages first (needs root)")
    parser.add_argument("--cache", type=Path, help="JSON file that keeps the list")
    parser.add_argument("--print-alone", action="store_true", help="keep only plain print in that list, no script")
    parser.add_argument("--list", action="store_true", help="one line a file")
    arguments = parser.parse_args()
    if arguments.install:
        install()
    fonts = installed(cache=arguments.cache)
    if arguments.print_alone:
        fonts = [font for font in fonts if font.printed and not font.script]
        if arguments.cache:
            keep(fonts, arguments.cache)
    for font in fonts if arguments.list else ():
        cases, kept = "aA" if font.small else "A ", "held out" if font.held_out else ""
        print(f"{font.legible:.2f} {cases} {kept:8} {font.family}: {font.path}")
    for title, chosen in (
        ("all", fonts),
        ("training", [f for f in fonts if not f.held_out]),
        ("held out", [f for f in fonts if f.held_out]),
        ("held out, printed", [f for f in fonts if f.held_out and f.printed]),
    ):
        print(f"{title}: {len(chosen)} files, {len(families(chosen))} families")


if __name__ == "__main__":
    main()
