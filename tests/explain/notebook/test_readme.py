"""The README's lines under "From Python", run as they stand there, in a folder and a process of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from models.preprocessing import Preprocessing
from tests import test_third_network

ROOT = Path(__file__).resolve().parents[3]
WORD, PHOTOGRAPH = "models/samples/words/elephant.png", "models/samples/photographs/chelsea.jpg"
AFTER = """
import sys
import numpy
numpy.savez("layers.npz", **layers)
print("loaded:", *(name for name in ("tensorflow", "keras", "streamlit", "tf2onnx") if name in sys.modules))
"""


def block() -> str:
    """The Python under the heading "From Python"."""
    told = (ROOT / "README.md").read_text("utf-8").partition("\n## From Python\n")[2].partition("\n## ")[0]
    (code,) = re.findall(r"```python\n(.*?)```", told, re.DOTALL)
    return code


def run(code: str, folder: Path) -> str:
    """What a script of this code says, run in a folder that holds the samples where the README has them."""
    for name in (WORD, PHOTOGRAPH):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-c", code + AFTER]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "loaded:"
    return ran.stdout


def test_the_block_is_five_lines_and_an_import():
    lines = [line for line in block().splitlines() if line]
    assert lines[0] == "from explain import open_network" and len(lines) == 6


def test_as_it_stands(tmp_path):
    said = run(block(), tmp_path)
    assert said.startswith("“elephant”, probability 0.")
    assert [line.split()[0] for line in said.splitlines()[3:-1]] == list("elephant")
    assert "It knows 62 characters: a-z, A-Z and 0-9;" in said.splitlines()[1]
    layers, picture = np.load(tmp_path / "layers.npz"), _grey(32, 128)
    assert len(layers) == 18 and layers["conv_1"].shape == (32, 128, 64)
    (frames,) = _session(ROOT / "models/weights/crnn.onnx").run(["outputs"], {"input": picture / np.float32(255)})
    np.testing.assert_allclose(layers["outputs"], frames[0], atol=1e-6)
    with Image.open(tmp_path / "why.png") as why:
        assert why.size == (6 * 128, 6 * 35)  # the word and three rows below it, each pixel a square of six
        assert len(np.unique(np.asarray(why).reshape(-1, 3), axis=0)) > 100


def test_for_a_classifier(tmp_path):
    said = run(_instead('"crnn"', '"vgg16-cam"', WORD, PHOTOGRAPH), tmp_path)
    rows = [re.split(r"\s{2,}", line) for line in said.splitlines()[1:-1]]
    assert len(rows) == 5 and rows[0][0] == "tabby"
    probabilities = [float(probability) for _, probability, _ in rows]
    assert probabilities == sorted(probabilities, reverse=True)
    layers = np.load(tmp_path / "layers.npz")
    assert layers["block5_conv3"].shape == (14, 14, 512) and layers["logits"].shape == (200,)
    assert [int(row[2]) for row in rows] == np.argsort(-layers["logits"])[:5].tolist()
    with Image.open(tmp_path / "why.png") as why:
        assert why.size == (448, 448)


def test_for_anybodys_file(tmp_path):
    path = test_third_network.make(tmp_path / "sounds.onnx")
    said = run(_instead('"crnn"', '"sounds.onnx"'), tmp_path)
    layers = np.load(tmp_path / "layers.npz")
    picture = (_grey(test_third_network.HEIGHT, test_third_network.WIDTH) - np.float32(127.5)) / np.float32(127.5)
    (frames,) = _session(path).run(None, {"pixels": picture.reshape(1, 1, *picture.shape[1:3])})
    np.testing.assert_allclose(layers["frames"], frames[:, 0], atol=1e-6)
    labels = frames[:, 0].argmax(axis=1).tolist()
    kept = [label for at, label in enumerate(labels) if label and (at == 0 or labels[at - 1] != label)]
    read = "".join(test_third_network.LABELS[label] for label in kept)
    assert said.startswith(f"“{read}”, probability" if read else "nothing is read, probability")
    with Image.open(tmp_path / "why.png") as why:
        assert why.size == (6 * test_third_network.WIDTH, 6 * (test_third_network.HEIGHT + 3))


def _instead(*pairs: str) -> str:
    """The block with other names of a network and a picture in it."""
    code = block()
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert code.count(old) == 1
        code = code.replace(old, new)
    return code


def _grey(height: int, width: int) -> np.ndarray:
    with Image.open(ROOT / WORD) as word:
        seen = Preprocessing(height, width, "grey", fit="pad").as_seen(word)
    return np.asarray(seen, np.float32).reshape(1, height, width, 1)


def _session(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
