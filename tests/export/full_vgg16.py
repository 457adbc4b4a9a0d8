"""The full VGG16's export, measured from outside: a weights file of random numbers, and a child process at work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

from models.vgg16 import CONVOLUTIONS

CHANNELS_OF_BLOCKS = {1: 64, 2: 128, 3: 256, 4: 512, 5: 512}
DENSE = {"fc1": (25088, 4096), "fc2": (4096, 4096), "predictions": (4096, 1000)}

OPENED = """
import json, sys, time
import numpy as np
from explain.network.session import Network
start, used = time.perf_counter(), time.process_time()
network = Network(sys.argv[1])
opened, used = time.perf_counter() - start, time.process_time() - used
outputs = network.run(np.zeros((1, 224, 224, 3), np.float32))
status = dict(line.split(":", 1) for line in open("/proc/self/status") if line.startswith("Rss"))
anonymous = int(status["RssAnon"].split()[0]) / 1e3
print(json.dumps({"open_s": opened, "open_processor_s": used, "anonymous_mb": anonymous, "outputs": list(outputs)}))
"""


def layer_shapes() -> dict[str, list[tuple[int, ...]]]:
    """Shapes of each layer's kernel and bias as Keras's file has them."""
    shapes, channels = {}, 3
    for name in CONVOLUTIONS:
        filters = CHANNELS_OF_BLOCKS[int(name[5])]
        shapes[name] = [(3, 3, channels, filters), (filters,)]
        channels = filters
    return shapes | {name: [kernel, kernel[1:]] for name, kernel in DENSE.items()}


def write_random_weights(path: Path) -> None:
    """A file laid out as vgg16_weights_tf_dim_ordering_tf_kernels.h5, 553 MB of random numbers.

    One block of a million normal numbers is repeated with a stride that no row length divides, scaled as in He's
    initialisation so that every layer's outputs keep their size.
    """
    block = np.random.default_rng(0).standard_normal(1_000_003, dtype=np.float32)
    shapes = layer_shapes()
    with h5py.File(path, "w") as file:
        layers = ["block1_pool", "flatten", *shapes]  # Keras's file lists those without weights too
        file.attrs["layer_names"] = [layer.encode() for layer in layers]
        for layer in layers:
            group = file.create_group(layer)
            names = [f"{layer}_W_1:0", f"{layer}_b_1:0"] if layer in shapes else []
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, shape in zip(names, shapes.get(layer, []), strict=True):
                size = int(np.prod(shape))
                scale = np.sqrt(2 / np.prod(shape[:-1])) if len(shape) > 1 else 0.01
                group[name] = np.resize(block * np.float32(scale), size).reshape(shape)


def run_export(weights: Path, out: Path) -> dict:
    """`python -m export vgg16` in a process of its own: its peak resident memory, seconds, and processor seconds."""
    command = [sys.executable, "-m", "export", "vgg16", "--weights", str(weights), "--out", str(out)]
    start, peak = time.perf_counter(), 0
    with tempfile.TemporaryFile("w+") as told:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=told)
        while True:
            done, status, used = os.wait4(child.pid, os.WNOHANG)
            if done:
                break
            peak = max(peak, _peak_bytes(child.pid))
            time.sleep(0.02)
        child.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        return {
            "returncode": child.returncode,
            "told": told.read(),
            "peak_mb": peak / 1e6,
            "seconds": time.perf_counter() - start,
            "processor_seconds": used.ru_utime + used.ru_stime,
        }


def _peak_bytes(process: int) -> int:
    """The most memory a process has held so far; 0 once it has ended.

    Not `ru_maxrss`, which starts from what the process held that started it: here all that the tests have loaded.
    """
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def open_it(path: Path) -> dict:
    """Opens the exported file in a process of its own and runs one picture through it."""
    answer = subprocess.run([sys.executable, "-c", OPENED, str(path)], check=True, capture_output=True, text=True)
    return json.loads(answer.stdout.splitlines()[-1])
