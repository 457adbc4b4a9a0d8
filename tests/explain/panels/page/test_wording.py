"""Texts from elsewhere in Markdown: what a reader of the page sees is what was written."""

import pytest

from explain.panels.page.wording import plain

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
