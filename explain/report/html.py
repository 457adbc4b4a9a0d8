"""The report on one word as a single HTML page: pictures inline, no script, nothing fetched, light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from explain.ctc import decoding
from explain.ctc.alternatives import shown
from explain.layers import lstm
from explain.pictures import images
from explain.report import pictures
from explain.report.pictures import Map
from explain.report.reading import BEAMS, Read
from explain.report.svg import Drawing

# A browser that reads this fetches nothing, whatever stands in the page.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
STYLE = """
:root { color-scheme: light dark; --ground: #ffffff; --ink: #1d2433; --soft: #667085; --line: #dfe3ea;
  --accent: #2563eb; }
@media (prefers-color-scheme: dark) { :root { --ground: #12151c; --ink: #e7eaf0; --soft: #9aa4b5; --line: #2c3341;
  --accent: #7aa7ff; } }
body { background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto;
  max-width: 1060px; padding: 0 1.2rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin: 2.4rem 0 .2rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .2rem; }
p { color: var(--soft); margin: .2rem 0 .8rem; max-width: 75ch; } p b { color: var(--ink); }
code, .mono { font-family: ui-monospace, monospace; }
svg { display: block; height: auto; max-width: 100%; }
img { display: block; image-rendering: pixelated; width: 100%; }
table { border-collapse: collapse; font-size: 14px; } .wide { overflow-x: auto; }
th { color: var(--soft); font-weight: normal; text-align: left; }
td, th { border-bottom: 1px solid var(--line); padding: .25rem .9rem .25rem 0; vertical-align: top; }
.maps { display: grid; gap: .7rem; grid-template-columns: repeat(4, 1fr); }
.states { display: grid; gap: .7rem; grid-template-columns: repeat(6, 1fr); }
@media (max-width: 640px) { .maps { grid-template-columns: 1fr 1fr; }
  .states { grid-template-columns: repeat(3, 1fr); } }
.maps .strip { height: 22px; } .states img { height: 330px; }
figure { margin: 0; min-width: 0; } figcaption { color: var(--soft); font-size: 12px; line-height: 1.3; }
.word { max-width: 768px; }
.ground { fill: var(--ground); } .ink { fill: var(--ink); } .soft { fill: var(--soft); }
.accent { fill: var(--accent); }
.edge { fill: none; stroke: var(--line); } .span { fill: none; stroke: var(--accent); stroke-width: 2; }
.kept { fill: none; stroke: #e64980; stroke-width: 2; }
"""
STATE_SAYS = {
    "input_gate": "input gate: yellow lets new in",
    "forget_gate": "forget gate: yellow keeps, dark forgets",
    "output_gate": "output gate: yellow shows, dark hides",
    "candidate": "candidate: what it could write",
    "cell": "cell state: the memory",
    "hidden": "hidden state: what it hands on",
}
FILES = (
    ("reading.json", "best path, likeliest texts with exact probabilities, spans, rivals"),
    ("arrays.npz", "every layer's output under its name, the logits, and the picture as input; float32"),
    ("lstm.npz", "gates, cell and hidden state of each recurrent layer and direction, (frame, unit)"),
    ("ctc.npz", "states of the lattice, log of its forward and backward variables, posterior, alignment"),
    ("word/, feature_maps/, lstm/", "pictures as PNG; in a layer's folder one pixel is one value"),
    ("charts/", "still charts as SVG, and the page's own as Vega-Lite JSON (.vl.json)"),
)


def page(read: Read, maps: dict[str, Sequence[Map]], drawings: dict[str, Drawing]) -> str:
    """The whole page. maps: the feature maps that are shown of each layer. drawings: `ctc`, `texts`, `lattice`,
    `memory` of `explain.report.svg`. All text that is put in is escaped.
    """
    title = escape(f"{read.title}, read by {read.card.title}")
    body = "".join(
        [
            f"<h1>{escape(read.title)}</h1>",
            _reading(read),
            _ctc(read, drawings),
            _recurrent(read, drawings),
            _feature_maps(read, maps),
            _files(read),
        ]
    )
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )


def _reading(read: Read) -> str:
    height, width = read.picture.shape
    text = decoding.text(read.best.labels, read.alphabet)
    says = f"reads <b>{escape(text)}</b>" if text else "reads nothing: every frame says blank"
    probability = escape(shown(read.lattice.log_probability))
    return (
        f"<p>The network ({escape(read.card.title)}) {says}; all alignments of that text together have probability "
        f"{probability}. It is not told what the word really is.</p>"
        f'<div class="word">{_image(pictures.grey(read.picture), "The word as the network sees it")}</div>'
        f"<p>The picture as the network sees it, {width} x {height} grey pixels, enlarged here.</p>"
    )


def _ctc(read: Read, drawings: dict[str, Drawing]) -> str:
    parts = [
        _section(
            "CTC decoding",
            f"{len(read.probabilities)} frames from left to right, yellow where a character is likely, dark where not; "
            "under them the likeliest label of every frame (a dot is blank) and what is left when repeats merge and "
            "blanks fall away. Hover over a cell for its probability.",
            drawings["ctc"].inline(),
        ),
        _section(
            "The likeliest texts",
            f"Each with its exact probability, summed over all its alignments; a search that keeps {BEAMS} beams "
            "found them, so that a likely text is hardly missed but may be.",
            drawings["texts"].inline(),
        ),
        _section(
            "The lattice",
            "How likely it is that a frame reads a row, if the text is right: its characters from top to bottom with "
            "blanks (dots) between; the line is the likeliest alignment. It does not say whether the text is right.",
            drawings["lattice"].inline(),
        ),
    ]
    if read.characters:
        rows = [
            (
                read.alphabet[character.label],
                f"{character.span[0]} to {character.span[1] - 1}",
                f"{character.posterior:.4f}",
                "none" if character.rival is None else read.alphabet[character.rival],
                shown(character.log_ratio),
            )
            for character in read.characters
        ]
        names = ("character", "frames", "sure of it", "strongest rival", "rival's text against this one")
        says = "How sure the network is of each character if the rest of the text stands, and what else it might be."
        parts.append(_section("Each character", says, _table(names, rows)))
    return "".join(parts)


def _recurrent(read: Read, drawings: dict[str, Drawing]) -> str:
    parts = [
        _section(
            "Recurrent layers",
            "Bars: how much memory there is after each step; line: how much a step kept of the memory it found. The "
            "backward direction reads from right to left.",
            drawings["memory"].inline(),
        )
    ]
    for name, steps in read.traces.items():
        order = lstm.order_of_acting(steps.hidden)
        figures = []
        for state in pictures.STATES:
            picture = pictures.heat_map(getattr(steps, state), order, state)
            figures.append(_figure(picture, f"{name}, {state}", STATE_SAYS[state]))
        says = (
            f"A row is one of {len(order)} units, sorted by the frame at which its hidden state is farthest from its "
            "median, a column a frame: gates from 0 (dark) to 1 (yellow), the rest blue below zero and red above."
        )
        parts.append(f'<h3>{escape(name)}</h3><p>{says}</p><div class="states">{"".join(figures)}</div>')
    return "".join(parts)


def _feature_maps(read: Read, maps: dict[str, Sequence[Map]]) -> str:
    parts = [
        _section(
            "Feature maps",
            "The channels of every layer that respond most to this word, strongest first. Each map has its own scale, "
            "given under it, from dark (lowest) to yellow (highest), or where a layer has values below zero from blue "
            "over white (zero) to red; so colours cannot be compared between maps.",
            "",
        )
    ]
    for name, shown_maps in maps.items():
        layer = read.card.layer(name)
        figures = [
            _figure(one.picture, f"{name}, {one.name}", f"{one.name}: {one.range}", strip=one.picture.height == 1)
            for one in shown_maps
        ]
        shape = " × ".join(map(str, layer.shape))
        parts.append(f"<h3>{escape(name)} · {shape}</h3><p>{escape(layer.words)}</p>")
        parts.append(f'<div class="maps">{"".join(figures)}</div>')
    return "".join(parts)


def _files(read: Read) -> str:
    last = read.card.layers[-1].name
    use = f'<p>In Python: <code>numpy.load("arrays.npz")["{escape(last)}"]</code></p>'
    return _section("Beside this page", "What else was saved for this word.", _table(("file", "holds"), FILES) + use)


def _section(title: str, says: str, content: str) -> str:
    """A part of the page. content: HTML; the others: plain text."""
    return f"<h2>{escape(title)}</h2><p>{escape(says)}</p>{content}"


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def _figure(picture, alt: str, caption: str, strip: bool = False) -> str:
    return f"<figure>{_image(picture, alt, strip)}<figcaption>{escape(caption)}</figcaption></figure>"


def _image(picture, alt: str, strip: bool = False) -> str:
    kind = ' class="strip"' if strip else ""
    return f'<img{kind} src="{images.data_url(picture)}" alt="{escape(alt)}">'
