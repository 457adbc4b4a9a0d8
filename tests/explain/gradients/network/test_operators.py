"""Every operator against ONNX Runtime on random inputs, in either layout; its gradient against finite differences."""

from __future__ import annotations

import re

import numpy as np
import pytest

from explain.gradients.network import operators
from explain.gradients.network.operators.layouts import OPERATORS
from tests.explain.gradients.network import moving_cases, operator_cases
from tests.explain.gradients.network.one_node import check

CASES = [*operator_cases.CASES, *moving_cases.CASES]
LEFT_OUT = {"Constant"}  # has no input: it is read with the whole files


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_operator_gives_what_onnx_runtime_gives_and_its_gradient_is_right(case):
    check(case, as_maps=False)
    if any(case.inputs[at].ndim > 2 for at in case.moved) and case.operator not in ("LSTM", "GRU", "RNN"):
        check(case, as_maps=True)


def test_every_operator_has_a_case():
    assert {case.operator for case in CASES} | LEFT_OUT == set(OPERATORS)


@pytest.mark.parametrize(
    ("name", "opset", "words"),
    [
        ("QLinearConv", 17, r"whole numbers of 8 bits \(QLinearConv\)"),
        ("QuantizeLinear", 17, "before it was quantised"),
        ("com.microsoft.QLinearAdd", 17, "whole numbers of 8 bits"),
        ("NonMaxSuppression", 17, r"the operator NonMaxSuppression \(opset 17\), whose gradient is not known here"),
        ("com.microsoft.FusedConv", 17, "the operator com.microsoft.FusedConv"),
    ],
)
def test_what_has_no_gradient_is_refused_in_one_sentence(name, opset, words):
    with pytest.raises(operators.OperatorError, match=words) as told:
        operators.find(name, opset)
    assert len(re.findall(r"\.(?:\s|$)", str(told.value))) == 1


def test_a_relu_that_guides_lets_back_what_is_positive_where_it_was_open():
    import tensorflow as tf

    from explain.gradients.network.operators.tensors.elementwise import guided_relu

    values, sent = tf.constant([2.0, 2.0, -1.0, -1.0, 0.0]), tf.constant([3.0, -3.0, 3.0, -3.0, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(values)
        found = guided_relu(values)
    np.testing.assert_array_equal(found, [2, 2, 0, 0, 0])
    np.testing.assert_array_equal(tape.gradient(found, values, sent), [3, 0, 0, 0, 0])
