"""An exported network, every layer of it from one pass of ONNX Runtime."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import json
import math
import os
import threading
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnxruntime

from models.card import ModelCard, weights_beside

NUMBERS_AT_ONCE = 2**16  # input numbers in one pass: 16 words of the CRNN, or one 224 x 224 picture; some 70 MB
PASSES_BETWEEN_TRIMS = 16


class NetworkError(ValueError):
    """The network cannot be opened or cannot take this input; the message is one sentence for the reader."""


class Network:
    """An ONNX file written by `python -m export`, opened once and run often.

    Memory is bounded: a batch of any length goes through in passes of at most NUMBERS_AT_ONCE input numbers (and at
    least one picture), so that beside the answer itself only one pass's activations exist; ONNX Runtime's arena, one
    for all networks, grows by what is asked and every PASSES_BETWEEN_TRIMS passes gives the system back what nobody
    holds; weights that lie in a file of their own stay memory-mapped and are shared with every other process that has
    it open.

    Threads: an instance may be used by any number of threads. A lock lets one pass in at a time, because a second one
    at the same time would double the memory and win nothing on cores that are busy already.
    """

    def __init__(self, network: ModelCard | str | Path, threads: int | None = None):
        """network: a card, or the path of an exported file. threads: all that this process may use unless given.

        Raises NetworkError where there is no such file or it is not an exported network.
        """
        self.card = network if isinstance(network, ModelCard) else None
        self.path = Path(network.weights if isinstance(network, ModelCard) else network)
        self._lock = threading.Lock()
        self._count = 0
        self._session = self._open(threads or available_cpus())
        described = self._session.get_modelmeta().custom_metadata_map
        if "layers" not in described:
            raise NetworkError(f"{self.path} was not written by `python -m export`: it does not name its layers.")
        self.layer_names: tuple[str, ...] = tuple(json.loads(described["layers"]))
        self.output_names: tuple[str, ...] = (*self.layer_names, described["logits"])
        self._input_shape = tuple(self._session.get_inputs()[0].shape)
        self._smallest: tuple[int, int] = tuple(json.loads(described.get("smallest", "[1, 1]")))

    def run(self, batch: np.ndarray, layers: Iterable[str] | None = None) -> dict[str, np.ndarray]:
        """Outputs by layer name, in the order of the network whatever the order asked, from one pass.

        batch: (batch, height, width, channel), prepared as the network wants it. layers: the names wanted; every
        layer and the logits unless given. A feature map comes as (batch, height, width, channel), a view of the
        channel-first array that was computed, so nothing is copied. Raises NetworkError for a wrong shape or an
        unknown name.
        """
        names = self._chosen(layers)
        batch = self._checked(batch)
        if not names:
            return {}
        outputs = self._passes(names, batch)
        return {name: _channel_last(output) for name, output in zip(names, outputs, strict=True)}

    def _passes(self, names: list[str], batch: np.ndarray) -> list[np.ndarray]:
        pictures = max(1, NUMBERS_AT_ONCE // math.prod(batch.shape[1:]))
        if len(batch) <= pictures:
            return self._pass(names, batch)
        outputs = None
        for start in range(0, len(batch), pictures):
            part = self._pass(names, batch[start : start + pictures])
            if outputs is None:
                outputs = [np.empty((len(batch), *array.shape[1:]), array.dtype) for array in part]
            for whole, array in zip(outputs, part, strict=True):
                whole[start : start + pictures] = array
        return outputs

    def _pass(self, names: list[str], batch: np.ndarray) -> list[np.ndarray]:
        try:
            with self._lock:
                self._count += 1
                if self._count % PASSES_BETWEEN_TRIMS:
                    return self._session.run(names, {"input": batch})
                giving_back = onnxruntime.RunOptions()
                giving_back.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
                outputs = self._session.run(names, {"input": batch}, giving_back)
                trim()
                return outputs
        except Exception as error:  # ONNX Runtime's exceptions share no public base class
            raise NetworkError(f"{self.path.stem} failed on a batch of shape {batch.shape}: {error}") from error

    def _open(self, threads: int) -> onnxruntime.InferenceSession:
        if not self.path.is_file():
            name = self.card.name if self.card else self.path.stem
            raise NetworkError(f"There is no exported network at {self.path}: write it with `python -m export {name}`.")
        options = session_options(threads)
        if weights_beside(self.path).is_file():
            # Repacking would copy the mapped weights into memory, all of them, when the file is opened.
            options.add_session_config_entry("session.disable_prepacking", "1")
        try:
            return onnxruntime.InferenceSession(str(self.path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's exceptions share no public base class
            raise NetworkError(f"{self.path} is not a network that ONNX Runtime can open; export it again.") from error
        finally:
            trim()

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
        fits = batch.ndim == len(self._input_shape) and all(
            not isinstance(wanted, int) or given == wanted
            for given, wanted in zip(batch.shape, self._input_shape, strict=True)
        )
        if not fits or 0 in batch.shape:
            wanted = ", ".join(str(length) for length in self._input_shape)
            raise NetworkError(f"{self.path.stem} takes a batch of shape ({wanted}), not one of shape {batch.shape}.")
        if any(given < least for given, least in zip(batch.shape[1:3], self._smallest, strict=True)):
            least, given = ("{} x {}".format(*pixels) for pixels in (self._smallest, batch.shape[1:3]))
            raise NetworkError(f"{self.path.stem} takes pictures of at least {least} pixels, not of {given}.")
        return np.ascontiguousarray(batch, np.float32)


def session_options(threads: int) -> onnxruntime.SessionOptions:
    """How every session of this process is opened: in the shared arena, its threads asleep while they wait."""
    _shared_arena()
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

    Without any arena the outputs of each pass are fresh pages, and touching those of VGG16 for the first time takes a
    sixth of the pass; the default arena doubles whenever it grows and keeps the most it ever had.
    """
    memory = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    same_as_requested = {"max_mem": 0, "arena_extend_strategy": 1}
    defaults = {"initial_chunk_size_bytes": -1, "max_dead_bytes_per_chunk": -1}
    onnxruntime.create_and_register_allocator(memory, onnxruntime.OrtArenaCfg({**same_as_requested, **defaults}))


def trim() -> None:
    """Hands freed memory back to the system; glibc would keep the 150 MB that opening vgg16-cam takes for a moment."""
    with contextlib.suppress(AttributeError, OSError, TypeError):  # another C library, another system
        ctypes.CDLL(None).malloc_trim(0)


def _channel_last(output: np.ndarray) -> np.ndarray:
    return output.transpose(0, 2, 3, 1) if output.ndim == 4 else output


def available_cpus(root: str | Path = "/") -> int:
    """How many cores this process may keep busy: those it may run on, or its container's quota where that is less.

    Reads the affinity mask and the CPU quota of its control group and of the groups above it, version 2 (`cpu.max`)
    or 1 (`cpu.cfs_quota_us`). A quota of one and a half cores counts as two. root: where to look for /proc and /sys.
    """
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # no affinity on this system (macOS, Windows)
        cores = os.cpu_count() or 1
    return max(1, min([cores, *(math.ceil(quota) for quota in _quotas(Path(root)))]))


def _quotas(root: Path) -> list[float]:
    """Cores granted by each control group that sets a limit."""
    folders = []
    try:
        memberships = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    for line in memberships:
        _, controllers, group = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup" / ("cpu" if controllers else "")
        # Inside a container the mount shows the container's own group as the top, whatever the path says.
        path = top / group.strip("/")
        folders += [folder for folder in (path, *path.parents) if folder.is_relative_to(top)]
    return [quota for folder in dict.fromkeys(folders) if (quota := _quota(folder)) is not None]


def _quota(folder: Path) -> float | None:
    try:
        if (folder / "cpu.max").is_file():
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text().strip()
            period = (folder / "cpu.cfs_period_us").read_text().strip()
        return float(quota) / float(period) if quota != "max" and float(quota) > 0 else None
    except (OSError, ValueError):
        return None
