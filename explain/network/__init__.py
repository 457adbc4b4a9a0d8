"""The opened network and what it says of itself, read from its ONNX file."""
