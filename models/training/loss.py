"""The training loss of the CRNN: cross-entropy over the frames that fades into CTC over the text."""

from __future__ import annotations

import numpy as np

from models.training.render import Batch
from models.training.stock import LABEL_ROOM


def pack(batch: Batch, ctc: float) -> np.ndarray:
    """Labels, their number, the share of CTC and the frames' labels side by side, (n, 24 + 2 + frames) float32."""
    n, longest = batch.labels.shape
    labels = np.zeros((n, LABEL_ROOM), np.float32)
    labels[:, :longest] = np.maximum(batch.labels, 0)
    lengths = (batch.labels >= 0).sum(axis=1, keepdims=True)
    return np.concatenate([labels, lengths, np.full((n, 1), ctc), batch.frames], axis=1).astype(np.float32)


def loss(packed, logits):
    """(1 - share) x cross-entropy over the frames + share x CTC, each in nats a word, (n,)."""
    from keras import ops

    from models.crnn import BLANK

    frames = ops.shape(packed)[1] - LABEL_ROOM - 2  # not packed.shape: a trace for several widths has None there
    labels = ops.cast(packed[:, :LABEL_ROOM], "int32")
    lengths = ops.cast(packed[:, LABEL_ROOM], "int32")
    share = packed[0, LABEL_ROOM + 1]
    targets = ops.cast(packed[:, LABEL_ROOM + 2 :], "int32")
    by_frame = ops.sum(ops.sparse_categorical_crossentropy(targets, logits, from_logits=True), axis=1)
    steps = ops.zeros_like(lengths) + frames
    by_text = ops.ctc_loss(labels, logits, lengths, steps, mask_index=BLANK)
    return (1 - share) * by_frame + share * by_text
