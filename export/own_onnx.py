"""Anybody's ONNX file copied to where the page finds it, once it opens."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from export.errors import SourceError
from models.card import weights_beside
from models.networks import OWN


def add_options(parser: argparse.ArgumentParser) -> None:
    """What a file cannot say of itself, as options of the command line."""
    group = parser.add_argument_group("what the file cannot say")
    group.add_argument("--title", help="the network's name for people")
    group.add_argument("--name", help="its name in the address, and of the file; by default the file's own")


def export_onnx(
    path: str | Path, out: str | Path | None, options: argparse.Namespace, tell: Callable[[str], None] = print
) -> Path:
    """Copies the file, and its weights where they lie beside it, and returns its path; `out` is a folder."""
    import onnx
    import onnxruntime

    path, name = Path(path), options.name or Path(path).stem
    out = Path(out) if out is not None else Path(os.environ.get("NETWORKS_FOLDER") or OWN)
    try:
        model = onnx.load(path)
    except Exception as error:  # protobuf raises its own DecodeError, which onnx does not re-export
        raise SourceError(f"{path} is not an ONNX file.") from error
    if options.title:
        model.metadata_props.add(key="title", value=options.title)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as folder:
        made = Path(folder) / f"{name}.onnx"
        beside = weights_beside(path).is_file()
        onnx.save(model, made, save_as_external_data=beside, location=weights_beside(made).name)
        try:
            onnxruntime.InferenceSession(str(made), providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's exceptions share no public base class
            raise SourceError(f"{path} is not a network that ONNX Runtime can open.") from error
        for file in sorted(Path(folder).iterdir(), reverse=True):
            os.replace(file, out / file.name)
    tell(f"{out / f'{name}.onnx'}: open the page with ?network={name}")
    return out / f"{name}.onnx"
