"""What training needs on a machine with an accelerator and no network: fonts, word lists, photographed words.

    python -m models.training.pack FOLDER --fonts LIST.json --real A.zip B.zip     here; needs fonttools
    python -m models.training.pack --unpack FOLDER                               there, as root

Fonts go along with the characters that are drawn alone, which makes 2,000 of them 12 MB. They are unpacked to where
they were, so that their list holds; FOLDER/fonts.json is the list. Photographs go along grey, as training reads them.
"""

from __future__ import annotations

import argparse
import io
import json
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from models.crnn import LABELS
from models.pictures import open_picture
from models.training.fonts import installed
from models.training.render import MARKS
from models.training.words import DICTIONARIES, EVERYDAY

DRAWN = sorted({ord(character) for character in LABELS + MARKS} | {0xFFFF})  # the last is drawn as what is missing


def smaller(font: bytes) -> bytes:
    """The font file with the characters that are drawn alone; as it is where it can't be taken apart."""
    from fontTools import subset
    from fontTools.ttLib import TTFont, TTLibError

    options = subset.Options()
    options.layout_features, options.notdef_outline, options.name_IDs = [], True, [1, 2, 4, 6]
    options.legacy_cmap = options.symbol_cmap = True  # old files have no other map
    answer = io.BytesIO()
    try:
        whole = TTFont(io.BytesIO(font), fontNumber=0, lazy=True)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=DRAWN)
        subsetter.subset(whole)
        whole.save(answer)
    except (TTLibError, subset.Subsetter.SubsettingError, AssertionError, KeyError, ValueError, TypeError):
        return font
    return min(answer.getvalue(), font, key=len)


def grey(real: Path, out: Path) -> None:
    """The zip of photographed words with its pictures grey, as `RealWords` reads them."""
    with zipfile.ZipFile(real) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in archive.namelist():
            if name.endswith(".jsonl"):
                packed.writestr(name, archive.read(name))
            elif not name.endswith("/"):
                file = io.BytesIO()
                open_picture(archive.read(name)).convert("L").save(file, "PNG", optimize=True)
                packed.writestr(name, file.getvalue())


def pack(folder: Path, cache: Path | None = None, real: Sequence[Path] = ()) -> None:
    """Write fonts.tar.xz, fonts.json and the zips of photographs, by their names, into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = folder / "fonts.json"
    if cache and cache.exists():
        listed.write_bytes(cache.read_bytes())
    fonts = installed(cache=listed)
    with tarfile.open(folder / "fonts.tar.xz", "w:xz") as archive:
        for path in sorted({font.path for font in fonts}):
            _add(archive, path, smaller(Path(path).read_bytes()))
        for path in (*DICTIONARIES, *EVERYDAY):
            _add(archive, str(path), path.read_bytes())
    for archive in real:
        grey(archive, folder / archive.name)


def _add(archive: tarfile.TarFile, path: str, content: bytes) -> None:
    member = tarfile.TarInfo(path.lstrip("/"))
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def unpack(folder: Path, root: Path = Path("/")) -> int:
    """Put fonts and word lists where they were, under root; how many files."""
    with tarfile.open(folder / "fonts.tar.xz") as archive:
        archive.extractall(root, filter="data")
        return len(archive.getnames())


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--unpack", action="store_true", help="on the other machine: put all where it was")
    parser.add_argument("--fonts", type=Path, help="JSON file that keeps the list of fonts")
    parser.add_argument("--real", type=Path, nargs="+", default=[], metavar="ZIP", help="photographed words")
    options = parser.parse_args(arguments)
    if options.unpack:
        answer = {"files": unpack(options.folder)}
    else:
        pack(options.folder, options.fonts, options.real)
        answer = {file.name: file.stat().st_size for file in sorted(options.folder.iterdir())}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
