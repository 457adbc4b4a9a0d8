"""The line that says whether the value by hand is the network's, as the page shows it."""

import numpy as np
import pytest

from explain.layers.recompute import recompute
from explain.panels.layers.by_hand import verdict
from models.crnn import CARD
from tests.explain.panels.views import opened, text_of


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


def test_of_the_answer_the_frame_that_other_views_have_chosen_is_worked_out():
    def page():
        from explain.panels.inputs import word as strip
        from explain.panels.layers import by_hand
        from explain.panels.page import views
        from explain.panels.page.subject import Subject

        by_hand.show(Subject.of(views.chosen(), *strip.from_sample(next(iter(strip.samples())))))

    said = text_of(opened(page, hand_layer="outputs", frame="4"))
    assert "outputs, l, frame 4" in said and "they agree" in said  # the second letter of the first sample
