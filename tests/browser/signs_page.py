"""The page that finds the words on the drawn street: `streamlit run tests/browser/signs_page.py`."""

from __future__ import annotations

import runpy
from pathlib import Path

from explain.detection import words
from tests.browser import street

words.find = street.found
runpy.run_path(str(Path(__file__).resolve().parents[2] / "app.py"), run_name="__main__")
