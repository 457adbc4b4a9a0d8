"""How likely each pixel belongs to a line of text: PP-OCR's mobile detector (models/weights/text-detector.md)."""

from __future__ import annotations

import functools
import math
import threading

import numpy as np
import onnxruntime
from PIL import Image

from explain.network.running.cpus import available_cpus
from explain.network.session import giving_back, session_options, trim
from models.card import WEIGHTS

FILE = WEIGHTS / "text-detector.onnx"
STEP = 32  # pixels: the network halves its maps five times
MEAN = np.float32([0.485, 0.456, 0.406])  # taken from blue, green and red, in this order: so PaddleOCR trained it
DEVIATION = np.float32([0.229, 0.224, 0.225])
_lock = threading.Lock()


def text_map(picture: Image.Image) -> np.ndarray:
    """Probabilities of text, `(height, width)` float32, of a picture of mode "RGB" whose sides are multiples of STEP.

    M. Liao et al., *Real-time Scene Text Detection with Differentiable Binarization*, 2020, arXiv:1911.08947: the map
    is high on the core of each line, narrower all around than the line itself.
    """
    pixels = np.asarray(picture)[:, :, ::-1].astype(np.float32)
    pixels *= 1 / (255 * DEVIATION)
    pixels -= MEAN / DEVIATION
    batch = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])
    with _lock:  # a second pass at the same time would double the memory
        session = _session()
        (answer,) = session.run(None, {session.get_inputs()[0].name: batch}, giving_back())
        trim()
    return answer[0, 0]


def working_size(size: tuple[int, int], longest: int, largest_scale: float = 1.0) -> tuple[int, int]:
    """Width and height, multiples of STEP, at which a picture of that size has sides of at most `longest` pixels."""
    scale = min(largest_scale, longest / max(size))
    width, height = (max(STEP, min(math.ceil(side * scale / STEP), longest // STEP) * STEP) for side in size)
    return width, height


@functools.cache
def _session() -> onnxruntime.InferenceSession:
    options = session_options(available_cpus())
    return onnxruntime.InferenceSession(str(FILE), options, providers=["CPUExecutionProvider"])
