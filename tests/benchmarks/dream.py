"""Class visualisation against tf-keras-vis: seconds to the same score, in the same process, at the same size.

    python -m tests.benchmarks dream [--classes 5] [--size 160] [--sheet FILE] [--keep FOLDER]

For each class, tf-keras-vis's ActivationMaximization with its defaults; then this project's until a plain pass over
its picture gives the class as high a logit. Where it ends below that, it begins anew with twice the steps, and the
seconds of all its runs are added up: the turns of tf-keras-vis cannot be seeded, and now and then it ends high. Passes
that only measure are not counted. Seconds by the clock, and of the processor, which does not count what other work on
the machine takes. tf-keras-vis traces nothing; of this project both are told: "warm", as in a worker that has dreamt
once at this size, and "first", with TensorFlow's tracing.

Then what a page sees: seconds from the button to the first preview and to the first that the network itself takes for
the class, and the peak memory of worker and page together, four pictures at 128 pixels. --sheet draws both for twelve
classes, ours after all the steps of its first run. --keep holds tf-keras-vis's results, minutes each, for an
interrupted run to go on; their seconds are then those of the time when they were made.
"""

from __future__ import annotations

import argparse
import math
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from explain.attribution.targets import ClassLogit
from explain.gradients.images.activation_maximisation import DreamResult, DreamSettings, dream
from explain.gradients.images.gallery import load_model
from explain.gradients.images.presets import PRESETS
from explain.gradients.network.activations import Responses
from explain.gradients.worker.client import GradientWorker, Job
from explain.pictures.sheets import Layout, Lettering, sheet
from models.vgg16 import CAM
from tests.benchmarks.dream_peer import Peer, PeerResult
from tests.benchmarks.progress import progress
from tests.benchmarks.worker import Memory, megabytes, resident

CLASSES = (  # the first five are timed
    ["African elephant", "goldfish", "school bus", "tabby", "banana", "king penguin"]
    + ["monarch", "golden retriever", "ladybug", "brown bear", "pizza", "convertible"]
)
DOUBLED = 3  # times at most, when a run ends too low
TILE, CAPTION, MARGIN = 128, 18, 92  # of the sheet, in pixels


def main(argv: list[str]) -> dict:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks dream")
    parser.add_argument("--classes", type=int, default=5, help="how many are timed")
    parser.add_argument("--size", type=int, default=160)
    parser.add_argument("--preset", choices=PRESETS, default=DreamSettings.preset)
    parser.add_argument("--steps", type=int, help="of ours, at most")
    parser.add_argument("--sheet", type=Path, help="where to draw both for twelve classes")
    parser.add_argument("--keep", type=Path, help="folder for tf-keras-vis's results")
    options = parser.parse_args(argv)
    contest = Contest(options.size, options.preset, options.steps, options.keep)
    names = CLASSES if options.sheet else CLASSES[: options.classes]
    first = contest.ours(names[0])
    pairs = {}
    for name in progress(names, len(names), "classes"):
        theirs = contest.theirs(name)
        pairs[name] = theirs, contest.ours(name, theirs[1])
    if options.sheet:
        contact_sheet(pairs, options.sheet)
    timed = {name: pairs[name] for name in CLASSES[: options.classes]}
    return {**compared(timed, first, contest), **page(options.preset)}


class Reached(NamedTuple):
    steps: int
    seconds: float
    processor: float


@dataclass
class Ours:
    """How a run of ours went: after each preview the seconds so far, by clock and processor, and the plain pass."""

    picture: np.ndarray | None = None
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    logits: list[float] = field(default_factory=list)
    known: list[bool] = field(default_factory=list)  # does the network take it for the class?
    longer: Ours | None = None  # the run after this one, where this one ended too low

    def until(self, logit: float) -> Reached | None:
        """The first preview with at least this logit; steps and seconds of all runs that it took."""
        at = next((at for at, found in enumerate(self.logits) if found >= logit), None)
        if at is not None:
            return Reached(self.steps[at], self.seconds[at], self.processor[at])
        further = self.longer and self.longer.until(logit)
        if further is None:
            return None
        return Reached(
            self.steps[-1] + further.steps, self.seconds[-1] + further.seconds, self.processor[-1] + further.processor
        )


class Contest:
    """Both methods on vgg16-cam, at one size."""

    def __init__(self, size: int, preset: str, steps: int | None, keep: Path | None = None) -> None:
        self.size, self.preset, self.steps, self.keep = size, preset, steps, keep
        self.function = load_model()
        self.respond = Responses(self.function).of(["logits"])
        self.peer = Peer(size)

    def logits(self, picture: np.ndarray) -> np.ndarray:
        """Of all classes, on a plain pass."""
        return np.asarray(self.respond(picture[None].astype(np.float32) / 255.0)["logits"])[0]

    def theirs(self, name: str) -> tuple[PeerResult, float]:
        """tf-keras-vis's result for a class, and the logit of its picture."""
        unit = CAM.labels.index(name)
        file = self.keep and self.keep / f"tf-keras-vis-{self.size}-{unit:03d}.npz"
        if file and file.exists():
            with np.load(file) as kept:
                found = PeerResult(kept["picture"], float(kept["seconds"]), float(kept["processor"]))
        else:
            found = self.peer(unit)
            if file:
                file.parent.mkdir(parents=True, exist_ok=True)
                np.savez(file, picture=found.picture, seconds=found.seconds, processor=found.processor)
        return found, float(self.logits(found.picture)[unit])

    def ours(self, name: str, logit: float = -math.inf) -> Ours:
        """A run with the settings' steps, and longer ones until one reaches the logit."""
        steps = self.steps or PRESETS[self.preset].steps
        first = last = self._run(name, steps)
        for _ in range(DOUBLED):
            if last.until(logit) is not None:
                break
            steps *= 2
            last.longer = self._run(name, steps)
            last = last.longer
        return first

    def _run(self, name: str, steps: int) -> Ours:
        unit, run = CAM.labels.index(name), Ours()
        settings = DreamSettings(target=ClassLogit(unit), preset=self.preset, steps=steps, size=self.size)
        paused = [0.0, 0.0]
        began = time.perf_counter(), time.process_time()

        def on_step(step, steps, picture, _):
            if picture is None:
                return True
            now = time.perf_counter(), time.process_time()
            run.seconds.append(now[0] - began[0] - paused[0])
            run.processor.append(now[1] - began[1] - paused[1])
            logits = self.logits(picture)
            run.steps.append(step)
            run.logits.append(float(logits[unit]))
            run.known.append(bool(logits.argmax() == unit))
            paused[0] += time.perf_counter() - now[0]
            paused[1] += time.process_time() - now[1]
            return True

        run.picture = dream(self.function, settings, on_step)[0].picture
        return run


def compared(pairs: dict, first: Ours, contest: Contest) -> dict:
    """The figures: for each class, and their means. Where ours did not get there in any run, so it says, and no mean is
    told. first: of the process, for the first class, with TensorFlow's tracing."""
    classes, reached = {}, []
    for name, ((theirs, logit), ours) in pairs.items():
        reaching = ours.until(logit)
        classes[name] = {
            "tf_keras_vis": {"logit": round(logit, 1), **rounded(theirs.seconds, theirs.processor)},
            "ours_in_the_end": {"logit": round(ours.logits[-1], 1), **rounded(ours.seconds[-1], ours.processor[-1])},
            "ours_to_that_logit": None
            if reaching is None
            else {"steps": reaching.steps, **rounded(reaching.seconds, reaching.processor)},
        }
        if reaching is not None:
            reached.append((theirs.seconds, theirs.processor, reaching.seconds, reaching.processor))
    found = {"size": contest.size, "preset": contest.preset, "classes": classes, "reached": len(reached)}
    (_, logit), warm = next(iter(pairs.values()))
    cold, warm = first.until(logit), warm.until(logit)
    if cold is not None:
        found["first_of_the_process"] = rounded(cold.seconds, cold.processor)
    if len(reached) == len(pairs):
        clock, processor, our_clock, our_processor = np.mean(reached, axis=0)
        found |= {
            "mean_tf_keras_vis": rounded(clock, processor),
            "mean_ours": rounded(our_clock, our_processor),
            "times_faster": round(clock / our_clock, 2),
            "times_faster_by_processor": round(processor / our_processor, 2),
        }
        if cold is not None:
            tracing = cold.seconds - warm.seconds
            found["times_faster_with_tracing"] = round(clock / (our_clock + tracing), 2)
    runs = [ours for _, ours in pairs.values()]
    found["first_preview_s"] = round(float(np.mean([run.seconds[0] for run in runs])), 2)
    known = [run.seconds[run.known.index(True)] for run in runs if True in run.known]
    found["first_preview_known_to_the_network_s"] = round(max(known), 2) if len(known) == len(runs) else None
    return found


def rounded(seconds: float, processor: float) -> dict[str, float]:
    return {"s": round(float(seconds), 2), "processor_s": round(float(processor), 2)}


def page(preset: str) -> dict:
    """A warm worker from the button to the first preview, and the peak memory over four pictures at 128 pixels."""
    settings = {"class_index": 0, "count": 4, "size": 128, "preset": preset, "diversity": 1.0}
    with tempfile.TemporaryDirectory() as folder:
        worker = GradientWorker(results=Path(folder))
        memory = Memory(worker)
        memory.start()
        try:
            finished(worker.submit("dream", {**settings, "count": 1}))
            began = time.perf_counter()
            job = worker.submit("dream", {**settings, "count": 1, "seed": 1})
            while job.preview is None and not job.ended:
                time.sleep(0.005)
            previewed = time.perf_counter() - began
            finished(job)
            finished(worker.submit("dream", settings))
            own = megabytes(resident(os.getpid()))
            return {
                "warm_worker_first_preview_s": round(previewed, 2),
                "worker_peak_MB": megabytes(memory.peak),
                "this_process_MB": own,
            }
        finally:
            memory.over.set()
            worker.close()


def finished(job: Job) -> None:
    job.wait()
    if job.error:
        raise ValueError(job.error)


def contact_sheet(pairs: dict, file: Path) -> None:
    """Theirs above ours for every class, six classes a row."""
    pair, columns = Layout((TILE, TILE), 1, gap=(0, 4)), 6
    layout = Layout(pair.extent(2), columns, gap=(4, 4), margin=4, below=CAPTION)
    stacked = [sheet([_tile(theirs), _tile(ours)], pair) for (theirs, _), ours in pairs.values()]
    drawn = sheet(stacked, layout, under=list(pairs), lettering=Lettering.of(12, centred=True))
    drawn = ImageOps.expand(drawn, (MARGIN, 0, 0, 0), "white")
    draw, font = ImageDraw.Draw(drawn), ImageFont.load_default(12)
    for first in range(0, len(pairs), columns):
        for line, label in enumerate(("tf-keras-vis", "this project")):
            middle = layout.corner(first)[1] + pair.corner(line)[1] + TILE // 2
            draw.text((MARGIN - 2, middle), label, "black", font, anchor="rm")
    file.parent.mkdir(parents=True, exist_ok=True)
    drawn.save(file, "WEBP", quality=85, method=6)


def _tile(dreamt: DreamResult | PeerResult) -> Image.Image:
    return Image.fromarray(dreamt.picture).resize((TILE, TILE), Image.Resampling.LANCZOS)
