"""The sanity check: which layers are shuffled when, what is compared, and the real network's answer."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from explain.attribution import faithfulness, targets
from explain.gradients.attribution import sanity_job
from explain.gradients.jobs import JOBS
from explain.gradients.network import models
from explain.network.description import describe
from explain.network.session import Network
from models import crnn
from tests.explain.attribution import small_networks

WEIGHTS = tuple(np.eye(crnn.FRAMES)[9].tolist())
ASKED = {
    "network": "crnn",
    "picture": np.random.default_rng(0).uniform(size=(32, 128, 1)).astype(np.float32),
    "target": targets.describe(targets.Character(4, WEIGHTS)),
}
STAGES = [stage[0] for stage in faithfulness.cascade(crnn.CARD)]


class Going:
    """A report that goes on until it was told a number of times."""

    def __init__(self, until=10**6):
        self.told, self._until = [], until

    def __call__(self, step, steps, **_):
        self.told.append(step / steps)
        return len(self.told) < self._until

    def doing(self, text):
        return True


class Function:
    """Layers with weights and nothing else; a map of it tells which of them are as they were."""

    def __init__(self, layers=None):
        self.layers = layers or {layer.name: dict(ARRAYS) for layer in describe(crnn.CARD).layers if layer.parameters}

    def arrays_of(self, name):
        return {f"{name}/{part}": array for part, array in self.layers[name].items()}

    def with_weights(self, arrays):
        layers = {name: dict(parts) for name, parts in self.layers.items()}
        for name, array in arrays.items():
            layer, part = name.split("/")
            layers[layer][part] = array
        return Function(layers)

    def whole(self):
        return [name for name, parts in self.layers.items() if (parts["kernel"] == ARRAYS["kernel"]).all()]


ARRAYS = {"kernel": np.arange(24.0).reshape(2, 12), "bias": np.zeros(3)}


@pytest.fixture
def fakes(monkeypatch):
    trained = Function()
    monkeypatch.setattr(models, "prepare", lambda report: True)
    monkeypatch.setattr(models, "function", lambda name: trained)
    return trained


def test_layers_are_shuffled_from_the_output_down_and_stay_shuffled(fakes, monkeypatch):
    seen = []

    def maps(function, settings, report):
        seen.append(set(function.whole()))
        left = len(function.whole())
        return {"score": 1.0, "saliency": np.arange(6.0) if left > 4 else np.arange(6.0)[::-1]} if report(1, 1) else {}

    monkeypatch.setattr(sanity_job, "maps_of", maps)
    report = Going()
    found = sanity_job.run(ASKED, report)
    assert found["stages"] == STAGES and set(found) == {"stages", "saliency"}
    every = set(Function().layers)
    gone = [every - one for one in seen]
    assert gone[0] == set() and gone[1] == {"outputs"} and gone[2] == {"outputs", "blstm_2"} and gone[-1] == every
    assert all(before < after for before, after in zip(gone, gone[1:], strict=False))
    few = [len(one) <= 4 for one in seen[1:]]
    np.testing.assert_allclose(found["saliency"], np.where(few, -1, 1))
    assert len(fakes.whole()) == len(every)  # the trained network is as it was
    assert report.told == sorted(report.told) and report.told[-1] == 1
    assert sanity_job.run(ASKED, Going(until=3)) == {}


def test_shuffling_keeps_the_numbers_and_nothing_else():
    first, second = (sanity_job.shuffled(ARRAYS, np.random.default_rng(1))["kernel"] for _ in range(2))
    assert sorted(first.ravel()) == list(range(24)) and first.shape == (2, 12)
    assert (first != np.arange(24.0).reshape(2, 12)).sum() > 12 and (first == second).all()


def test_only_small_networks_and_what_an_attribution_takes():
    kind = JOBS["sanity"]
    assert kind.check(ASKED)["samples"] == sanity_job.SAMPLES < JOBS["attribute"].check(ASKED)["samples"]
    assert len(kind.files(ASKED)) > len(JOBS["attribute"].files(kind.check(ASKED)))
    for wrong, words in (({"network": "vgg16"}, "weights of VGG16 are not here"), ({"speed": 1}, "no setting 'speed'")):
        with pytest.raises(ValueError, match=words):
            kind.check({**ASKED, **wrong})


def test_a_network_with_weights_beside_its_file_is_too_large_for_two(monkeypatch, tmp_path):
    beside = tmp_path / "large.onnx.data"
    monkeypatch.setattr(models, "network", lambda name: SimpleNamespace(title="Large", beside=beside))
    beside.write_bytes(b"weights")
    with pytest.raises(ValueError, match="Large is too large for a second one"):
        JOBS["sanity"].check(ASKED)


def test_stages_of_a_deep_network_go_together_in_order():
    stages = [("a",), ("b", "b norm"), ("c",), ("d",), ("e",)]
    assert sanity_job.together(stages) == [[stage] for stage in stages]
    assert sanity_job.together(stages, 2) == [stages[:2], stages[2:]]
    many = sanity_job.together([(str(number),) for number in range(53)])
    assert len(many) == sanity_job.STAGES and {len(group) for group in many} == {3, 4}
    assert [names[0] for group in many for names in group] == [str(number) for number in range(53)]


def test_a_class_of_any_classifier_against_finite_differences_of_shuffled_files(tmp_path, monkeypatch):
    path = small_networks.averaging(tmp_path / "animals.onnx")
    monkeypatch.setenv("NETWORKS_FOLDER", str(tmp_path))
    picture = np.random.default_rng(0).uniform(size=(16, 28, 3)).astype(np.float32)
    target = targets.ClassLogit(2)
    asked = {
        "network": "animals",
        "picture": picture,
        "target": targets.describe(target),
        "methods": ["saliency"],
        "seed": 4,
    }
    found = sanity_job.run(asked, Going())
    assert found["stages"] == ["answer", "last", "first"] and found["saliency"].shape == (3,)
    first, random, model = slopes(path, picture), np.random.default_rng(4), onnx.load(path)
    for stage, likeness in zip(found["stages"], found["saliency"], strict=True):
        for part in ("w", "b"):
            stored = next(tensor for tensor in model.graph.initializer if tensor.name == f"{stage}/{part}")
            array = numpy_helper.to_array(stored)
            shuffled = random.permuted(array.ravel()).reshape(array.shape)
            stored.CopyFrom(numpy_helper.from_array(shuffled, stored.name))
        onnx.save(model, tmp_path / f"down to {stage}.onnx")
        later = slopes(tmp_path / f"down to {stage}.onnx", picture)
        ranks = [np.argsort(np.argsort(map_.ravel())) for map_ in (first, later)]
        assert likeness == pytest.approx(np.corrcoef(ranks)[0, 1], abs=0.03)


def slopes(path, picture: np.ndarray) -> np.ndarray:
    """The largest slope of class 2's logit by a pixel, from differences."""
    step = 1e-2
    around = [np.repeat(picture[None], picture.size, axis=0) + sign * step * _each(picture) for sign in (1, -1)]
    up, down = (Network(describe(path)).run(one, ["logits"])["logits"][:, 2].astype(np.float64) for one in around)
    return np.abs((up - down) / (2 * step)).reshape(picture.shape).max(axis=-1)


def _each(picture: np.ndarray) -> np.ndarray:
    return np.eye(picture.size, dtype=np.float32).reshape(-1, *picture.shape)


@pytest.mark.slow
def test_the_real_network_forgets_where_it_looked():
    asked = {**ASKED, "methods": ["saliency", "layer_cam"], "layers": ["conv_1"]}
    before = models.function("crnn").outputs(ASKED["picture"][None], ["logits"])["logits"].numpy()
    found = JOBS["sanity"].run(asked, Going())
    assert found["stages"] == STAGES
    for name in ("saliency", "layer_cam at conv_1"):
        assert found[name].shape == (len(STAGES),) and (np.abs(found[name]) <= 1).all()
        assert found[name][0] < 0.8  # the output's weights alone decide which of the features count for a character
    after = models.function("crnn").outputs(ASKED["picture"][None], ["logits"])["logits"]
    np.testing.assert_array_equal(before, after)
