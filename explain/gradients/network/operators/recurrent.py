"""Recurrent operators. https://onnx.ai/onnx/operators/onnx__LSTM.html, onnx__GRU.html, onnx__RNN.html"""

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
    if not _is_usual(activations, USUAL) or P is not None or sequence_lens is not None or clip or input_forget:
        raise ValueError("The LSTM has peepholes, lengths or activations of its own, of which no gradient is had here.")
    units = R.shape[-1]
    sums = None if B is None else B[:, : 4 * units] + B[:, 4 * units :]

    def step(fed, hidden, cell):
        let_in, let_out, keep, candidate = tf.split(fed + tf.matmul(hidden, R, transpose_b=True), 4, -1)
        cell = tf.sigmoid(keep) * cell + tf.sigmoid(let_in) * tf.tanh(candidate)
        return tf.sigmoid(let_out) * tf.tanh(cell), cell

    return _walked(X, W, sums, (initial_h, initial_c), step, direction, layout, units)


@operator("GRU")
def gru(
    X,
    W,
    R,
    B=None,
    sequence_lens=None,
    initial_h=None,
    activations=None,
    clip=None,
    direction="forward",
    hidden_size=None,
    layout=0,
    linear_before_reset=0,
    activation_alpha=None,
    activation_beta=None,
):
    """Y and Y_h as of LSTM; blocks of W and R: update gate, reset gate, candidate."""
    if not _is_usual(activations, ("Sigmoid", "Tanh")) or sequence_lens is not None or clip:
        raise ValueError("The GRU has lengths or activations of its own, of which no gradient is had here.")
    units = R.shape[-1]
    zero = tf.zeros([W.shape[0], 6 * units], X.dtype)
    by_input, by_state = tf.split(zero if B is None else B, 2, -1)

    def step(fed, hidden):
        state = tf.matmul(hidden, R[:, : 2 * units], transpose_b=True) + by_state[:, None, : 2 * units]
        update, reset = tf.split(tf.sigmoid(fed[..., : 2 * units] + state), 2, -1)
        kernel, shift = R[:, 2 * units :], by_state[:, None, 2 * units :]
        if linear_before_reset:
            candidate = reset * (tf.matmul(hidden, kernel, transpose_b=True) + shift)
        else:
            candidate = tf.matmul(reset * hidden, kernel, transpose_b=True) + shift
        return ((1 - update) * tf.tanh(fed[..., 2 * units :] + candidate) + update * hidden,)

    return _walked(X, W, by_input, (initial_h,), step, direction, layout, units)


@operator("RNN")
def rnn(
    X,
    W,
    R,
    B=None,
    sequence_lens=None,
    initial_h=None,
    activations=None,
    clip=None,
    direction="forward",
    hidden_size=None,
    layout=0,
    activation_alpha=None,
    activation_beta=None,
):
    """Y and Y_h as of LSTM."""
    if not _is_usual(activations, ("Tanh",)) or sequence_lens is not None or clip:
        raise ValueError("The RNN has lengths or activations of its own, of which no gradient is had here.")
    units = R.shape[-1]
    zero = tf.zeros([W.shape[0], 2 * units], X.dtype)
    by_input, by_state = tf.split(zero if B is None else B, 2, -1)

    def step(fed, hidden):
        return (tf.tanh(fed + tf.matmul(hidden, R, transpose_b=True) + by_state[:, None]),)

    return _walked(X, W, by_input, (initial_h,), step, direction, layout, units)


def _is_usual(activations, usual: tuple[str, ...]) -> bool:
    return activations is None or tuple(activations) == usual * (len(activations) // len(usual))


def _walked(X, W, by_input, initial, step, direction: str, layout: int, units: int):
    """Hidden states after every step, and the last states of each direction.

    initial: the states before the first step, the hidden one first, None for zeros. step: the next states, from what a
    step's input adds to the gates and the states so far. by_input: what is added to every step's input, or None.
    """
    reads = ["reverse"] if direction == "reverse" else ["forward", "reverse"][: W.shape[0]]
    steps = tf.transpose(X, [1, 0, 2]) if layout else X
    fed = tf.stack([tf.reverse(steps, [0]) if way == "reverse" else steps for way in reads])
    # Every step's share at once, all steps in one row: a product that repeats W for each step writes where it must not
    # (TensorFlow 2.21 with oneDNN, one direction, several pictures).
    fed = tf.matmul(tf.reshape(fed, [len(reads), -1, W.shape[-1]]), W, transpose_b=True)
    fed = tf.transpose(tf.reshape(fed, [len(reads), *extents(steps)[:2], W.shape[1]]), [1, 0, 2, 3])
    if by_input is not None:
        fed += by_input[:, None]
    zero = tf.zeros([len(reads), tf.shape(steps)[1], units], X.dtype)
    first = [zero if state is None else tf.transpose(state, [1, 0, 2]) if layout else state
             for state in initial]  # fmt: skip
    count = extents(fed)[0]
    waiting = tf.TensorArray(fed.dtype, count).unstack(fed)
    done = tf.TensorArray(fed.dtype, count, element_shape=[fed.shape[1], None, units])

    def turn(at, done, *states):
        states = step(waiting.read(at), *states)
        return at + 1, done.write(at, states[0]), *states

    _, done, *ends = tf.while_loop(lambda at, *_: at < count, turn, (0, done, *first))
    every = tf.ensure_shape(done.stack(), [fed.shape[0], fed.shape[1], None, units])
    turned = [tf.reverse(every[:, at], [0]) if way == "reverse" else every[:, at] for at, way in enumerate(reads)]
    every = tf.stack(turned, 1)
    if layout:
        every, ends = tf.transpose(every, [2, 0, 1, 3]), [tf.transpose(end, [1, 0, 2]) for end in ends]
    return every, *ends
