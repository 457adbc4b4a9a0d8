"""What the page says of an LSTM's gates and memory, worked out by hand."""

import numpy as np

from explain.layers import lstm


def test_what_is_said_of_a_trace():
    """By hand: three frames, two units."""
    zeros = np.zeros((3, 2))
    steps = lstm.Trace(
        input_gate=np.array([[1.0, 0.5], [1, 1], [0, 0]]),
        forget_gate=np.array([[1.0, 1], [0.5, 1], [0.9, 0.25]]),
        candidate=np.array([[0.5, 1.0], [-0.75, 0.25], [1, 1]]),
        output_gate=zeros,
        before=np.array([[0.0, 0], [0.5, 0.5], [-0.5, 0.75]]),
        cell=np.array([[0.0, 0], [0.3, 0.4], [3.0, -1.0]]),
        hidden=np.array([[0.1, -0.2], [0.3, 0.5], [0.2, 0.1]]),
    )
    assert steps.most_moving == 1
    assert steps.turning_points(0) == (1, 1)  # writes 0.5, -0.75, 0; loses 0, 0.25, 0.05 of it
    assert steps.turning_points(1) == (0, 2)  # writes 0.5, 0.25, 0; loses 0, 0, 0.5625
    assert steps.units_of_most(2) == 1  # 9 of 10
    assert steps.units_of_most(1) == 2  # 0.16 of 0.25 is too little
    assert steps.units_of_most(1, 0.6) == 1
