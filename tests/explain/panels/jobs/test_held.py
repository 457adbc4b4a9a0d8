"""Work that a visitor's session holds: at most one piece a place, followed to its end; and answers remembered."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from explain.gradients.worker.job import Job
from explain.panels.jobs import job_view
from explain.panels.jobs.background_task import Task
from explain.panels.jobs.polling import AT_WORK, pace
from explain.panels.page.recent import Recent


def page():
    import streamlit as st

    from explain.panels.jobs.held import Held

    place = Held("place")
    for wish, work, note in st.session_state.pop("hold", []):
        place.hold(wish, work, note)
    work = place.work_for(st.session_state["wish"])
    st.text(f"{work and work.kind} {place.note}")
    if st.session_state.get("dropped"):
        place.drop()
    elif work is not None:
        place.follow(lambda running: st.text(f"running {running}"))


def run(test: AppTest, **state) -> list[str]:
    for name, value in state.items():
        test.session_state[name] = value
    test.run()
    assert not test.exception
    return [text.value for text in test.text]


def test_a_place_holds_one_piece_of_work_for_one_wish():
    test = AppTest.from_function(page, default_timeout=30)
    first, second = Job("first", {}, ""), Job("second", {}, "")
    assert run(test, wish="a") == ["None None"]
    assert run(test, hold=[("a", first, 7)]) == ["first 7", "running True"]
    assert run(test, hold=[("a", second, 8)]) == ["second 8", "running True"]
    assert first.status == "cancelled" and not second.ended  # the new one takes the place of the old one
    second.end("done", {})
    assert run(test) == ["second 8", "running False"]
    third = Job("third", {}, "")
    assert run(test, hold=[("a", third, None)]) == ["third None", "running True"]
    assert run(test, wish="b") == ["None None"] and third.status == "cancelled"  # nobody wants it any more
    assert run(test, wish="a") == ["None None"]


def test_what_is_dropped_is_cancelled():
    test, job = AppTest.from_function(page, default_timeout=30), Job("job", {}, "")
    assert run(test, wish="a", hold=[("a", job, None)])[0] == "job None" and not job.ended
    run(test, dropped=True)
    assert job.status == "cancelled"
    assert run(test, dropped=False) == ["None None"]


def test_a_task_beside_the_page_is_followed_like_a_job():
    task = Task(lambda on_step: on_step(1, 1) and None)
    assert pace(task) in (AT_WORK, None)
    task._thread.join(10)
    assert pace(task) is None


def test_answers_are_remembered_until_others_push_them_out():
    recent = Recent(2)
    recent.add("a", 1)
    recent.add("b", 2)
    assert recent.get("a") == 1  # asked for again: now the younger one
    recent.add("c", 3)
    assert [recent.get(key) for key in "abc"] == [1, None, 3]
    recent.add("a", 4)
    assert recent.get("a") == 4 and recent.get("c") == 3
    recent.clear()
    assert [recent.get(key) for key in "abc"] == [None] * 3


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"network": "vgg16-cam", "class_index": 3}, ""),
        ({"network": "vgg16-cam", "class_index": 200}, "There is no class 200"),
        ({"network": "crnn", "class_index": 0}, "crnn names no classes"),
    ],
)
def test_what_the_worker_refuses_is_known_before_it_is_asked(settings, words):
    assert job_view.refusal("dream", settings).startswith(words) and bool(job_view.refusal("dream", settings)) == bool(
        words
    )
