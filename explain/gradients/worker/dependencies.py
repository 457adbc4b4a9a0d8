"""What a job's result depends on besides its settings: every file of the project's code that the job can run.

Worked out from the import statements themselves, those inside functions included, so that a file that moves, or a new
one, can't be missed. Modules are found as Python finds them; other packages are left to requirements.txt.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGES = ("explain", "models")


def sources(module: str) -> tuple[Path, ...]:
    """The module's own file and those of all modules of the project that it imports, and they in turn, in order.

    Modules that are imported for their types alone count too: leaving them out would save little and could miss one.
    Raises ModuleNotFoundError where the module, or one that is imported by name, is not there.
    """
    seen: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen[name] = _file(name)
        waiting += [imported for imported in _imports(name) if imported not in seen]
    return tuple(sorted(set(seen.values())))


@cache
def _file(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"There is no module {module} to look for what a result depends on.")
    return Path(spec.origin)


@cache
def _imports(module: str) -> tuple[str, ...]:
    """The project's modules that a module's file names in its import statements, and the packages they lie in."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(_file(module).read_text("utf-8"))):
        names.update(_named(node))
    return tuple(sorted(name for name in names if name.split(".")[0] in PACKAGES))


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield from _with_packages(alias.name)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level and node.module.split(".")[0] in PACKAGES:
        yield from _with_packages(node.module)
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            if _is_module(inner):
                yield inner


def _with_packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[: end + 1]) for end in range(len(parts)))


@cache
def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # the part before the last dot is no package
        return False
