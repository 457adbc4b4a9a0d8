"""What is raised: each term against NumPy."""

import numpy as np
import pytest

from explain.attribution import targets
from explain.attribution.targets import Channel, Character, ClassLogit, Unit, WholeText
from explain.gradients.network.activations import leaky_name
from explain.gradients.visualisation import objectives

RANDOM = np.random.default_rng(0)
MAPS = RANDOM.random((2, 6, 5, 4), dtype=np.float32)
FRAMES = RANDOM.standard_normal((2, 7, 5)).astype(np.float32)


def values(objective, responses, share=0.0):
    import tensorflow as tf

    given = {name: tf.constant(value, tf.float32) for name, value in responses.items()}
    return np.asarray(objective(given, [tf.constant(array, tf.float32) for array in objective.fed(share)]))


@pytest.mark.parametrize(
    "target",
    [
        Channel("maps", 3),
        Unit("maps", (4, 2, 1)),
        Character(1, (0, 0.5, 0.5, 0, 0, 0, 0)),
        Character(1, (0, 0.5, 0.5, 0, 0, 0, 0), odds=True),
        WholeText((1, 1), 4),
        WholeText((1, 1), 4, odds=True),
    ],
    ids=lambda target: target.kind + " odds" * getattr(target, "odds", False),
)
def test_any_target_scores_as_explain_targets_tells(target):
    outputs = {"maps": MAPS, "logits": FRAMES}
    expected = targets.score(target, outputs)
    np.testing.assert_allclose(values(objectives.score(target), outputs), expected, rtol=1e-4)
    np.testing.assert_allclose(values(objectives.score(target, {"maps": (6, 5, 4)}), outputs), expected, rtol=1e-4)


def test_each_picture_can_have_a_target_of_its_own():
    logits = {"logits": np.array([[1.0, 2, 3], [4, 5, 6]])}
    np.testing.assert_allclose(values(objectives.score([ClassLogit(2), ClassLogit(0)]), logits), [3, 4])
    np.testing.assert_allclose(values(objectives.score(ClassLogit(1)), logits), [2, 5])
    channels = values(objectives.score([Channel("maps", 0), Channel("maps", 3)]), {"maps": MAPS})
    np.testing.assert_allclose(channels, [MAPS[0, ..., 0].mean(), MAPS[1, ..., 3].mean()], rtol=1e-5)
    texts = [WholeText((1,), 4), WholeText((2, 3), 4)]
    expected = [targets.score(text, {"logits": FRAMES})[row] for row, text in enumerate(texts)]
    np.testing.assert_allclose(values(objectives.score(texts), {"logits": FRAMES}), expected, rtol=1e-4)


def test_what_only_differs_in_numbers_shares_a_trace():
    assert objectives.score(ClassLogit(3)) == objectives.score([ClassLogit(1), ClassLogit(2)])
    assert objectives.score(Channel("maps", 1)) == objectives.score(Channel("maps", 2))
    assert objectives.score(Channel("maps", 1)) != objectives.score(Channel("other", 1))
    assert objectives.score(WholeText((1,), 4)) != objectives.score(WholeText((2,), 4))


def test_a_units_place_is_carried_over_to_another_size_of_picture():
    unit = objectives.score(Unit("maps", (9, 2, 1)), {"maps": (12, 10, 4)})  # told at twice the size
    np.testing.assert_allclose(values(unit, {"maps": MAPS}), MAPS[:, 4, 1, 1])


def test_the_distance_to_photographs_against_numpy():
    usual, varies = RANDOM.random((2, 4)), RANDOM.random((2, 4))
    found = np.stack([MAPS.mean((1, 2)), np.sqrt(MAPS.var((1, 2)) + 0.01)], 1)
    expected = (((found - usual) / (varies + 0.1 * varies.mean(1, keepdims=True))) ** 2).mean((1, 2))
    unnatural = objectives.Unnatural(("maps",), {"maps": np.stack([usual, varies]).astype(np.float32)})
    np.testing.assert_allclose(values(unnatural, {"maps": MAPS}), expected, rtol=1e-4)


def test_penalties_on_the_picture_against_numpy():
    picture = MAPS[..., :3]
    rough = np.array([sum((np.diff(one, axis=axis) ** 2).mean() for axis in (0, 1)) for one in picture])
    np.testing.assert_allclose(values(objectives.Roughness(), {"picture": picture}), rough / 0.008, rtol=1e-4)
    levels = (picture.astype(np.float64) * 255).reshape(2, -1)
    sixth = (levels**6).sum(1) ** (1 / 6) / levels.shape[1]
    np.testing.assert_allclose(values(objectives.Norm(6.0), {"picture": picture}), sixth, rtol=1e-4)


def test_likeness_is_the_mean_cosine_of_gram_matrices():
    maps = np.concatenate([MAPS, MAPS[:1]])
    grams = [np.einsum("yxa,yxb->ab", one, one).ravel() for one in maps]
    grams = [gram / np.linalg.norm(gram) for gram in grams]
    expected = [sum(grams[i] @ grams[j] for j in range(3) if j != i) / 2 for i in range(3)]
    np.testing.assert_allclose(values(objectives.Alike("maps"), {"maps": maps}), expected, rtol=1e-4)
    assert values(objectives.Alike("maps"), {"maps": maps[:1]}) == pytest.approx(0, abs=1e-6)


def test_terms_add_up_and_weights_may_follow_the_run():
    responses = {"logits": np.array([[1.0, 2, 3], [4, 5, 6]]), "maps": MAPS}
    both = objectives.weighted(
        (2.0, objectives.score([ClassLogit(2), ClassLogit(0)])),
        (lambda share: -10 * share, objectives.score(Channel("maps", 1))),
        (0.0, objectives.Roughness()),
    )
    assert set(both.layers) == {"logits", "maps"}
    np.testing.assert_allclose(values(both, responses), [6, 8], rtol=1e-6)
    later = np.array([6, 8]) - 5 * MAPS[..., 1].mean((1, 2))
    np.testing.assert_allclose(values(both, responses, share=0.5), later, rtol=1e-5)


def test_only_the_first_term_sees_what_a_relu_cut_off():
    import tensorflow as tf

    channel = objectives.score(Channel("maps", 0))
    leaking = {"maps": tf.zeros_like(MAPS), leaky_name("maps"): tf.constant(-MAPS)}
    objective = objectives.weighted((1.0, channel), (5.0, objectives.score(Channel("maps", 1))))
    total, first = objective.parts(leaking, [tf.constant(array) for array in objective.fed(0.0)])
    np.testing.assert_allclose(total, -MAPS[..., 0].mean((1, 2)), rtol=1e-5)
    np.testing.assert_allclose(first, total)
