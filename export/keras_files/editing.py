"""An ONNX graph that is being edited: nodes, stored arrays, who takes what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

FOLDED = {  # operators that are computed here where all they take is stored
    *("Constant", "Identity", "Cast", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Concat", "Split"),
    *("Slice", "Add", "Sub", "Mul", "Div", "Sqrt", "Reciprocal", "Neg", "Expand", "Tile"),
}
SMALL = 4096  # numbers that a folded node may make out of fewer
BATCHES = (7, 11)  # two numbers of pictures; a length that differs between them depends on it
Shape = tuple[int, ...]


class Editing:
    """A model from tf2onnx in the making.

    nodes: in order. stored: arrays by name. shown: the tensor of each output, by the output's key; they may be renamed,
    replaced and dropped like any other until the end. channel_first: the keys of outputs that are put out so.
    """

    def __init__(self, model, variables: Mapping[str, Any]):
        """model: the onnx.ModelProto. variables: Keras's, by the names of the inputs that stand for them."""
        from onnx import numpy_helper

        self.model = model
        self.nodes = list(model.graph.node)
        self.stored: dict[str, np.ndarray] = {
            tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer
        }
        del model.graph.initializer[:]
        self.stored |= {name: variable.numpy() for name, variable in variables.items()}
        self.picture = next(value for value in model.graph.input if value.name not in self.stored)
        self.shown: dict[str, str] = {output.name: output.name for output in model.graph.output}
        self.channel_first: set[str] = set()

    @property
    def producer(self) -> dict[str, Any]:
        return {name: node for node in self.nodes for name in node.output if name}

    @property
    def users(self) -> dict[str, list]:
        found: dict[str, list] = {}
        for node in self.nodes:
            for name in dict.fromkeys(filter(None, node.input)):
                found.setdefault(name, []).append(node)
        return found

    def only_user(self, name: str, users: Mapping[str, list]):
        """The one node that takes a tensor, None where several do or it is shown."""
        found = users.get(name, [])
        return found[0] if len(found) == 1 and name not in self.shown.values() else None

    def replaced(self, names: Mapping[str, str]) -> None:
        """Takes other tensors in the places of some, everywhere."""
        for node in self.nodes:
            for index, name in enumerate(node.input):
                if name in names:
                    node.input[index] = names[name]
        self.shown = {key: names.get(tensor, tensor) for key, tensor in self.shown.items()}

    def renamed(self, names: Mapping[str, str]) -> None:
        """Gives tensors and arrays other names."""
        for node in self.nodes:
            for index, name in enumerate(node.output):
                if name in names:
                    node.output[index] = names[name]
        self.stored = {names.get(name, name): array for name, array in self.stored.items()}
        self.replaced(names)

    def without(self, gone: list) -> None:
        left_out = {id(node) for node in gone}
        self.nodes = [node for node in self.nodes if id(node) not in left_out]

    def drop_unused(self) -> None:
        """Nodes and arrays that nothing shown depends on."""
        wanted, left = set(self.shown.values()), []
        for node in reversed(self.nodes):
            if wanted & set(node.output):
                wanted.update(node.input)
                wanted.update(taken_inside(node))
                left.append(node)
        self.nodes = left[::-1]
        self.stored = {name: array for name, array in self.stored.items() if name in wanted}

    def fold(self) -> None:
        """Computes once what depends on stored arrays alone."""
        left = []
        for node in self.nodes:
            known = node.op_type in FOLDED and all(name in self.stored for name in node.input if name)
            made = self._computed(node) if known else {}
            if made and all(array.size <= max(SMALL, self._given(node)) for array in made.values()):
                self.stored |= made
            else:
                left.append(node)
        self.nodes = left
        self.drop_unused()

    def _given(self, node) -> int:
        return sum(self.stored[name].size for name in node.input if name)

    def _computed(self, node) -> dict[str, np.ndarray]:
        from onnx import TensorProto, helper
        from onnx.reference import ReferenceEvaluator

        given = {name: self.stored[name] for name in node.input if name}
        inputs = [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
            for name, array in given.items()
        ]
        outputs = [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in node.output if name]
        graph = helper.make_graph([node], "one", inputs, outputs)
        alone = helper.make_model(graph, opset_imports=self.model.opset_import)
        made = ReferenceEvaluator(alone).run(None, given)
        return {name: np.asarray(array) for name, array in zip(node.output, made, strict=True)}

    def shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Every tensor's shape as far as it does not depend on how many pictures there are, None where it does."""
        first, second = (self._shapes(batch) for batch in BATCHES)
        return {
            name: tuple(a if a == b and a > 0 else None for a, b in zip(shape, second[name], strict=True))
            for name, shape in first.items()
            if name in second and len(second[name]) == len(shape)
        }

    def _shapes(self, batch: int) -> dict[str, Shape]:
        from onnx import TensorProto, helper, numpy_helper, shape_inference

        lengths = [dim.dim_value or 0 for dim in self.picture.type.tensor_type.shape.dim]
        picture = helper.make_tensor_value_info(
            self.picture.name, TensorProto.FLOAT, [batch, *(n or None for n in lengths[1:])]
        )
        small = [numpy_helper.from_array(a, name) for name, a in self.stored.items() if a.size <= SMALL]
        large = [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
            for name, a in self.stored.items()
            if a.size > SMALL
        ]
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in set(self.shown.values())]
        graph = helper.make_graph(self.nodes, "sized", [picture, *large], outputs, small)
        model = helper.make_model(graph, opset_imports=self.model.opset_import)
        known = shape_inference.infer_shapes(model, data_prop=True).graph
        return {
            value.name: tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
            for value in (*known.input, *known.value_info, *known.output)
            if value.type.tensor_type.HasField("shape")
        } | {name: array.shape for name, array in self.stored.items()}

    def each(self, operator: str, edit: Callable[[Any], None]) -> None:
        for node in [node for node in self.nodes if node.op_type == operator]:
            edit(node)


def attribute(node, name: str, default: Any = None) -> Any:
    from onnx import helper

    return next((helper.get_attribute_value(a) for a in node.attribute if a.name == name), default)


def taken_inside(node) -> set[str]:
    """What the bodies of a loop or branch take from outside."""
    found: set[str] = set()
    for entry in node.attribute:
        if entry.HasField("g"):
            for inner in entry.g.node:
                found.update(inner.input)
                found |= taken_inside(inner)
            found.update(output.name for output in entry.g.output)
    return found
