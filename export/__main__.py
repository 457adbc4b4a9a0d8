"""python -m export FILE [--out DIR]                      anybody's .keras, .h5, .hdf5 or .onnx
python -m export crnn|vgg16-cam|vgg16 [--weights FILE]    the networks that come along"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from export import ExportError, export, own_onnx
from export.keras_files.write import KERAS, export_keras
from export.networks import NETWORKS

ELSEWHERE = {  # what else people have, and how it becomes one of the files taken here
    ".pb": "a TensorFlow graph: save the model from Keras as .keras, or turn the graph into .onnx with tf2onnx",
    ".pt": "PyTorch's, and reading it can run code: write it with torch.onnx.export and give the .onnx file",
    ".pth": "PyTorch's, and reading it can run code: write it with torch.onnx.export and give the .onnx file",
    ".ckpt": "a checkpoint of weights alone: save the whole model as .keras",
    ".tflite": "TensorFlow Lite's: export the model that it was made from, or turn it into .onnx with tf2onnx",
    ".pkl": "a pickle, and reading it would run code: save the model as .keras",
    ".npz": "weights alone: give them with a network, as in `python -m export crnn --weights FILE`",
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m export",
        description="Write a network as an ONNX file in which every layer is an output: anybody's Keras or ONNX file,"
        f" for models/own, or one of those that come along ({', '.join(NETWORKS)}).",
    )
    parser.add_argument(
        "network", metavar="FILE|NAME", help=f"a .keras, .h5, .hdf5 or .onnx file, or {', '.join(NETWORKS)}"
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="for a NAME: Keras .h5, .hdf5 or .keras whose layers fit in order and shape, .npz with keys <layer>/<i>,"
        " or an exported .onnx; by default the file in models/weights, and for vgg16 the one Keras downloads",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="by default where the page looks for the file")
    own_onnx.add_options(parser)
    options = parser.parse_args(argv)
    try:
        print(_exported(options))
    except ExportError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _exported(options: argparse.Namespace) -> Path:
    if options.network in NETWORKS:
        return export(options.network, options.weights, options.out)
    path = Path(options.network)
    if options.weights is not None:
        raise ExportError(f"--weights goes with {', '.join(NETWORKS)}; a file such as {path} has weights of its own.")
    if path.is_dir():
        raise ExportError(
            f"{path} is a folder, as TensorFlow saves a SavedModel: save the model as .keras and give that file."
        )
    if not path.is_file():
        raise ExportError(f"There is no file {path}, and no network of that name: there are {', '.join(NETWORKS)}.")
    suffix = path.suffix.lower()
    if suffix == ".onnx":
        return own_onnx.export_onnx(path, options.out, options, to_stderr)
    if suffix in KERAS:
        return export_keras(path, options.out, options, to_stderr)
    if suffix in ELSEWHERE:
        raise ExportError(f"{path} is {ELSEWHERE[suffix]}.")
    raise ExportError(f"{path.name} is no kind of network known here: give a {', '.join(KERAS)} or .onnx file.")


def to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
