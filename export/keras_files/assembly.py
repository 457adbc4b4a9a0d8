"""A plan put together as one flat Keras model that takes a picture and returns every layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from typing import Any

from export.errors import UnknownLayer, first_line
from export.keras_files import classes, lambdas, operations
from export.keras_files.glance import glance
from export.keras_files.opening import KerasFile, names
from export.keras_files.plan import Call, Net, Ref, Spec, refs_in
from export.networks import import_keras

MOST_LAYERS = 5000  # DenseNet201 has 707
MOST_NUMBERS, USUAL_LENGTH = 2**28, 224  # in all layers together, for a picture of that size where it may vary
DROPPED_KEYWORDS = ("training", "mask")


@dataclass(frozen=True)
class Elsewhere:
    """What depends on something other than the picture: the labels that a training model takes, their lengths."""

    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Leaf:
    """A Keras layer that was built. path: the names of the models it lies in, and its own."""

    path: tuple[str, ...]
    spec: Spec
    layer: Any
    trainable: bool


@dataclass
class Assembled:
    """model: the picture to {key: output}, a key for each layer that is shown. shown: the layers' names by these keys,
    in the order in which they are computed. picture: the name of the input. ends: the layers that nothing follows.
    cut: the layers that were left out, since they take other inputs. ctc: whether these compute a CTC loss.
    """

    model: Any
    shown: dict[str, str]
    picture: str
    leaves: list[Leaf]
    ends: list[str]
    cut: list[str]
    ctc: bool


def assembled(file: KerasFile, net: Net, tell: Callable[[str], None]) -> Assembled:
    """The model of a plan, without values in its variables.

    Models within the model are flattened, Lambdas replaced where it is known what they do, and what takes other inputs
    than the picture is cut off; each is told. Raises UnknownLayer for anything that can't be.
    """
    features = _features(file)
    glance(net, picture(net)[0], features)
    with import_keras().StatelessScope(initialize_variables=False):
        return _Work(net, file.keras_2(), features, tell).done()


@dataclass
class _Work:
    net: Net
    keras_2: bool
    features: dict[str, int]
    tell: Callable[[str], None]
    built: dict[tuple[str, ...], Any] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)
    calls: dict[tuple[str, ...], int] = field(default_factory=dict)
    cut: list[Spec] = field(default_factory=list)
    before_cut: list[Any] = field(default_factory=list)

    def done(self) -> Assembled:
        keras = import_keras()
        name, shape = picture(self.net)
        tensor = keras.Input(shape, name="picture", dtype="float32")
        given = [tensor if ref.layer == name else Elsewhere((ref.layer,)) for ref in self.net.inputs]
        outputs = [value for value in self.run(self.net, given, ()) if not isinstance(value, Elsewhere)]
        ends = {id(value): value for value in (*outputs, *self.before_cut)}
        ends = [shown for shown, value in self.shown.items() if id(value) in ends]
        if not ends:
            raise UnknownLayer("Nothing in the file is computed from the picture alone, so there is nothing to show.")
        sizes = {shown: _size(value) for shown, value in {name: tensor, **self.shown}.items()}
        if sum(sizes.values()) > MOST_NUMBERS:
            largest = max(sizes, key=sizes.get)
            raise UnknownLayer(
                f"The layers have {sum(sizes.values()):.1e} numbers for one picture, {largest!r} alone"
                f" {sizes[largest]:.1e}, which is more than can be shown."
            )
        keys = {f"layer_{index}": shown for index, shown in enumerate(self.shown)}
        model = keras.Model(tensor, {key: self.shown[shown] for key, shown in keys.items()})
        ctc = any("ctc" in f"{spec.name} {spec.class_name} {spec.registered}".lower() for spec in self.cut)
        if self.cut:
            others = ", ".join(repr(ref.layer) for ref in self.net.inputs if ref.layer != name)
            gone = ", ".join(f"{spec.name!r} ({spec.class_name})" for spec in self.cut)
            self.tell(f"  cut after {', '.join(map(repr, ends))}: {gone} also takes {others}, which training alone has")
        return Assembled(model, keys, name, self.leaves(self.net), ends, [spec.name for spec in self.cut], ctc)

    def run(self, net: Net, given: list[Any], path: tuple[str, ...]) -> list[Any]:
        """The outputs of a model called on its inputs, each a tensor or Elsewhere."""
        values: dict[tuple[str, int], list[Any]] = {
            (ref.layer, ref.call): [value] for ref, value in zip(net.inputs, given, strict=True)
        }
        waiting = [(spec, index) for spec in net.specs for index in range(len(spec.calls))]
        waiting = [(spec, index) for spec, index in waiting if (spec.name, index) not in values]
        while waiting:
            left = []
            for spec, index in waiting:
                if all((ref.layer, ref.call) in values for ref in spec.calls[index].refs):
                    values[spec.name, index] = self.call(net, spec, index, values, path)
                else:
                    left.append((spec, index))
            if len(left) == len(waiting):
                raise UnknownLayer(f"Layer {left[0][0].name!r} takes something that the file never computes.")
            waiting = left
        return [_output(values, ref) for ref in net.outputs]

    def call(self, net: Net, spec: Spec, index: int, values: dict, path: tuple[str, ...]) -> list[Any]:
        """What one call of a layer returns."""
        taken = [_output(values, ref) for ref in spec.calls[index].refs]
        elsewhere = [value for value in taken if isinstance(value, Elsewhere)]
        if elsewhere:
            self.cut.append(spec)
            self.before_cut += [value for value in taken if not isinstance(value, Elsewhere)]
            return [Elsewhere(tuple(dict.fromkeys(name for value in elsewhere for name in value.inputs)))]
        if spec.net is not None:
            if (*path, spec.name) not in self.calls:
                self.tell(f"  {spec.name}: a model within the model, its {len(spec.net.specs)} layers shown one by one")
            self.calls[(*path, spec.name)] = index
            return self.run(spec.net, taken, (*path, spec.name))
        if len(self.shown) == MOST_LAYERS:
            raise UnknownLayer(f"The file has more than {MOST_LAYERS:,} layers, which is more than can be shown.")
        args, keywords = _filled(spec.calls[index], values)
        output = self.applied(net, spec, index, args, keywords, path)
        outputs = list(output) if isinstance(output, list | tuple) else [output]
        self.shown[self.free_name(spec.name, path)] = outputs[0]
        return outputs

    def applied(self, net: Net, spec: Spec, index: int, args: tuple, keywords: dict, path: tuple[str, ...]):
        ops = import_keras().ops
        if spec.class_name == "Lambda":
            found = lambdas.instead(net, spec, index, tuple(args[0].shape), self.features)
            self.tell(f"  {spec.name}: a Lambda, taken for {found.said}; its code is not run")
            given = tuple(args[0].shape)[1:]
            if found.wanted == given:
                return ops.cast(args[0], "float32")
            if found.drops:
                return ops.squeeze(args[0], tuple(axis + 1 for axis in found.drops))
            return import_keras().layers.Reshape([-1 if length is None else length for length in found.wanted])(args[0])
        if operations.is_operation(spec):
            return operations.applied(spec, args, keywords)
        key = (*path, spec.name)
        if key not in self.built:
            self.built[key] = classes.layer(spec, f"layer{len(self.built)}", self.keras_2)
        try:
            return self.built[key](*args, **keywords)
        except Exception as error:  # of any kind: what the layer is called on is somebody's
            said = first_line(error)
            raise UnknownLayer(f"Layer {spec.name!r} does not take what the file gives it: {said}") from error

    def free_name(self, name: str, path: tuple[str, ...]) -> str:
        """What a layer is called where all are shown side by side: its own name, with its model's if that is taken."""
        candidates = [name, ".".join((*path, name))]
        count = 2
        while candidates[0] in self.shown and candidates[1] in self.shown:
            candidates = [f"{name}:{count}"] * 2
            count += 1
        return next(candidate for candidate in candidates if candidate not in self.shown)

    def leaves(self, net: Net, path: tuple[str, ...] = (), trainable: bool = True) -> list[Leaf]:
        """The layers that were built, in the order in which the file lists them."""
        found = []
        for spec in net.specs:
            learns = trainable and bool(spec.config.get("trainable", True))
            if spec.net is not None:
                found += self.leaves(spec.net, (*path, spec.name), learns)
            elif (*path, spec.name) in self.built:
                found.append(Leaf((*path, spec.name), spec, self.built[(*path, spec.name)], learns))
        return found


def picture(net: Net) -> tuple[str, tuple[int | None, ...]]:
    """Name and shape, `(height, width, channel)`, of the one input that is a picture. Raises UnknownLayer."""
    specs = {spec.name: spec for spec in net.specs}
    shapes = {ref.layer: _shape(specs[ref.layer]) for ref in net.inputs}
    found = [name for name, shape in shapes.items() if len(shape) == 4]
    if len(found) != 1:
        given = ", ".join(f"{name!r} {shape}" for name, shape in shapes.items())
        raise UnknownLayer(
            f"A network that is shown takes one picture (batch, height, width, channel); this takes {given}."
        )
    return found[0], shapes[found[0]][1:]


def _shape(spec: Spec) -> tuple:
    shape = spec.config.get("batch_shape") or spec.config.get("batch_input_shape") or ()
    if not isinstance(shape, list | tuple) or not all(n is None or (isinstance(n, int) and n > 0) for n in shape):
        raise UnknownLayer(f"The input {spec.name!r} has no shape that makes sense: {shape!r}.")
    return tuple(shape)


def _size(tensor) -> int:
    """How many numbers a symbolic tensor has for one picture."""
    return prod(length or USUAL_LENGTH for length in tensor.shape[1:])


def _output(values: dict, ref: Ref):
    outputs = values[ref.layer, ref.call]
    if len(outputs) == 1 and isinstance(outputs[0], Elsewhere):
        return outputs[0]
    if ref.output >= len(outputs):
        raise UnknownLayer(f"The file takes output {ref.output} of layer {ref.layer!r}, which has {len(outputs)}.")
    return outputs[ref.output]


def _filled(call: Call, values: dict) -> tuple[tuple, dict[str, Any]]:
    """A call's arguments with tensors in the places of their Refs."""

    def filled(value: Any) -> Any:
        if isinstance(value, Ref):
            return _output(values, value)
        if isinstance(value, list | tuple):
            return type(value)(filled(inner) for inner in value)
        return {key: filled(inner) for key, inner in value.items()} if isinstance(value, dict) else value

    keywords = {key: value for key, value in call.keywords.items() if key not in DROPPED_KEYWORDS}
    keywords = {key: value for key, value in keywords.items() if value is not None or list(refs_in(value))}
    return filled(call.args), filled(keywords)


def _features(file: KerasFile) -> dict[str, int]:
    """How many numbers a place each layer takes, as its first array of weights says, in the older layout."""
    found: dict[str, int] = {}
    if file.older:
        for name in names(file.arrays, "layer_names"):
            weights = names(file.arrays[name], "weight_names")
            shape = file.arrays[name][weights[0]].shape if weights else ()
            if len(shape) >= 2:
                found[name] = shape[-2]
    return found
