"""Who may import whom, and where TensorFlow and Streamlit stay out.

app -> explain.panels -> explain -> models.card; export -> models, explain.gradients -> models.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("app", "explain", "export", "models")
TENSORFLOW = ("tensorflow", "keras", "tf2onnx")


def modules() -> dict[str, Path]:
    """Every module of the project by its dotted name, the tests left out."""
    files = [ROOT / "app.py", *(path for room in ROOMS[1:] for path in (ROOT / room).rglob("*.py"))]
    return {name_of(path): path for path in files if path.is_file()}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(module: str, path: Path, known: set[str]) -> set[tuple[str, bool]]:
    """(imported module, whether it is imported as soon as the module is), type checking left out."""
    found = set()
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]

    def walk(node, at_once):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue
            if isinstance(child, ast.Import):
                found.update((alias.name, at_once) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = child.module or ""
                if child.level:
                    above = package.split(".")[: len(package.split(".")) - child.level + 1]
                    base = ".".join([*above, *([base] if base else [])])
                for alias in child.names:
                    inner = f"{base}.{alias.name}"
                    found.add((inner if inner in known else base, at_once))
            later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or is_main(child)
            walk(child, at_once and not later)

    walk(ast.parse(path.read_text("utf-8")), True)
    return found


def is_main(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "__main__" in ast.dump(node.test)


MODULES = modules()
IMPORTS = {name: imports(name, path, set(MODULES)) for name, path in MODULES.items()}


def within(module: str, *rooms: str) -> bool:
    return any(module == room or module.startswith(room + ".") for room in rooms)


def may_import(importer: str, imported: str) -> bool:
    """Whether the arrow from one module of the project to another is drawn in the design."""
    if importer == "app":
        return within(imported, "explain", "models")
    if within(importer, "explain.panels"):
        return within(imported, "explain", "models")
    if within(importer, "explain.gradients"):
        return within(imported, "explain", "models") and not within(imported, "explain.panels")
    if within(importer, "explain"):
        return imported == "models.card" or (within(imported, "explain") and not within(imported, "explain.panels"))
    if within(importer, "export"):
        return within(imported, "export", "models", "explain.gradients")
    if within(importer, "models.training"):
        return within(imported, "models", "explain.ctc")
    return within(imported, "models") and not within(imported, "models.training")


def may_touch_tensorflow(module: str) -> bool:
    return within(module, "explain.gradients", "export", "models.training", "models.crnn", "models.vgg16")


def test_the_project_is_all_there():
    assert {"models.card", "explain.network", "export.graph", "explain.gradients.client", "app"} <= set(MODULES)


@pytest.mark.parametrize("module", sorted(MODULES))
def test_no_import_goes_against_the_arrows(module):
    for imported, _ in IMPORTS[module]:
        if within(imported, *ROOMS):
            assert may_import(module, imported), f"{module} imports {imported}"
        if within(imported, "streamlit"):
            assert within(module, "app", "explain.panels"), f"{module} imports Streamlit"
        if within(imported, *TENSORFLOW):
            assert may_touch_tensorflow(module), f"{module} imports {imported}"


@pytest.mark.parametrize("module", ["models.crnn", "models.vgg16"])
def test_builders_import_keras_only_when_called(module):
    assert ("keras", False) in IMPORTS[module]
    assert not any(within(imported, *TENSORFLOW) and at_once for imported, at_once in IMPORTS[module])


def test_no_circle():
    arrows = {
        name: {imported for imported, at_once in found if at_once and imported in MODULES and imported != name}
        for name, found in IMPORTS.items()
    }
    finished: set[str] = set()

    def visit(name, trail):
        assert name not in trail, f"a circle: {' -> '.join([*trail[trail.index(name) :], name])}"
        if name not in finished:
            for imported in arrows[name]:
                visit(imported, [*trail, name])
            finished.add(name)

    for name in arrows:
        visit(name, [])


def test_importing_what_the_page_needs_loads_neither_tensorflow_nor_streamlit():
    wanted = [name for name in MODULES if within(name, "explain", "models")]
    wanted = [name for name in wanted if not within(name, "explain.panels", "models.training")]
    code = (
        "import importlib, sys\n"
        f"for name in {sorted(wanted)!r}: importlib.import_module(name)\n"
        "print(*(name for name in ('tensorflow', 'keras', 'tf2onnx', 'streamlit') if name in sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == ""
