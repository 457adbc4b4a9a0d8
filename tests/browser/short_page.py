"""The page with short class visualisations, for the tests: `streamlit run tests/browser/short_page.py`.

Runs app.py as it stands; only the worker is given `tests.browser.short_jobs` for its jobs.
"""

from __future__ import annotations

import functools
import runpy
from pathlib import Path

from explain.gradients.worker.client import GradientWorker
from explain.panels.page import resources

resources.GradientWorker = functools.partial(GradientWorker, "tests.browser.short_jobs")
runpy.run_path(str(Path(__file__).resolve().parents[2] / "app.py"), run_name="__main__")
