"""Texts from elsewhere in Markdown: what a reader of the page sees is what was written."""

import ast
from pathlib import Path

import pytest

from explain.panels.page.wording import bold, plain

ROOT = Path(__file__).parents[4]
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


def test_what_failed_is_said_to_the_letter():
    """A sentence on what failed may hold a stranger's words: no panel hands one to Streamlit's Markdown as it is."""
    bare = []
    for path in sorted((ROOT / "explain" / "panels").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") not in ("error", "warning"):
                continue
            given = ast.unparse(node.args[0])
            if ".error" in given and not given.startswith("plain("):
                bare.append(f"{path.relative_to(ROOT)}: {given}")
    assert bare == []
