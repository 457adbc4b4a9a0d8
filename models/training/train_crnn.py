"""Train the CRNN on drawn words, from nothing, on whatever Keras runs on (KERAS_BACKEND=tensorflow or jax).

    python -m models.training.train_crnn --out FOLDER --minutes 60
    python -m models.training.train_crnn --out FOLDER --resume
    python -m models.training.train_crnn --out FOLDER --begin models/weights/crnn.onnx --seen 741056 --narrow 0

CTC alone sits on "all blank" for 50,000 words. The renderer knows where every character stands, so training begins with
cross-entropy on the frames and fades into CTC; words are short and clean first; while they are short, pictures of half
the width do, at half the cost: the weights do not depend on the width.

FOLDER gets crnn.npz (averaged weights, "<layer>/<i>"), state.npz (everything needed to go on), log.jsonl; where
there are photographs, their list, photographs.jsonl.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from models import npz_weights
from models.training.ahead import Drawing
from models.training.loss import loss, pack
from models.training.options import parser
from models.training.photographs import prepare_list
from models.training.recipe import Recipe
from models.training.render import Batch
from models.training.stock import Stock
from models.training.validation import accuracy, measure_batch_norm, read, validation

# On by default only where the processor has AVX-512; on older ones too it halves the time of a gradient.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

SETTLED = 3  # steps after which a run is as fast as it will be
SAVING = 8.0  # seconds kept for the last checkpoint where the program has to end by a given time


class Run:
    """A training run: model, optimiser, what was done so far, and its folder."""

    def __init__(
        self,
        recipe: Recipe,
        out: Path,
        jit: bool = False,
        winograd: bool = False,
        bfloat16: bool = False,
        views: bool = False,
    ):
        import keras

        from models.crnn import build

        keras.utils.set_random_seed(recipe.seed)
        self.recipe, self.out = recipe, out
        self.model = build(logits=True, width=None)
        if winograd:
            from models.training.winograd import with_winograd

            self.model = with_winograd(self.model)
        if bfloat16:
            from models.training.views import in_bfloat16

            self.model = in_bfloat16(self.model)
        self.trained = self.model
        if views:
            from models.training.views import Viewed, Views

            self.trained = Viewed(self.model, Views(recipe.seed))
        self.optimizer = keras.optimizers.AdamW(
            recipe.rate,
            weight_decay=recipe.decay,
            global_clipnorm=recipe.clip,
            use_ema=True,
            ema_momentum=recipe.average,
        )
        self.optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        self.trained.compile(self.optimizer, loss, jit_compile=jit)
        self.optimizer.build(self.model.trainable_variables)
        self.step, self.seconds, self.width = 0, 0.0, 0
        self.photographs = 0.0  # share of photographed words, for the log
        self.first = 0  # step at which the run began: later than 0 where it began with weights

    @property
    def words(self) -> int:
        return self.step * self.recipe.batch

    @property
    def progress(self) -> float:
        return self.recipe.progress((self.step - self.first) * self.recipe.batch, self.seconds)

    def plan(self, number: int) -> tuple:
        """What to draw for batch number; its place in the run is guessed from the speed so far."""
        ahead = max(0, number - self.step) * self.seconds / max(1, self.step - self.first)
        at = self.recipe.progress((number - self.first) * self.recipe.batch, self.seconds + ahead)
        narrow = at < self.recipe.narrow
        size = (64, self.recipe.short) if narrow else (128, self.recipe.long or None)
        # batches of every difficulty up to the greatest, evenly: what was learnt of clean words is to stay
        difficulty = self.recipe.difficulty(at) * (0.2 + 0.8 * (number * 0.6180339887 % 1))
        return self.recipe.seed, number * self.recipe.batch, self.recipe.batch, difficulty, *size

    def train(self, batch: Batch) -> float:
        """One step; the loss in nats a word."""
        begun = time.monotonic()
        self.optimizer.learning_rate = self.recipe.learning_rate(self.progress)
        x = batch.pictures[..., None].astype(np.float32) / 255
        changed = x.shape[2] != self.width
        if changed:  # compile anew: TensorFlow would go on with one graph of unknown width
            self.width = x.shape[2]
            self.trained.make_train_function(force=True)
        value = float(self.trained.train_on_batch(x, pack(batch, min(1.0, self.words / self.recipe.fade))))
        self.step += 1
        if not changed:  # compiling takes longer than hundreds of steps and is no progress
            self.seconds += time.monotonic() - begun
        return value

    def averaged(self, pictures: np.ndarray | None):
        """A model with the averaged weights, its batch normalisation measured on pictures (n, 32, 128) if there are."""
        from models.crnn import build

        model = build(logits=True)
        model.set_weights(self.model.get_weights())
        averages = self.optimizer._model_variables_moving_average
        for variable, average in zip(model.trainable_variables, averages, strict=True):
            variable.assign(average)
        if pictures is not None:
            measure_batch_norm(model, pictures)
        return model

    def begin(self, weights: Path, words: int) -> None:
        """Begin with the weights of an exported network that has seen so many words; those do not come again."""
        from models import onnx_weights

        onnx_weights.fill(self.model, onnx_weights.read(weights))
        averages = self.optimizer._model_variables_moving_average
        for variable, average in zip(self.model.trainable_variables, averages, strict=True):
            average.assign(np.asarray(variable).copy())  # a copy: JAX may not be given the same memory twice
        self.step = self.first = -(-words // self.recipe.batch)

    def random(self) -> list:
        """Variables that are not trained, the network's first: a run may go on with views that began without."""
        own = self.model.non_trainable_variables
        return own + [v for v in self.trained.non_trainable_variables if all(v is not other for other in own)]

    def save(self) -> None:
        values = {f"model/{i}": np.asarray(v) for i, v in enumerate(self.model.get_weights())}
        values |= {f"optimizer/{i}": np.asarray(v.value) for i, v in enumerate(self.optimizer.variables)}
        values |= {f"random/{i}": np.asarray(v.value) for i, v in enumerate(self.random())}
        facts = {"step": self.step, "first": self.first, "seconds": self.seconds, "recipe": asdict(self.recipe)}
        npz_weights.replace(self.out / "state.npz", facts=np.array(json.dumps(facts)), **values)

    def load(self) -> None:
        with np.load(self.out / "state.npz") as state:
            facts = json.loads(str(state["facts"]))
            self.step, self.first, self.seconds = facts["step"], facts.get("first", 0), facts["seconds"]
            self.model.set_weights([state[f"model/{i}"] for i in range(len(self.model.get_weights()))])
            for i, variable in enumerate(self.optimizer.variables):
                variable.assign(state[f"optimizer/{i}"])
            for i, variable in enumerate(self.random()):
                if f"random/{i}" in state:  # not of views, where the run had none so far
                    variable.assign(state[f"random/{i}"])


def report(run: Run, sets: dict[str, Batch], recent: dict) -> None:
    """Save the state, then measure and save the averaged weights, and write one line to the log.

    Without sets the averaged weights are saved as they are: models/training/average.py measures what they lack.
    """
    run.save()
    model = run.averaged(sets["normalise"].pictures if sets else None)
    npz_weights.write({layer.name: layer.get_weights() for layer in model.layers}, run.out / "crnn.npz")
    line = {
        "date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
        "words": run.words,
        "step": run.step,
        "minutes": round(run.seconds / 60, 2),
        "rate": float(f"{run.recipe.learning_rate(run.progress):.3g}"),
        "photographs": run.photographs,
        **recent,
    }
    shown = []
    for name, batch in sets.items():
        if name == "normalise":
            continue
        found = read(model, batch.pictures)
        line[name] = round(accuracy(found, batch.texts), 4)
        shown += [f"{t}={f}" for t, f in list(zip(batch.texts, found, strict=True))[:8]]
    with (run.out / "log.jsonl").open("a") as log:
        log.write(json.dumps(line) + "\n")
    print(json.dumps(line), *shown, flush=True)


def begun(chosen: argparse.Namespace) -> Run:
    """The run that the command line asks for, its weights in place."""
    kept: dict = {}
    if chosen.resume:
        with np.load(chosen.out / "state.npz") as state:
            kept = json.loads(str(state["facts"]))["recipe"]
    given = {name: getattr(chosen, name) for name in asdict(Recipe()) if getattr(chosen, name) is not None}
    run = Run(Recipe(**kept | given), chosen.out, chosen.jit, chosen.winograd, chosen.bfloat16, chosen.again)
    if chosen.resume:
        run.load()
    elif chosen.begin:
        run.begin(chosen.begin, chosen.seen)
    return run


def go_on(
    run: Run,
    words: Drawing | Stock,
    sets: dict[str, Batch],
    every: float,
    steps: int,
    until: float | None = None,
    watch: Callable[[Run, dict[str, Batch]], None] | None = None,
) -> None:
    """Train to the run's end, or by so many steps where they are given; a checkpoint every so many minutes.

    until: what time.monotonic() says when the cycle is to end; its length is then settled once all is compiled.
    watch: called before each step and at the end with the run and the sets.
    """
    first, end = run.step, run.step + steps
    last, losses, waited, started, shown = time.monotonic(), [], 0.0, run.seconds, run.words
    while run.progress < 1 and not (steps and run.step >= end):
        if watch:
            watch(run, sets)
        batch, wait = next(words)
        losses.append(run.train(batch))
        run.seconds += wait
        waited += wait
        if until is not None and run.step == first + SETTLED:
            minutes = (run.seconds + max(0.0, until - time.monotonic())) / 60
            run.recipe = replace(run.recipe, minutes=minutes)
            print(f"The cycle lasts {minutes:.2f} minutes.", flush=True)
        speed = (run.words - shown) / max(run.seconds - started, 1e-9)
        if len(losses) % 25 == 0:
            print(f"{run.words} words, loss {np.mean(losses[-25:]):.3f}, {speed:.1f} a second", flush=True)
        if time.monotonic() - last > 60 * every:
            recent = {"loss": round(float(np.mean(losses)), 3), "words_per_second": round(speed, 1)}
            report(run, sets, recent | {"waited": round(waited, 1), "drawn": words.drawn})
            last, losses, waited, started, shown = time.monotonic(), [], 0.0, run.seconds, run.words
    if not steps:
        loss_now = round(float(np.mean(losses or [0])), 3)
        report(run, sets, {"loss": loss_now, "drawn": words.drawn, "finished": True})
    if watch:
        watch(run, sets)


def main(arguments: list[str] | None = None, watch: Callable[[Run, dict[str, Batch]], None] | None = None) -> None:
    started, reader = time.monotonic(), parser(__doc__.split("\n\n")[0])
    chosen = reader.parse_args(arguments)
    if chosen.begin and (chosen.resume or not chosen.seen):
        reader.error("--begin needs --seen, the words that the network was trained on, and does not go with --resume.")
    if chosen.seen and not chosen.begin:
        reader.error("--seen says what the network of --begin was trained on; give that too.")
    chosen.out.mkdir(parents=True, exist_ok=True)
    run = begun(chosen)
    if chosen.again and (run.recipe.narrow or run.words < run.recipe.fade):
        reader.error("--again needs --narrow 0 and a network that has learnt from frames: views move what these tell.")
    share = run.photographs = run.recipe.photographs if chosen.real else 0.0
    ahead = (20 if chosen.again else 4) * chosen.processes + 6
    real = chosen.out / "photographs.jsonl" if chosen.real else None
    if real:
        prepare_list(chosen.real, real, chosen.corrections)
    words = Drawing(run.plan, run.step, chosen.fonts, chosen.processes, ahead, real, share)
    try:
        sets = {} if chosen.unmeasured else validation(chosen.fonts, 128)
        if chosen.again:
            words = Stock(words, run.recipe.batch, seed=run.recipe.seed)
        until = started + 60 * chosen.by - SAVING if chosen.by else None
        go_on(run, words, sets, chosen.every, chosen.steps, until, watch)
    finally:
        words.close()


if __name__ == "__main__":
    main()
