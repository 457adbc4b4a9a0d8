"""The page's words: each entry is a sentence, and a text's terms are marked where it uses them first."""

from __future__ import annotations

import re

import pytest

from explain.panels.words import glossary
from explain.panels.words.glossary import HERE, entries, marked, terms_in

WANTED = (
    "layer channel frame blank logit posterior gate beam unit path prefix lattice alignment attribution exemplar patch"
)


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.term)
def test_an_entry_is_one_sentence_on_its_term(entry):
    assert re.fullmatch(r"[A-Z][^.!?]*[^.!? ]\.", re.sub(r"\d\.\d", "0", entry.says)), (
        "one sentence, a full stop at its end"
    )
    assert any(form.lower() in entry.says.lower() for form in entry.written), "it says its term"
    assert len(entry.says) <= 150, "short enough to be read at a glance"
    assert not entry.picture or (HERE / "pictures" / entry.picture).is_file()


def test_the_words_of_the_page_are_there():
    terms = {entry.term for entry in entries()}
    assert set(WANTED.split()) | {"receptive field", "best path"} <= terms
    pictures = {path.name for path in (HERE / "pictures").iterdir()}
    assert pictures == {entry.picture for entry in entries() if entry.picture}
    written = [form.lower() for entry in entries() for form in entry.written]
    assert len(set(written)) == len(written)
    assert len({entry.anchor for entry in entries()}) == len(entries())


def test_only_the_first_use_is_marked():
    text, known = marked("A frame, and another frame; frames.")
    assert text == "A [frame](#term-frame), and another frame; frames." and known == {"frame"}
    assert marked("Frames and units.", known)[0] == "Frames and [units](#term-unit)."


def test_the_longest_term_is_meant():
    assert marked("the best path and a path")[0] == "the [best path](#term-best-path) and a [path](#term-path)"
    assert [entry.term for entry in terms_in("log-probability, prefixes, Log-probabilities")] == [
        "log-probability",
        "prefix",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "reads “blank frame” here",
        "`layer` and [a layer](https://layer.org)",
        ":material/layer: framed, unity, sub-channel, channel-wise",
        "**BANK**, a LAYER",
        "$layer$ https://example.org/layer/unit",
        r"\[layer](x)"[:2],
    ],
)
def test_what_is_no_word_of_the_page_is_left_alone(text):
    assert marked(text) == (text, frozenset())


def test_what_is_coloured_or_bold_is_marked_inside():
    assert marked(":gray[a **layer**]")[0] == ":gray[a **[layer](#term-layer)**]"


def test_marks_are_nothing_but_markdown():
    """A stranger's text stays what it is: no HTML is made of it."""
    assert marked(r"\<b\>layer")[0] == r"\<b\>[layer](#term-layer)"


def test_the_style_says_every_sentence():
    style = glossary.style()
    for entry in entries():
        assert f'a[href="{entry.anchor}"]' in style and entry.says in style
    assert style.count("data:image/svg+xml") == sum(bool(entry.picture) for entry in entries())
