"""Keras networks written as ONNX files in which every layer is an output.

`python -m export crnn|vgg16-cam|vgg16` from the shell, `export(name, weights, out)` from Python.
"""

from export.errors import ExportError
from export.write import export

__all__ = ["ExportError", "export"]
