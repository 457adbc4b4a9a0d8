"""The line that says whether the value by hand is the network's, as the page shows it."""

import numpy as np
import pytest

from explain.layers.recompute import recompute
from explain.panels.layers.by_hand import verdict
from models.crnn import CARD


@pytest.mark.parametrize(
    ("runtime", "said", "red"),
    [
        (2.0, "by hand **2**, ONNX Runtime **2**: they agree :gray[(difference none, allowed 2e-04)]", False),
        (2.0001, "by hand **2**, ONNX Runtime **2.0001**: they agree :gray[(difference 1e-04, allowed 2e-04)]", False),
        (2.5, "**they don't agree**, the difference is 0.5", True),
        (float("nan"), "**they don't agree**", True),
    ],
)
def test_the_page_says_whether_they_agree_and_in_red_when_not(runtime, said, red):
    values = {"conv_1": np.full((32, 128, 64), 2.0), "pool_1": np.full((16, 64, 64), runtime)}
    line = verdict(recompute(CARD, "pool_1", 5, (3, 4), values))
    assert said in line and line.startswith(":red[") == red
