"""Words of the bank as small HTML cards, the part that matters marked: pixels as pixels, in the colours of the page.

No Streamlit here: HTML is returned that needs no script. Marks are laid over the picture by the browser, so that each
picture is sent as it is, pixel by pixel.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image

from explain.exemplars.word_bank import Bank, Place, Step
from explain.layers.receptive_field import ReceptiveField
from explain.pictures import images
from explain.pictures.crops import cut
from explain.pictures.notation import number

STYLE = """<style>
.bank { display: grid; gap: 9px 12px; font-size: 11.5px; line-height: 1.35; }
.bank figure { margin: 0; min-width: 0; }
.bank .line { display: flex; gap: 6px; align-items: stretch; }
.bank .word { position: relative; flex: 1 1 0; min-width: 0; aspect-ratio: var(--aspect); }
.bank img { image-rendering: pixelated; display: block; border-radius: 2px; }
.bank .word img { width: 100%; height: 100%; object-fit: fill; }
.bank .cut { flex: 0 0 auto; display: flex; align-items: center; justify-content: center; width: 62px; }
.bank .cut img { max-width: 62px; max-height: 62px; }
.bank .mark { position: absolute; box-sizing: border-box; border: 2px solid #d9480f; box-shadow: 0 0 0 1px #ffffffb0; }
.bank figcaption { opacity: .75; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.bank figcaption { font-variant-numeric: tabular-nums; padding-top: 2px; }
</style>"""
LEAST = 6.0  # per cent of the word that a mark is wide or high at least, so that it can be seen around 3 pixels
CUT = 62  # screen pixels, the longer side of a cut


def steps(bank: Bank, shown: Iterable[Step], centres: Sequence[float], columns: int = 4) -> str:
    """The words of these steps; marked are the columns of each step and its two neighbours.

    centres: of each frame's columns, in pixels of the picture.
    """
    stride = centres[1] - centres[0] if len(centres) > 1 else bank.pictures.shape[2]
    cards = []
    for word, step, value in shown:
        left, right = centres[step] - 1.5 * stride, centres[step] + 1.5 * stride
        mark = _mark(bank, (0, left, bank.pictures.shape[1], right))
        caption = f"<b>{_signed(value)}</b> {html.escape(_where(bank, word, step))}, frame {step}"
        cards.append(_card(_word(bank, word, mark), caption))
    return _grid(cards, columns, bank.pictures.shape[2] / bank.pictures.shape[1])


def _where(bank: Bank, word: int, step: int) -> str:
    character = bank.character_at(word, step)
    if character:
        return f"at {character}"
    before, after = bank.around(word, step)
    if before and after:
        return f"between {before} and {after}"
    return f"after {before}" if before else f"before {after}"


def places(bank: Bank, shown: Iterable[Place], field: ReceptiveField, columns: int = 2) -> str:
    """What each place can see, cut out and enlarged, beside the whole word with that box marked."""
    cards = []
    for word, row, column, value in shown:
        picture = Image.fromarray(bank.pictures[word])
        box = receptive_box(field, row, column, bank.pictures.shape[1:3])
        piece = cut(picture, box, 1)
        factor = max(1, CUT // max(piece.size))
        size = f'width="{piece.width * factor}" height="{piece.height * factor}"'
        alt = f"Part of {bank.texts[word]}"
        part = f'<div class="cut"><img src="{images.data_url(piece)}" {size} alt="{html.escape(alt)}"></div>'
        caption = f"<b>{number(value)}</b> · {html.escape(bank.texts[word])}, row {row}, column {column}"
        cards.append(_card(part + _word(bank, word, _mark(bank, box)), caption))
    return _grid(cards, columns, bank.pictures.shape[2] / bank.pictures.shape[1])


def receptive_box(field: ReceptiveField, row: int, column: int, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """What a place can see as `(top, left, bottom, right)`; of a box higher than the picture no more than the picture.

    A lower box keeps what lies beyond the edge, so that the pieces of one channel stay comparable.
    """
    top, left, bottom, right = field.box(row, column)
    if field.size[0] > shape[0] // 2:
        top, bottom = max(top, 0), min(bottom, shape[0])
    return top, left, bottom, right


def present(word: Image.Image, values: np.ndarray, signed: bool) -> str:
    """The word on the page and a feature map of it side by side, each of the same size. signed: as in
    `images.of_layer`."""
    shown = images.data_url(images.of_layer(values, signed))
    ends = f"from {number(float(values.min()))} to {number(float(values.max()))}"
    cards = [
        _card(
            f'<div class="word"><img src="{images.data_url(word)}" alt="The present word"></div>', "the present word"
        ),
        _card(f'<div class="word"><img src="{shown}" alt="The channel\'s feature map"></div>', f"its map, {ends}"),
    ]
    return _grid(cards, 2, word.width / word.height)


def _word(bank: Bank, word: int, mark: str) -> str:
    src = images.data_url(Image.fromarray(bank.pictures[word]))
    return f'<div class="word"><img src="{src}" alt="{html.escape(bank.texts[word])}">{mark}</div>'


def _mark(bank: Bank, box: tuple[float, float, float, float]) -> str:
    """A frame around a box of the picture, in shares of it; what lies beyond the picture is left out."""
    height, width = bank.pictures.shape[1:3]
    top, bottom = (100 * min(max(edge, 0), height) / height for edge in (box[0], box[2]))
    left, right = (100 * min(max(edge, 0), width) / width for edge in (box[1], box[3]))
    room = LEAST * height / width, LEAST * 2  # of its width and of its height
    wide, tall = max(right - left, room[0] * 2), max(bottom - top, room[1])
    left, top = (left + right - wide) / 2, (top + bottom - tall) / 2
    return f'<div class="mark" style="left:{left:.2f}%;top:{top:.2f}%;width:{wide:.2f}%;height:{tall:.2f}%"></div>'


def _card(inside: str, caption: str) -> str:
    return f'<figure><div class="line">{inside}</div><figcaption>{caption}</figcaption></figure>'


def _grid(cards: list[str], columns: int, aspect: float) -> str:
    """aspect: how much wider than high a word's picture is."""
    style = f"--aspect:{aspect:g};grid-template-columns:repeat({columns},minmax(0,1fr))"
    return f'<div class="bank" style="{style}">{"".join(cards)}</div>'


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")
