"""Light or dark, as the visitor's browser has it."""

from __future__ import annotations

import streamlit as st


def is_dark() -> bool:
    return st.context.theme.type == "dark"
