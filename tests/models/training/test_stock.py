"""The stock: every batch is of words drawn so far, picture and text together; the oldest make room."""

import numpy as np

from models.training.render import Batch
from models.training.stock import Stock


class Numbered:
    """Draws batches of four in which word i has pictures, labels and frames of i."""

    def __init__(self, most: int):
        self.given, self.most, self.closed = 0, most, False

    @property
    def ready(self) -> bool:
        return self.given < self.most

    def __next__(self):
        numbers = 4 * self.given + np.arange(4)
        self.given += 1
        pictures = np.broadcast_to(numbers[:, None, None].astype(np.uint8), (4, 32, 128))
        labels = np.stack([numbers % 60, np.where(numbers % 2, numbers % 60, -1)], axis=1).astype(np.int32)
        return Batch(pictures, labels, np.broadcast_to(numbers[:, None] % 60, (4, 31)), ("",) * 4), 0.0

    def close(self):
        self.closed = True


def test_words_stay_whole_and_all_are_shown():
    drawing = Numbered(5)
    stock = Stock(drawing, number=16, room=100, least=8)
    shown = set()
    for _ in range(40):
        batch, waited = next(stock)
        numbers = batch.pictures[:, 0, 0].astype(int)
        assert batch.pictures.shape == (16, 32, 128) and waited >= 0
        np.testing.assert_array_equal(batch.labels[:, 0], numbers)
        np.testing.assert_array_equal(batch.labels[:, 1], np.where(numbers % 2, numbers, -1))
        assert (batch.labels[:, 2:] == -1).all()
        np.testing.assert_array_equal(batch.frames, np.repeat(numbers[:, None], 31, axis=1))
        shown |= set(numbers.tolist())
    assert shown == set(range(20)) and stock.drawn == 20
    stock.close()
    assert drawing.closed


def test_the_oldest_make_room():
    stock = Stock(Numbered(7), number=64, room=8, least=8)
    shown = {int(n) for _ in range(4) for n in next(stock)[0].pictures[:, 0, 0]}
    assert shown == set(range(20, 28)) and stock.drawn == 28
    stock.close()


def test_the_first_batch_waits_for_enough_words():
    drawing = Numbered(0)  # never ready by itself
    stock = Stock(drawing, number=2, room=100, least=12)
    next(stock)
    assert drawing.given == 3
    stock.close()
