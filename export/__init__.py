"""Networks written as ONNX files in which every layer is an output.

`python -m export FILE` from the shell for anybody's Keras or ONNX file; `python -m export crnn|vgg16-cam|vgg16` for
those that come along, and `export(name, weights, out)` from Python.
"""

from export.errors import ExportError
from export.write import export

__all__ = ["ExportError", "export"]
