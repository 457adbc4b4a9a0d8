"""What an opened session holds of memory: its weights once, as it computes with them, and no file beside them."""

from __future__ import annotations

import ctypes
import gc
import platform
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from explain.network.running import onward
from explain.network.running.opening import held_bytes, open_session
from explain.network.session import Network, empty_arena, session_options
from models import crnn

SIDE, PRODUCTS = 1024, 4
NUMBERS = PRODUCTS * SIDE**2
NEAR = 0.1  # of what was reckoned

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library counts otherwise")


class _Told(ctypes.Structure):
    """glibc's `struct mallinfo2`."""

    names = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")
    _fields_ = [(name, ctypes.c_size_t) for name in names]


def in_use() -> int:
    """Bytes that this process has asked for and not freed, by the C library's own count."""
    gc.collect()
    empty_arena()
    count = ctypes.CDLL(None).mallinfo2
    count.restype = _Told
    told = count()
    return told.uordblks + told.hblkhd


def products(kind: str) -> onnx.ModelProto:
    """PRODUCTS with a matrix of SIDE x SIDE each, whose numbers are of one kind in the file."""
    random = np.random.default_rng(0)
    weights = [random.standard_normal((SIDE, SIDE)).astype(kind) for _ in range(PRODUCTS)]
    stored = [numpy_helper.from_array(array, f"w{i}") for i, array in enumerate(weights)]
    casts = [helper.make_node("Cast", [f"w{i}"], [f"single w{i}"], to=TensorProto.FLOAT) for i in range(PRODUCTS)]
    nodes = [helper.make_node("MatMul", [f"x{i}", f"single w{i}"], [f"x{i + 1}"]) for i in range(PRODUCTS)]
    ends = [helper.make_tensor_value_info(f"x{i}", TensorProto.FLOAT, [1, SIDE]) for i in (0, PRODUCTS)]
    graph = helper.make_graph([*casts, *nodes], "products", ends[:1], ends[1:], stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def taken_by_a_session(kind: str) -> int:
    model, options = products(kind), session_options(1)
    before = in_use()
    session = open_session(model.SerializeToString(), options)
    assert len(session.get_inputs()) == 1  # it is still open
    return in_use() - before


def taken_by_parts() -> int:
    """By the network run on from each of its layers, one after the other."""
    network = Network(crnn.CARD)
    ran = network.run(np.ones((1, 32, 128, 1), np.float32))
    layers = [layer.name for layer in network.description.layers[1:] if layer.kind in ("conv", "pool", "lstm")]
    before = in_use()
    for layer in layers[:-1]:
        onward.run(network, {layer: ran[layer]}, ("logits",))
    return in_use() - before


def alone(called: str) -> int:
    """What a function of this file returns in a process of its own, where nothing else comes and goes."""
    script = f"from {__name__} import *; print({called})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.parametrize("kind", ["float16", "float32"])
def test_a_session_takes_what_is_reckoned_and_no_copy_of_its_file(kind):
    reckoned = held_bytes(products(kind))
    assert reckoned == 4 * NUMBERS
    assert abs(alone(f"taken_by_a_session({kind!r})") - reckoned) < NEAR * reckoned


def test_parts_take_no_more_than_may_be_kept():
    assert onward.KEPT / 3 < alone("taken_by_parts()") < (1 + NEAR) * onward.KEPT


def test_a_session_answers_without_its_file():
    model, given = products("float16"), np.ones((1, SIDE), np.float32)
    plain = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    opened = open_session(model.SerializeToString(), session_options(1))
    for session in (opened, plain):
        assert np.isfinite(session.run(None, {"x0": given})[0]).all()
    assert np.array_equal(opened.run(None, {"x0": given})[0], plain.run(None, {"x0": given})[0])
