"""The process that looks at a stranger's file: `python -m explain.network.apart FILE PARENT_PID MEMORY`.

Started by `process` in the folder of the file. It bounds itself before it looks at the file, opens it when it is told
to and answers one request after the other, in frames of `explain.processes.protocol`; when nobody has asked for a
while, or the page closes its end, it ends. What it refuses, it refuses with a sentence.
"""

from __future__ import annotations

import errno
import importlib
import os
import select
import sys
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from explain.network.apart import as_json
from explain.network.costs import layers as costs
from explain.network.description import Description
from explain.network.errors import NetworkError
from explain.network.running import onward
from explain.network.running.cpus import available_cpus
from explain.network.session import Network
from explain.network.weights import network_weights
from explain.processes import child, limits, protocol
from models.preprocessing import fitting_size

CPU_SECONDS = 600  # of its whole life; the page starts another one where it goes on being asked
THREADS = 4  # at most: a visitor's network does not get all of a large machine
STACK = 2**23  # bytes of address space that each thread reserves, and there are as many as processors while opening
IDLE = 300.0  # seconds without a request after which the memory is given back
# What the reader of files imports when it needs it: no longer possible once no file may be opened for long.
BEFORE = ("onnx", "onnx.helper", "onnx.numpy_helper", "onnx.shape_inference", "onnxruntime")
WANTS_MEMORY = ("alloc", "memory")  # what ONNX Runtime's message says where memory ran out
PROBE = (320, 224)  # width and height of the picture that a network of any size is tried on

Arrays = dict[str, np.ndarray]


class Opened:
    """The file and what can be asked of it."""

    def __init__(self, path: Path) -> None:
        self._network = Network(path, min(THREADS, available_cpus()))
        self._try()

    @property
    def description(self) -> Description:
        return self._network.description

    def run(self, message: dict[str, Any], arrays: Arrays) -> Arrays:
        """The tensors asked for, named by their numbers in the request."""
        return self._checked(
            message, self._network.computed(message["tensors"], arrays["picture"], message["give_back"])
        )

    def onward(self, message: dict[str, Any], arrays: Arrays) -> Arrays:
        """The same, computed from other tensors in place of the picture."""
        given = {name: arrays[str(number)] for number, name in enumerate(message["given"])}
        return self._checked(message, onward.computed(self.description, given, message["tensors"]))

    def _checked(self, message: dict[str, Any], outputs: Arrays) -> Arrays:
        answers = {str(number): outputs[name] for number, name in enumerate(message["tensors"])}
        if not all(map(_is_number, answers.values())):
            raise NetworkError(
                f"{self._network.path.name} answers with what is no number (NaN): its weights must be broken."
            )
        return answers

    def weights(self, message: dict[str, Any], _arrays: Arrays) -> Arrays:
        return network_weights(self.description, message["layer"])

    def costs(self, message: dict[str, Any], _arrays: Arrays) -> Arrays:
        """Of every layer in order: multiply-adds, bytes of its weights, bytes that it puts out."""
        read = costs.read(self.description, tuple(message["size"]))
        return {"costs": np.array([(cost.multiply_adds, cost.weights, cost.output) for cost in read], np.int64)}

    def _try(self) -> None:
        """One pass over a plain picture: what can't be run is better refused at once."""
        wanted = self.description.preprocessing
        if wanted is None:
            return  # the page says so
        size = fitting_size(wanted, PROBE, self.description.smallest)
        outputs = self._network.run(np.full((1, *size, wanted.channels), 0.5, np.float32), give_back=True)
        if not all(map(_is_number, outputs.values())):
            raise NetworkError(
                f"{self._network.path.name} answers with what is no number (NaN): its weights must be broken."
            )


def _is_number(values: np.ndarray) -> bool:
    """Whether no value is NaN; infinity is an answer, of the logarithm of a probability of zero."""
    return values.dtype.kind != "f" or not values.size or not np.isnan(values.max())


def answer(opened: Opened | None, message: dict[str, Any], arrays: Arrays) -> Arrays:
    if message["do"] == "run":
        return opened.run(message, arrays)
    asked = {"onward": opened.onward, "costs": opened.costs, "weights": opened.weights}
    return asked[message["do"]](message, arrays)


def serve(path: Path, source: BinaryIO, sink: BinaryIO) -> None:
    """Answers until nobody asks any more."""
    opened = None
    while _asked(source) and (frame := protocol.read(source)):
        try:
            if frame[0]["do"] == "open":
                opened = Opened(path)
                limits.no_more_processes()
                found = {"description": np.frombuffer(as_json.write(opened.description), np.uint8)}
            else:
                found = answer(opened, *frame)
            protocol.write(sink, {}, found)
        except MemoryError:
            os._exit(protocol.OUT_OF_MEMORY)  # what is left of the memory is in an unknown state
        except Exception as problem:  # somebody's file: what it may raise has no end
            if _wants_memory(problem):
                os._exit(protocol.OUT_OF_MEMORY)
            protocol.write(sink, {"refused": _sentence(path, problem)})


def _asked(source: BinaryIO) -> bool:
    """Waits for a request; False where none comes for a while."""
    if sys.platform == "win32":  # where pipes can't be waited for
        return True
    return bool(select.select([source], [], [], IDLE)[0])


def _wants_memory(problem: BaseException | None) -> bool:
    """Whether memory ran out, by the error or what it was raised from."""
    while problem is not None:
        if isinstance(problem, MemoryError) or getattr(problem, "errno", None) == errno.ENOMEM:
            return True
        if "bad_alloc" in str(problem):
            return True
        if type(problem).__module__.startswith("onnxruntime") and all(
            word in str(problem).lower() for word in WANTS_MEMORY
        ):
            return True
        problem = problem.__cause__
    return False


def _sentence(path: Path, problem: Exception) -> str:
    if isinstance(problem, NetworkError):
        return str(problem).replace(f"{path.parent}{os.sep}", "")
    first = next(iter(str(problem).splitlines()), "")[:200].rstrip(".")
    return f"{path.name} can't be read as a network ({type(problem).__name__}: {first})."


def main() -> None:
    name, parent, memory = sys.argv[1:4]
    source, sink = child.take_pipes()
    child.be_a_good_child(int(parent))
    for module in BEFORE:
        importlib.import_module(module)
    limits.bound(int(memory) + (os.cpu_count() or 1) * STACK, CPU_SECONDS)
    serve(Path(name).absolute(), source, sink)


if __name__ == "__main__":
    main()
