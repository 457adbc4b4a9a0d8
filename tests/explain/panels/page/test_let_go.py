"""What a visitor's session keeps of a page, callbacks above all, keeps no pass of a network alive."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explain.panels.page import resources

APP = Path(__file__).resolve().parents[4] / "app.py"


@pytest.mark.parametrize(
    "address",
    [
        {"view": "One unit by hand", "hand_network": "VGG16", "hand_vgg_layer": "block1_pool"},
        {"view": "One unit by hand", "hand_layer": "conv_3"},
    ],
    ids=["photograph", "word"],
)
def test_passes_go_while_the_page_stays(address, monkeypatch):
    ran = []
    compute = resources._pass

    def noted(*arguments):
        made = compute(*arguments)
        ran.append((weakref.ref(made), *(weakref.ref(array) for array in made.values.values())))
        return made

    resources._passes().clear()
    monkeypatch.setattr(resources, "_pass", noted)
    test = AppTest.from_file(str(APP), default_timeout=120)
    for name, value in address.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception and ran and test.button(key="hand-follow").label
    resources._passes().clear()
    gc.collect()
    still = [array().shape for _, *arrays in ran for array in arrays if array() is not None and array().size > 100_000]
    assert all(made() is None for made, *_ in ran) and not still
