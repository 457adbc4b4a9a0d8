"""Does anybody's file open, and is what is shown of it right? One line a file, at last one JSON object.

python -m tests.benchmarks own FILE... [--rounds N]

Each file is looked at in a process of its own (`tests/benchmarks/own_file.py`), so that seconds and peak memory are its
own. A Keras file is exported first, by `python -m export FILE --out FOLDER`, in another. Every figure comes with an
answer from elsewhere: units are worked out by hand from what the layer takes, the gradient is held against differences
of ONNX Runtime's passes, and the plain pass is the file as it came, with its own outputs alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KERAS = (".keras", ".h5", ".hdf5")
SECONDS = 900  # a file that takes longer counts as not opened


def main(argv: list[str]) -> dict:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks own")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="an .onnx, .keras, .h5 or .hdf5 file")
    parser.add_argument("--rounds", type=int, default=15, help="turns of the pass with every layer and the plain one")
    arguments = parser.parse_args(argv)
    results = {}
    for path in arguments.files:
        name = path.name if path.name not in results else str(path)
        results[name] = measured(path, arguments.rounds)
        print(line(name, results[name]), file=sys.stderr, flush=True)
    return results


def measured(path: Path, rounds: int) -> dict:
    """What `own_file.measure` says of a file, and, of a Keras file, what its export took."""
    with tempfile.TemporaryDirectory() as folder:
        if path.suffix.lower() not in KERAS:
            return _apart("tests.benchmarks.own_file", str(path), str(rounds))[0]
        told, used = _apart("export", str(path), "--out", folder, reads=False)
        exported = next(iter(sorted(Path(folder).glob("*.onnx"))), None)
        if exported is None:
            return {"opened": False, "why": told["why"], **used}
        return {**_apart("tests.benchmarks.own_file", str(exported), str(rounds))[0], **used}


def _apart(module: str, *arguments: str, reads: bool = True) -> tuple[dict, dict]:
    """A module run in a process of its own: the JSON object on its last line, and its seconds and peak memory.

    reads: whether there is such a line; else only why it ended is told.
    """
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=ROOT, stdout=out, stderr=err)
        pid = usage = None
        while not pid and time.monotonic() - start < SECONDS:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            time.sleep(0.02)
        if not pid:
            child.kill()
            _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said = [stream.seek(0) or stream.read().strip().splitlines() for stream in (out, err)]
    used = {
        "export_seconds": round(time.monotonic() - start, 1),
        "export_peak_mb": round(usage.ru_maxrss / 1024),  # Linux counts kilobytes
    }
    last = next((text[-1] for text in reversed(said) if text), "") or f"It took more than {SECONDS} s."
    if child.returncode or not reads:
        return {"opened": False, "why": last}, used
    return json.loads(said[0][-1]), used


def line(name: str, result: dict) -> str:
    """The figures of one file in one line."""
    if not result["opened"]:
        return f"{name}: not opened. {result['why']}"
    units, gradient = result["units"], result["gradient"]
    parts = [
        f"{result['layers']} layers, {sum(result['other'].values())} other",
        f"all shown {result['all_to_plain']:.2f} x the plain pass of {result['plain_ms']:.1f} ms "
        f"({result['all_to_plain_processor']:.2f} x its processor time)",
        f"opened in {result['open_seconds']:.1f} s, {result['peak_mb']} MB",
        f"units {units['right']} of {units['tried']}" + (f" (wrong: {units['wrong']})" if units["wrong"] else ""),
        f"gradient {gradient['off']:.1e} off" if "off" in gradient else f"no gradient: {gradient['why']}",
        "views: " + ", ".join(result["views"]),
    ]
    if "export_seconds" in result:
        parts.append(f"exported in {result['export_seconds']} s, {result['export_peak_mb']} MB")
    return f"{name}: " + "; ".join(parts)
