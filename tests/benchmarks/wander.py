"""One visitor's way over the page: links and clicks at random, the same ones for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from urllib.parse import urlencode

from explain.network.description import Description, describe
from explain.panels.inputs import photograph, word
from explain.panels.page import views
from models import crnn, typeface, vgg16
from tests.browser.test_page import painted, settled

LINK = "?"  # how the description of a link begins
RECOGNISER, CLASSIFIER = describe(crnn.CARD), describe(vgg16.CAM)
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
FOLLOW = "Follow an answer"  # begins with a job of the gradient worker, which no visitor here asks for
VIEWS = tuple(title for view in views.VIEWS if (title := view.title or CLASSIFIER.called) != FOLLOW)
# Choices as they stand on the page.
PARTS = ("Methods", "Filters", "Classes")
PATCHES = ("squares", "columns")
LATTICES = ("Posterior", "Forward", "Backward")
STATES = ("hidden state", "cell state", "input gate", "forget gate", "output gate", "candidate")
CLICKS = 0.6  # share of the steps that are clicks on the open page, not links


class Wanderer:
    """page: Playwright's. url: of the server. what: the last step in words, an address if it was a link."""

    def __init__(self, page, url: str, seed: str) -> None:
        self._page, self._url, self._random = page, url, random.Random(seed)
        self._view: str | None = None
        self.what = ""

    def step(self) -> None:
        """Opens a link or clicks on something, and waits until the page has answered."""
        if self._view is None or self._random.random() > CLICKS:
            self._link()
        else:
            self._random.choice([self._other_view, self._word, self._frame, self._photograph])()

    def lost(self) -> None:
        """Something went wrong: the next step is a link."""
        self._view = None

    def broken(self) -> str | None:
        """What the page itself says that went wrong."""
        said = self._page.locator('[data-testid="stException"], [data-testid="stAlert"]:has-text("rror")')
        return said.first.inner_text() if said.count() else None

    def _link(self) -> None:
        self._view, parameters = address(self._random)
        self.what = LINK + urlencode(parameters)
        self._page.goto(f"{self._url}/{self.what}")
        painted(self._page)
        settled(self._page)

    def _other_view(self) -> None:
        self._view = self._random.choice([view for view in VIEWS if view != self._view])
        self.what = f"view {self._view}"
        self._click(self._switch(self._view))

    def _word(self) -> None:
        """A sample, or a typed word, whichever the page offers now."""
        field = self._page.get_by_role("textbox", name="Word", exact=True)
        if field.count():
            text = typed(self._random)
            self.what = f"type {text}"
            field.fill(text)
            field.press("Enter")
            settled(self._page)
        else:
            samples = list(word.samples().values())[: word.AT_ONCE]
            title = self._random.choice(samples)["title"]
            self.what = f"word {title}"
            self._click(self._page.get_by_role("button", name=title, exact=True).first)

    def _frame(self) -> None:
        frame = self._random.randrange(crnn.FRAMES)
        self.what = f"frame {frame}"
        chart = self._page.locator('[data-testid="stVegaLiteChart"]').first
        self._click(chart.locator(f'path[aria-label*="frame: {frame}; "]').nth(2))

    def _photograph(self) -> None:
        """Of the view VGG16, which is opened first where another one is."""
        if self._view != "VGG16":
            self._view = "VGG16"
            self._click(self._switch("VGG16"))
        title = self._random.choice(list(photograph.samples().values()))["title"]
        self.what = f"photograph {title}"
        self._click(self._page.get_by_role("button", name=title, exact=True).first)

    def _switch(self, view: str):
        """The button of a view; others on the page may say the same."""
        return (
            self._page.get_by_role("radiogroup").filter(has_text=VIEWS[0]).get_by_role("radio", name=view, exact=True)
        )

    def _click(self, thing) -> None:
        thing.click()
        settled(self._page)


def typed(draw: random.Random) -> str:
    """Letters and digits at random, which no one has had computed before."""
    return "".join(draw.choices(LETTERS, k=draw.randint(3, 10)))


def address(draw: random.Random) -> tuple[str, dict[str, str]]:
    """A view, and the parameters of a link to it, something of its own among them."""
    view = draw.choice(VIEWS)
    parameters = {"view": view, "layer": draw.choice(RECOGNISER.layer_names), "frame": str(draw.randrange(crnn.FRAMES))}
    if draw.random() < 0.5:
        parameters["sample"] = draw.choice(list(word.samples()))
    else:
        parameters |= {"from": "Type a word", "word_text": typed(draw), "font": draw.choice(list(typeface.FONTS))}
    return view, parameters | OF_VIEW[view](draw)


def _layer_by_layer(draw: random.Random) -> dict[str, str]:
    network, card = _network(draw)
    return {"deep_network": network, "deep": draw.choice(card.layer_names)} | _photo(draw)


def _by_hand(draw: random.Random) -> dict[str, str]:
    network, card = _network(draw)
    prefix = "hand_" if card is RECOGNISER else "hand_vgg_"
    layer = draw.choice(card.layers[1:])
    height, width = (*layer.shape[:-1], 1, 1)[:2] if len(layer.shape) > 2 else (1, layer.shape[0])
    unit = f"{draw.randrange(layer.shape[-1])}.{draw.randrange(height)}.{draw.randrange(width)}"
    return {"hand_network": network, f"{prefix}layer": layer.name, f"{prefix}unit": unit} | _photo(draw)


def _recurrent(draw: random.Random) -> dict[str, str]:
    return {
        "lstm_layer": draw.choice(RECOGNISER.of_kind("lstm")).name,
        "lstm_direction": draw.choice(("forward", "backward")),
        "lstm_state": draw.choice(STATES),
        "lstm_unit": str(draw.randrange(128)),
    }


def _ctc(draw: random.Random) -> dict[str, str]:
    return {
        "what_if": typed(draw),
        "character": str(draw.randrange(8)),
        "lattice": draw.choice(LATTICES),
    }


def _learnt(draw: random.Random) -> dict[str, str]:
    return {"learnt": str(draw.randrange(12))}


def _what_if(draw: random.Random) -> dict[str, str]:
    layer = draw.choice(RECOGNISER.of_kind("conv"))
    return {"changes": f"{layer.name}.c{draw.randrange(layer.shape[-1])}.zero", "touch_network": "CRNN"}


def _why(draw: random.Random) -> dict[str, str]:
    return {"character": str(draw.randrange(8)), "why_patch": draw.choice(PATCHES)}


def _vgg16(draw: random.Random) -> dict[str, str]:
    convolutions = [layer.name for layer in CLASSIFIER.of_kind("conv")]
    return {"vgg_part": draw.choice(PARTS), "vgg_filters": draw.choice(convolutions)} | _photo(draw)


def _network(draw: random.Random) -> tuple[str, Description]:
    return draw.choice([("CRNN", RECOGNISER), ("VGG16", CLASSIFIER)])


def _photo(draw: random.Random) -> dict[str, str]:
    return {"photo": draw.choice(list(photograph.samples()))}


OF_VIEW: dict[str, Callable[[random.Random], dict[str, str]]] = {
    "Layer by layer": _layer_by_layer,
    "One unit by hand": _by_hand,
    "Recurrent layers": _recurrent,
    "CTC in depth": _ctc,
    "How it learnt": _learnt,
    "Why this character?": _why,
    "What if?": _what_if,
    CLASSIFIER.called: _vgg16,
}
