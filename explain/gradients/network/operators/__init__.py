"""ONNX's operators in TensorFlow, one small function each, grouped by kind.

Those that slide over feature maps or look
at their channels lie in `maps`, those on tensors of any shape in `tensors`, whole blocks and recurrent layers here.

Parameters bear the standard's own names, so that its page on an operator tells how to read the function:
https://onnx.ai/onnx/operators/ . To add an operator: a function in the file of its kind, entered with
`@operator(NAME, layout=...)`, and a case in the tests, which compare it with ONNX Runtime and its gradient with finite
differences.
"""

from __future__ import annotations

from collections.abc import Callable

# They enter their operators in the table.
from explain.gradients.network.operators import blocks, recurrent  # noqa: F401
from explain.gradients.network.operators.layouts import OPERATORS, Operation
from explain.gradients.network.operators.maps import convolution, normalisation, pooling, resize  # noqa: F401
from explain.gradients.network.operators.tensors import (  # noqa: F401
    comparisons,
    elementwise,
    products,
    reductions,
    shapes,
)

WHOLE_NUMBERS = ("Quantize", "QLinear", "QGemm", "QAttention", "ConvInteger", "MatMulInteger", "DynamicQuantize")

# constant inputs that are turned into TensorFlow's layout once, when the file is loaded: (position, how)
PREPARED: dict[str, tuple[int, Callable]] = {
    "Conv": (1, convolution.conv_kernel),
    "ConvTranspose": (1, convolution.transposed_kernel),
}


class OperatorError(ValueError):
    """An operator of which no gradient can be had; the message is one sentence for the reader."""


def find(name: str, opset: int) -> Operation:
    """The operation of that name as it is meant in a version of the standard. Raises OperatorError where there is none.

    An operation is called with a list of values (see `layouts`) and a dict of attributes.
    """
    if name.rpartition(".")[2].startswith(WHOLE_NUMBERS):
        raise OperatorError(
            f"The network computes in whole numbers of 8 bits ({name}), which have no gradient: open the file from "
            "before it was quantised."
        )
    versions = {since: operation for since, operation in OPERATORS.get(name, {}).items() if since <= opset}
    if not versions:
        raise OperatorError(f"The network uses the operator {name} (opset {opset}), whose gradient is not known here.")
    return versions[max(versions)]


def knows(name: str, opset: int) -> bool:
    """Whether there is such an operation."""
    try:
        find(name, opset)
    except OperatorError:
        return False
    return True
