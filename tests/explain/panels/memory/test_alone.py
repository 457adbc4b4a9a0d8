"""What is read from the left alone, against the LSTMs' own reading with the other direction silenced."""

from __future__ import annotations

from PIL import Image

from explain.ctc import decoding
from explain.interventions.intervention import Intervention, Where
from explain.interventions.run import run
from explain.network.session import Network
from explain.panels.memory.alone import from_the_left
from explain.panels.page.subject import OWN, Subject
from models import crnn, vgg16
from tests.explain.panels.tour.scenes import photograph_of, subject_of


def test_it_is_what_is_read_with_the_other_direction_silenced():
    subject, network = subject_of(), Network(crnn.CARD)
    untouched = {name: values[0] for name, values in network.run(subject.batch).items()}
    backward = [Intervention(layer.name, Where(direction="backward")) for layer in subject.description.of_kind("lstm")]
    values = run(network, subject.batch, untouched, backward).values[subject.description.output.name]
    read = decoding.text(decoding.best_path(values).labels, crnn.LABELS)
    assert read != "elephant" and from_the_left(subject).endswith(f"read from the left alone, it would be “{read}”.")


def test_nothing_is_said_where_there_is_nothing_to_say():
    blank = Subject.of(crnn.CARD.name, "nothing", Image.new("L", (128, 32), 255), origin=OWN)
    assert not blank.best.labels and from_the_left(blank) == ""
    assert vgg16.CAM.name == photograph_of().network and from_the_left(photograph_of()) == ""
