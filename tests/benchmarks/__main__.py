"""python -m tests.benchmarks NAME [arguments]: runs tests/benchmarks/NAME.py, one JSON object on the last line.

A dash in NAME stands for an underscore in the file's name.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path


def benchmarks() -> list[str]:
    """Names of the modules in this folder that are benchmarks: those that define `main`."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return [file.stem for file in files if not file.stem.startswith("_") and "\ndef main(" in file.read_text("utf-8")]


def main(argv: list[str]) -> int:
    name = argv[0].replace("-", "_") if argv else ""
    if name not in benchmarks():
        print(f"Give the name of a benchmark: {', '.join(benchmarks())}.", file=sys.stderr)
        return 2
    try:
        result = importlib.import_module(f"tests.benchmarks.{name}").main(argv[1:])
    except ValueError as error:  # this project's own errors are one sentence for the reader
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
