"""Which files are opened, told by their names and first bytes."""

from __future__ import annotations

import shlex

import pytest

from explain.network.errors import NetworkError
from explain.panels.own import kinds


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("graph.pb", b"x", "TensorFlow graph"),
        ("net.pt", b"x", "torch.onnx.export"),
        ("net.PTH", b"x", "torch.onnx.export"),
        ("net.tflite", b"x", "TensorFlow Lite"),
        ("net.txt", b"x", "ends in .txt, not in .onnx"),
        ("net", b"x", "ends in nothing"),
        ("net.onnx", b"", "net.onnx is empty"),
        ("net.onnx", b"\0" * (kinds.LARGEST + 1), "at most 200 are opened here"),
        ("net.onnx", b"PK\x03\x04 a zip", "archive"),
        ("net.onnx", b"\x1c\0\0\0TFL3 and so on", "TensorFlow Lite"),
        ("a/../b/net.keras", b"x", "Keras file"),
        ("net.h5", b"x", "Keras file"),
        ("net.hdf5", b"x", "Keras file"),
        ("net.onnx", b"\x89HDF\r\n\x1a\n and so on", "Keras file"),
    ],
)
def test_what_is_not_opened_is_told_in_one_sentence(name, data, words):
    with pytest.raises(NetworkError) as refused:
        kinds.check(name, data)
    assert words in str(refused.value) and "\n" not in str(refused.value)


def test_an_onnx_file_is_let_through():
    kinds.check("Net.ONNX", b"\x08\x08\x12\x00")


@pytest.mark.parametrize("name", ["net.h5", "my net (1).keras", "it's $HOME.h5", "-rf.keras", "../../x.hdf5"])
def test_the_command_for_a_keras_file_names_it_as_one_word(name):
    with pytest.raises(kinds.ToExport) as refused:
        kinds.check(name, b"x")
    words = shlex.split(refused.value.command)
    assert words[:3] == ["python", "-m", "export"] and len(words) == 4
    assert words[3].removeprefix("./") == name.split("/")[-1]
    assert not words[3].startswith("-")


@pytest.mark.parametrize(
    ("file_name", "name"),
    [
        ("reader.onnx", "reader"),
        ("my net (1).onnx", "my-net-1"),
        ("../../etc/passwd.onnx", "passwd"),
        ("C:\\nets\\Leser Größe.onnx", "Leser-Größe"),
        ("..onnx", "network"),
        (".onnx", "network"),
        ("a\x00b\n.onnx", "a-b"),
        ("x" * 300 + ".onnx", "x" * kinds.LONGEST_NAME),
        ("$(rm -rf ~).v2.onnx", "rm--rf-.v2"),
    ],
)
def test_a_name_is_of_letters_digits_and_dashes(file_name, name):
    assert kinds.name_of(file_name) == name
