"""Train the CRNN on drawn words, from nothing, on whatever Keras runs on (KERAS_BACKEND=tensorflow or jax).

    python -m models.training.train_crnn --out FOLDER --minutes 60
    python -m models.training.train_crnn --out FOLDER --resume
    python -m models.training.train_crnn --out FOLDER --begin models/weights/crnn.onnx --seen 741056 --narrow 0

CTC alone sits on "all blank" for 50,000 words. The renderer knows where every character stands, so training begins with
cross-entropy on the frames and fades into CTC; words are short and clean first; while they are short, pictures of half
the width do, at half the cost: the weights do not depend on the width.

FOLDER gets crnn.npz (averaged weights, "<layer>/<i>"), state.npz (everything needed to go on), log.jsonl.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from models import npz_weights
from models.training.ahead import Drawing
from models.training.render import Batch
from models.training.validation import accuracy, measure_batch_norm, read, validation

# On by default only where the processor has AVX-512; on older ones too it halves the time of a gradient.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

LABEL_ROOM = 24  # longest text, filled up


@dataclass(frozen=True)
class Recipe:
    """What a run is made of. Shares are of the whole run, from 0 to 1.

    minutes or words: the length of the one-cycle, from where the run began; by time where both are given.
    rate, warm: peak learning rate and the share in which it is reached; it ends at a hundredth.
    narrow: share in which pictures are 64 pixels wide; short: characters at most in it.
    fade: words over which cross-entropy on frames gives way to CTC.
    hard, hardest: share after which the difficulty stays at its greatest, and that.
    average: momentum of the averaged weights.
    photographs: share of photographed words, where --real names some.
    """

    seed: int = 1
    words: int = 105_000
    minutes: float = 0.0
    batch: int = 32
    rate: float = 1e-3
    warm: float = 0.06
    decay: float = 5e-3
    clip: float = 5.0
    narrow: float = 0.65
    short: int = 7
    fade: int = 24_000
    hard: float = 0.6
    hardest: float = 0.65
    average: float = 0.99
    photographs: float = 0.25

    def progress(self, words: int, seconds: float) -> float:
        return min(1.0, seconds / (60 * self.minutes) if self.minutes else words / self.words)

    def learning_rate(self, progress: float) -> float:
        if progress < self.warm:
            return self.rate * (0.05 + 0.95 * progress / self.warm)
        fall = (progress - self.warm) / (1 - self.warm)
        return self.rate * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * fall)))

    def difficulty(self, progress: float) -> float:
        return self.hardest * min(1.0, progress / self.hard)


# ---- loss


def pack(batch: Batch, ctc: float) -> np.ndarray:
    """Labels, their number, the share of CTC and the frames' labels side by side, (n, 24 + 2 + frames) float32."""
    n, longest = batch.labels.shape
    labels = np.zeros((n, LABEL_ROOM), np.float32)
    labels[:, :longest] = np.maximum(batch.labels, 0)
    lengths = (batch.labels >= 0).sum(axis=1, keepdims=True)
    return np.concatenate([labels, lengths, np.full((n, 1), ctc), batch.frames], axis=1).astype(np.float32)


def loss(packed, logits):
    """(1 - share) x cross-entropy over the frames + share x CTC, each in nats a word, (n,)."""
    from keras import ops

    from models.crnn import BLANK

    frames = ops.shape(packed)[1] - LABEL_ROOM - 2  # not packed.shape: a trace for several widths has None there
    labels = ops.cast(packed[:, :LABEL_ROOM], "int32")
    lengths = ops.cast(packed[:, LABEL_ROOM], "int32")
    share = packed[0, LABEL_ROOM + 1]
    targets = ops.cast(packed[:, LABEL_ROOM + 2 :], "int32")
    by_frame = ops.sum(ops.sparse_categorical_crossentropy(targets, logits, from_logits=True), axis=1)
    steps = ops.zeros_like(lengths) + frames
    by_text = ops.ctc_loss(labels, logits, lengths, steps, mask_index=BLANK)
    return (1 - share) * by_frame + share * by_text


# ---- the run


class Run:
    """A training run: model, optimiser, what was done so far, and its folder."""

    def __init__(self, recipe: Recipe, out: Path, jit: bool = False, winograd: bool = False):
        import keras

        from models.crnn import build

        keras.utils.set_random_seed(recipe.seed)
        self.recipe, self.out = recipe, out
        self.model = build(logits=True, width=None)
        if winograd:
            from models.training.winograd import with_winograd

            self.model = with_winograd(self.model)
        self.optimizer = keras.optimizers.AdamW(
            recipe.rate,
            weight_decay=recipe.decay,
            global_clipnorm=recipe.clip,
            use_ema=True,
            ema_momentum=recipe.average,
        )
        self.optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        self.model.compile(self.optimizer, loss, jit_compile=jit)
        self.optimizer.build(self.model.trainable_variables)
        self.step, self.seconds, self.width = 0, 0.0, 0
        self.first = 0  # step at which the run began: later than 0 where it began with weights

    @property
    def words(self) -> int:
        return self.step * self.recipe.batch

    @property
    def progress(self) -> float:
        return self.recipe.progress((self.step - self.first) * self.recipe.batch, self.seconds)

    def plan(self, number: int) -> tuple:
        """What to draw for batch number; its place in the run is guessed from the speed so far."""
        ahead = (number - self.step) * self.seconds / max(1, self.step - self.first)
        at = self.recipe.progress((number - self.first) * self.recipe.batch, self.seconds + ahead)
        narrow = at < self.recipe.narrow
        size = (64, self.recipe.short) if narrow else (128, None)
        # batches of every difficulty up to the greatest, evenly: what was learnt of clean words is to stay
        difficulty = self.recipe.difficulty(at) * (0.2 + 0.8 * (number * 0.6180339887 % 1))
        return self.recipe.seed, number * self.recipe.batch, self.recipe.batch, difficulty, *size

    def train(self, batch: Batch) -> float:
        """One step; the loss in nats a word."""
        begun = time.monotonic()
        self.optimizer.learning_rate = self.recipe.learning_rate(self.progress)
        x = batch.pictures[..., None].astype(np.float32) / 255
        if x.shape[2] != self.width:  # compile anew: TensorFlow would go on with one graph of unknown width
            self.width = x.shape[2]
            self.model.make_train_function(force=True)
        value = float(self.model.train_on_batch(x, pack(batch, min(1.0, self.words / self.recipe.fade))))
        self.step += 1
        self.seconds += time.monotonic() - begun
        return value

    def averaged(self, pictures: np.ndarray):
        """A model with the averaged weights and its batch normalisation measured on pictures (n, 32, 128)."""
        from models.crnn import build

        model = build(logits=True)
        model.set_weights(self.model.get_weights())
        averages = self.optimizer._model_variables_moving_average
        for variable, average in zip(model.trainable_variables, averages, strict=True):
            variable.assign(average)
        measure_batch_norm(model, pictures)
        return model

    def begin(self, weights: Path, words: int) -> None:
        """Begin with the weights of an exported network that has seen so many words; those do not come again."""
        from models import onnx_weights

        onnx_weights.fill(self.model, onnx_weights.read(weights))
        averages = self.optimizer._model_variables_moving_average
        for variable, average in zip(self.model.trainable_variables, averages, strict=True):
            average.assign(variable)
        self.step = self.first = -(-words // self.recipe.batch)

    def save(self) -> None:
        values = {f"model/{i}": np.asarray(v) for i, v in enumerate(self.model.get_weights())}
        values |= {f"optimizer/{i}": np.asarray(v.value) for i, v in enumerate(self.optimizer.variables)}
        values |= {f"random/{i}": np.asarray(v.value) for i, v in enumerate(self.model.non_trainable_variables)}
        facts = {"step": self.step, "first": self.first, "seconds": self.seconds, "recipe": asdict(self.recipe)}
        npz_weights.replace(self.out / "state.npz", facts=np.array(json.dumps(facts)), **values)

    def load(self) -> None:
        with np.load(self.out / "state.npz") as state:
            facts = json.loads(str(state["facts"]))
            self.step, self.first, self.seconds = facts["step"], facts.get("first", 0), facts["seconds"]
            self.model.set_weights([state[f"model/{i}"] for i in range(len(self.model.get_weights()))])
            for i, variable in enumerate(self.optimizer.variables):
                variable.assign(state[f"optimizer/{i}"])
            for i, variable in enumerate(self.model.non_trainable_variables):
                variable.assign(state[f"random/{i}"])


def report(run: Run, sets: dict[str, Batch], recent: dict) -> None:
    """Save the state, then measure and save the averaged weights, and write one line to the log."""
    run.save()
    model = run.averaged(sets["normalise"].pictures)
    npz_weights.write({layer.name: layer.get_weights() for layer in model.layers}, run.out / "crnn.npz")
    line = {"words": run.words, "step": run.step, "minutes": round(run.seconds / 60, 2), **recent}
    for name, batch in sets.items():
        if name == "normalise":
            continue
        found = read(model, batch.pictures)
        line[name] = round(accuracy(found, batch.texts), 4)
        line[f"{name}_read"] = [f"{t}={f}" for t, f in list(zip(batch.texts, found, strict=True))[:8]]
    with (run.out / "log.jsonl").open("a") as log:
        log.write(json.dumps(line) + "\n")
    print(json.dumps(line), flush=True)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--resume", action="store_true", help="go on from state.npz with its recipe (and what is given anew)"
    )
    parser.add_argument("--begin", type=Path, help="exported network (.onnx) whose weights the run begins with")
    parser.add_argument("--seen", type=int, default=0, help="words that the network of --begin was trained on")
    parser.add_argument("--fonts", type=Path, help="JSON file that keeps the list of fonts")
    parser.add_argument("--every", type=float, default=5, help="minutes between checkpoints")
    parser.add_argument("--real", type=Path, help="zip of photographed words (words.jsonl) to mix in")
    parser.add_argument("--processes", type=int, default=1, help="that draw words")
    parser.add_argument("--jit", action="store_true", help="compile with XLA")
    parser.add_argument(
        "--winograd", action="store_true", help="3 x 3 convolutions by Winograd's way: faster on processors"
    )
    parser.add_argument("--steps", type=int, default=0, help="stop after so many, for measuring speed")
    for name, value in asdict(Recipe()).items():
        parser.add_argument(f"--{name}", type=type(value), help=f"of the recipe ({value})")
    chosen = parser.parse_args(arguments)
    if chosen.begin and (chosen.resume or not chosen.seen):
        parser.error("--begin needs --seen, the words that the network was trained on, and does not go with --resume.")
    if chosen.seen and not chosen.begin:
        parser.error("--seen says what the network of --begin was trained on; give that too.")
    chosen.out.mkdir(parents=True, exist_ok=True)
    kept: dict = {}
    if chosen.resume:
        with np.load(chosen.out / "state.npz") as state:
            kept = json.loads(str(state["facts"]))["recipe"]
    given = {name: getattr(chosen, name) for name in asdict(Recipe()) if getattr(chosen, name) is not None}
    recipe = Recipe(**kept | given)
    run = Run(recipe, chosen.out, chosen.jit, chosen.winograd)
    if chosen.resume:
        run.load()
    elif chosen.begin:
        run.begin(chosen.begin, chosen.seen)
    sets = validation(chosen.fonts, 128)
    drawing = Drawing(run.plan, run.step, chosen.fonts, chosen.processes, real=chosen.real, share=recipe.photographs)
    last, losses, waited, begun, words = time.monotonic(), [], 0.0, run.seconds, run.words
    end = run.step + chosen.steps
    try:
        while run.progress < 1 and not (chosen.steps and run.step >= end):
            batch, wait = next(drawing)
            losses.append(run.train(batch))
            run.seconds += wait
            waited += wait
            if len(losses) % 25 == 0:
                speed = (run.words - words) / (run.seconds - begun)
                print(f"{run.words} words, loss {np.mean(losses[-25:]):.3f}, {speed:.1f} a second", flush=True)
            if time.monotonic() - last > 60 * chosen.every:
                speed = (run.words - words) / (run.seconds - begun)
                recent = {
                    "loss": round(float(np.mean(losses)), 3),
                    "words_per_second": round(speed, 1),
                    "waited": round(waited, 1),
                }
                report(run, sets, recent)
                last, losses, waited, begun, words = time.monotonic(), [], 0.0, run.seconds, run.words
        if not chosen.steps:
            report(run, sets, {"loss": round(float(np.mean(losses or [0])), 3), "finished": True})
    finally:
        drawing.close()


if __name__ == "__main__":
    main()
