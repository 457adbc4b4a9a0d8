"""A stranger's network, opened and run in a process of its own: the page sends pictures and gets arrays back.

network = RemoteNetwork(path)      # NetworkError, one sentence, where it can't be opened
network.run(batch)                 # as `explain.network.session.Network.run`
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from explain.network import weights as weights_of
from explain.network.apart import received
from explain.network.apart.pool import FOR_ALL, Pool
from explain.network.apart.process import DIED, NO_MEMORY, OVERDUE, Child, Ended
from explain.network.costs.layers import Cost
from explain.network.errors import NetworkError
from explain.network.head import CTC
from explain.network.session import Network

OPENING, PASS = 9.0, 5.0  # seconds that it may take to open a file, and to compute one pass
LEAST_MEMORY, MEMORY_BY_SIZE = 700_000_000, 4  # bytes that a process may take: so many, and this often its file's size
TRIES = 2  # of one request, where the process ends in the middle of it for no fault of the request


class RemoteNetwork(Network):
    """As `Network`, computed in a process of its own with bounded memory and time, which looks at the file instead.

    That process is started when it is needed and may be ended at any time: by itself, where it has been idle or broke
    a limit, or because another visitor's network needs its place (`gave_way` then says so until somebody takes it
    back). The next request starts it again. Nothing that it says is trusted, see `received`.
    """

    apart = True

    def __init__(self, path: str | Path, pool: Pool = FOR_ALL, opening: float = OPENING, patience: float = PASS):
        """path: of the ONNX file, which should be alone in its folder. opening, patience: seconds for opening, a pass.

        Raises NetworkError, one sentence, where the file can't be opened and run within its bounds.
        """
        self.path = Path(path).absolute()
        self._pool, self._opening, self._patience = pool, opening, patience
        self._child: Child | None = None
        self._closed = False
        self._lock = threading.Lock()
        self.gave_way = False
        try:
            self.allowance = LEAST_MEMORY + MEMORY_BY_SIZE * self.path.stat().st_size
        except OSError as error:
            raise NetworkError(f"{self.path.name} can't be read ({error.strerror}).") from error
        try:
            with self._lock, pool.place(self):
                told = self._tried(self._opened, 1)["description"]
            self._set(received.description(told.tobytes(), self.path))
        except (NetworkError, KeyError) as problem:
            self.close()
            if isinstance(problem, NetworkError):
                raise
            raise NetworkError(f"{self.path.name} can't be opened: {problem}.") from problem
        weights_of.readers[self.path] = self

    def computed(self, tensors: list[str], given: np.ndarray, give_back: bool = False) -> dict[str, np.ndarray]:
        """As `Network.computed`; NetworkError as well where that takes too long or too much memory."""
        asked = {"do": "run", "tensors": tensors, "give_back": give_back}
        return self._tensors_of(self._ask(asked, {"picture": given}), tensors)

    def onward(self, given: Mapping[str, np.ndarray], tensors: list[str]) -> dict[str, np.ndarray]:
        """Tensors by their names in the file, computed from others (`explain.network.running.onward`)."""
        asked = {"do": "onward", "given": list(given), "tensors": tensors}
        arrays = {str(number): values for number, values in enumerate(given.values())}
        return self._tensors_of(self._ask(asked, arrays), tensors)

    def _tensors_of(self, arrays: Mapping[str, np.ndarray], tensors: list[str]) -> dict[str, np.ndarray]:
        if set(arrays) != {str(number) for number in range(len(tensors))}:
            raise NetworkError(f"{self.path.stem} answered something else than it was asked for.")
        return {tensor: arrays[str(number)] for number, tensor in enumerate(tensors)}

    def weights(self, layer: str) -> dict[str, np.ndarray]:
        """The weights of a layer by role, see `explain.network.weights.network_weights`, which comes here by itself."""
        arrays = self._ask({"do": "weights", "layer": layer}, {})
        stored = self.description.layer(layer).weights
        right = set(arrays) - {"epsilon"} == set(stored) and all(
            arrays[role].shape == tuple(where.shape) and arrays[role].dtype.kind == "f"
            for role, where in stored.items()
        )
        if not right:
            raise NetworkError(f"{self.path.stem} has other weights than it says.")
        return arrays

    def costs(self, size: tuple[int, int]) -> tuple[Cost, ...]:
        """What each layer costs for a picture of this size, see `explain.network.costs.layers.costs_of`."""
        arrays, layers = self._ask({"do": "costs", "size": list(size)}, {}), self.description.layers[1:]
        counts = arrays.get("costs", np.empty(0))
        if set(arrays) != {"costs"} or counts.shape != (len(layers), 3) or counts.dtype != np.int64 or counts.min() < 0:
            raise NetworkError(f"{self.path.stem} answered something else than it was asked for.")
        return tuple(
            Cost(layer.name, multiply_adds, layer.parameters, weights, output)
            for layer, (multiply_adds, weights, output) in zip(layers, counts.tolist(), strict=True)
        )

    def _passes(self, names: list[str], batch: np.ndarray, give_back: bool) -> list[np.ndarray]:
        """As for any network; refused, before anything is laid out, where one pass takes too many numbers."""
        if (self.description.batch or 1) * math.prod(batch.shape[1:]) > received.MOST_NUMBERS:
            raise NetworkError(
                f"{self.path.stem} takes {self.description.batch or 1:,} pictures of this size at once, which is more "
                "than can be computed here: choose a smaller height and width."
            )
        return super()._passes(names, batch, give_back)

    def in_order(self, tensor: str, output: np.ndarray, pictures: int) -> np.ndarray:
        """As `Network.in_order`; NetworkError where the axes are not those that were described."""
        try:
            ordered = super().in_order(tensor, output, pictures)
        except (ValueError, IndexError, ZeroDivisionError) as error:
            raise NetworkError(f"{self.path.stem} answered in other shapes than it says.") from error
        if not ordered.ndim or len(ordered) != pictures:
            raise NetworkError(f"{self.path.stem} answered in other shapes than it says.")
        if tensor in (self.description.output.name, self.description.logits):
            self._check_answer(ordered)
        if self.description.head.kind == CTC and tensor == self.description.output.name:
            self._check_frames(ordered)
        return ordered

    def _check_answer(self, values: np.ndarray) -> None:
        """NetworkError for more numbers than can be shown, or another number of units than was described."""
        if values.ndim in (2, 3):
            units = values.shape[-1]
            if self.description.output.shape and self.description.output.shape[-1] not in (None, 0, units):
                raise NetworkError(f"{self.path.stem} answered in other shapes than it says.")
            if units > received.MOST_LABELS:
                raise NetworkError(received.TOO_MANY_UNITS.format(self.path.name, units))
        if math.prod(values.shape[1:]) > received.MOST_NUMBERS:
            raise NetworkError(f"{self.path.stem} answers with more numbers than can be shown.")

    def _check_frames(self, values: np.ndarray) -> None:
        """NetworkError where a recogniser's answer is no sequence of frames, or one too long to be decoded."""
        if values.ndim != 3:
            raise NetworkError(f"{self.path.stem} answered in other shapes than it says.")
        if math.prod(values.shape[1:]) > received.MOST_IN_FRAMES:
            raise NetworkError(received.TOO_MUCH_IN_FRAMES.format(self.path.stem))
        if values.shape[1] > received.MOST_FRAMES:
            raise NetworkError(
                f"{self.path.stem} makes {values.shape[1]:,} frames of this picture; "
                f"at most {received.MOST_FRAMES} are shown, so take a narrower one."
            )

    @property
    def alive(self) -> bool:
        """Whether it has a process at the moment."""
        child = self._child
        return child is not None and child.alive

    @property
    def pid(self) -> int | None:
        """The process's number while there is one."""
        child = self._child
        return child.pid if child is not None and child.alive else None

    def give_way(self) -> None:
        """For the pool, while no request is under way: ends the process; the next request starts another."""
        child, self._child = self._child, None
        if child is not None:
            child.close()
            self.gave_way = True

    def rest(self) -> None:
        """Ends the process unless a request is under way; the next one starts another."""
        if self._lock.acquire(blocking=False):
            try:
                child, self._child = self._child, None
                if child is not None:
                    child.close()
            finally:
                self._lock.release()

    def moved(self, path: Path) -> None:
        """The file lies elsewhere now, under the same name: the next request opens it there."""
        self.rest()
        weights_of.readers.pop(self.path, None)
        self.path, self.description = path, replace(self.description, path=path)
        weights_of.readers[path] = self

    def close(self) -> None:
        """Ends the process for good; further requests are refused. Harmless twice."""
        self._closed = True
        child, self._child = self._child, None
        if child is not None:
            child.close()
        self._pool.leave(self)

    def _ask(self, message: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        with self._lock, self._pool.place(self):
            return self._tried(lambda: self._started().ask(message, arrays, self._patience)[1])

    def _tried(self, request: Callable[[], dict[str, np.ndarray]], tries: int = TRIES) -> dict[str, np.ndarray]:
        for attempt in range(tries):
            try:
                return request()
            except OSError as error:
                raise NetworkError(f"No process for {self.path.name} could be started ({error.strerror}).") from error
            except Ended as end:
                self._child = None
                if end.why != DIED or attempt + 1 == tries or self._closed:
                    raise NetworkError(self._said(end)) from end
        raise AssertionError("unreachable")

    def _started(self) -> Child:
        """The process with the file opened, another one where the last has ended."""
        if not self.alive:
            self._opened()
        return self._child

    def _opened(self) -> dict[str, np.ndarray]:
        if self._closed:
            raise NetworkError(f"{self.path.stem} has been closed; open it again.")
        child = Child(self.path, self.allowance)
        try:
            answer = child.ask({"do": "open"}, {}, self._opening)[1]
        except NetworkError:
            child.close()
            raise
        self._child = child
        if self._closed:  # meanwhile, by its visitor
            child.close()
            raise Ended(DIED)
        return answer

    def _said(self, end: Ended) -> str:
        name, gigabytes = self.path.name, self.allowance / 1e9
        if self._closed:
            return f"{name} has been closed; open it again."
        if end.why == OVERDUE and end.opening:
            return f"{name} took longer than the {self._opening:.0f} seconds that opening may take, and was stopped."
        if end.why == OVERDUE:
            return (
                f"{name} took longer than the {self._patience:.0f} seconds that a pass may take, and was stopped; try "
                "a smaller picture."
            )
        if end.why == NO_MEMORY:
            return f"{name} wants more than the {gigabytes:.1f} GB of memory that it may take, and was stopped."
        return f"{name} made its process end; nothing else is lost, but it can't be shown."
