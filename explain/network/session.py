"""An opened network, every layer of it from one pass of ONNX Runtime."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import math
import threading
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnxruntime

from explain.network.axes import plain, unfold
from explain.network.description import Description, describe
from explain.network.errors import NetworkError
from explain.network.reading.shapes import TYPES
from explain.network.running.cpus import available_cpus
from explain.network.running.opening import open_session
from explain.network.running.outputs import with_outputs
from models.card import Card

NUMBERS_AT_ONCE = 2**16  # input numbers in one pass: 16 grey words of 32 x 128, or one 224 x 224 picture; some 70 MB
PASSES_BETWEEN_TRIMS = 16
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # of glibc's malloc.h
HEAPS = 2  # of small blocks, for all threads
APART = 2**20  # bytes from which a block has pages of its own; glibc's own rule begins with an eighth of that
AXES = ("height", "width", "channel")
LAST = ("N", "H", "W", "C")
LOGITS = "logits"  # what the values before the last softmax are called, whatever their name in the file


class Network:
    """An ONNX file that takes a batch of pictures, opened once and run often.

    A file that `python -m export` wrote has every layer as an output already; to any other the layers that are shown
    are added as outputs when it is opened, in memory.

    Memory is bounded: a batch of any length goes through in passes of at most NUMBERS_AT_ONCE input numbers (and at
    least one picture), so that beside the answer itself only one pass's activations exist; ONNX Runtime's arena, one
    for all networks, grows by what is asked and gives the system back what nobody holds, every PASSES_BETWEEN_TRIMS
    passes and whenever asked to; weights that lie in a file of their own stay memory-mapped and are shared with every
    other process that has it open.

    Threads: an instance may be used by any number of threads. A lock lets one pass in at a time, because a second one
    at the same time would double the memory and win nothing on cores that are busy already.

    apart: whether it is computed in another process, by `explain.network.apart`.
    """

    apart = False

    def __init__(self, network: Card | Description | str | Path, threads: int | None = None):
        """network: a card, or the path of an ONNX file. threads: all that this process may use unless given.

        Raises NetworkError where there is no such file or it is no network that takes a batch of pictures.
        """
        self._set(describe(network))
        self._count = 0
        self._turned: dict[str, str] = {}  # tensors by their names in the file: what they are fetched as instead
        self._session = self._open(threads or available_cpus())
        (self._input,) = self._session.get_inputs()

    def _set(self, description: Description) -> None:
        """What this network is, from what it says of itself."""
        self.description = description
        self.card = self.description.card
        self.path = self.description.path
        self._lock = threading.Lock()
        self.layer_names: tuple[str, ...] = self.description.layer_names
        self.output_names: tuple[str, ...] = tuple(dict.fromkeys((*self.layer_names, LOGITS)))
        # A layer that is called "logits" is the last one, or else keeps its name.
        self._tensors = {LOGITS: self.description.logits} | {name: name for name in self.layer_names}
        self._order = ["NHWC".index(axis) for axis in self.description.input_axes]
        orders = {name: plain(axes) for name, axes in self.description.axes.items() if "N" in axes}
        self._orders = {name: order for name, order in orders.items() if order is not None}

    def run(
        self, batch: np.ndarray, layers: Iterable[str] | None = None, *, give_back: bool = False
    ) -> dict[str, np.ndarray]:
        """Outputs by layer name, in the order of the network whatever the order asked, from one pass.

        batch: (batch, height, width, channel), prepared as the network wants it, whatever order its file wants.
        layers: the names wanted; every layer, and under "logits" the values before the last softmax, unless given.
        A feature map comes as (batch, height, width, channel) and a sequence as (batch, step, feature), wherever the
        file has its axes: views of what was computed, so nothing is copied. give_back: for a pass that is not one of
        many, and whose outputs stay; the arena then keeps nothing but them. Raises NetworkError for a wrong shape or an
        unknown name.
        """
        names = self._chosen(layers)
        batch = self._checked(batch)
        if not names:
            return {}
        return dict(zip(names, self._passes(names, batch, give_back), strict=True))

    def _passes(self, names: list[str], batch: np.ndarray, give_back: bool) -> list[np.ndarray]:
        fixed = self.description.batch
        pictures = fixed or max(1, NUMBERS_AT_ONCE // math.prod(batch.shape[1:]))
        if len(batch) <= pictures and fixed in (None, len(batch)):
            return self._pass(names, batch, give_back)
        outputs = None
        for start in range(0, len(batch), pictures):
            part = batch[start : start + pictures]
            count = len(part)
            if fixed is not None and count < fixed:
                part = np.concatenate([part, np.repeat(part[-1:], fixed - count, axis=0)])
            arrays = [array[:count] for array in self._pass(names, part, give_back)]
            if outputs is None:
                outputs = [np.empty((len(batch), *array.shape[1:]), array.dtype) for array in arrays]
            for whole, array in zip(outputs, arrays, strict=True):
                whole[start : start + count] = array
        return outputs

    def _pass(self, names: list[str], batch: np.ndarray, give_back: bool) -> list[np.ndarray]:
        """Outputs of one pass, the batch first and the channels last."""
        tensors = [self._tensors[name] for name in names]
        given = np.ascontiguousarray(batch.transpose(self._order))
        outputs = self.computed(list(dict.fromkeys(tensors)), given, give_back)
        plain_ones = {name: self.in_order(name, output, len(batch)) for name, output in outputs.items()}
        return [plain_ones[name] for name in tensors]

    def computed(self, tensors: list[str], given: np.ndarray, give_back: bool = False) -> dict[str, np.ndarray]:
        """Tensors by their names in the file, in the axes of the file, from one pass.

        given: the batch as the file takes it, in any precision. Raises NetworkError where ONNX Runtime refuses.
        """
        given = given.astype(TYPES.get(self._input.type, np.float32), copy=False)
        try:
            with self._lock:
                self._count += 1
                trimmed = self._count % PASSES_BETWEEN_TRIMS == 0
                if give_back:
                    empty_arena()  # else outputs that stay would lie in what larger ones left, and hold all of it
                options = giving_back() if trimmed or give_back else None
                fetched = [self._turned.get(name, name) for name in tensors]
                outputs = self._session.run(fetched, {self._input.name: given}, options)
                if trimmed:
                    trim()
            turned = [
                output.transpose(0, 2, 3, 1) if name in self._turned else output
                for name, output in zip(tensors, outputs, strict=True)
            ]
            return {name: _numbers(output) for name, output in zip(tensors, turned, strict=True)}
        except Exception as error:  # ONNX Runtime's exceptions share no public base class
            raise NetworkError(f"{self.path.stem} failed on a batch of shape {given.shape}: {error}") from error

    def tensor(self, name: str) -> str:
        """What a layer, or "logits", is called in the file."""
        return self._tensors[name]

    def in_order(self, tensor: str, output: np.ndarray, pictures: int) -> np.ndarray:
        """The axes of a tensor as the file has it brought into order, the batch first and the channels last."""
        if tensor not in self.description.axes:
            return output
        if tensor in self._orders:
            return output.transpose(self._orders[tensor])
        axes, shape = unfold(self.description.axes[tensor], output.shape, pictures)
        if len(shape) != output.ndim:
            output = output.reshape(shape)
        if "N" not in axes and pictures == 1:
            axes, output = ("N", *axes), output[None]
        order = plain(axes)
        if order is not None:
            return output.transpose(order)
        return np.moveaxis(output, axes.index("N"), 0) if axes.count("N") == 1 else output

    def prepared(self, threads: int) -> tuple[str | bytes, onnxruntime.SessionOptions]:
        """What a session of this network is opened with: the file, by its path or with outputs added, and options."""
        options = session_options(threads)
        if self.description.beside.is_file():
            # Repacking would copy the mapped weights into memory, all of them, when the file is opened.
            options.add_session_config_entry("session.disable_prepacking", "1")
        return self._with_outputs(options), options

    def _open(self, threads: int) -> onnxruntime.InferenceSession:
        try:
            source, options = self.prepared(threads)
            return open_session(source, options)
        except Exception as error:  # ONNX Runtime's exceptions share no public base class
            said = " ".join(str(error).split())[:300]
            raise NetworkError(f"{self.path.name} is not a network that ONNX Runtime can open: {said}") from error
        finally:
            trim()

    def _with_outputs(self, options: onnxruntime.SessionOptions) -> str | bytes:
        """The file's path where all that is shown is an output of it, else the file with these outputs added."""
        missing = sorted(set(self._tensors.values()) - set(self.description.outputs))
        if not missing:
            return str(self.path)
        last = [name for name in missing if self.description.axes.get(name) == LAST]
        source, self._turned = with_outputs(self.path, missing, last)
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(self.path.parent))
        return source

    def _chosen(self, layers: Iterable[str] | None) -> list[str]:
        if layers is None:
            return list(self.output_names)
        wanted = {layers} if isinstance(layers, str) else set(layers)
        unknown = sorted(wanted - set(self.output_names))
        if unknown:
            known = ", ".join(self.output_names)
            raise NetworkError(f"{self.path.stem} has no layer called {unknown[0]!r}; it has {known}.")
        return [name for name in self.output_names if name in wanted]

    def _checked(self, batch: np.ndarray) -> np.ndarray:
        batch = np.asarray(batch)
        wanted = ("batch", *(self.description.picture[axis] or name for axis, name in enumerate(AXES)))
        fits = batch.ndim == len(wanted) and all(
            not isinstance(length, int) or given == length for given, length in zip(batch.shape, wanted, strict=True)
        )
        if not fits or 0 in batch.shape:
            shape = ", ".join(str(length) for length in wanted)
            raise NetworkError(f"{self.path.stem} takes a batch of shape ({shape}), not one of shape {batch.shape}.")
        smallest = self.description.smallest
        if any(given < least for given, least in zip(batch.shape[1:3], smallest, strict=True)):
            least, given = ("{} x {}".format(*pixels) for pixels in (smallest, batch.shape[1:3]))
            raise NetworkError(f"{self.path.stem} takes pictures of at least {least} pixels, not of {given}.")
        return np.ascontiguousarray(batch, np.float32)


def _numbers(output) -> np.ndarray:
    """In single precision, whatever precision the file computes in."""
    array = np.asarray(output)
    return array.astype(np.float32) if array.dtype in (np.float16, np.float64) else array


def session_options(threads: int) -> onnxruntime.SessionOptions:
    """How every session of this process is opened: in the shared arena, its threads asleep while they wait."""
    _shared_arena()
    bound_heap()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # errors are raised, and told once
    options.add_session_config_entry("session.use_env_allocators", "1")
    # Threads that wait by spinning keep every core busy after each pass, also those another visitor needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


@functools.cache
def _shared_arena() -> None:
    """Gives ONNX Runtime one arena for this process, which grows by no more than is asked.

    Without any arena the outputs of each pass are fresh pages, and touching those of a large network takes a
    fifth of the pass; the default arena doubles whenever it grows and keeps the most it ever had.
    """
    memory = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    same_as_requested = {"max_mem": 0, "arena_extend_strategy": 1}
    defaults = {"initial_chunk_size_bytes": -1, "max_dead_bytes_per_chunk": -1}
    onnxruntime.create_and_register_allocator(memory, onnxruntime.OrtArenaCfg({**same_as_requested, **defaults}))


def giving_back() -> onnxruntime.RunOptions:
    """After a pass with these, the arena hands the system every region in which nothing is in use."""
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


def empty_arena() -> None:
    """Hands the system what the arena has room for: only a pass does that, so one that computes nothing."""
    _nothing().run(None, {"x": np.zeros(1, np.float32)}, giving_back())


@functools.cache
def _nothing() -> onnxruntime.InferenceSession:
    from onnx import TensorProto, helper

    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "nothing", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return open_session(model.SerializeToString(), session_options(1))


def bound_heap() -> None:
    """Has glibc return large blocks to the system as soon as they are freed, and keep small ones in few heaps.

    By itself it moves the line between small and large up to 32 MB as large blocks come and go, and lays what is below
    it into one of eight heaps a core, each thread in its own. A map of 224 x 224 x 64 has 13 MB, and every run of the
    page is a thread: 400 MB lay free between blocks in use, for nobody else to take (three visitors, after three
    minutes). Of small blocks 260 MB lay free after seven minutes with eight heaps a core, and after six with HEAPS: the
    bound keeps their number down, not what is free in them.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):  # another C library, another system
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, APART)
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, HEAPS)


def trim() -> None:
    """Hands freed memory back to the system: that of small blocks, in pages where none is in use any more."""
    with contextlib.suppress(AttributeError, OSError, TypeError):  # another C library, another system
        ctypes.CDLL(None).malloc_trim(0)
