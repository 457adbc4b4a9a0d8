"""What the tests of the gradient methods share."""

import pytest

from explain.gradients.attribution.methods import Differentiable
from explain.gradients.network.function import NetworkFunction
from tests.explain.gradients.attribution import tiny as small


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Differentiable:
    """The network of `tests.explain.gradients.attribution.tiny`."""
    return Differentiable(NetworkFunction(small.write(tmp_path_factory.mktemp("tiny") / "tiny.onnx")))
