"""Anybody's ONNX file as one that the page finds: every shown layer an output, and in it what it cannot say itself."""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from explain.network.description import Description, describe
from explain.network.errors import NetworkError
from explain.network.own import scaling
from explain.network.own.answers import Answers
from explain.network.own.detection import Detected, detected
from explain.network.reading.graph import PROBES
from explain.network.session import Network
from export.errors import ExportError, SourceError, VerificationError
from export.external import copied
from export.own_options import add_options, answers_of, given, said_at_first, said_then
from models.card import network_files, weights_beside
from models.networks import CARDS, folder
from models.preprocessing import PreprocessingError

__all__ = ["add_options", "answers_of", "export_onnx"]
TOLERANCE = 1e-4  # of the largest value: the runtime joins other operators where more of them are looked at


def export_onnx(
    path: str | Path, out: str | Path | None, options: argparse.Namespace, tell: Callable[[str], None] = print
) -> Path:
    """Writes `<name>.onnx` (and `<name>.onnx.data` where the file has its weights beside it) and returns its path.

    out: a folder; where the page looks unless given. options: as `add_options` has them. tell: takes one line at a
    time: what was found out and how, what was said, where the page finds it.

    The file takes its place once it opens and its outputs are those of the original. Raises ExportError, in one
    sentence, for what is no network of pictures and for options that do not fit it.
    """
    path, out = Path(path), Path(out) if out is not None else folder()
    name = _name(options.name or path.stem)
    try:
        model = _read(path)
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=out) as temporary:
            made = Path(temporary) / f"{name}.onnx"
            copied(model, path.parent, weights_beside(made))
            found = _found_out(model, made, options)
            answers = answers_of(options, found, describe(made))
            network = _finished(model, made, answers)
            difference = _difference(path, network)
            for file in sorted(Path(temporary).iterdir(), reverse=True):  # the weights before the file that names them
                os.replace(file, out / file.name)
    except (NetworkError, PreprocessingError) as error:
        raise SourceError(_apart_from(made, path, str(error))) from error
    for line in _report(out / f"{name}.onnx", network.description, answers, found, given(options), difference):
        tell(line)
    return out / f"{name}.onnx"


def _name(written: str) -> str:
    """A name that can stand in an address and be a file's."""
    name = re.sub(r"[^\w.-]+", "-", written).strip("-.")
    if not name or name in CARDS:
        raise ExportError(f"A network called {name!r} comes along already: give another name with --name.")
    return name


def _read(path: Path):
    import onnx

    if not path.is_file():
        raise SourceError(f"There is no file {path}.")
    try:
        model = onnx.load(path, load_external_data=False)
    except Exception as error:  # protobuf raises its own DecodeError, which onnx does not re-export
        raise SourceError(f"{path} is no ONNX file, or it is damaged.") from error
    if not model.graph.node:
        raise SourceError(f"{path} is no ONNX file of a network: it computes nothing.")
    return model


def _apart_from(made: Path, path: Path, sentence: str) -> str:
    """A sentence about the given file, not about the one that was being written."""
    return sentence.replace(str(made), str(path)).replace(f"{made.stem} ", f"{path.name} ")


def _found_out(model, made: Path, options: argparse.Namespace) -> Detected:
    """What is found out where the file already has what the options say."""
    _save(model, made, said_at_first(options, _metadata(model)))
    if told := said_then(options, describe(made)):
        _save(model, made, told)
    return detected(Network(made))


def _metadata(model) -> dict[str, str]:
    return {entry.key: entry.value for entry in model.metadata_props}


def _save(model, path: Path, told: dict[str, str]) -> None:
    """Writes the model with these entries among its metadata, in place of those of the same keys."""
    kept = _metadata(model) | told
    del model.metadata_props[:]
    for key, value in kept.items():
        model.metadata_props.add(key=key, value=value)
    path.write_bytes(model.SerializeToString())


def _finished(model, made: Path, answers: Answers) -> Network:
    """The file with the answers, and with every layer that is shown an output of it; opened."""
    import onnx

    _save(model, made, answers.metadata())
    network = Network(made)
    wanted = {network.tensor(name) for name in network.output_names} - {output.name for output in model.graph.output}
    known = {value.name: value for value in onnx.shape_inference.infer_shapes(model).graph.value_info}
    for name in sorted(wanted):
        model.graph.output.append(known.get(name) or onnx.ValueInfoProto(name=name))
    _save(model, made, {})
    written = Network(made)
    if written.layer_names != network.layer_names:
        raise VerificationError(f"{made.stem} has other layers once all of them are outputs: nothing was kept.")
    return written


def _difference(original: Path, network: Network) -> float:
    """How far the written file's outputs are from the original's on one picture of noise, as a part of the largest
    value. Raises VerificationError where that is more than TOLERANCE."""
    import onnxruntime

    description = network.description
    sides = zip(description.input_shape, (*PROBES[0], 3), strict=True)
    shape = [length or usual for length, usual in sides]
    batch = np.random.default_rng(0).random((description.batch or 1, *shape), dtype=np.float32)
    feed = np.ascontiguousarray(batch.transpose(["NHWC".index(axis) for axis in description.input_axes]))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4

    def outputs(path: Path, names: list[str] | None) -> dict[str, np.ndarray]:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        names = names or [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(names, {session.get_inputs()[0].name: feed}), strict=True))

    try:
        before = outputs(original, None)
        after = outputs(description.path, list(before))
    except Exception as error:  # ONNX Runtime's exceptions share no public base class
        size = " x ".join(map(str, shape))
        raise VerificationError(
            f"The network fails on a picture of {size}: say a size with --height, --width."
        ) from error
    worst = 0.0
    for name, wanted in before.items():
        largest = float(np.abs(np.nan_to_num(wanted.astype(np.float64))).max(initial=1e-30))
        apart = np.abs(np.nan_to_num(after[name].astype(np.float64) - wanted)).max(initial=0.0) / largest
        if not apart <= TOLERANCE:
            raise VerificationError(f"Output {name!r} differs from the original's by {apart:.1e} of its largest value.")
        worst = max(worst, float(apart))
    return worst


def _report(
    path: Path, description: Description, answers: Answers, found: Detected, said: set[str], difference: float
) -> list[str]:
    """What was found out and how, what was said, how many layers there are and where the page finds them."""
    lines = [f"{path.stem}: {description.title}"]
    for fact, value in _facts(description, answers).items():
        how = "As you say." if fact in said else found.how.get(fact, "")
        lines.append(f"  {fact:<12} {value:<44} {how}".rstrip())
    size = sum(file.stat().st_size for file in network_files(path))
    lines.append(f"  {len(description.layer_names)} layers, each an output; {size / 1e6:.1f} MB in {path}")
    lines.append(f"  its own outputs differ from the original's by {difference:.1e} of their largest value")
    if path.parent.resolve() == folder().resolve():
        lines.append(f"Open the page with ?network={path.stem}")
    else:
        lines.append(f"Start the page with NETWORKS_FOLDER={path.parent}, then open it with ?network={path.stem}")
    return lines


def _facts(description: Description, answers: Answers) -> dict[str, str]:
    """What the file now says, by the names that `Detected.how` has for it."""
    made = {"head": answers.head or "none"}
    if answers.labels:
        shown = ", ".join(repr(label) for label in answers.labels[:4])
        made["labels"] = f"{len(answers.labels)}: {shown}, ..."
    if answers.blank is not None:
        made["blank"] = f"{answers.blank} of {len(description.labels)}"
    wanted = answers.preprocessing
    if wanted is not None:
        name = scaling.name_of(wanted)
        numbers = "/".join(",".join(f"{value:g}" for value in part) for part in (wanted.mean, wanted.deviation))
        made["scaling"] = f"{name}: {scaling.SCALINGS[name]}" if name else numbers
        made["colour"] = wanted.colour
        made["size"] = f"{wanted.height or 'any'} x {wanted.width or 'any'}"
        made["fit"] = wanted.fit
        made |= {"orientation": "lying"} if wanted.transposed else {}
    return made
