"""The deeper view *Follow an answer*: from a character or class back through the layers, to the pixels."""

from __future__ import annotations

import streamlit as st

from explain.attribution import targets
from explain.attribution.flow import Flow, from_result
from explain.charts.flow import path as drawing
from explain.charts.flow.lines import Shown, lines, shown
from explain.charts.flow.parts import Column, Ends, signed
from explain.interventions.run import leads
from explain.layers.feature_maps import is_drawn
from explain.network.head import CLASSES, CTC
from explain.panels.components import component
from explain.panels.flow import check, drawn, node
from explain.panels.inputs import photograph, target
from explain.panels.jobs import job_view
from explain.panels.jobs.job_view import Followed
from explain.panels.layers import names
from explain.panels.page import address, download
from explain.panels.page.guard import fragment
from explain.panels.page.recent import Recent
from explain.panels.page.subject import Subject
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption
from explain.pictures import images

QUICK, LONG = Followed("follow", "flow", at_once=True), Followed("follow-long", "flow", once=True)
LARGE = 60_000  # numbers of a picture from which on its path takes a minute or more, and waits for a button
TAKES = {False: "some 20 seconds the first time, then about 10", True: "about a minute on two free cores"}
REMEMBERED = 12  # sets of columns; some hundred kilobytes each
COUNT, MAIN = 5, 10  # channels of a layer; layers at first
NODE, CHARACTER = "follow_node", "character"
SOME, EVERY = "The main layers", "Every layer"
WIDEST = 256  # pixels of the picture on the left
EMPTY = {
    CTC: "a picture of nothing but the background's colour",
    CLASSES: "a picture of the one colour that the network takes as zero",
}  # what the picture is held against


@fragment
def show(word: Subject) -> None:
    """Draws the view for the word, or for a photograph where the network chosen looks at one."""
    subject = photograph.or_word("Followed in which network", "follow_network", word)
    if subject.description.head.kind not in EMPTY:
        caption("The file does not say what its numbers stand for, so there is no answer to follow.")
        return
    by_name = target.of_answer(subject)
    if not by_name:
        caption("The network reads nothing here, so there is nothing to follow. Choose another picture above.")
        return
    name = target.choose("Follow back", by_name, "follow_target", _usual(by_name), in_a_row=True)
    followed = targets.log_odds(by_name[name])
    layers = _layers(subject)
    flow = _flow(subject, followed, layers)
    path = shown(flow, layers, COUNT) if flow else None
    columns = _columns(subject, followed, flow, path, layers)
    chosen = _chosen(columns)
    answer = target.called(followed, name)
    _lead(plain(answer), followed, flow)
    _draw(subject, answer, followed, flow, path, columns, chosen)
    _caption(subject, followed, flow)
    if not chosen:
        return
    below, beside = st.columns([1.15, 1], gap="medium")
    layer, channel = drawn.of_key(subject.description, chosen)
    with below:
        node.show(subject, layer, channel, answer, followed, flow)
    with beside:
        check.show(subject, layer, answer, followed, flow)


@st.cache_resource(show_spinner=False)
def remembered() -> Recent:
    """The columns of the last few paths, with some sixty small pictures each, by network, picture and target."""
    return Recent(REMEMBERED)


def _columns(
    subject: Subject, followed: targets.Target, flow: Flow | None, path: list[Shown] | None, layers: list[str]
) -> list[Column]:
    key = (subject.description, subject.ran.digest, followed if flow else None, tuple(layers))
    columns = remembered().get(key)
    if columns is None:
        columns = drawn.columns(subject, flow, path) if flow else drawn.strongest(subject, layers, COUNT)
        remembered().add(key, columns)
    return columns


def _usual(by_name: dict[str, targets.Target]) -> int:
    """The number of what is followed first: the character that other views look at, else the first; else the first
    class."""
    if target.WHOLE not in by_name:
        return 0
    character = address.numbers(CHARACTER, 1)
    place = character[0] + 1 if character else 1
    return place if place < len(by_name) else 1


def _layers(subject: Subject) -> list[str]:
    """Draws the choice between the main layers and every one, where these are not the same."""
    network, description = subject.opened.network, subject.description
    every = [
        layer.name
        for layer in description.layers[1:]
        if leads(network, layer.name)
        and is_drawn(subject.values[layer.name])
        and not names.is_labelled(description, layer)  # that is the answer itself
    ]
    main = drawn.first_layers(description, every, MAIN)
    if main == every:
        return every
    options = {f"{SOME} ({len(main)})": main, f"{EVERY} ({len(every)})": every}
    return options[address.switch("Layers", options, key="follow_layers")]


def _flow(subject: Subject, followed: targets.Target, layers: list[str]) -> Flow | None:
    """The path, once the worker has it; until then how far it is, or why there is none."""
    settings = {
        "network": subject.network,
        "picture": subject.batch[0],
        "target": targets.describe(followed),
        "layers": [subject.description.input.name, *layers],
        "links": COUNT,
    }
    if problem := job_view.refusal("flow", settings):
        st.info(f"The path needs a gradient. {plain(problem)}", icon=":material/info:")
        return None
    large = subject.batch.size > LARGE
    followed_by = LONG if large else QUICK
    job = followed_by.job(subject.ran.digest, settings)
    if job is None:
        followed_by.ask(
            "Follow the answer",
            "How much of the answer passes through each channel of each layer. This needs TensorFlow, which starts "
            f"in a process of its own: {TAKES[large]}.",
            settings,
        )
        return None
    if job.status == "done":
        return from_result(job.result)
    followed_by.follow(job, lambda result: st.rerun())
    return None


def _chosen(columns: list[Column]) -> str:
    """The key of the channel that is looked at: the one in the address, or the first of a layer whose maps still look
    like the picture."""
    keys = [node.key for column in columns for node in column.nodes]
    numbers = address.numbers(NODE, 2)
    key = f"{numbers[0]}.{numbers[1]}" if numbers else ""
    if key in keys:
        return key
    middle = [column for column in columns if column.nodes]
    return middle[len(middle) // 3].nodes[0].key if middle else ""


def _draw(
    subject: Subject,
    answer: str,
    followed: targets.Target,
    flow: Flow | None,
    path: list[Shown] | None,
    columns: list[Column],
    chosen: str,
) -> None:
    picture = images.data_url(images.shrink(subject.seen, WIDEST))
    where = drawn.where(subject, flow.layer(subject.description.input.name)) if flow else ""
    score = flow.score if flow else None
    ends = Ends(picture, where, subject.width / subject.height, answer.strip("“”"), target.quantity(followed), score)
    between = lines(flow, path) if flow and path else []
    if flow:
        download.add(subject, "charts/path.svg", drawing.path(ends, columns, between).file())
    keys = {node.key for column in columns for node in column.nodes}

    def choose() -> None:
        clicked = st.session_state["follow-path"].get("node")
        if clicked in keys:
            address.note(NODE, clicked)

    component(
        "flow/path",
        key="follow-path",
        data={
            "svg": drawing.path(ends, columns, between, chosen).file(),
            "name": f"path-{subject.description.name}-{download.file_name(answer)}",
            "answer": answer,
            "inks": list(images.signed_inks()) if flow else None,
            "says": "Point at a channel to read it off and see its lines; click it to look closer.",
        },
        on_node_change=choose,
    )


def _lead(answer: str, followed: targets.Target, flow: Flow | None) -> None:
    """What to look at first, and the one measure by which channels are named."""
    if flow is None:
        caption(
            f"Not the path yet: these are the {COUNT} channels of each layer that answer most to this picture, each on "
            "its own scale. Which of them matter for the answer is what the path will say."
        )
        return
    caption(
        "**Begin at the answer, on the right, and follow the widest lines to the left.** The number under a channel is "
        f"how much the {target.quantity(followed)} of {answer} should fall if that channel alone is silenced (set to "
        "zero)."
    )


def _caption(subject: Subject, followed: targets.Target, flow: Flow | None) -> None:
    """What the lines and the small pictures are; how far the parts sum to the whole."""
    if flow is None:
        return
    empty, quantity = EMPTY[subject.description.head.kind], target.quantity(followed)
    caption(
        f"Each column shows up to {COUNT} channels of its layer: those that the answer would miss most and, in blue, "
        "the one that speaks most against it, where one does. The wider a line among its neighbours, the more of a "
        "channel hangs on the one before. The small pictures on top show where: there the change of the "
        f"{quantity} from {empty} to this one, **{signed(flow.difference)}**, is parted among the places of each layer "
        f"(layer conductance). {_sums([flow.error(cut) for cut in flow.cuts])}",
        more="What silencing costs is expected by the slope: gradient times activation, averaged over a few passes in "
        "which the first layer's channels are a little louder or quieter. A recurrent layer is run with each channel "
        "silenced, as slopes mislead there. Where other channels make up for one that is gone, less is lost than "
        "expected: the check below tries it.",
    )


def _sums(errors: list[float]) -> str:
    """How far the parts of the layers sum to the whole."""
    if not errors:
        return "No layer of this network has all of it passing through, so its parts sum to less."
    return f"A layer's parts sum to the whole to within {max(errors):.1%}."
