"""The line beside a reading, the mark above what explains it, and whose word the panels show."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from streamlit.testing.v1 import AppTest

from explain.notebook.network import open_network
from explain.panels.inputs import word
from explain.panels.page import download, subject, views
from explain.panels.page.subject import OWN, Subject
from explain.trust import wording
from explain.trust.trust import Caveat, Trust
from tests.explain.panels.page import made
from tests.explain.panels.views import captions_of, text_of
from tests.test_arrows import ROOT

DOUBTED = Trust(
    right=0.93,
    likeness=-3.5,
    caveats=(
        Caveat("not-a-word", "It looks like *no* word."),
        Caveat("small", "It is small."),
        Caveat("squeezed", "It was squeezed."),
    ),
)
RED, ORANGE = ":red[:material/report:]", ":orange[:material/info:]"


def judged(monkeypatch, trust: Trust) -> None:
    """Whatever the page reads from now on is judged so."""
    monkeypatch.setattr(subject, "judge", lambda *_: trust)


def page(**address: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for name, value in address.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception
    return test


def typed(text: str, **address: str) -> list[str]:
    return text_of(page(**{"from": "Type a word", "word_text": text, **address})).splitlines()


def test_two_things_that_are_wrong_stand_in_the_line_and_the_others_under_it(monkeypatch):
    judged(monkeypatch, DOUBTED)
    test = page()
    lines = [part.value for part in test.markdown]
    assert lines.count(f"{RED} It looks like \\*no\\* word. It is small.") == 1
    assert "It was squeezed." in captions_of(test)
    assert "in 100" not in text_of(test)


def test_what_may_be_believed_has_a_quiet_line_and_a_lesser_doubt_another_colour(monkeypatch):
    judged(monkeypatch, Trust(right=0.97))
    test = page()
    assert "Of readings like this, 97 in 100 are right." in captions_of(test)
    assert wording.LIKE_THIS in [one.help for one in test.caption]
    assert RED not in text_of(test) and ORANGE not in text_of(test)
    judged(monkeypatch, Trust(right=0.8, caveats=(Caveat("share", "80 in 100 are right."),)))
    assert "80 in 100 are right." in captions_of(page())
    judged(monkeypatch, Trust(caveats=DOUBTED.caveats[1:]))
    assert f"{ORANGE} It is small. It was squeezed." in text_of(page()).splitlines()


def test_of_a_network_that_nobody_measured_only_what_is_known_is_said(monkeypatch, tmp_path):
    made.recogniser(tmp_path / "reader.onnx")
    monkeypatch.setenv("NETWORKS_FOLDER", str(tmp_path))
    lines = typed("Net", network="reader")
    assert "It knows 15 characters; no accents." in lines
    assert "in 100" not in "".join(lines) and RED not in "".join(lines)


OF_A_TRAINING = ("moments",)  # what a view needs to come along that says nothing of the word on top


@pytest.mark.parametrize(
    "view", [view.title for view in views.VIEWS if view.title and view.needs.along != OF_A_TRAINING]
)
def test_a_reading_not_to_be_believed_is_marked_above_every_view_that_explains_it(monkeypatch, view):
    judged(monkeypatch, DOUBTED)
    mark = f"{RED} **elephant** is read. Not to be believed\\: It looks like \\*no\\* word."
    assert text_of(page(view=view)).splitlines().count(mark) == 1
    judged(monkeypatch, Trust(caveats=DOUBTED.caveats[1:]))
    assert "Not to be believed" not in text_of(page(view=view))


def test_a_reading_is_judged_once_however_many_say_it(monkeypatch):
    asked = []
    monkeypatch.setattr(subject, "judge", lambda *_: asked.append(1) or DOUBTED)
    assert text_of(page(view="Why this character?")).count("It looks like") == 2
    assert len(asked) == 1


@pytest.mark.parametrize("address", [{"view": "VGG16"}, {"deep_network": "VGG16"}])
def test_what_is_said_of_a_photograph_bears_no_mark_of_a_reading(monkeypatch, address):
    judged(monkeypatch, DOUBTED)
    assert "Not to be believed" not in text_of(page(**address))


def test_the_report_and_python_say_the_same(monkeypatch):
    judged(monkeypatch, DOUBTED)
    monkeypatch.setattr("explain.notebook.answer.judge", lambda *_: DOUBTED)
    title, picture = word.from_sample("elephant")
    packed = zipfile.ZipFile(io.BytesIO(download.archive(Subject.of("crnn", title, picture, origin=OWN))))
    said = json.loads(packed.read("reading.json"))["trust"]
    assert said["line"].startswith("It looks like *no* word. It is small. It was squeezed. It knows 62 characters")
    assert (said["believed"], said["right"], said["likeness"]) == (False, 0.93, -3.5)
    assert said["caveats"][1] == {"kind": "small", "sentence": "It is small."}
    report = packed.read("report.html").decode()
    assert f'<p class="doubt"><b>Not to be believed.</b> {said["line"]}</p>' in report
    answer = open_network("crnn").answer(picture)
    assert answer.trust is DOUBTED and answer.line == said["line"]
    assert repr(answer).splitlines()[1] == said["line"] and said["line"] in answer._repr_html_()


@pytest.mark.parametrize(
    ("text", "title", "why"),
    [
        ("garden", "garden**", None),
        ("$9.99", "(typed: \\$9.99)", "The network has no label for “\\$”, “.”"),
        ("no way", "(typed: no way)", "The network has no label for a space"),
        ("a" * 24, "(typed: " + "a" * 24, "needs at least 47 frames (24 characters and 23 blanks between"),
    ],
)
def test_a_typed_word_that_can_never_be_read_is_told_at_once(text, title, why):
    lines = typed(text)
    heads = [line for line in lines if line.startswith("**CTC decoding**")]
    assert len(heads) == 1 and title in heads[0]
    never = [line for line in lines if line.startswith(f"{ORANGE} It can never read")]
    assert bool(never) == bool(why) and all(why in line for line in never)


def test_what_no_font_has_is_told_by_what_the_network_lacks_and_the_panels_say_whose_word_stays():
    test = page(**{"from": "Type a word", "word_text": "中"})
    assert [error.value for error in test.error] == [
        "The network has no label for “中”\\: it knows only the characters it was trained on."
    ]
    assert "**CTC decoding** :gray[reads] **elephant** :gray-badge[CRNN]" in text_of(test).splitlines()


def test_the_panels_say_whose_word_they_show():
    lines = typed("0O0OllII1")
    (head,) = [line for line in lines if line.startswith("**CTC decoding**")]
    assert head.endswith(" :gray[(typed: 0O0OllII1)] :gray-badge[CRNN]")
    assert "**Layers** :gray-badge[CRNN] :gray[(typed: 0O0OllII1)]" in lines
    assert "**Layers** :gray-badge[CRNN]" in typed("garden")
