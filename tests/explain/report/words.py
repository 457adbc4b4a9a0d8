"""What the tests of the report know of the network."""

from explain.layers.frames import frames
from explain.network.description import describe
from models import crnn

NETWORK = describe(crnn.CARD)
FRAMES = frames(NETWORK, crnn.FRAMES, crnn.WIDTH)
LAYERS = [layer.name for layer in NETWORK.layers if layer.kind == "lstm"]
EVIL = "<script>alert(1)</script> & \"quoted\" 'too' <img src=x onerror=alert(2)>"
