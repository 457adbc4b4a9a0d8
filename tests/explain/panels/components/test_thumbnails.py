"""A click on a small picture, and what a browser tells that is none."""

import pytest
import streamlit as st

from explain.panels import components
from explain.panels.components import thumbnails

ITEMS = [{"id": "3", "title": "three", "src": ""}, {"id": "5", "title": "five", "src": ""}]


@pytest.mark.parametrize(
    ("told", "chosen"), [("5", ["5"]), ("4", []), (None, []), ("", []), (5, []), (["5"], []), ({}, []), ("five", [])]
)
def test_only_what_is_shown_can_be_clicked(monkeypatch, told, chosen):
    mounted, clicks = {}, []
    monkeypatch.setattr(components, "component", lambda name, **given: mounted.update(given, name=name))
    monkeypatch.setattr(st, "session_state", {"row": {"chosen": told}})
    thumbnails(key="row", data={"label": "Row", "items": ITEMS}, choose=clicks.append)
    assert mounted["name"] == "thumbnails" and mounted["data"]["items"] == ITEMS
    mounted["on_chosen_change"]()
    assert clicks == chosen
