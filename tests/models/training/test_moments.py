"""What a network is at moments of a training: looked at when planned, kept, gone on with after a checkpoint."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from explain.ctc import decoding
from models import crnn, moments
from models.training.moments import NAME, PLANNED, WORDS, Watch, before
from models.training.recipe import Recipe
from models.training.render import Renderer
from models.training.train_crnn import Run
from models.typeface import draw_word
from tests.models.training.test_train_crnn import log_softmax, small_network

SHOWN = (("it", "Sans"), ("OPEN", "Display"))


@pytest.fixture(scope="module")
def trained(bundled, words, tmp_path_factory):
    """A run of 24 words in batches of four, watched; what it is trained on and tried on."""
    renderer = Renderer(bundled, words)
    batch = renderer.batch(1, 0, 4, 0.0, longest=5)
    sets = {"normalise": renderer.batch(2, 0, 8, 0.0), "plain": batch}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.crnn.build", small_network)
        run = Run(Recipe(words=24, batch=4, narrow=0), tmp_path_factory.mktemp("run"))
        watch = Watch((0, 6, 16, 1000), SHOWN)
        while run.progress < 1:
            watch(run, sets)
            run.train(batch)
        watch(run, sets)
        yield run, watch, sets


def test_a_run_is_looked_at_when_planned_and_at_its_end(trained):
    run, _, sets = trained
    kept = moments.read(run.out / NAME)
    assert kept.seen.tolist() == [0, 8, 16, 24]  # the first step at or past 6, and the end besides
    assert kept.texts == ("it", "OPEN") and kept.tried == 4 and kept.layer == "conv_5"
    for picture, (text, font) in zip(kept.pictures, SHOWN, strict=True):
        np.testing.assert_array_equal(picture, np.asarray(crnn.fit(draw_word(text, font))))
    now = run.model.get_layer("conv_5").get_weights()[0]
    np.testing.assert_allclose(kept.filters[-1], now, atol=1e-3)
    assert np.abs(kept.filters[0] - now).max() > 1e-4, "the first are those that it began with"

    model = small_network(logits=True)  # what it answers at the end, worked out anew
    model.set_weights(run.model.get_weights())
    for name in ("batch_norm_5", "batch_norm_6"):
        layer = model.get_layer(name)
        values = keras.Model(model.input, layer.input)(sets["normalise"].pictures[..., None] / np.float32(255))
        flat = np.asarray(values).reshape(-1, layer.gamma.shape[0])
        layer.moving_mean.assign(flat.mean(axis=0))
        layer.moving_variance.assign(flat.var(axis=0))
    shown = np.exp(log_softmax(np.asarray(model(kept.pictures[..., None] / np.float32(255)), np.float64)))
    np.testing.assert_allclose(kept.probabilities[-1], shown, atol=1e-4)
    plain = np.exp(log_softmax(np.asarray(model(sets["plain"].pictures[..., None] / np.float32(255)), np.float64)))
    labels = [[label for label in row.tolist() if label >= 0] for row in sets["plain"].labels]
    losses = [-decoding.log_probability(p, text) for p, text in zip(plain, labels, strict=True)]
    assert kept.losses[-1] == pytest.approx(np.mean(losses), rel=1e-3)
    for probabilities, reading in zip(kept.probabilities[-1], kept.readings[-1], strict=True):
        assert decoding.text(decoding.best_path(probabilities, crnn.BLANK).labels, crnn.CARD.labels) == reading


def test_a_run_that_goes_on_keeps_the_moments_up_to_its_checkpoint(trained):
    run, watch, sets = trained
    assert before(run.out / NAME, 15).seen.tolist() == [0, 8]
    assert before(run.out / NAME, -1) is None and before(run.out / "nothing.npz", 99) is None
    run.step = 3  # as if the last checkpoint was there
    again = Watch((0, 6, 16, 1000), SHOWN)
    again.model = watch.model  # built once: tracing it takes seconds
    again(run, sets)
    assert again.kept.seen.tolist() == [0, 8]
    run.step = 4
    again(run, sets)
    assert moments.read(run.out / NAME).seen.tolist() == [0, 8, 16]


def test_the_plan_has_twenty_moments_that_come_ever_more_slowly():
    assert 18 <= len(PLANNED) <= 24 and PLANNED[0] == 0
    assert (np.diff(PLANNED) > 0).all() and (np.diff(np.diff(PLANNED)) >= 0).mean() > 0.6
    assert {len(text) for text, _ in WORDS} >= {2, 12}


def test_what_holds_no_moments_is_refused_in_one_sentence(tmp_path):
    np.savez(tmp_path / "other.npz", seen=np.arange(3))
    (tmp_path / "text.npz").write_text("no archive")
    for name in ("other.npz", "text.npz", "missing.npz"):
        with pytest.raises(moments.MomentsError, match=r"holds no moments of a training; .*\.$"):
            moments.read(tmp_path / name)
