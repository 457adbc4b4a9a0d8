"""The tour: a card at the bottom of the window with a step and its picture; the page above shows what it is about."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

import streamlit as st
from streamlit.errors import StreamlitAPIException

from explain.panels.components import component
from explain.panels.jobs.held import Held
from explain.panels.jobs.remembered import shown
from explain.panels.page import address, resources, views
from explain.panels.page.guard import fragment
from explain.panels.page.recent import Recent
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark
from explain.panels.tour import start, steps
from explain.panels.tour.scene import Scene, Work
from explain.panels.tour.steps import Step

REMEMBERED, SCENES = 24, 32  # pictures that took work, and all others; some 100 KB each
OPENED = "tour-opened"  # in the session: what the page was last turned to

GROUNDS = {False: "#fbfbfc", True: "#12151c"}  # the page's, light and dark
STYLE = """<style>
  .block-container { padding-bottom: min(430px, 60vh); }
  .st-key-tour { position: fixed; left: 0; right: 0; bottom: 0; z-index: 99; max-height: 58vh; overflow-y: auto;
    padding: 0.7rem max(1.9rem, calc((100vw - 1500px) / 2)) 0.8rem; background: GROUND;
    border-top: 2px solid #d9480f; box-shadow: 0 -6px 24px #00000030; }
  .st-key-deeper { min-height: 70vh; }
  .st-key-PLACE { outline: 3px solid #d9480f; outline-offset: 7px; border-radius: 4px; scroll-margin-top: 14px; }
  @media (max-width: 1000px) {
    .st-key-tour { padding: 0.5rem 0.9rem 0.7rem; }
    .st-key-tour [data-testid="stColumn"]:has(.st-key-tour-text) { order: -1; }
  }
</style>"""


def show(subject: Subject) -> None:
    """Draws the present step; nothing where the visitor is not on the tour."""
    if start.step() is not None:
        _turn(subject)
        _card(subject)


def _turn(subject: Subject) -> None:
    """Opens the deeper view that a step belongs to when the step is new, by a link or a click; and has its place show
    what the step speaks of, also of another picture, and once work has told what that is."""
    present, number = _present(subject)
    scene = _scene(subject, present)
    step, seen = (subject.network, number), (subject.ran.digest, isinstance(scene.picture, Work))
    before = st.session_state.get(OPENED)
    if before == (step, seen):
        return
    st.session_state[OPENED] = step, seen
    fresh = before is None or before[0] != step
    if fresh and present.place.view is not None:
        st.session_state[views.VIEW] = views.title_of(present.place.view)
    again = not fresh and before[1][0] == seen[0]  # the same picture, of which work has told more: only that is new
    earlier = _made(subject, present) if again else Scene({}, {})
    for name, value in _new(scene.address, earlier.address).items():
        if value is None:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = value
    _press(_new(scene.pressed, earlier.pressed) | (_network(subject, present) if fresh else {}))
    if present.place.drawn_anew:
        count = st.session_state.get(present.place.drawn_anew, 0)
        st.session_state[present.place.drawn_anew] = count + 1


def _press(choices: Mapping[str, str | float | bool]) -> None:
    """Sets switches and sliders. One that is on the page already writes its address itself, and nobody else may; one
    that is not takes its value from here, and its address has to be written."""
    for key, value in choices.items():
        st.session_state[key] = value
        with contextlib.suppress(StreamlitAPIException):
            if value is False:
                st.query_params.pop(key, None)
            else:
                st.query_params[key] = str(value)


def _new(choices: Mapping, before: Mapping) -> dict:
    return {name: value for name, value in choices.items() if name not in before or before[name] != value}


def _network(subject: Subject, step: Step) -> dict[str, str]:
    """That the step's view looks into this network, where it may look into two."""
    titles = {name: title for title, name in views.titles(views.to_look_into()).items()}
    if step.place.network is None or len(titles) < 2:
        return {}
    return {step.place.network: titles[subject.network]}


def _present(subject: Subject) -> tuple[Step, int]:
    """The step that the address names, the last of them where it names one beyond, and its number from 1 on."""
    tour = _tour(subject)
    number = min(start.step() or 1, len(tour))
    return tour[number - 1], number


def _tour(subject: Subject) -> list[Step]:
    """The steps for this picture, asked for once."""
    key = (subject.ran.digest, "")
    if (tour := _scenes().get(key)) is None:
        _scenes().add(key, tour := steps.of(subject))
    return tour


@fragment
def _card(subject: Subject) -> None:
    if start.step() is None:
        return
    tour, (step, number) = _tour(subject), _present(subject)
    scene = _scene(subject, step)
    st.html(STYLE.replace("PLACE", step.place.key).replace("GROUND", GROUNDS[is_dark()]))
    with st.container(key="tour"):
        picture, text = st.columns([1.75, 1], gap="medium", vertical_alignment="center")
        with text, st.container(key="tour-text"):
            _text(subject, tour, number, scene)
        with picture, st.container(key="tour-picture"):
            _picture(subject, step, scene)


def _text(subject: Subject, tour: list[Step], number: int, scene: Scene) -> None:
    other = _other(subject)

    def take() -> None:
        asked = st.session_state["tour-card"].get("go")
        to = asked.get("to") if isinstance(asked, dict) else None
        if not isinstance(to, int) or not -1 <= to <= len(tour):
            return
        if to > 0:
            start.go(to)
        elif to == 0:
            start.leave()
        elif other:
            views.choose(other)
            start.go(1)
        address.tell_all()

    component(
        "tour/card",
        key="tour-card",
        data={
            "tour": f"Tour of {subject.description.called}",
            "step": number,
            "titles": [step.title for step in tour],
            "text": tour[number - 1].text(scene),
            "place": f".st-key-{tour[number - 1].place.key}",
            "more": f"Tour of {resources.description(other).called}" if other else "",
        },
        on_go_change=take,
    )


def _other(subject: Subject) -> str | None:
    """The page's other network, which has a tour of its own."""
    return next((name for name in views.to_look_into() if name != subject.network), None)


def _picture(subject: Subject, step: Step, scene: Scene) -> None:
    if isinstance(scene.picture, Work):
        work = scene.picture
        shown(
            Held("tour-work"),
            (subject.description, *work.key),
            "Work it out",
            work.run,
            lambda answer: st.rerun(),  # the text and the place above tell of it too
            _remembered(),
            at_once=True,
        )
    else:
        data = {**scene.picture, "id": f"{subject.ran.digest} {step.name}"}
        component("tour/picture", key=f"tour-picture-{step.name}", data=data)


def _scene(subject: Subject, step: Step) -> Scene:
    """The step's scene for this picture, with what came of its work where that is known."""
    scene = _made(subject, step)
    if not isinstance(scene.picture, Work):
        return scene
    key = (subject.description, *scene.picture.key)
    answer = _remembered().get(key)
    if answer is None:
        return scene
    if (finished := _scenes().get(key)) is None:
        _scenes().add(key, finished := scene.picture.finished(answer))
    return finished


def _made(subject: Subject, step: Step) -> Scene:
    """The step's scene for this picture, made once, before any work."""
    key = (subject.ran.digest, step.name)
    if (scene := _scenes().get(key)) is None:
        scene = step.make(subject)
        if not isinstance(scene.picture, Work):  # work depends on the address, and holds the subject
            _scenes().add(key, scene)
    return scene


@st.cache_resource(show_spinner=False)
def _scenes() -> Recent:
    return Recent(SCENES)


@st.cache_resource(show_spinner=False)
def _remembered() -> Recent:
    """What came of work, by network, picture and step."""
    return Recent(REMEMBERED)
