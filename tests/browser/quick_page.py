"""The page with a worker whose jobs end at once, for the walk: `streamlit run tests/browser/quick_page.py`."""

from __future__ import annotations

import runpy
from pathlib import Path

from explain.panels.page import resources
from tests.walk import quick_jobs

resources.worker = quick_jobs.shared
runpy.run_path(str(Path(__file__).resolve().parents[2] / "app.py"), run_name="__main__")
