"""Which class the third panel begins with: what the photograph is taken for, or one that no sample word names."""

import numpy as np

from explain.network.session import Network
from explain.panels.inputs import photograph
from models import crnn, vgg16
from tests.explain.panels.views import opened, text_of


def page():
    import streamlit as st

    from explain.panels.inputs import strip
    from explain.panels.visualisation import class_names, classes

    classes.show(strip.show())
    st.text(class_names.chosen(class_names.of_page()))


def answered(sample: str) -> tuple[str, int]:
    """What the network itself takes a sample photograph for, by name and number."""
    network = Network(vgg16.CAM, 1)
    last = network.layer_names[-1]
    batch = network.description.prepared(photograph.sample(sample))
    unit = int(np.argmax(network.run(batch, [last])[last][0]))
    return vgg16.CAM.labels[unit], vgg16.CAM_IMAGENET_INDEX[unit]


def shown(test) -> str:
    return next(box.value for box in test.selectbox if box.label == "Class, by name or number")


def test_a_classifier_alone_begins_with_what_it_takes_the_photograph_for():
    first, second, *_ = photograph.samples()
    test = opened(page, network=vgg16.CAM.name)
    name, number = answered(first)
    assert shown(test) == f"{name} · {number}" and f"**{name}**" in text_of(test)
    assert test.text[0].value == str(number)  # the other parts of the page know it
    test.query_params["photo"] = second
    test.run()
    name, number = answered(second)
    assert shown(test) == f"{name} · {number}" and test.text[0].value == str(number)


def test_a_class_of_the_address_or_a_chosen_one_stays():
    first, second, *_ = photograph.samples()
    test = opened(page, network=vgg16.CAM.name, **{"class": "147"})
    assert shown(test).endswith("· 147")
    test.query_params["photo"] = second
    test.run()
    assert shown(test).endswith("· 147")


def test_beside_a_recogniser_it_begins_with_no_sample_word():
    test = opened(page, network=crnn.CARD.name)
    name = shown(test).partition(" · ")[0]
    words = {sample["text"].lower() for sample in photograph.samples_in(crnn.CARD.samples).values()}
    assert not words & set(name.lower().split()) and f"**{name}**" in text_of(test)
