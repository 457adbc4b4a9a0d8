"""How often the page looks at a job: often while it works or is next, seldom in a long queue, never after its end."""

from unittest.mock import MagicMock

import pytest
from streamlit.runtime import Runtime
from streamlit.runtime.fragment import MemoryFragmentStorage
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import RerunData
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests
from streamlit.runtime.state import SafeSessionState, SessionState
from streamlit.testing.v1.local_script_runner import LocalScriptRunner, require_widgets_deltas

from explain.gradients.worker.job import Job
from explain.panels.jobs.polling import AT_WORK, IN_QUEUE, pace

SCRIPT = """
import streamlit as st
from explain.panels.jobs.polling import looking

@st.fragment
def outer():
    looking(st.session_state["every"], lambda: st.write("looked"))

outer()
"""


def test_the_pace_follows_the_job():
    job, place = Job("count", {}, ""), [4]
    job.attach(lambda job: None, lambda job: place[0])
    assert pace(job) == IN_QUEUE > AT_WORK
    for place[0] in (2, 1):
        assert pace(job) == AT_WORK
    job.begin()
    place[0] = 0
    assert pace(job) == AT_WORK
    job.end("done", {})
    assert pace(job) is None


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a page of one fragment in another, whole or only the fragments asked for; the clocks started and stopped."""
    monkeypatch.setattr(Runtime, "_instance", MagicMock())  # as in Streamlit's own AppTest, which has no clocks
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    state, kept = SafeSessionState(SessionState(), lambda: None), MemoryFragmentStorage()

    def once(every: float | None, fragments: tuple[str, ...] = ()) -> tuple[dict[str, float], list[str]]:
        state["every"] = every
        runner = LocalScriptRunner(str(script), state, PagesManager(str(script)), fragment_storage=kept)
        runner._requests = ScriptRequests()  # it begins with a run of the whole page, which would swallow this one
        runner.request_rerun(RerunData(fragment_id_queue=list(fragments)))
        runner.start()
        require_widgets_deltas(runner, 30)
        runner.join()
        told = runner.forward_msgs()
        clocks = [message.auto_rerun for message in told if message.WhichOneof("type") == "auto_rerun"]
        stops = [message.stop_auto_rerun for message in told if message.WhichOneof("type") == "stop_auto_rerun"]
        return {clock.fragment_id: clock.interval for clock in clocks}, [
            one for stop in stops for one in stop.fragment_ids
        ]

    once.fragments = lambda: set(kept._fragments)
    return once


def test_a_clock_that_is_no_longer_wanted_is_stopped(run):
    """Whoever is back at a finished job, without a run of the whole page, is not shown it again and again."""
    started, _ = run(AT_WORK)
    (looked_at,) = started
    assert started[looked_at] == pytest.approx(AT_WORK)
    (outer,) = run.fragments() - {looked_at}
    assert run(AT_WORK, (looked_at,)) == ({}, [])  # a tick changes nothing
    slower, stopped = run(IN_QUEUE, (outer,))
    assert list(slower.values()) == pytest.approx([IN_QUEUE]) and stopped == [looked_at]
    assert run(None, (outer,)) == ({}, list(slower))
