"""The weights in a Keras file, put into the layers that were built from it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod
from typing import Any

from export import verify
from export.errors import SourceError
from export.keras_files import operations
from export.keras_files.assembly import Assembled, Leaf
from export.keras_files.opening import KerasFile, names, numbers
from export.keras_files.plan import Net
from export.networks import import_keras

CONTAINERS = ("layers", "_layer_checkpoint_dependencies")  # Keras 3 and late tf_keras; tf_keras 2.12


def fill(file: KerasFile, net: Net, assembled: Assembled) -> None:
    """Gives every layer its weights, once it is known that the file has as many numbers as the layers.

    Raises SourceError, by the layer's name, where weights are missing or have other shapes.
    """
    keras = import_keras()
    wanted = sum(prod(variable.shape) for leaf in _once(assembled.leaves) for variable in leaf.layer.weights)
    held: list[int] = []
    file.weights.visititems(lambda _, found: held.append(numbers(found)))
    if wanted > sum(held):
        raise SourceError(
            f"{file.path} holds {sum(held):,} numbers where its layers have {wanted:,}: it was not saved whole."
        )
    with keras.StatelessScope():  # on leaving it, all variables made so far get values
        pass
    if file.older:
        _fill_by_name(file, net, assembled.leaves)
    else:
        _fill_by_class(file, net, assembled.leaves)


def _once(leaves: Sequence[Leaf]) -> list[Leaf]:
    return list({id(leaf.layer): leaf for leaf in leaves}.values())


def _fill_by_name(file: KerasFile, net: Net, leaves: Sequence[Leaf]) -> None:
    """The older layout: a group for each layer, that of a model within the model with the arrays of all its layers,
    first those that learn, then those that don't."""
    for spec in net.specs:
        own = _once([leaf for leaf in leaves if leaf.path[0] == spec.name])
        variables = _learning_first(own)
        if not variables:
            continue
        group = file.arrays.get(spec.name)
        arrays = [] if group is None else [group[name] for name in names(group, "weight_names")]
        if len(arrays) > len(variables):
            arrays = [array for array in arrays if array.shape]  # how much a normalisation was adapted to
        _checked(spec.name, [array.shape for array in arrays], variables)
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(verify.tensor(array))
        for leaf in own:
            if hasattr(leaf.layer, "finalize_state"):
                leaf.layer.finalize_state()


def _learning_first(leaves: Sequence[Leaf]) -> list[Any]:
    learning, others = [], []
    for leaf in leaves:
        (learning if leaf.trainable else others).extend(leaf.layer.trainable_weights)
        others.extend(leaf.layer.non_trainable_weights)
    return [*learning, *others]


def _checked(name: str, shapes: Sequence[tuple], variables: Sequence[Any]) -> None:
    wanted = [tuple(variable.shape) for variable in variables]
    if [tuple(shape) for shape in shapes] != wanted:
        found = ", ".join(map(str, shapes)) or "none"
        raise SourceError(f"The weights of layer {name!r} have the shapes {found}, not {', '.join(map(str, wanted))}.")


def _fill_by_class(file: KerasFile, net: Net, leaves: Sequence[Leaf]) -> None:
    """The newer layout: groups named after classes and counted, such as conv2d_1, whatever the layers are called."""
    places = _places(file.weights, net, (), ())
    for leaf in _once(leaves):
        if not leaf.layer.weights:
            continue
        group = _group(file.weights, places[leaf.path])
        left = {id(variable) for variable in leaf.layer.weights}
        if group is not None:
            _fill_layer(leaf.layer, group, leaf.path[-1], left)
        if left:
            raise SourceError(f"{file.path} lacks weights for layer {leaf.path[-1]!r}: it was not saved whole.")


def _places(root, net: Net, at: tuple[str, ...], path: tuple[str, ...]) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Where each layer's group lies, by the layer's path."""
    used: dict[str, int] = {}
    places = {}
    container = next((name for name in CONTAINERS if _group(root, (*at, name)) is not None), CONTAINERS[0])
    for spec in net.specs:
        if operations.is_operation(spec):
            continue
        name = snake_case(spec.class_name)
        used[name] = used.get(name, -1) + 1
        place = (*at, container, f"{name}_{used[name]}" if used[name] else name)
        places[(*path, spec.name)] = place
        if spec.net is not None:
            places |= _places(root, spec.net, place, (*path, spec.name))
    return places


def snake_case(name: str) -> str:
    """A class's name as Keras writes it in a file: BatchNormalization becomes batch_normalization."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _group(root, place: Sequence[str]):
    group = root
    for name in place:
        if name not in group:
            return None
        group = group[name]
    return group


def _fill_layer(layer, group, name: str, left: set[int]) -> None:
    """A layer's own arrays, then those of the layers within it, which lie in groups named after its attributes."""
    keras = import_keras()
    own = group.get("vars", {})
    if len(own):
        variables = [*layer._trainable_variables, *layer._non_trainable_variables]
        ordered = [own[str(index)].shape for index in range(len(own)) if str(index) in own]
        if type(layer).__name__ != "Normalization":
            _checked(name, ordered, variables)
        layer.load_own_variables({key: verify.tensor(own[key]) for key in own})
        left -= {id(variable) for variable in variables}
    for key in group:
        inner = None if key == "vars" else getattr(layer, key, None)
        if isinstance(inner, keras.layers.Layer):
            _fill_layer(inner, group[key], name, left)
        elif isinstance(inner, list) and all(isinstance(one, keras.layers.Layer) for one in inner):
            used: dict[str, int] = {}
            for one in inner:
                kind = snake_case(type(one).__name__)
                used[kind] = used.get(kind, -1) + 1
                _fill_layer(one, group[key][f"{kind}_{used[kind]}" if used[kind] else kind], name, left)
