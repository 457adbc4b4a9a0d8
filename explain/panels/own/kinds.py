"""Which files a visitor may open as a network, told by name and first bytes: nothing else of them is read here."""

from __future__ import annotations

import re

from explain.network.errors import NetworkError

LARGEST = 200_000_000  # bytes
LONGEST_NAME = 40  # characters
KERAS = (".keras", ".h5", ".hdf5")
COMMAND = "python -m export {}"
# By what they begin with, after so many bytes; the ending that says it is an ONNX file is then wrong.
BEGINNINGS = ((0, b"\x89HDF\r\n\x1a\n", ".h5"), (0, b"PK\x03\x04", ".zip"), (4, b"TFL3", ".tflite"))
SENTENCES = {
    ".pb": "{} is a TensorFlow graph: make an ONNX file of the SavedModel that it belongs to with `python -m "
    "tf2onnx.convert --saved-model FOLDER --output FILE.onnx`, and open that.",
    ".pt": "{} is a PyTorch file, which may hold code and is not opened: write an ONNX file with `torch.onnx.export`, "
    "and open that.",
    ".tflite": "{} is a TensorFlow Lite file: make an ONNX file of it with `python -m tf2onnx.convert --tflite FILE "
    "--output FILE.onnx`, and open that.",
    ".zip": "{} is an archive and no ONNX file: unpack it, or, if it is a Keras or PyTorch file by another name, make "
    "an ONNX file of it first.",
}
ALIKE = {".pth": ".pt", ".ckpt": ".pt", ".bin": ".pt", ".safetensors": ".pt"}


class ToExport(NetworkError):
    """A Keras file. command: makes an ONNX file of it, where the file lies."""

    def __init__(self, file_name: str) -> None:
        self.command = COMMAND.format(_quoted(file_name))
        super().__init__(f"{file_name} is a Keras file: make an ONNX file of it with `{self.command}`, and open that.")


def check(file_name: str, data: bytes) -> None:
    """Raises NetworkError, one sentence, for what is not opened here."""
    shown = file_name[-2 * LONGEST_NAME :]
    name, ending = _parts(file_name)
    if ending == ".onnx":
        ending = next((kind for at, begins, kind in BEGINNINGS if data[at : at + len(begins)] == begins), ending)
    ending = ALIKE.get(ending, ending)
    if ending in KERAS:
        raise ToExport(shown)
    if ending in SENTENCES:
        raise NetworkError(SENTENCES[ending].format(shown))
    if ending != ".onnx":
        raise NetworkError(f"{shown} is no ONNX file: its name ends in {ending or 'nothing'}, not in .onnx.")
    if not data:
        raise NetworkError(f"{shown} is empty.")
    if len(data) > LARGEST:
        raise NetworkError(
            f"{shown} has {len(data) / 1e6:.0f} MB; at most {LARGEST / 1e6:.0f} are opened here. Where the page runs "
            "on your own machine, put it into `models/own`."
        )


def name_of(file_name: str) -> str:
    """A name for the network: the file's without folders and ending, of letters, digits, dots, dashes, underscores."""
    return re.sub(r"[^\w.-]+", "-", _parts(file_name)[0])[:LONGEST_NAME].strip("-._") or "network"


def _parts(file_name: str) -> tuple[str, str]:
    """Name and ending of a file, whatever folders somebody wrote before it."""
    last = re.split(r"[/\\]", file_name)[-1]
    name, dot, ending = last.rpartition(".")
    return (name, f".{ending.lower()}") if dot else (last, "")


def _quoted(file_name: str) -> str:
    """The name as a shell takes it for one word."""
    last = re.split(r"[/\\]", file_name)[-1]
    return last if re.fullmatch(r"[\w.+-]+", last) and last[0] != "-" else "'./{}'".format(last.replace("'", "'\\''"))
