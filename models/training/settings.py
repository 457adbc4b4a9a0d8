"""The renderer's knobs: what is drawn how often and how strongly, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Knobs at full difficulty; at difficulty d (0 to 1) shares are multiplied by d and ranges shrink to it.

    Shares are probabilities a word, ranges are (least, most), lengths are in text heights unless told otherwise.
    """

    # text
    longest: tuple[int, int] = (5, 22)  # characters at most, at difficulty 0 and 1: CTC learns from short words first
    script: float = 0.28  # share in script and handwriting faces, whatever the difficulty: labels, menus, shop fronts
    offered: float = 4.0  # times as often as another script face: the one that the page offers for typed words
    marks: float = 0.12  # share with a punctuation mark, which has no label: signs say "Today!" and "What's"
    tracking: tuple[float, float] = (-0.06, 0.25)  # extra space between glyphs: tight logos to spaced-out signs
    curve: float = 0.12  # share of words on an arc: shop signs, labels
    bend: float = 0.35  # how far an arc's middle rises at most
    bounce: float = 0.08  # share with letters off the baseline, by up to 0.12: hand-painted signs
    # view
    warp: float = 0.65  # share seen at an angle
    rotation: float = 9.0  # degrees either way; cropped words are rarely steeper
    shear: float = 0.35  # horizontal, either way: slanted writing and side views
    perspective: float = 0.22  # how far a corner moves at most, in picture heights
    # crop
    margin: tuple[float, float] = (-0.03, 0.36)  # space around the ink: cut a little to loose
    # made broader or slenderer by at most this factor: condensed letters, pictures squeezed to fit
    stretch: float = 1.7
    wide: float = 0.25  # share with much more space at the sides
    sides: float = 2.5  # most of that space, in text widths, shared out at random
    # paint
    contrast: tuple[float, float] = (22.0, 110.0)  # least difference of ink and ground, of 255, at difficulty 1 and 0
    light: float = 0.75  # share of light ink on dark ground: the greater part on streets
    muted: float = 1.1  # share whose greys lie anywhere; those of the others near both ends of the scale, as in print
    exposure: float = 0.5  # share that is darker and paler than it could be
    dimmest: float = 0.5  # the least that is left of all greys then
    gradient: float = 0.45  # share with light falling unevenly over ground or ink
    blotches: float = 0.35  # share with soft spots behind: walls, sky, foliage
    grain: float = 0.25  # share with fine texture behind: stone, wood, cloth
    clutter: float = 0.40  # share with lines, panels or bows behind or beside the word
    neighbour: float = 0.18  # share with a piece of another line of text above or below
    outline: float = 0.14  # share with letters edged in a third colour
    hollow: float = 0.04  # share with nothing but the edge
    shadow: float = 0.18  # share with a drop shadow
    # camera
    low: float = 0.45  # share taken small
    heights: tuple[int, int] = (11, 48)  # picture height in pixels: IIIT5K's words begin at about 11
    blur: float = 0.45  # share out of focus
    focus: float = 1.3  # most blur, standard deviation in pixels of a 32 pixel high picture
    motion: float = 0.10  # share smeared sideways or up and down
    noise: float = 0.40  # share with sensor noise
    grains: float = 22.0  # most noise, standard deviation of 255
    floor: float = 2.0  # noise that every sensor has, standard deviation of 255 at most
    jpeg: float = 0.50  # share saved as JPEG
    quality: tuple[int, int] = (18, 90)


# Words for measuring and for the bank stay the same pictures, whatever training draws.
FOR_MEASURING = Settings(margin=(-0.04, 0.30), contrast=(24.0, 110.0), light=0.45, muted=0.6, exposure=0.0, floor=0.0)
