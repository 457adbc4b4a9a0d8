"""The deeper view *Layer by layer*: all layers and the feature maps of one, what each costs, what each tells apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from explain.interventions.intervention import Where
from explain.layers import feature_maps
from explain.network.description import Description
from explain.network.layers import Layer
from explain.panels.channels import characters
from explain.panels.components import component
from explain.panels.costs import opening
from explain.panels.inputs import photograph
from explain.panels.interventions.silence import channel_and_unit, silence
from explain.panels.layers import feature_maps as feature_maps_panel
from explain.panels.layers import filters, names
from explain.panels.layers.focus import version
from explain.panels.page import address, views
from explain.panels.page.guard import fragment
from explain.panels.page.subject import Subject
from explain.panels.words.explained import caption
from explain.pictures import images

IN_LIST, IN_DETAIL = 6, 32
SIDE, SMALL, DEEP = 128, 64, 40  # pixels of a picture in the list; of one in a list of more layers than so many
TALLEST = 620  # screen pixels of a list that scrolls by itself
CHOSEN = "deep-chosen"
NETWORK = "deep_network"  # in the address
TITLE = "Layer by layer"  # of the view


@fragment
def show(word: Subject) -> None:
    """Draws the view for the word, or for a photograph where the network chosen looks at one."""
    subject = photograph.or_word("Network layer by layer", NETWORK, word)
    part = address.switch("What is shown of the layers", opening.PARTS, key=opening.PART)
    if part == opening.EACH:
        from explain.panels.costs import each  # what draws words and profiles is loaded for who asks for it

        each.show(subject)
    elif part == opening.TELLS:
        from explain.panels.costs import readout

        readout.show(subject)
    else:
        _one(subject)


def _one(subject: Subject) -> None:
    """Every layer in a list, and the feature maps of the one looked at."""
    description, ran = subject.description, subject.ran
    layer = description.layer(address.choice("deep", description.layer_names, description.layer_names[0]))
    order, detail = st.columns([1, 1.1], gap="medium")
    with order:
        caption(
            f"Click a layer to look into it. Each strip shows its {IN_LIST} strongest channels, each on its own scale.",
            more=f"{description.title}: {len(description.layer_names)} layers and {description.parameters:,} "
            "parameters, every layer from one pass.",
        )
        # as long as it is, so that the wheel moves the page; a hundred layers and more scroll by themselves
        with st.container(height=TALLEST if len(description.layers) > DEEP else "content", border=False):
            _list(subject, layer)
    channel = _channel(ran.values[layer.name])
    with detail, st.container(key="deep-detail"):  # stays in sight while the list moves
        st.markdown(f"**{names.layer_name(description, layer)}** · {names.kind_name(description, layer)}")
        caption(layer.words, more=names.rim(layer) or None)
        feature_maps_panel.tiles_of(
            subject,
            layer,
            # Fresh maps for each channel chosen elsewhere: the mounted ones would go on marking what was clicked.
            key=f"deep-maps-{st.session_state.get(CHOSEN, 0)}",
            count=IN_DETAIL,
            columns=4 if feature_maps_panel.is_wide(subject) else 8,
            in_address=("deep", "deep_unit", "deep_scale"),
            first=_first(ran.values[layer.name], channel) if layer.kind == "conv" else None,
        )
    unit = feature_maps_panel.unit_of(ran.values[layer.name], address.numbers("deep_unit", 3))
    silence(subject, layer, channel_and_unit(layer, **unit) if unit else [Where((channel,))], "deep")
    filters.show(
        subject,
        layer,
        key=f"deep-filters-{description.name}",
        number=channel,
        choose=lambda clicked: _choose(subject, layer.name, clicked),
    )
    characters.show(subject, layer, channel, lambda name, clicked: _choose(subject, name, clicked))


def _channel(activation: np.ndarray) -> int:
    """The channel that is looked at: that of the unit in the address, or the filter that older links name; else the
    strongest."""
    unit = address.numbers("deep_unit", 3) or address.numbers("deep_filter", 1)
    if unit and unit[0] < activation.shape[-1]:
        return unit[0]
    return feature_maps.strongest(activation, 1)[0].channel if feature_maps.is_drawn(activation) else 0


def _first(activation: np.ndarray, channel: int) -> dict[str, int]:
    """The unit that is marked where the address names none: the channel's strongest."""
    _, (y, x) = feature_maps.strongest_unit(activation, channel)
    return {"channel": channel, "y": y, "x": x}


def _choose(subject: Subject, layer: str, channel: int) -> None:
    """From a callback: a channel that was not clicked on its map, with the place where it responds most."""
    unit = _first(subject.values[layer], channel)
    address.note("deep", layer, subject.description.layer_names[0])
    address.note("deep_unit", f"{channel}.{unit['y']}.{unit['x']}")
    address.note("deep_filter", None)
    st.session_state[CHOSEN] = st.session_state.get(CHOSEN, 0) + 1


def leading(subject: Subject) -> Callable[[str], None]:
    """What a callback calls with a layer, to open the view on it; made while the page is drawn, see `views.leading`."""
    lead = views.leading(TITLE, subject.network, NETWORK, into_sight=False)  # the panel *Layers* shows it as well

    def open_at(layer: str) -> None:
        opening.open_layer(layer)
        address.tell_all()
        lead()

    return open_at


def _list(subject: Subject, layer: Layer) -> None:
    description, ran = subject.description, subject.ran

    def choose() -> None:
        address.note("deep", st.session_state["deep-list"].get("layer"), description.layer_names[0])
        address.note("deep_unit", None)
        address.note("deep_filter", None)

    component(
        "layer_list",
        key="deep-list",
        data={
            "title": description.title,
            "layers": _rows(version(description), ran.digest, description, ran.values),
            "chosen": layer.name,
            "aspect": f"{subject.width} / {subject.height}",
        },
        on_layer_change=choose,
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _rows(version: str, digest: str, _description: Description, _values: dict[str, np.ndarray]) -> list[dict]:
    """What the list says and shows of every layer; drawn once a picture."""
    return [
        {
            "name": layer.name,
            "title": names.layer_name(_description, layer),
            "kind": names.kind_name(_description, layer),
            "says": layer.words,
            "facts": names.facts(_description, layer),
            "pictures": _pictures(_description, layer, _values[layer.name]),
        }
        for layer in _description.layers[1:]
    ]


def _pictures(description: Description, layer: Layer, activation: np.ndarray) -> list[dict[str, str]]:
    if not feature_maps.is_drawn(activation):
        return []
    side = SMALL if len(description.layers) > DEEP else SIDE
    signed = feature_maps.is_signed(activation)
    return [
        {
            "src": images.data_url(images.shrink(images.of_layer(tile.values, signed), side)),
            "name": names.channel_name(description, layer, tile.channel),
        }
        for tile in feature_maps.strongest(activation, IN_LIST)
    ]
