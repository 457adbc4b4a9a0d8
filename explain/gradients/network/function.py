"""An ONNX file as a TensorFlow function: any of its tensors, differentiable with respect to any other.

The file that ONNX Runtime runs for values is run here for gradients, node by node, by the functions of `operators`.
Importing this module does not import TensorFlow; building a function does.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from explain.attribution.targets import LOGITS, TargetError
from explain.gradients.lazy import tf
from explain.gradients.network import operators
from explain.gradients.network.file import FileError, Node, OnnxFile
from explain.gradients.network.operators.layouts import Maps, elementwise, extents, in_file_order
from explain.gradients.network.operators.tensors.elementwise import guided_relu
from explain.gradients.network.order import to_file, to_plain
from explain.network.description import Description, describe
from models.card import Card

ALIGNED = 64  # bytes: where TensorFlow's kernels need an array to begin that it does not copy


@dataclass(frozen=True)
class Plan:
    """Nodes to be run for some tensors, in order, and after each the tensors that are needed no longer."""

    nodes: tuple[Node, ...]
    over: tuple[tuple[str, ...], ...]


class NetworkFunction:
    """The network of an ONNX file. The same object may be called in and outside of `tf.function`.

    What does not depend on the picture is computed once, here: weights behind a Cast, shapes, kernels turned to
    TensorFlow's layout. Weights that lie in a file beside the network stay there, mapped, where they are used as they
    are stored, as the kernels of dense layers are.
    Raises NetworkError for a file that is no network of pictures, FileError for one whose weights cannot be read.
    """

    def __init__(self, network: Card | Description | str | Path) -> None:
        self.description = describe(network)
        if self.description.batch not in (None, 1):
            raise FileError(
                f"{self.description.name} takes {self.description.batch} pictures at once, no more or less."
            )
        self.file = OnnxFile(self.description.path)
        self._replaced: dict[str, np.ndarray] = {}
        self._overrides: dict[str, Callable] = {}
        self._constants: dict[str, Any] = {}
        self._prepared: dict[str, Any] = {}  # by the name of what the node computes
        self._plans: dict[tuple[frozenset[str], frozenset[str]], Plan] = {}
        self._fold(self.file.arrays())

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers in order."""
        return self.description.layer_names

    def outputs(self, pictures, names: Iterable[str], given: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Tensors by name, the batch first and the channels last, as `explain.network.session.Network.run` has them:
        feature maps as `(batch, height, width, channel)`. Nothing is computed that they don't need.

        pictures: tensor `(batch, height, width, channel)` as the network takes it. names: of the layers or of any
        tensors of the file; "logits" are the values before the last softmax. Each comes as the tensor that the rest of
        the network is computed from, so that a tape finds its gradient (but for a file that takes one picture at a time
        and is given several). given: layers' outputs to go on from, by name, in place of what would be computed.
        Raises TargetError, in one sentence, for a name that the file does not have, and OperatorError for an operator
        without a gradient.
        """
        names = list(names)
        given = {self.tensor_name(name): value for name, value in (given or {}).items()}
        if self.description.batch is None or pictures is None or pictures.shape[0] == 1:
            return self._outputs(pictures, names, given)

        def single(parts):
            picture, others = parts
            found = self._outputs(picture[None], names, {name: value[None] for name, value in others.items()})
            return {name: value[0] for name, value in found.items()}

        single = tf.autograph.experimental.do_not_convert(single)
        return tf.map_fn(single, (pictures, given), fn_output_signature=dict.fromkeys(names, tf.float32))

    def _outputs(self, pictures, names: list[str], given: Mapping[str, Any]) -> dict[str, Any]:
        wanted = {name: self.tensor_name(name) for name in names}
        plan = self._plan(frozenset(wanted.values()), frozenset(given))
        found = {name: tf.convert_to_tensor(value) for name, value in given.items()}
        if pictures is not None:
            found.setdefault(self.file.input, tf.convert_to_tensor(pictures))
        count = extents(next(iter(found.values())))[0]
        values = {name: to_file(value, self._axes(name), count) for name, value in found.items()}
        for node, over in zip(plan.nodes, plan.over, strict=True):
            for name, value in self._run(node, values).items():
                if name in wanted.values():  # from here on the network is computed from what is returned
                    found[name] = to_plain(value, self._axes(name), count)
                    value = value if found[name] is _tensor(value) else to_file(found[name], self._axes(name), count)
                values[name] = value
            for name in over:
                values.pop(name, None)
        return {name: found[inner] if inner in found else self._constants[inner] for name, inner in wanted.items()}

    def _axes(self, name: str) -> tuple[str, ...]:
        if name == self.file.input:
            return self.description.input_axes
        return self.description.axes.get(name, ())

    def tensor_name(self, name: str) -> str:
        """The name in the file of what `outputs` knows under this name. Raises TargetError."""
        if name == self.file.input or name in self.file.producers:
            return name
        if name == LOGITS:
            return self.description.logits
        if name == self.description.input.name:
            return self.file.input
        known = ", ".join((self.description.input.name, *self.layers))
        raise TargetError(f"The network has no layer called {name!r}; it has {known}.")

    def before_relu(self, name: str) -> str | None:
        """What a layer that ends in a Relu has before it; None for any other layer."""
        node = self.file.producers.get(self.tensor_name(name))
        return node.inputs[0] if node and node.operator == "Relu" else None

    def needs(self, name: str, of: str) -> bool:
        """Whether a layer is computed anyway for the output of another."""
        inner, other = self.tensor_name(name), self.tensor_name(of)
        return inner == self.file.input or any(inner in node.outputs for node in self._plan(frozenset([other])).nodes)

    def arrays_of(self, layer: str) -> dict[str, np.ndarray]:
        """The weights that a layer adds to those before it, by their names in the file, and laid out as there."""
        names = self.file.weights_between(self.tensor_name(layer), self.layers)
        return {**self.file.arrays(names), **{name: self._replaced[name] for name in names if name in self._replaced}}

    def guided(self) -> NetworkFunction:
        """The same network, its weights shared, in which every Relu's gradient is that of guided backpropagation."""
        return self.with_operators({"Relu": elementwise(guided_relu)})

    def with_operators(self, changed: Mapping[str, operators.Operation]) -> NetworkFunction:
        """The same network, its weights shared, in which some operators do something else."""
        other = copy.copy(self)
        other._overrides = {**self._overrides, **changed}
        return other

    def with_weights(self, arrays: Mapping[str, np.ndarray]) -> NetworkFunction:
        """The network with other values for some initializers, by name and as the file lays them out; this one stays.

        All other weights are shared.
        """
        other = copy.copy(self)
        other._constants, other._prepared = dict(self._constants), dict(self._prepared)
        other._replaced = {**self._replaced, **arrays}
        other._fold({**self.file.arrays(), **other._replaced}, set(arrays))
        return other

    def _plan(self, names: frozenset[str], given: frozenset[str] = frozenset()) -> Plan:
        if (names, given) not in self._plans:
            needed, nodes = set(names - given), []
            for node in reversed(self.file.nodes):
                if needed & set(node.outputs) and node.outputs[0] not in self._constant_names:
                    operators.find(node.operator, self.file.opset)  # refuses before anything is computed
                    nodes.append(node)
                    needed |= set(node.inputs) - given
            last, over = set(names), []
            for node in nodes:  # from the end of the network
                over.append(tuple(set(node.inputs) - last))
                last |= set(node.inputs)
            self._plans[names, given] = Plan(tuple(reversed(nodes)), tuple(reversed(over)))
        return self._plans[names, given]

    def _run(self, node: Node, values: Mapping[str, Any]) -> dict[str, Any]:
        given = [values.get(name, self._constants.get(name)) if name else None for name in node.inputs]
        if all(not name or name in self._constants or isinstance(values.get(name), np.ndarray) for name in node.inputs):
            with tf.init_scope():  # numbers known while a function is built stay known
                return {name: np.asarray(value) for name, value in self._call(node, given).items()}
        return self._call(node, given)

    def _call(self, node: Node, given: list) -> dict[str, Any]:
        """Values by name. given: of the inputs, None where an optional one is left out."""
        operation = self._overrides.get(node.operator) or operators.find(node.operator, self.file.opset)
        attributes = dict(node.attributes)
        if node.operator == "Split":
            attributes.setdefault("num_outputs", len(node.outputs))
        if node.operator in operators.PREPARED:
            at, prepare = operators.PREPARED[node.operator]
            kernel = self._prepared.get(node.outputs[0])
            given[at] = prepare(in_file_order(given[at]), **attributes) if kernel is None else kernel
        try:
            found = operation(given, attributes)
        except TypeError as error:
            if not re.search("unexpected keyword argument|positional argument", str(error)):
                raise
            raise operators.OperatorError(
                f"{self.file.path.name} uses {node.operator} in a way that is not known here: {error}."
            ) from error
        found = found if isinstance(found, tuple) else (found,)
        names = [name for name in node.outputs if name]
        if len(names) > len(found):
            raise operators.OperatorError(f"{self.file.path.name} reads outputs of {node.operator} not known here.")
        return {name: value for name, value in zip(node.outputs, found, strict=False) if name}

    def _fold(self, arrays: Mapping[str, np.ndarray], changed: Iterable[str] | None = None) -> None:
        """Keeps what the nodes that depend on the picture read of the constants.

        changed: the initializers from which on this is to be done again; all of them unless told.
        """
        values: dict[str, Any] = {}
        again = set(arrays if changed is None else changed)
        for node in self.file.nodes:
            if node.outputs[0] in self._constant_names and (changed is None or again & set(node.inputs)):
                again |= set(node.outputs)

        def value(name: str):
            if name in arrays:
                return arrays[name]
            if name not in values:
                node = self.file.producers[name]
                values.update(self._call(node, [value(given) if given else None for given in node.inputs]))
            return values[name]

        for node in self.file.nodes:
            if node.outputs[0] not in self._constant_names:
                at, prepare = operators.PREPARED.get(node.operator, (None, None))
                for position, name in enumerate(node.inputs):
                    if name not in again:
                        continue
                    if position == at:
                        self._prepared[node.outputs[0]] = prepare(value(name), **node.attributes)
                    else:
                        self._constants[name] = _as_constant(value(name))

    @cached_property
    def _constant_names(self) -> frozenset[str]:
        """Tensors that do not depend on the picture."""
        found = set(self.file.initializers)
        for node in self.file.nodes:
            if all(name in found or not name for name in node.inputs) and operators.knows(
                node.operator, self.file.opset
            ):
                found |= set(node.outputs)
        return frozenset(found)


def _tensor(value):
    return value.tensor if isinstance(value, Maps) else value


def _as_constant(value):
    """Whole numbers as NumPy has them, all others as a tensor; of what is mapped and lies well, nothing is copied."""
    if not isinstance(value, np.ndarray):
        return value if value.dtype.is_floating else value.numpy()
    if value.dtype.kind != "f":
        return value
    if isinstance(value, np.memmap) and value.ctypes.data % ALIGNED == 0:
        return tf.experimental.dlpack.from_dlpack(value.view(np.ndarray).__dlpack__())
    return tf.constant(value)
