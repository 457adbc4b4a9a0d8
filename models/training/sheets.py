"""Looking at what the renderer draws, and writing words to a folder for measuring."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from PIL import Image, ImageDraw

from explain.pictures import images
from explain.pictures.sheets import Layout, Lettering, sheet
from models.crnn import HEIGHT, WIDTH, fit, fitted_width
from models.training.fonts import installed
from models.training.render import Renderer, Sample


def contact_sheet(samples: list[Sample], columns: int = 5, scale: int = 2) -> Image.Image:
    """The samples as the network sees them, enlarged, each with its text and its characters' edges under it."""
    layout = Layout((WIDTH * scale, HEIGHT * scale), columns, gap=(10, 10), margin=5, below=14)
    seen = [images.enlarge(fit(sample.picture), scale) for sample in samples]
    captions = [f"{sample.text}  {sample.picture.width}x{sample.picture.height}" for sample in samples]
    whole = sheet(seen, layout, under=captions, lettering=Lettering.of(10))
    draw = ImageDraw.Draw(whole)
    for i, sample in enumerate(samples):
        x, y = layout.corner(i)
        for number, (left, right) in enumerate(sample.edges * fitted_width(*sample.picture.size) * scale):
            line = y + layout.size[1] + number % 2
            draw.line((x + left, line, x + right, line), fill=("red", "blue")[number % 2])
    return whole


def write_words(samples: list[Sample], folder: Path) -> None:
    """Pictures as PNG files and words.jsonl with `image`, `text` a line."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for i, sample in enumerate(samples):
        name = f"{i:05d}.png"
        sample.picture.save(folder / name)
        lines.append(json.dumps({"image": name, "text": sample.text}))
    (folder / "words.jsonl").write_text("\n".join(lines) + "\n")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Draw synthetic words.")
    parser.add_argument("what", choices=("sheet", "words"), help="one contact sheet, or a folder with words.jsonl")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--number", type=int, default=100)
    parser.add_argument("--difficulty", type=float, default=1.0, help="0 clean and short to 1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--held-out", action="store_true", help="only families that training never draws")
    parser.add_argument("--printed", action="store_true", help="only plain text faces")
    parser.add_argument("--cache", type=Path, help="JSON file that keeps the list of fonts")
    options = parser.parse_args(arguments)
    fonts = [font for font in installed(cache=options.cache) if font.held_out == options.held_out]
    renderer = Renderer([font for font in fonts if font.printed or not options.printed])
    samples = [renderer.draw(options.seed, i, options.difficulty) for i in range(options.number)]
    if options.what == "sheet":
        contact_sheet(samples).save(options.out)
    else:
        write_words(samples, options.out)


if __name__ == "__main__":
    main()
