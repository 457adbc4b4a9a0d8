"""A class's gradient through dense layers, against finite differences; and the map on a photograph."""

import numpy as np
import pytest
from PIL import Image

from explain.attribution.dense_gradient import logit_gradient
from explain.pictures import photograph_overlay

RANDOM = np.random.default_rng(3)
KERNELS = [RANDOM.standard_normal(shape) for shape in ((9, 6), (6, 5), (5, 4))]


def forward(values: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    hidden = []
    for kernel in KERNELS[:-1]:
        values = np.maximum(values @ kernel + 0.1, 0)
        hidden.append(values)
    return values @ KERNELS[-1], hidden


@pytest.mark.parametrize("unit", range(4))
def test_against_finite_differences(unit):
    point = RANDOM.standard_normal(9)
    _, hidden = forward(point)
    step = 1e-6
    wanted = [
        (forward(point + step * axis)[0][unit] - forward(point - step * axis)[0][unit]) / (2 * step)
        for axis in np.eye(9)
    ]
    np.testing.assert_allclose(logit_gradient(KERNELS, hidden, unit), wanted, rtol=1e-6, atol=1e-8)
    assert any((values == 0).any() for values in hidden)  # some ReLU is shut, or nothing would be tested


def test_what_does_not_fit_is_said():
    _, hidden = forward(np.ones(9))
    with pytest.raises(ValueError, match="no class 4"):
        logit_gradient(KERNELS, hidden, 4)
    with pytest.raises(ValueError, match="do not have"):
        logit_gradient(KERNELS, hidden[::-1], 0)


def test_a_map_on_a_photograph_keeps_its_pixels():
    seen = Image.fromarray(np.full((4, 4, 3), 100, np.uint8))
    values = np.zeros((4, 4))
    values[0, 0], values[3, 3] = 5, -5
    drawn = np.asarray(photograph_overlay.picture(seen, values, 3)).astype(int)
    assert drawn.shape == (12, 12, 3)
    assert (drawn[:3, :3] == drawn[0, 0]).all()  # a pixel is a square
    assert drawn[0, 0, 0] > drawn[0, 0, 2] + 50  # red speaks for it
    assert drawn[11, 11, 2] > drawn[11, 11, 0] + 50  # blue against
    assert len(set(drawn[5, 5].tolist())) == 1  # elsewhere the photograph stays grey
    unsigned = np.asarray(photograph_overlay.picture(seen, np.abs(values), 1)).astype(int)
    assert unsigned[0, 0].tolist() == unsigned[3, 3].tolist() != unsigned[1, 1].tolist()
    with pytest.raises(ValueError, match="does not lie"):
        photograph_overlay.picture(seen, np.zeros((2, 2)))
