"""Layers of kinds that are shown and not worked out by hand: what they are called, and what a unit of one sees."""

from __future__ import annotations

from math import prod

from explain.network.axes import Axes
from explain.network.layers import PLACE, WHOLE, WINDOW, Window
from explain.network.reading.following import RECURRENT, plain_shape
from explain.network.reading.graph import SMALL, Graph
from explain.network.reading.grouping import LAYING, Group
from explain.network.reading.nodes import Node
from explain.network.reading.patterns import normalisation
from explain.network.reading.patterns.attention import is_attention
from explain.network.reading.patterns.whole_numbers import COMPUTE
from explain.network.reading.weighted import Facts
from explain.network.reading.windows import Unread, padding

# operators by what people call them; all others by their own name
NAMES = {
    "Resize": "resize",
    "Upsample": "resize",
    "ConvTranspose": "transposed convolution",
    "GlobalMaxPool": "global maximum",
    "GlobalLpPool": "global length",
    "LpPool": "length of a window",
    "Slice": "slice",
    "Split": "part of the channels",
    "Gather": "pick",
    "Add": "sum with fixed numbers",
    "Mul": "product with fixed numbers",
    "Concat": "fixed numbers beside it",
    "ReduceMean": "mean",
    "ReduceSum": "sum",
    "ReduceMax": "maximum",
    "ReduceMin": "minimum",
    "ReduceL2": "length",
    "Sub": "difference",
    "Div": "quotient",
    "Max": "larger of two",
    "Min": "smaller of two",
    "Pow": "power",
    "Sqrt": "square root",
    "Exp": "exponential",
    "Log": "logarithm",
    "MatMul": "product of matrices",
    "Gemm": "product of matrices",
    "Einsum": "product of matrices",
    "DepthToSpace": "channels to places",
    "SpaceToDepth": "places to channels",
    "ArgMax": "number of the largest",
    "TopK": "largest few",
    "Tile": "repetition",
    "Expand": "repetition",
    "Where": "choice",
    "If": "branch",
    "Loop": "loop",
    "Scan": "loop",
    "QLinearConv": "convolution in 8 bits",
    "ConvInteger": "convolution in 8 bits",
    "QLinearMatMul": "dense in 8 bits",
    "MatMulInteger": "dense in 8 bits",
    "QGemm": "dense in 8 bits",
    "DynamicQuantizeLSTM": "LSTM in 8 bits",
    "QuantizeLinear": "rounding to 8 bits",
    "DequantizeLinear": "scaling of 8 bits",
    "DynamicQuantizeLinear": "rounding to 8 bits",
}
EACH_PLACE = ("Sub", "Div", "Max", "Min", "Pow", "Sqrt", "Exp", "Log", "Where", "LRN", "QuantizeLinear", "Add", "Mul")


def other(graph: Graph, axes: dict[str, Axes], group: Group, working: list[Node]) -> Facts:
    """working: the nodes that do more than lay numbers out."""
    found = _other(graph, axes, group, working)
    found.parameters = sum(_numbers(graph, name) for node in group.nodes for name in node.inputs)
    return found


def _other(graph: Graph, axes: dict[str, Axes], group: Group, working: list[Node]) -> Facts:
    first = working[0]
    if is_attention(graph, working):
        return _named("attention")
    if any(node.operator in normalisation.OPERATORS for node in working) or normalisation.normalisation(graph, first):
        name = normalisation.called(graph, axes, list(group.nodes))
        return _named(name, PLACE if name.startswith(("layer", "local", "root", "normalisation to")) else WHOLE)
    main = next((node for node in working if node.operator in COMPUTE), None)
    main = main or next((node for node in working if node.operator not in ("Pad", "Slice", "Gather", "Split")), first)
    if main.operator in RECURRENT:
        return _recurrent(graph, axes, group, main)
    if main.operator == "ConvTranspose":
        kernel = graph.shapes.get(main.inputs[1], (0, 0))[2:]
        return Facts(sees=WHOLE, settings={"operator": NAMES["ConvTranspose"], "size": kernel})
    if first.operator == "Pad" and len(working) == 1:
        return _padded(graph, axes, first)
    if first.operator in ("Split", "Slice", "Gather") and len(working) == 1:
        return _named(NAMES[first.operator], PLACE if _keeps_places(graph, axes, group) else WHOLE)
    each = all(node.operator in EACH_PLACE for node in working)
    return _named(NAMES.get(main.operator, main.operator.rpartition(".")[2]), PLACE if each else WHOLE)


def _padded(graph: Graph, axes: dict[str, Axes], node: Node) -> Facts:
    names = axes.get(node.output, ())
    try:
        sides = dict(zip(names, padding(graph, node), strict=True))
    except (Unread, ValueError):
        sides = {}
    if not {"H", "W"} <= set(sides):
        return _named("pad")
    return Facts("other", Window((1, 1), padding=(sides["H"], sides["W"])), WINDOW, settings={"operator": "pad"})


def shuffled(graph: Graph, axes: dict[str, Axes], group: Group) -> Facts | None:
    """Channels of a map dealt out anew, by a reshape, an exchange of axes and a reshape again."""
    if [node.operator for node in group.nodes if node.operator in (*LAYING, "Transpose")] != LAID_THRICE:
        return None
    if not group.inputs or not _keeps_places(graph, axes, group):
        return None
    return _named("channel shuffle", PLACE)


LAID_THRICE = ["Reshape", "Transpose", "Reshape"]


def _named(name: str, sees: str = WHOLE) -> Facts:
    return Facts(sees=sees, settings={"operator": name})


def _keeps_places(graph: Graph, axes: dict[str, Axes], group: Group) -> bool:
    before, after = (plain_shape(graph, axes, name) for name in (*group.inputs[:1], group.output))
    return before is not None and after is not None and len(before) == len(after) == 3 and before[:2] == after[:2]


def _recurrent(graph: Graph, axes: dict[str, Axes], group: Group, node: Node) -> Facts:
    directions = {"forward": 1, "reverse": 1}.get(node["direction"] or "forward", 2)
    last = len(plain_shape(graph, axes, group.output) or (0, 0)) == 1
    units = node["hidden_size"] or (graph.shapes.get(node.inputs[2]) or (0,))[-1]
    settings = {"units": units, "ways": directions, "last_step": last}
    return Facts(sees=WHOLE, settings={"operator": NAMES.get(node.operator, node.operator), **settings})


def _numbers(graph: Graph, name: str) -> int:
    """How many numbers of a weight there are; none in a shape, an axis or a single constant."""
    if name not in graph.constants or name not in graph.shapes:
        return 0
    count = prod(graph.shapes[name])
    if count <= SMALL:
        value = graph.constant(name)
        if value is None or value.dtype.kind != "f" or value.size == 1:
            return 0
    return count
