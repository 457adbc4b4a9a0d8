"""python -m export crnn|vgg16-cam|vgg16 [--weights FILE] [--out DIR]"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from export import ExportError, export
from export.networks import NETWORKS


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m export", description="Write a network as an ONNX file in which every layer is an output."
    )
    parser.add_argument("name", choices=NETWORKS)
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="Keras .h5, .weights.h5 or .keras, .npz with keys <layer>/<i>, or an exported .onnx; "
        "by default the file in models/weights, and for vgg16 the one Keras downloads",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="by default where the page looks for the file")
    arguments = parser.parse_args(argv)
    try:
        print(export(arguments.name, arguments.weights, arguments.out))
    except ExportError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
