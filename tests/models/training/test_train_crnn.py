"""Training the CRNN: the loss is what it says, a run goes on where it stopped, batch normalisation is measured."""

import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import Future
from datetime import datetime

import numpy as np
import pytest

from explain.ctc import decoding
from models.crnn import BLANK, LABELS
from models.training import ahead, train_crnn
from models.training.render import Batch, Renderer
from models.training.stock import LABEL_ROOM
from models.training.train_crnn import Drawing, Recipe, Run


@pytest.fixture
def batch(bundled, words) -> Batch:
    return Renderer(bundled, words).batch(1, 0, 4, 0.0, width=64, longest=5)


def small_network(logits: bool = False, width: int | None = 128):
    """The CRNN's outline with a few channels: two batch normalisations, dropout, 63 answers a frame."""
    import keras
    from keras import layers

    columns = -1 if width is None else width // 4 - 1
    steps = [
        layers.Conv2D(8, 3, padding="same", activation="relu", name="conv_5"),
        layers.BatchNormalization(name="batch_norm_5"),
        layers.MaxPooling2D((16, 4)),
        layers.Conv2D(8, 1, activation="relu", name="conv_6"),
        layers.BatchNormalization(name="batch_norm_6"),
        layers.Conv2D(16, 2, activation="relu", name="conv_7"),
        layers.Reshape((columns, 16)),
        layers.Dropout(0.2),
        layers.Dense(63, activation=None if logits else "softmax", name="outputs"),
    ]
    answer = picture = keras.Input((32, width, 1))
    for step in steps:
        answer = step(answer)
    return keras.Model(picture, answer)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr("models.crnn.build", small_network)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_loss_is_frames_and_text_in_their_shares(batch, share):
    logits = np.random.default_rng(0).normal(0, 3, (4, 15, 63)).astype(np.float32)
    found = np.asarray(train_crnn.loss(train_crnn.pack(batch, share), logits))
    logs = log_softmax(logits.astype(np.float64))
    for i in range(4):
        labels = [label for label in batch.labels[i].tolist() if label >= 0]
        by_text = -decoding.log_probability(np.exp(logs[i]), labels)
        by_frame = -logs[i, np.arange(15), batch.frames[i]].sum()
        assert found[i] == pytest.approx((1 - share) * by_frame + share * by_text, rel=1e-4)


def test_packing_keeps_labels_lengths_and_frames(batch):
    packed = train_crnn.pack(batch, 0.25)
    assert packed.shape == (4, LABEL_ROOM + 2 + 15)
    for row, text in zip(packed, batch.texts, strict=True):
        assert "".join(LABELS[int(k)] for k in row[: int(row[LABEL_ROOM])]) == text and row[LABEL_ROOM + 1] == 0.25
    np.testing.assert_array_equal(packed[:, LABEL_ROOM + 2 :], batch.frames)


def test_the_rate_rises_once_and_falls_to_a_hundredth():
    recipe = Recipe(rate=1e-3, warm=0.1)
    rates = np.array([recipe.learning_rate(p) for p in np.linspace(0, 1, 101)])
    assert rates.argmax() == 10 and rates[10] == pytest.approx(1e-3)
    assert (np.diff(rates[:11]) > 0).all() and (np.diff(rates[10:]) < 0).all()
    assert rates[-1] == pytest.approx(1e-5)


def test_progress_goes_by_words_or_by_time():
    assert Recipe(words=1000).progress(250, 9e9) == 0.25
    assert Recipe(words=1000, minutes=10).progress(250, 300) == 0.5
    assert Recipe(minutes=1).progress(0, 9e9) == 1.0


def test_words_begin_short_clean_and_narrow(small, tmp_path):
    run = Run(Recipe(words=3200, batch=32, narrow=0.5, hard=0.5, hardest=0.8), tmp_path)
    first, last = run.plan(0), run.plan(99)
    assert first == (1, 0, 32, 0.0, 64, Recipe().short)
    assert last[:3] == (1, 99 * 32, 32) and last[4:] == (128, None)
    drawn = [run.plan(number)[3] for number in range(60, 100)]
    assert 0.16 <= min(drawn) < 0.3 and 0.7 < max(drawn) <= 0.8  # every difficulty up to the greatest
    run.recipe = Recipe(words=3200, batch=32, narrow=0.5, long=12)
    assert [run.plan(number)[4:] for number in (0, 99)] == [(64, Recipe().short), (128, 12)]


def test_a_run_goes_on_where_it_stopped(small, batch, tmp_path):
    recipe = Recipe(words=400, batch=4)
    run = Run(recipe, tmp_path)
    run.train(batch)
    run.save()
    expected = run.train(batch)
    weights, averages = run.model.get_weights(), run.optimizer._model_variables_moving_average
    again = Run(recipe, tmp_path)
    again.load()
    assert again.step == 1
    assert again.train(batch) == pytest.approx(expected, rel=1e-6)
    for a, b in zip(weights, again.model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-7)
    for a, b in zip(averages, again.optimizer._model_variables_moving_average, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-7)


JAX = """
import sys
import numpy as np
from pathlib import Path
from models import onnx_weights
from models.training.render import Batch
from models.training.train_crnn import Recipe, Run
from tests.models.training.test_train_crnn import small_network
import models.crnn

models.crnn.build = small_network
stored = {layer.name: layer.get_weights() for layer in small_network(logits=True).layers if layer.weights}
onnx_weights.read = lambda path: stored
run = Run(Recipe(words=400, batch=4, rate=2e-2, narrow=0), Path(sys.argv[1]), jit=True, bfloat16=True, views=True)
run.begin(Path("some.onnx"), words=30_000)
pictures = np.random.default_rng(0).integers(0, 256, (4, 32, 128), dtype=np.uint8)
batch = Batch(pictures, np.array([[1, 2, -1]] * 4, np.int32), np.zeros((4, 31), np.int32), ())
losses = [run.train(batch) for _ in range(25)]
run.save()
again = Run(run.recipe, Path(sys.argv[1]), jit=True, bfloat16=True, views=True)
again.load()
assert abs(again.train(batch) - run.train(batch)) < 1e-3, "another view or dropout than without the stop"
assert run.averaged(pictures).predict_on_batch(pictures[..., None] / np.float32(255)).shape == (4, 31, 63)
print(losses[0], losses[-1])
"""


def test_the_same_code_trains_on_jax(tmp_path):
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", JAX, str(tmp_path)], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    first, last = map(float, done.stdout.split())
    assert last < 0.9 * first


def test_a_cycle_may_end_by_a_given_time(small, batch, tmp_path):
    class Same:
        drawn = 4

        def __next__(self):
            return batch, 0.0

    run = Run(Recipe(batch=4, minutes=60, narrow=0), tmp_path)
    run.train(batch)  # compiled: on a busy machine that may take longer than the time given below
    train_crnn.go_on(run, Same(), {}, every=9, steps=0, until=time.monotonic() + 4)
    assert run.recipe.minutes < 0.1 and run.progress >= 1 and run.step > 4
    assert json.loads((tmp_path / "log.jsonl").read_text())["finished"]  # and nothing was read: there are no sets
    run.recipe = Recipe(words=100, narrow=0, hard=0, hardest=0.8)
    assert run.recipe.difficulty(0) == 0.8


def test_a_run_that_began_without_views_goes_on_with_them(small, batch, tmp_path):
    recipe = Recipe(words=400, batch=4)
    run = Run(recipe, tmp_path)
    run.train(batch)
    run.save()
    viewed = Run(recipe, tmp_path, views=True)
    viewed.load()
    assert viewed.step == 1 and len(viewed.random()) == len(run.random()) + 1
    for a, b in zip(run.model.get_weights(), viewed.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    viewed.save()
    run.load()  # and back again


def test_words_are_not_shown_again_to_a_network_that_learns_from_frames(small, tmp_path, capsys):
    for given in (["--narrow", "0"], ["--narrow", "0.5"]):
        with pytest.raises(SystemExit):
            train_crnn.main(["--out", str(tmp_path), "--again", *given])
        assert "--again needs --narrow 0" in capsys.readouterr().err


def test_a_run_may_begin_with_an_exported_network(small, batch, monkeypatch, tmp_path):
    other = small_network(logits=True)
    stored = {layer.name: [w + 0.25 for w in layer.get_weights()] for layer in other.layers if layer.weights}
    monkeypatch.setattr("models.onnx_weights.read", lambda path: stored)
    run = Run(Recipe(words=400, batch=4, narrow=0, hard=0.001), tmp_path)
    run.begin(tmp_path / "some.onnx", words=1001)
    assert (run.words, run.progress) == (1004, 0) and run.plan(run.step)[1] == 1004  # no draw comes again
    averaged = run.averaged(batch.pictures.repeat(2, axis=2))
    for name, arrays in stored.items():
        for i, array in enumerate(arrays):
            np.testing.assert_array_equal(run.model.get_layer(name).get_weights()[i], array)
            if "batch_norm" not in name or i < 2:  # mean and variance are measured anew
                np.testing.assert_array_equal(averaged.get_layer(name).get_weights()[i], array)
    run.train(batch)
    run.save()
    again = Run(Recipe(words=400, batch=4), tmp_path)
    again.load()
    assert again.words == 1008 and again.progress == pytest.approx(0.01)


@pytest.mark.parametrize(
    "given", [["--begin", "a.onnx"], ["--begin", "a.onnx", "--seen", "9", "--resume"], ["--seen", "9"]]
)
def test_half_told_beginnings_are_refused_in_one_sentence(given, tmp_path, capsys):
    with pytest.raises(SystemExit):
        train_crnn.main(["--out", str(tmp_path), *given])
    assert re.search(r"error: --\w+ (needs|says) .*\.$", capsys.readouterr().err.strip())


def test_the_width_may_change_within_a_run(small, bundled, words, tmp_path):
    renderer, run = Renderer(bundled, words), Run(Recipe(batch=2), tmp_path)
    losses = [run.train(renderer.batch(1, 0, 2, 0.0, width=width, longest=5)) for width in (64, 64, 128, 128)]
    assert np.isfinite(losses).all() and run.step == 4


def test_training_learns_and_its_weights_are_written(small, batch, tmp_path, capsys):
    run = Run(Recipe(words=400, batch=4, rate=2e-2, fade=10_000), tmp_path)
    losses = [run.train(batch) for _ in range(40)]
    assert np.mean(losses[-5:]) < 0.7 * losses[0]
    pictures = np.random.default_rng(0).integers(0, 256, (8, 32, 128), dtype=np.uint8)
    sets = {"normalise": Batch(pictures, batch.labels, batch.frames, batch.texts)}
    wide = Batch(pictures[:4], batch.labels, batch.frames, batch.texts)
    run.photographs = 0.5
    train_crnn.report(run, {**sets, "plain": wide}, {"loss": 1.0})
    line = json.loads((tmp_path / "log.jsonl").read_text())
    assert line["words"] == 160 and 0 <= line["plain"] <= 1 and (line["loss"], line["photographs"]) == (1.0, 0.5)
    assert abs(datetime.strptime(line["date"] + "Z", "%Y-%m-%d %H:%M%z").timestamp() - time.time()) < 200
    # 160 of 400 words: (0.4 - 0.06) / 0.94 of the fall, in which the rate goes to a hundredth along a cosine
    assert line["rate"] == pytest.approx(2e-2 * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * 0.34 / 0.94))), rel=1e-2)
    printed = capsys.readouterr().out
    assert all(f"{text}=" in printed for text in batch.texts), "what it read is shown, and not kept in the log"
    with np.load(tmp_path / "crnn.npz") as saved:
        model = run.averaged(pictures)
        for layer in model.layers:
            for i, weight in enumerate(layer.get_weights()):
                np.testing.assert_array_equal(saved[f"{layer.name}/{i}"], weight)


def test_measured_batch_norm_gives_mean_zero_and_variance_one():
    import keras

    model = small_network()
    model.get_layer("conv_5").set_weights([w * 0.01 for w in model.get_layer("conv_5").get_weights()])
    pictures = np.random.default_rng(0).integers(0, 256, (6, 32, 128), dtype=np.uint8)
    train_crnn.measure_batch_norm(model, pictures, size=4)
    for name in ("batch_norm_5", "batch_norm_6"):
        out = keras.Model(model.input, model.get_layer(name).output)(pictures[..., None] / np.float32(255))
        flat = np.asarray(out).reshape(-1, 8)
        lively = flat.std(axis=0) > 0.05  # a channel that is nearly off stays so: Keras adds 0.001 to the variance
        np.testing.assert_allclose(flat.mean(axis=0), 0, atol=1e-3)
        assert name == "batch_norm_5" or lively.any()
        assert (flat.std(axis=0) < 1.001).all()


def test_reading_collapses_the_best_path():
    class Fixed:
        def predict_on_batch(self, x):
            path = [0, 0, BLANK, 0, 1, 1, BLANK, 27]
            return np.eye(63)[path][None].repeat(len(x), axis=0)

    assert train_crnn.read(Fixed(), np.zeros((3, 32, 128), np.uint8), size=2) == ["aabB"] * 3
    assert train_crnn.accuracy(["Ab", "x"], ("aB", "y")) == 0.5


def test_batches_come_in_order_and_no_more_ahead_than_allowed(monkeypatch):
    class Now:
        def __init__(self, *_):
            self.asked = []

        def submit(self, _, arguments):
            self.asked.append(arguments)
            answer = Future()
            answer.set_result(Batch(arguments, None, None, ("a", "b")))
            return answer

    monkeypatch.setattr(ahead, "ProcessPoolExecutor", Now)
    drawing = Drawing(lambda number: number * 10, first=3, cache=None, ahead=4)
    assert drawing.ready
    assert [next(drawing)[0].pictures for _ in range(3)] == [30, 40, 50] and drawing.drawn == 6
    assert drawing.pool.asked == [30, 40, 50, 60, 70, 80]
