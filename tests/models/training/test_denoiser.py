"""Training of the denoiser: what it is shown, that it learns, and that what it learnt comes back from the file."""

import numpy as np
import pytest

from explain.gradients.words import denoiser_prior
from models import typeface
from models.training import denoiser


def test_words_and_damage_repeat_from_a_seed_and_stay_greys():
    def shown(seed):
        rng = np.random.default_rng(seed)
        clean = denoiser.printed(rng, 6, ("Sans", "Bold"))
        return clean, denoiser.damaged(rng, clean)

    (clean, damaged), (again, damaged_again), (others, _) = shown(1), shown(1), shown(2)
    assert clean.shape == damaged.shape == (6, 32, 128, 1) and damaged.dtype == np.float32
    np.testing.assert_array_equal(clean, again)
    np.testing.assert_array_equal(damaged, damaged_again)
    assert np.abs(clean - others).mean() > 0.02
    assert damaged.min() >= 0 and damaged.max() <= 1
    assert 0.005 < ((damaged - clean) ** 2).mean() < 0.15
    assert clean.min() < 0.3 and np.median(clean) == 1  # ink on paper


def test_a_blurred_dot_is_a_normal_distribution_and_a_flat_sheet_stays_flat():
    dot = np.zeros((1, 33, 41))
    dot[0, 16, 20] = 1
    rows, columns = np.arange(33)[:, None] - 16, np.arange(41) - 20
    expected = np.exp(-(rows**2 + columns**2) / (2 * 1.5**2)) / (2 * np.pi * 1.5**2)
    np.testing.assert_allclose(denoiser.blurred(dot, 1.5)[0], expected, atol=1e-5)
    np.testing.assert_allclose(denoiser.blurred(np.full((2, 9, 12), 0.4), 2.0), 0.4, atol=1e-12)
    blobs = denoiser.blobs(np.random.default_rng(0), (4, 32, 128), (1.0, 1.0))
    assert np.corrcoef(blobs[:, :, 1:].ravel(), blobs[:, :, :-1].ravel())[0, 1] == pytest.approx(
        np.exp(-1 / 4), abs=0.1
    )


def test_the_typeface_that_is_measured_with_is_not_learnt_from(monkeypatch):
    seen = []
    drawn = typeface.draw_word
    monkeypatch.setattr(typeface, "draw_word", lambda text, font: seen.append(font) or drawn(text, font))
    denoiser.trained(seed=1, steps=1, words=60)
    assert len(set(seen)) == len(typeface.FONTS) - 1 and denoiser.EXAMINED not in seen


def test_some_steps_mend_damage_and_the_file_gives_the_same_network_back(tmp_path):
    import tensorflow as tf

    model = denoiser.trained(seed=2, steps=40, words=32)
    denoiser.save(model, tmp_path / "some.npz")
    arrays, dilations = denoiser_prior.weights(tmp_path / "some.npz")
    assert sum(array.size for array in arrays) == model.count_params() == 16_081 and dilations == denoiser.DILATIONS
    words = denoiser.printed(np.random.default_rng(5), 4, (denoiser.EXAMINED,))
    expected = model.predict(words, verbose=0)
    np.testing.assert_allclose(
        denoiser_prior.denoised(tf.constant(words), arrays, dilations).numpy(), expected, atol=1e-5
    )
    np.testing.assert_array_equal(denoiser.loaded(tmp_path / "some.npz").predict(words, verbose=0), expected)
    found = denoiser.errors(lambda pictures: model.predict(pictures, verbose=0), words=8)
    assert found["denoiser"] < 0.9 * min(found["damaged"], found["blur"], found["median"])
