"""Dreams of channels on the page: from the gallery, asked for, followed, cancelled, of a channel and of one unit."""

from __future__ import annotations

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explain.gradients.images import channels
from explain.gradients.worker.job import DONE, Job
from explain.network.description import describe
from explain.panels.channels import gallery
from explain.panels.inputs import photograph
from explain.panels.layers import filters
from explain.panels.page import resources
from models import vgg16
from models.vgg16 import CAM
from tests.explain.panels.layers.third import classifier, recogniser
from tests.explain.panels.views import text_of
from tests.walk.visitor import Visitor


class Worker:
    """Stands for the gradient worker: keeps what it was asked for; what was asked goes on until a test ends it."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def submit(self, kind, settings, owner=""):
        from explain.gradients import jobs

        job = Job(kind, jobs.JOBS[kind].check(settings), owner)
        job.begin()
        job.advance(3, 24, 0.25, np.full((64, 64, 3), 99, np.uint8))
        self.jobs.append(job)
        return job


@pytest.fixture
def worker(monkeypatch) -> Worker:
    asked = Worker()
    monkeypatch.setattr(resources, "worker", lambda: asked)
    return asked


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("own")
    recogniser(made / "third.onnx")
    classifier(made / "animals.onnx")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NETWORKS_FOLDER", str(made))
        yield made


def page(network: str):
    from explain.panels.inputs import photograph, word
    from explain.panels.layers import layer_by_layer
    from explain.panels.page.subject import Subject

    if network == "vgg16-cam":
        layer_by_layer.show(Subject.of(network, "photograph", photograph.sample("chelsea")))
    else:
        layer_by_layer.show(Subject.of(network, *word.from_sample("elephant")))


@pytest.fixture
def opened(monkeypatch):
    monkeypatch.setattr(photograph, "or_word", lambda label, key, subject: subject)

    def run(network: str, **address: str) -> AppTest:
        test = AppTest.from_function(page, default_timeout=60, kwargs={"network": network})
        for name, value in address.items():
            test.query_params[name] = value
        test.run()
        assert not test.exception
        return test

    return run


def press(test: AppTest, key: str) -> AppTest:
    test.button(key=key).click().run()
    assert not test.exception
    return test


def keys(test: AppTest) -> set[str]:
    return {button.key for button in test.button}


def other_than_committed(layer: str) -> int:
    known = gallery.records(describe(CAM), layer)
    return next(channel for channel in range(512) if channel not in known)


def test_a_channel_of_the_gallery_is_there_at_once(opened):
    channel, record = next(iter(gallery.records(describe(CAM), "block3_conv1").items()))
    test = opened("vgg16-cam", deep="block3_conv1", deep_unit=f"{channel}.3.4")
    said = text_of(test)
    assert f"**Channel {channel}, dreamt**" in said and "Not a photograph" in said
    told = re.search(r"mean is \*\*([\d.]+)\*\* here, ([\d.]+) on average and ([\d.]+) at most over the sample", said)
    assert [float(number) for number in told.groups()] == pytest.approx(
        [record["activation"], *record["photographs"]], rel=0.01
    )
    assert {"channel-dream-live"} <= keys(test) and "channel-dream-start" not in keys(test)


def test_any_other_channel_is_dreamt_at_a_press_and_can_be_cancelled(opened, worker):
    channel = other_than_committed("block2_conv1")
    test = opened("vgg16-cam", deep="block2_conv1", deep_unit=f"{channel}.0.0")
    assert "It takes about" in text_of(test)
    press(test, "channel-dream-start")
    (job,) = worker.jobs
    assert job.kind == "dream" and job.settings["network"] == "vgg16-cam" and job.settings["seed"] == 0
    assert job.settings["target"] == {"kind": "channel", "layer": "block2_conv1", "channel": channel}
    assert (job.settings["size"], job.settings["steps"]) == (64, 72)
    press(test, "channel-dream-cancel")
    assert job.status == "cancelled" and "Cancelled at step 3 of 24" in text_of(test)
    press(test, "channel-dream-back")
    assert "channel-dream-start" in keys(test)


def test_what_came_of_it_is_compared_with_the_present_picture(opened, worker):
    channel = other_than_committed("block2_conv1")
    test = press(opened("vgg16-cam", deep="block2_conv1", deep_unit=f"{channel}.0.0"), "channel-dream-start")
    worker.jobs[0].end(DONE, {"picture": np.zeros((64, 64, 3), np.uint8), "score": 321.25})
    test.run()
    assert not test.exception
    assert "The channel's mean is **321** here" in text_of(test) and "on the present picture" in text_of(test)
    press(test, "channel-dream-again")
    assert [job.settings["seed"] for job in worker.jobs] == [0, 1]


def test_one_unit_is_dreamt_too(opened, worker):
    test = opened("vgg16-cam", deep="block4_conv2", deep_unit="7.1.1", dream_aim="middle unit")
    press(test, "channel-dream-start")
    assert worker.jobs[0].settings["target"] == {"kind": "unit", "layer": "block4_conv2", "place": [14, 14, 7]}
    worker.jobs[0].end(DONE, {"picture": np.zeros((128, 128, 3), np.uint8), "score": 50.0})
    test.run()
    assert "The unit is **50.0** here, the channel's largest value" in text_of(test)


def test_a_dream_of_another_channel_is_given_up(opened, worker):
    test = press(
        opened("vgg16-cam", deep="block2_conv1", deep_unit="7.0.0", dream_aim="middle unit"), "channel-dream-start"
    )
    test.query_params["deep_unit"] = "8.0.0"
    test.run()
    assert worker.jobs[0].status == "cancelled" and "channel-dream-start" in keys(test)


@pytest.mark.parametrize(("network", "layer"), [("crnn", "conv_4"), ("third", "linear"), ("animals", "alone")])
def test_networks_with_convolutions_of_any_kind_are_dreamt_of(network, layer, opened, worker):
    press(opened(network, deep=layer, deep_unit="2.0.0"), "channel-dream-start")
    assert worker.jobs[0].settings["target"] == {"kind": "channel", "layer": layer, "channel": 2}
    assert worker.jobs[0].settings["network"] == network


@pytest.mark.parametrize("network", ["third", "animals"])
def test_a_recogniser_without_a_bank_says_what_its_channels_would_need(network, opened):
    said = text_of(opened(network))
    assert ("This needs a bank of its own, which Third lacks." in said) == (network == "third")


def test_the_pictures_of_a_layer_stand_in_a_row(opened, monkeypatch):
    rows, mount = [], gallery.thumbnails
    monkeypatch.setattr(gallery, "thumbnails", lambda **given: rows.append(given["data"]) or mount(**given))
    opened("vgg16-cam", deep="block5_conv1")
    (data,) = rows
    assert [int(item["id"]) for item in data["items"]] == list(gallery.records(describe(CAM), "block5_conv1"))
    assert len(data["items"]) >= 8 and all(item["src"].startswith("data:image/webp") for item in data["items"])
    opened("crnn", deep="conv_5")
    assert len(rows) == 1  # no pictures of it come along


def test_a_click_on_a_small_picture_leads_to_its_channel():
    visitor = Visitor(view="Layer by layer", network="VGG16", deep="block1_conv1")
    last = list(gallery.records(describe(CAM), "block1_conv1"))[-1]
    (row,) = [node for node in visitor.controls if (node.key or "").endswith("-dreamt")]
    visitor.tell(row, {"chosen": str(last)})
    visitor.run()
    assert not visitor.trouble and f"**Channel {last}, dreamt**" in text_of(visitor)
    assert visitor.address["deep_unit"].split(".")[0] == str(last)


def test_a_filter_of_another_layer_is_not_taken():
    visitor = Visitor(view="Layer by layer", network="VGG16", deep="block1_conv1")
    shown = visitor.address.get("deep_unit")
    for name in ("deep-filters-vgg16-cam", "deep-filters-vgg16-cam-dreamt"):
        visitor.tell(next(node for node in visitor.controls if node.key == name), {"chosen": "500"})
        visitor.run()
        assert not visitor.trouble and visitor.address.get("deep_unit") == shown


def test_the_strongest_channel_is_looked_at_first_and_old_links_keep_their_filter(opened, monkeypatch):
    shown, mount = [], filters.thumbnails
    monkeypatch.setattr(filters, "thumbnails", lambda **given: shown.append(given["data"]) or mount(**given))
    opened("vgg16-cam", deep="block3_conv2")
    assert shown[-1]["chosen"] == shown[-1]["items"][0]["id"]
    opened("vgg16-cam", deep="block3_conv2", deep_filter="9")
    assert shown[-1]["chosen"] == "9"
    opened("vgg16-cam", deep="block3_conv2", deep_filter="9", deep_unit="11.2.2")
    assert shown[-1]["chosen"] == "11"


def test_seconds_are_told_in_fives(opened):
    said = text_of(opened("vgg16-cam", deep="block5_conv3", deep_unit=f"{other_than_committed('block5_conv3')}.0.0"))
    wanted = 5 * round(channels.seconds(describe(CAM), "block5_conv3") / 5)
    assert f"It takes about {wanted} seconds" in said


def test_a_network_without_pictures_has_none(folder):
    assert gallery.folder_of(describe(folder / "third.onnx")) is None
    assert gallery.records(describe(folder / "third.onnx"), "linear") == {}
    assert gallery.folder_of(describe(CAM)) == vgg16.CHANNELS
