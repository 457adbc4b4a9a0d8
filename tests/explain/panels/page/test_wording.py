"""Texts from elsewhere in Markdown: what a reader of the page sees is what was written."""

import pytest

from explain.panels.page.wording import bold, plain

markdown_it = pytest.importorskip("markdown_it")


@pytest.mark.parametrize(
    "text", ["elephant", "Straße 9", "*a* _b_ `c`", "[x](http://y)", "<b>", "a&amp;b", "~~no~~", "\\*", "#1 a|b"]
)
def test_markdown_shows_the_text_itself(text):
    (inline,) = [
        token
        for token in markdown_it.MarkdownIt().enable("strikethrough").parse(f"so “{plain(text)}”")
        if token.children
    ]
    assert all(token.type in ("text", "text_special") for token in inline.children)
    assert "".join(token.content for token in inline.children) == f"so “{text}”"


def test_what_only_streamlit_gives_a_meaning_is_escaped_too():
    assert plain("$x$ :red[a]") == r"\$x\$ \:red\[a\]"
    assert plain("Elephant9 is it? (yes!)") == "Elephant9 is it? (yes!)"


@pytest.mark.parametrize(
    "text, seen", [("a b", "a b"), (" a ", "␣a␣"), ("  ", "␣␣"), ("*a", "*a"), ("a_", "a_"), ("|", "|")]
)
def test_any_text_can_be_bold(text, seen):
    (inline,) = [token for token in markdown_it.MarkdownIt().parse(f"reads {bold(text)}") if token.children]
    kinds = [token.type for token in inline.children if token.content or token.nesting]
    assert kinds[1] == "strong_open" and kinds[-1] == "strong_close"
    assert "".join(token.content for token in inline.children) == f"reads {seen}"
    assert bold("") == ""
