"""What can be done to each kind of control: all options of a small list, the ends and the middle of a long one."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from models import typeface
from tests.walk.visitor import CHART, COMPONENT, Visitor

SHORT = 6  # options of which all are pressed


class When(IntEnum):
    """The turns that presses take: what makes the page slower comes late, the way back to the start last of all."""

    FIRST, SWITCHED_ON, WORK, BACK = range(4)


class Press(NamedTuple):
    """One thing that a visitor may do.

    control: a name that stays the same where a key counts or names a word, a layer or a class. value: in words.
    act: does it. when: its turn.
    """

    control: str
    value: str
    act: Callable[[], Any]
    when: When = When.FIRST


def name_of(node: Any) -> str:
    """The control's name: its key, or its label where it has none, without the parts that have a digit in them."""
    parts = re.split(r"[-\s]+", node.key or getattr(node, "label", "") or node.type)
    return "-".join("#" if any(letter.isdigit() for letter in part) else part for part in parts)


def presses(visitor: Visitor, node: Any) -> Iterator[Press]:
    """All that is to be tried with a control. Raises KeyError for a kind of control that the walk does not know."""
    name = name_of(node)
    if node.type == COMPONENT:
        component, (data,) = node.proto.component_name.removeprefix("inside_"), json.loads(node.proto.json)
        for state, values in COMPONENTS[component](data).items():
            for value in values:
                yield _telling(visitor, node, f"{name}.{state}", {state: value})
        return
    if node.type == CHART:
        for selection, fields in _selections(json.loads(node.proto.spec)):
            for points in ([dict.fromkeys(fields, 0)], [dict.fromkeys(fields, 3)], []):
                yield _telling(visitor, node, f"{name}.{selection}", {selection: points})
        return
    for value, when in WIDGETS[node.type](node):
        yield Press(name, _written(value), lambda value=value: _set(visitor, node, value), when)


def _telling(visitor: Visitor, node: Any, name: str, state: dict[str, Any]) -> Press:
    return Press(name, _written(next(iter(state.values()))), lambda: visitor.tell(node, state))


def _set(visitor: Visitor, node: Any, value: Any) -> None:
    if node.type in ("button", "download_button"):
        node.click()
    elif node.type in ("file_uploader", "camera_input"):
        node.set_value(value)
    else:
        node.set_value(value)
        visitor.keep_address(node)


def _written(value: Any) -> str:
    if value == "":
        return value
    return value[0] if isinstance(value, tuple) and isinstance(value[0], str) else json.dumps(value)


def some(options: Sequence) -> list:
    """All of a short list; the first, the middle and the last of a long one."""
    options = list(options)
    return options if len(options) <= SHORT else [options[0], options[len(options) // 2], options[-1]]


def one_of_each_kind(layers: Sequence[str]) -> list[str]:
    """The first layer, and the last of each kind as the names tell it: conv_7, pool_6, block5_conv3."""
    kinds = {re.sub(r"\d", "", name): name for name in layers}
    return list(dict.fromkeys([*layers[:1], *kinds.values()]))


Tries = Iterator[tuple[Any, When]]


def _options(node: Any) -> Tries:
    """Every option, the default last; where there is none, none of them last."""
    if node.type == "button_group":
        default = next((node.options[place] for place in node.proto.default), None)
    else:
        default = node.options[node.proto.default] if node.options else None
    yield from ((option, When.FIRST) for option in some(node.options) if option != default)
    yield default, When.BACK


def _switch(node: Any) -> Tries:
    yield not node.proto.default, When.SWITCHED_ON
    yield node.proto.default, When.BACK


def _number(node: Any) -> Tries:
    """Both ends and nothing at all, as when the field is emptied."""
    whole = node.value is None or isinstance(node.value, int)
    for value in (node.max, None, node.min):
        yield (int(value) if whole and value is not None else value), When.FIRST


def _slider(node: Any) -> Tries:
    """Both ends; of a slider with two handles both at each end, then everything."""
    low, high = (int(end) if float(end).is_integer() else end for end in (node.proto.min, node.proto.max))
    ends = ((low, low), (high, high), (low, high)) if isinstance(node.value, Sequence) else (low, high)
    for end in ends:
        yield (end if isinstance(end, tuple) else type(node.value)(end)), When.FIRST


def _text(node: Any) -> Tries:
    for text in ("hello", "ä <b>*{0}", "m" * (node.proto.max_chars or 200)):
        yield text[: node.proto.max_chars or None], When.FIRST
    yield "", When.BACK


def _files(node: Any) -> Tries:
    """A file that is not what its name says, a good one, and none."""
    if set(node.proto.type) & {"txt", ".txt"}:
        good = ("words.txt", b"elephant hello\nworld", "text/plain")
        broken = ("words.txt", b"\xff\xfe\x00\x81 \n", "text/plain")
    else:
        good, broken = ("picture.png", _picture(), "image/png"), ("broken.png", b"no picture", "image/png")
    yield from ((file, When.FIRST) for file in (broken, good, None))


def _camera(node: Any) -> Tries:
    yield from ((shot, When.FIRST) for shot in (("shot.jpg", _picture("JPEG"), "image/jpeg"), None))


def _picture(form: str = "PNG") -> bytes:
    file = io.BytesIO()
    typeface.draw_word("Walk", next(iter(typeface.FONTS))).save(file, form)
    return file.getvalue()


def _button(node: Any) -> Tries:
    yield "", When.WORK if getattr(node.proto, "type", "") == "primary" else When.FIRST


WIDGETS = {
    "button": _button,
    "download_button": _button,
    "button_group": _options,
    "radio": _options,
    "selectbox": _options,
    "toggle": _switch,
    "checkbox": _switch,
    "number_input": _number,
    "slider": _slider,
    "text_input": _text,
    "file_uploader": _files,
    "camera_input": _camera,
}


def _tiles(data: dict) -> dict[str, list]:
    """Of the feature maps: the other layers, the corners of the first and the last map, and the scale."""
    first, last = data["tiles"][0]["channel"], data["tiles"][-1]["channel"]
    corners = [
        {"layer": data["layer"], "channel": first, "y": 0, "x": 0},
        {"layer": data["layer"], "channel": last, "y": data["height"] - 1, "x": data["width"] - 1},
    ]
    return {"layer": one_of_each_kind(data["layers"]), "unit": corners, "shared": [not data["shared"], data["shared"]]}


def _boxes(data: dict) -> dict[str, list]:
    """Of the box on a picture: one that moves, one at rest, the whole picture, a quarter of a turn, and nonsense."""
    width, height = data["size"]
    half = [0, 0, width // 2, height // 2]
    tries = ({"box": half, "moving": True}, {"box": half}, {"box": None}, {"turn": 1}, {"box": [1, 2]})
    return {"said": [{"n": 1, "id": data["id"], "has": data["id"], **tried} for tried in tries]}


def _network(data: dict) -> dict[str, list]:
    """Of the network at a glance; a click on a layer opens another view, which is walked by itself."""
    return {"stage": [data["stages"]], "all": [True], "size": [True]}


COMPONENTS: dict[str, Callable[[dict], dict[str, list]]] = {
    "feature_maps": _tiles,
    "thumbnails": lambda data: {"chosen": some([item["id"] for item in data["items"]])},
    "layer_list": lambda data: {"layer": one_of_each_kind([layer["name"] for layer in data["layers"]])},
    "flow_path": lambda data: {"node": some(re.findall(r'data-key="([\d.]+)"', data["svg"]))},
    "unit_states": lambda data: {"unit": [data["order"][0], data["order"][-1]]},
    "word_box": _boxes,
    "presenting_stage": lambda data: {},  # takes the page away from the walk; has tests of its own
    "moments_player": lambda data: {"at": [0, len(data["names"]) // 2, len(data["names"]) - 1, 10_000]},
    "network_at_a_glance": _network,
    "tour_card": lambda data: {"go": [{"to": 3, "at": 1}, {"to": "nonsense", "at": 2}, {"to": 0, "at": 3}]},
    "tour_picture": lambda data: {},
    "beam_search": lambda data: {"frame": [0, len(data["steps"]) - 1]},
}


def _selections(spec: dict) -> Iterator[tuple[str, list[str]]]:
    """The selections of a chart that are made by a click, each with its fields."""
    for found in spec.get("params", []):
        select = found.get("select")
        if isinstance(select, dict) and select.get("on") != "pointerover":
            yield found["name"], select.get("fields", [])
