"""Anybody's Keras file in, verified ONNX file out."""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from explain.network.own.answers import Answers
from export import own_onnx, verify
from export.errors import VerificationError, first_line
from export.fitting import fitting, likeness
from export.keras_files import opening, storing, tracing
from export.keras_files.assembly import Assembled, assembled
from export.keras_files.filling import fill
from export.keras_files.plan import plan
from export.keras_files.tidying import tidied
from export.networks import import_keras
from export.stores import Whole
from export.write import written
from models.card import Card

KERAS = (".keras", ".h5", ".hdf5")
Tell = Callable[[str], None]


def export_keras(path: str | Path, out: str | Path | None, options: argparse.Namespace, tell: Tell) -> Path:
    """Writes an ONNX file of a Keras file, in which every layer is an output, and returns its path.

    path: a whole model of Keras 2 or 3 or tf_keras, or weights alone that fit a network of this project. out: a folder;
    that in which the page looks unless given. options: as `own_onnx.add_options` has them. tell: takes one line of
    progress at a time.

    The file takes its place once every layer was compared with Keras. Raises ExportError with one sentence.
    """
    path = Path(path)
    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        made = Path(folder) / f"{name_of(path)}.onnx"
        with opening.opened(path) as file:
            try:
                if file.config is None:
                    _weights_alone(file, made, tell)
                else:
                    _whole_model(file, made, tell)
            finally:
                if "keras" in sys.modules:
                    import_keras().utils.clear_session()
                    gc.collect()  # a model's layers refer to each other in circles
        return own_onnx.export_onnx(made, out, options, tell)


def name_of(path: Path) -> str:
    """The file's name without its endings, best.weights.h5 being best."""
    return path.stem.removesuffix(".weights") or path.stem


def _weights_alone(file: opening.KerasFile, made: Path, tell: Tell) -> None:
    name, network, weights = fitting(file)
    tell(f"{file.path}: weights alone, which fit {name} layer by layer: its layers, labels and preprocessing are taken")
    written(made, network, network.skeleton(), weights, Whole(), tell, facts(network.card))


def _whole_model(file: opening.KerasFile, made: Path, tell: Tell) -> None:
    tell(f"{file.path}: a model saved by Keras {file.version or 'of a version that it does not say'}")
    net = plan(file.config)
    network = assembled(file, net, tell)
    fill(file, net, network)
    tell(f"  {len(network.shown)} layers, {network.model.count_params():,} parameters; written through tf2onnx")
    edited = tidied(*tracing.traced(network.model))
    edited.renamed({edited.picture.name: net_input(network)})
    edited.picture.name = net_input(network)
    shapes = {key: tuple(tensor.shape) for key, tensor in network.model.output.items()}
    known = {"source": f"{file.path.name}, saved by Keras {file.version}".removesuffix(" by Keras ")}
    like = likeness(network)
    if like is not None:
        tell(f"  the layout is that of {like.name}: its labels and preprocessing are taken, unless you say others")
        known |= facts(like)
    elif network.ctc and len(frames := shapes[list(shapes)[-1]]) == 3 and frames[-1]:
        # The last one is the blank, as in all CTC losses that Keras has as functions of a batch.
        known |= {"head": "ctc", "blank": str(frames[-1] - 1)}
    storing.store(made, edited, network.shown, shapes, known)
    first = {network.shown[key] for key in edited.channel_first}
    del edited
    compare(made, network, first, tell)


def net_input(network: Assembled) -> str:
    """What the picture is called in the file: as in Keras's, unless a layer is called so."""
    return network.picture if network.picture not in network.shown.values() else f"{network.picture}:picture"


def facts(card: Card) -> dict[str, str]:
    """What a card knows of a network, as the metadata of its file says it."""
    return Answers(labels=card.labels, blank=card.blank, preprocessing=card.preprocessing).metadata()


def compare(path: Path, network: Assembled, channel_first: set[str], tell: Tell) -> None:
    """Raises VerificationError, by the worst layer's name, where the file does not compute what Keras computes."""
    tell("  comparing each layer with Keras, largest difference as a part of the layer's largest value")
    scaled = any(type(leaf.layer).__name__ in ("Rescaling", "Normalization") for leaf in network.leaves)
    shape = [length or verify.ANY_LENGTH for length in network.model.inputs[0].shape[1:]]
    batch = np.random.default_rng(0).random((1, *shape), np.float32) * (255 if scaled else 1)
    try:
        written = verify.onnx_outputs(path, batch, channel_first)
    except Exception as error:  # ONNX Runtime's exceptions share no public base class
        raise VerificationError(f"ONNX Runtime cannot run what was written: {first_line(error)}") from error
    by_layer = {}
    for key, wanted in network.model(batch, training=False).items():
        name = network.shown[key]
        wanted, output = np.asarray(wanted), written.pop(name)
        if output.shape != wanted.shape:
            raise VerificationError(
                f"Layer {name!r} has the shape {output.shape} in the file, {wanted.shape} in Keras."
            )
        if not np.isfinite(wanted).all():
            raise VerificationError(
                f"Layer {name!r} of the model returns values that are no numbers: nothing was kept."
            )
        by_layer[name] = verify.difference(output, wanted)
    verify.check(by_layer)
    worst = max(by_layer, key=by_layer.get)
    tell(f"  all {len(by_layer)} layers agree; the largest difference is {by_layer[worst]:.1e}, in {worst}")
