"""A visitor of the page without a browser: opens it in a fresh tab, sees every control on it and presses them.

Streamlit's own test runner presses Streamlit's widgets. This adds what it can't: the page's components and charts,
whose state the browser would send, and the address, which the browser would keep up to date.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.state.query_params_proxy import QueryParamsProxy
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Element, Widget

PAGE = Path(__file__).resolve().parents[2] / "app.py"
PATIENCE = 120  # seconds that one run of the page may take on a busy machine; after that it goes round in circles
COMPONENT, CHART = "bidi_component", "vega_lite_chart"
_shared: list = []  # the registry of components: finding what is installed takes longer than a run of the page


class Visitor(AppTest):
    """One tab of one visitor.

    read: the names that the page has looked for in the address in its last run, its bound widgets' included.
    """

    def __init__(self, **address: str) -> None:
        super().__init__(PAGE, default_timeout=PATIENCE)
        self._sent: dict[str, WidgetState] = {}  # what components and charts have told, by their id
        self._bidi_component_manager = _shared[0] if _shared else None
        self.read: set[str] = set()
        self.query_params.update(address)
        self.run()
        _shared[:] = [self._bidi_component_manager]

    @property
    def controls(self) -> list[Any]:
        """Everything on the page that can be pressed, in its order."""
        return [node for node in self._tree if self._can_be_pressed(node)]

    @property
    def address(self) -> dict[str, str]:
        return dict(self.query_params)

    @property
    def trouble(self) -> str:
        """What the page's red boxes say, with where it happened; empty if there are none."""
        return "\n".join(f"{shown.message}\n" + "\n".join(shown.stack_trace) for shown in self.exception)

    def tell(self, node: Any, state: dict[str, Any]) -> None:
        """Has a component or a chart tell the page its state, as the browser would with the next run."""
        sent = self._sent.setdefault(node.proto.id, WidgetState(id=node.proto.id))
        if node.type == COMPONENT:
            sent.json_value = json.dumps({**json.loads(sent.json_value or "{}"), **state})
        else:
            sent.string_value = json.dumps({"selection": state})

    def value(self, key: str) -> Any:
        """What the control with this key is set to; None where there is none."""
        return next((node.value for node in self.controls if getattr(node, "key", None) == key), None)

    def choose(self, key: str, value: Any) -> None:
        """Sets the control with this key, and runs the page."""
        node = next(node for node in self.controls if getattr(node, "key", None) == key)
        node.set_value(value)
        self.keep_address(node)
        self.run()

    def keep_address(self, node: Any) -> None:
        """Writes a widget's new value into the address, as the browser does for those that are bound to it."""
        name = getattr(node.proto, "query_param_key", "")
        if name and isinstance(node, Widget):
            value = node.value
            if node.type == "toggle":
                value = str(value).lower()
            self.query_params[name] = "" if value is None else str(value)

    def _run(self, widget_state: WidgetStates | None = None, timeout: float | None = None) -> AppTest:
        here = {node.proto.id for node in self.controls if node.type in (COMPONENT, CHART)}
        for told in here & set(self._sent):
            widget_state.widgets.append(self._sent[told])
        with _Reading() as names:
            super()._run(widget_state, timeout)
        self.read = names | {node.proto.query_param_key for node in self.controls if _is_bound(node)}
        return self

    @staticmethod
    def _can_be_pressed(node: Any) -> bool:
        if not isinstance(node, Element) or getattr(node.proto, "disabled", False):
            return False
        if node.type == CHART:
            return bool(node.proto.selection_mode)
        return isinstance(node, Widget) or bool(getattr(node.proto, "id", ""))


def _is_bound(node: Any) -> bool:
    return bool(getattr(node.proto, "query_param_key", ""))


class _Reading:
    """While entered: keeps the names that are looked up in `st.query_params`."""

    def __enter__(self) -> set[str]:
        names, self._plain = set(), QueryParamsProxy.__getitem__
        plain = self._plain

        def get(proxy: QueryParamsProxy, name: str) -> str:
            names.add(name)
            return plain(proxy, name)

        QueryParamsProxy.__getitem__ = get
        return names

    def __exit__(self, *_: object) -> None:
        QueryParamsProxy.__getitem__ = self._plain
