"""An ONNX file's nodes read as layers."""
