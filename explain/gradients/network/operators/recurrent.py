"""Recurrent operators. https://onnx.ai/onnx/operators/onnx__LSTM.html"""

from __future__ import annotations

from explain.gradients.lazy import tf
from explain.gradients.network.operators.layouts import extents, operator

USUAL = ("Sigmoid", "Tanh", "Tanh")  # of the gates, of the candidate, of the cell


@operator("LSTM")
def lstm(
    X,
    W,
    R,
    B=None,
    sequence_lens=None,
    initial_h=None,
    initial_c=None,
    P=None,
    activations=None,
    clip=None,
    direction="forward",
    hidden_size=None,
    input_forget=0,
    layout=0,
    activation_alpha=None,
    activation_beta=None,
):
    """Y `(step, direction, batch, unit)`, Y_h and Y_c `(direction, batch, unit)`, from X `(step, batch, feature)`.

    W `(direction, 4 * unit, feature)`, R `(direction, 4 * unit, unit)`: blocks input, output, forget gate, candidate.
    Both directions take their steps side by side; their loop is TensorFlow's, which is traced in a third of the time
    that unrolled steps take.
    """
    unusual = activations is not None and tuple(activations) != USUAL * (len(activations) // 3)
    if unusual or P is not None or sequence_lens is not None or clip or input_forget:
        raise ValueError("The LSTM has peepholes, lengths or activations of its own, of which no gradient is had here.")
    reads = ["reverse"] if direction == "reverse" else ["forward", "reverse"][: W.shape[0]]
    steps = tf.transpose(X, [1, 0, 2]) if layout else X
    units, batch = R.shape[-1], tf.shape(steps)[1]
    fed = tf.stack([tf.reverse(steps, [0]) if way == "reverse" else steps for way in reads], 1)
    fed = tf.matmul(fed, W, transpose_b=True)  # every step's share at once; only the recurrent one needs the loop
    if B is not None:
        fed += (B[:, : 4 * units] + B[:, 4 * units :])[:, None]
    zero = tf.zeros([len(reads), batch, units], X.dtype)
    first = [zero if state is None else tf.transpose(state, [1, 0, 2]) if layout else state
             for state in (initial_h, initial_c)]  # fmt: skip
    hidden, cell = _steps(fed, R, *first)
    states = [tf.reverse(hidden[:, at], [0]) if way == "reverse" else hidden[:, at] for at, way in enumerate(reads)]
    every, ends = tf.stack(states, 1), [hidden[-1], cell]
    if layout:
        every, ends = tf.transpose(every, [2, 0, 1, 3]), [tf.transpose(end, [1, 0, 2]) for end in ends]
    return every, *ends


def _steps(fed, recurrent, hidden, cell):
    """Hidden states after every step, `(step, direction, batch, unit)`, and the last cell state.

    fed: what each step's input adds to the gates, `(step, direction, batch, 4 * unit)`.
    """
    count, units = extents(fed)[0], recurrent.shape[-1]
    waiting = tf.TensorArray(fed.dtype, count).unstack(fed)
    done = tf.TensorArray(fed.dtype, count, element_shape=[fed.shape[1], None, units])

    def step(at, hidden, cell, done):
        sums = waiting.read(at) + tf.matmul(hidden, recurrent, transpose_b=True)
        let_in, let_out, keep, candidate = tf.split(sums, 4, -1)
        cell = tf.sigmoid(keep) * cell + tf.sigmoid(let_in) * tf.tanh(candidate)
        hidden = tf.sigmoid(let_out) * tf.tanh(cell)
        return at + 1, hidden, cell, done.write(at, hidden)

    _, _, cell, done = tf.while_loop(lambda at, *_: at < count, step, (0, hidden, cell, done))
    return tf.ensure_shape(done.stack(), [fed.shape[0], fed.shape[1], None, units]), cell
