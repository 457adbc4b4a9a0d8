"""The labels' names wherever the blank is."""

from explain.ctc.alphabet import Alphabet


def test_labels_are_named_wherever_the_blank_is():
    alphabet = Alphabet(("a", "", "b"), 1)
    assert [alphabet.name(label) for label in range(3)] == ["a", "blank", "b"]
    assert [alphabet.mark(label) for label in range(3)] == ["a", "·", "b"]
    assert alphabet.text((2, 0, 0)) == "baa"
