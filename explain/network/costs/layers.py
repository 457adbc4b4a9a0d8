"""What each layer of a network costs: multiply-adds, and memory of what it holds and puts out; read from the file.

costs = costs_of(network, (height, width))
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from explain.network.checks.file import load
from explain.network.costs.products import multiply_adds
from explain.network.description import Description
from explain.network.errors import NetworkError
from explain.network.reading.following import follow
from explain.network.reading.graph import Graph
from explain.network.reading.grouping import Group, groups
from explain.network.reading.nodes import Node

NUMBER = 4  # bytes of a number that a layer puts out, in single precision
PLACES = ("int64", "bool")  # kinds of shapes, axes and places: no weights


@dataclass(frozen=True)
class Cost:
    """What one layer takes for one picture.

    layer: its name. multiply_adds: see `explain.network.costs.products`. parameters: as `Layer` counts them.
    weights: bytes of them, as the file stores them. output: bytes of what the layer puts out, in single precision.
    """

    layer: str
    multiply_adds: int
    parameters: int
    weights: int
    output: int


def costs_of(network, size: tuple[int, int]) -> tuple[Cost, ...]:
    """The costs of every layer but the input, in order, for a picture of this height and width.

    network: an opened one (`explain.network.session.Network`); a stranger's is asked in its process. Raises
    NetworkError where the file does not run on a picture of that size.
    """
    return network.costs(size) if network.apart else read(network.description, size)


def read(description: Description, size: tuple[int, int]) -> tuple[Cost, ...]:
    """The same from the file itself."""
    graph, grouped = grouped_for(description, size)
    nodes = dict(owned(grouped))
    costs = []
    for layer in description.layers[1:]:
        own = nodes.get(layer.name, ())
        costs.append(
            Cost(
                layer.name,
                sum(multiply_adds(graph, node) for node in own) // graph.pictures,
                layer.parameters,
                sum(_bytes(tensor) for tensor in _stored(graph, own).values()) if layer.parameters else 0,
                prod(graph.shapes.get(layer.name, (0,))) // graph.pictures * NUMBER,
            )
        )
    return tuple(costs)


def grouped_for(description: Description, size: tuple[int, int]) -> tuple[Graph, list[Group]]:
    """A network's nodes, with every shape for pictures of this height and width, and those of each layer."""
    axes = description.input_axes
    model = load(description.path)
    try:
        graph = Graph(model, description.path, size, axes.index("W") < axes.index("H"))
        return graph, groups(graph, follow(graph), list(graph.named) or None)
    except (NetworkError, MemoryError):
        raise
    except Exception as error:  # somebody's file: what taking it apart may raise has no end
        raise NetworkError(f"{description.path.name} could not be taken apart for pictures of this size.") from error


def owned(grouped: Iterable[Group]) -> Iterable[tuple[str, list[Node]]]:
    """The nodes of each layer by its name; one that two of them need belongs to the first."""
    seen: set[int] = set()
    for group in grouped:
        own = [node for node in group.nodes if id(node) not in seen]
        seen.update(id(node) for node in own)
        yield group.output, own


def _stored(graph: Graph, nodes: Iterable[Node]) -> dict[str, object]:
    """The onnx.TensorProto of everything stored in the file that these nodes take, behind casts and the like."""
    waiting = [name for node in nodes for name in node.inputs if name in graph.constants]
    stored, known = {}, set()
    while waiting:
        name = waiting.pop()
        if name in known:
            continue
        known.add(name)
        node = graph.producer.get(name)
        if name in graph.stored:
            stored[name] = graph.stored[name]
        elif node is not None and node.operator == "Constant":
            if node["value"] is not None:
                stored[name] = node["value"]
        elif node is not None:
            waiting += [inner for inner in node.inputs if inner]
    return stored


def _bytes(tensor) -> int:
    from onnx import helper

    kind, count = helper.tensor_dtype_to_np_dtype(tensor.data_type), prod(tensor.dims)
    return 0 if kind.name in PLACES or count <= 1 else count * kind.itemsize
