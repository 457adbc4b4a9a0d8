"""A model's configuration read as a plan: which layers there are, and what each is called on.

Keras 2 and tf_keras write what a layer is called on as `[[["name", call, output, {keywords}]]]`, Keras 3 as nested
arguments in which tensors say where they come from. Both become the same here; nothing is built and no code is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from export.errors import UnknownLayer

MODELS = ("Functional", "Model", "Sequential")  # Keras's own, whose configuration lists their layers
DEEPEST = 20  # models within models


@dataclass(frozen=True)
class Ref:
    """An output of a layer: which call of the layer, and which of its outputs."""

    layer: str
    call: int = 0
    output: int = 0


@dataclass(frozen=True)
class Call:
    """What a layer is called on: arguments in which a Ref stands for each tensor."""

    args: tuple
    keywords: dict[str, Any] = field(default_factory=dict)

    @property
    def refs(self) -> list[Ref]:
        return list(refs_in([self.args, self.keywords]))


@dataclass(frozen=True)
class Spec:
    """One layer of a configuration.

    class_name, module, registered: which class it is of, as far as the file says. config: its settings. calls: in
    order. net: of a model within the model.
    """

    name: str
    class_name: str
    module: str
    registered: str
    config: dict[str, Any]
    calls: tuple[Call, ...] = ()
    net: Net | None = None


@dataclass(frozen=True)
class Net:
    """A model: its layers in the order in which Keras keeps them. shapes: of tensors, where the file says them."""

    name: str
    class_name: str
    specs: tuple[Spec, ...]
    inputs: tuple[Ref, ...]
    outputs: tuple[Ref, ...]
    shapes: dict[Ref, tuple] = field(default_factory=dict)
    dtypes: dict[Ref, str] = field(default_factory=dict)

    def uses(self, name: str, call: int = 0) -> Iterator[Spec]:
        """The layers that take an output of a layer's call."""
        for spec in self.specs:
            if any((ref.layer, ref.call) == (name, call) for made in spec.calls for ref in made.refs):
                yield spec


def plan(config: dict[str, Any]) -> Net:
    """The plan of a whole model's configuration. Raises UnknownLayer for one that is no model of layers."""
    try:
        return _net(config, 0)
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        if isinstance(error, UnknownLayer):
            raise
        raise UnknownLayer("The file's configuration does not describe a model as Keras writes them.") from error


def _net(entry: dict[str, Any], depth: int) -> Net:
    class_name, config = entry["class_name"], entry["config"]
    if class_name not in MODELS or entry.get("registered_name") not in (None, "", *MODELS):
        raise UnknownLayer(
            f"The model is a {entry.get('registered_name') or class_name}, a class of somebody's own, whose code is not"
            " in the file: save it as a functional or sequential model of Keras's layers."
        )
    if depth > DEEPEST:
        raise UnknownLayer(f"The file has models within models more than {DEEPEST} deep, which is no network.")
    if class_name == "Sequential":
        return _sequential(config, depth)
    specs = tuple(_spec(layer, depth) for layer in config["layers"])
    shapes, dtypes = _stated(config["layers"])
    net = Net(
        str(config.get("name", "model")),
        class_name,
        specs,
        tuple(_places(config["input_layers"])),
        tuple(_places(config["output_layers"])),
        shapes,
        dtypes,
    )
    return _counted_from_zero(net)


def _sequential(config: dict[str, Any] | list, depth: int) -> Net:
    """A row of layers; each is called once on the output of the one before."""
    layers = config if isinstance(config, list) else config["layers"]
    name = "sequential" if isinstance(config, list) else str(config.get("name", "sequential"))
    specs, last = [], None
    for layer in layers:
        spec = _spec(layer, depth)
        if last is None and spec.class_name != "InputLayer":
            last = Ref(f"{spec.name}_input")
            specs.append(Spec(last.layer, "InputLayer", "", "", {"batch_shape": _first_shape(config, layer)}))
        calls = () if last is None else (Call((last,)),)
        specs.append(Spec(spec.name, spec.class_name, spec.module, spec.registered, spec.config, calls, spec.net))
        last = Ref(spec.name)
    return Net(name, "Sequential", tuple(specs), (Ref(specs[0].name),), (last,))


def _first_shape(config, layer: dict[str, Any]) -> Any:
    """The shape of what goes in, where a row of layers has no layer for its input."""
    built = config.get("build_input_shape") if isinstance(config, dict) else None
    own = layer["config"] if isinstance(layer["config"], dict) else {}
    inner = own.get("layer", {}) if isinstance(own.get("layer"), dict) else {}
    first = own.get("layers", [{}])[0] if isinstance(own.get("layers"), list) else {}
    for found in (own, inner.get("config", {}), first.get("config", {})):
        if found.get("batch_input_shape") or found.get("batch_shape"):
            return found.get("batch_input_shape") or found.get("batch_shape")
    return built or (layer.get("build_config") or {}).get("input_shape")


def _spec(entry: dict[str, Any], depth: int) -> Spec:
    config = entry["config"]
    class_name, module, registered = (str(entry.get(key) or "") for key in ("class_name", "module", "registered_name"))
    name = str(entry.get("name") or (config.get("name") if isinstance(config, dict) else "") or class_name)
    own = registered in ("", *MODELS) and not module.startswith("__main__")
    net = _net(entry, depth + 1) if class_name in MODELS and own and _has_layers(config) else None
    calls = tuple(_call(node) for node in entry.get("inbound_nodes") or [])
    settings = dict(config) if isinstance(config, dict) else {}
    if built := (entry.get("build_config") or {}).get("input_shape"):
        settings["build_input_shape"] = built
    return Spec(name, class_name, module, registered, settings, calls, net)


def _has_layers(config: Any) -> bool:
    return isinstance(config, list) or "layers" in config


def _call(node: Any) -> Call:
    if isinstance(node, dict):
        return Call(tuple(value_of(node["args"])), value_of(node.get("kwargs") or {}))
    given, keywords = [], {}
    entries = node if node and isinstance(node[0], list | tuple) else [node]
    for name, call, output, *rest in entries:
        given.append(output if name == "_CONSTANT_VALUE" else Ref(name, call, output))
        keywords |= {key: _ref_or_value(value) for key, value in (rest[0] if rest else {}).items()}
    return Call((given[0] if len(given) == 1 else given,), keywords)


def _ref_or_value(value: Any) -> Any:
    """A keyword of Keras 2: a tensor stands there as [name, call, output]."""
    if isinstance(value, list) and len(value) in (3, 4) and isinstance(value[0], str):
        if value[0] == "_CONSTANT_VALUE":
            return value[2]
        if all(isinstance(number, int) for number in value[1:3]):
            return Ref(value[0], value[1], value[2])
    if isinstance(value, list):
        return [_ref_or_value(inner) for inner in value]
    return value_of(value)


def value_of(entry: Any) -> Any:
    """What an argument or setting in Keras 3's JSON is: a Ref for a tensor, else a plain value.

    Raises UnknownLayer for an object of any other class: nothing else is made from a file.
    """
    if isinstance(entry, list):
        return [value_of(inner) for inner in entry]
    if not isinstance(entry, dict):
        return entry
    kind, config = entry.get("class_name"), entry.get("config")
    if "class_name" not in entry:
        return {key: value_of(inner) for key, inner in entry.items()}
    if kind == "__tuple__":
        return tuple(value_of(inner) for inner in entry["items"])
    if kind == "__keras_tensor__":
        return Ref(*config["keras_history"])
    if kind in ("__tensor__", "__numpy__"):
        return np.asarray(config["value"], config.get("dtype"))
    if kind == "__slice__":
        return slice(*(config[key] for key in ("start", "stop", "step")))
    if kind == "__ellipsis__":
        return Ellipsis
    if entry.get("type") == "ndarray" or kind == "ndarray":
        return np.asarray(entry["value"])
    raise UnknownLayer(f"The configuration holds a {kind}, which is nothing that a layer of Keras takes.")


def refs_in(value: Any) -> Iterator[Ref]:
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from refs_in(inner)
    elif isinstance(value, dict):
        yield from refs_in(list(value.values()))


def _places(entry: Any) -> Iterable[Ref]:
    """The tensors that a model takes or returns, in whatever structure they stand."""
    if isinstance(entry, list | tuple) and len(entry) == 3 and isinstance(entry[0], str):
        yield Ref(entry[0], int(entry[1]), int(entry[2]))
    elif isinstance(entry, dict):
        yield from _places(list(entry.values()))
    elif isinstance(entry, list | tuple):
        for inner in entry:
            yield from _places(inner)


def _stated(layers: list[dict[str, Any]]) -> tuple[dict[Ref, tuple], dict[Ref, str]]:
    """Shapes and kinds of numbers that Keras 3 notes of each tensor that a layer takes."""
    shapes, dtypes, waiting = {}, {}, [layer.get("inbound_nodes") for layer in layers]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, dict) and entry.get("class_name") == "__keras_tensor__":
            ref = Ref(*entry["config"]["keras_history"])
            shapes[ref] = tuple(value_of(entry["config"]["shape"]))
            dtypes[ref] = str(entry["config"].get("dtype", ""))
        elif isinstance(entry, dict | list):
            waiting += entry.values() if isinstance(entry, dict) else entry
    return shapes, dtypes


def _counted_from_zero(net: Net) -> Net:
    """A model within a model counts its calls from 1, the first being its own making: here all count from 0."""
    calls = {spec.name: len(spec.calls) for spec in net.specs}
    used: dict[str, int] = {}
    every = [*net.inputs, *net.outputs, *(ref for spec in net.specs for call in spec.calls for ref in call.refs)]
    for ref in every:
        if ref.layer not in calls:
            raise UnknownLayer(f"The configuration takes an output of a layer {ref.layer!r} that it does not have.")
        used[ref.layer] = max(used.get(ref.layer, 0), ref.call)
    shift = {name: max(0, last - max(calls[name], 1) + 1) for name, last in used.items()}

    def moved(value: Any) -> Any:
        if isinstance(value, Ref):
            return Ref(value.layer, value.call - shift.get(value.layer, 0), value.output)
        if isinstance(value, list | tuple):
            return type(value)(moved(inner) for inner in value)
        return {key: moved(inner) for key, inner in value.items()} if isinstance(value, dict) else value

    specs = tuple(
        Spec(s.name, s.class_name, s.module, s.registered, s.config, tuple(_moved(c, moved) for c in s.calls), s.net)
        for s in net.specs
    )
    shapes, dtypes = ({moved(ref): found for ref, found in known.items()} for known in (net.shapes, net.dtypes))
    return Net(net.name, net.class_name, specs, moved(net.inputs), moved(net.outputs), shapes, dtypes)


def _moved(call: Call, moved) -> Call:
    return Call(moved(call.args), moved(call.keywords))
