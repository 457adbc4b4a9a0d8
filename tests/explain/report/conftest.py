"""One word as the CRNN reads it, and its .zip."""

from __future__ import annotations

import io
import zipfile

import pytest

from explain.network.session import Network
from explain.network.weights import network_weights
from explain.panels.inputs import word as word_panel
from explain.panels.page.subject import Subject
from explain.report import archive
from explain.report.reading import Read
from models import crnn
from tests.explain.report.words import FRAMES, LAYERS, NETWORK


@pytest.fixture(scope="session")
def network():
    return Network(crnn.CARD)


@pytest.fixture(scope="session")
def weights():
    return {layer: network_weights(NETWORK, layer) for layer in LAYERS}


@pytest.fixture(scope="session")
def word(network, weights):
    batch = Subject.of("crnn", *word_panel.from_sample("elephant")).batch
    values = {name: value[0] for name, value in network.run(batch).items()}
    return Read("elephant, serif", NETWORK, FRAMES, batch[0, :, :, 0], values, weights)


@pytest.fixture(scope="session")
def packed(word):
    return zipfile.ZipFile(io.BytesIO(archive.bundle(word)))
