"""A button in one part of the page that opens a view: of the network that it speaks of, whichever the view showed."""

from __future__ import annotations

from tests.walk.visitor import Visitor


def test_a_layer_of_the_network_at_a_glance_is_opened_in_that_network():
    visitor = Visitor(view="Layer by layer", deep_network="VGG16")
    (strip,) = [node for node in visitor.controls if getattr(node.proto, "component_name", "").endswith("at_a_glance")]
    visitor.tell(strip, {"layer": "conv_5"})
    visitor.run()
    assert not visitor.exception
    assert (visitor.value("view"), visitor.value("deep_network")) == ("Layer by layer", "CRNN")
    assert visitor.address["deep"] == "conv_5"


def test_a_channel_of_a_path_is_worked_out_by_hand_in_its_own_network():
    visitor = Visitor(view="Follow an answer", follow_network="VGG16")
    (button,) = [node for node in visitor.controls if getattr(node, "label", "") == "Its strongest unit by hand"]
    button.click()
    visitor.run()
    assert not visitor.exception
    assert (visitor.value("view"), visitor.value("hand_network")) == ("One unit by hand", "VGG16")
