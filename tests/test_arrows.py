"""The order of the rooms: who may import whom, and where TensorFlow and Streamlit stay out.

Every import counts: those inside functions and those for types alone as well.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOPS = ("app", "explain", "export", "models")
TENSORFLOW = ("tensorflow", "keras", "tf2onnx")
# From the top down. An arrow leads to a floor further down, or to a neighbour on the same one; never up.
FLOORS = (
    ("app",),
    ("explain.panels",),
    ("explain",),  # the package itself: what `import explain` offers
    ("explain.report", "explain.notebook"),
    ("explain.gradients", "explain.charts"),
    ("explain.attribution", "explain.exemplars", "explain.interventions", "explain.trust"),
    ("export",),
    ("explain.network", "explain.layers", "explain.detection"),
    ("models.training",),
    ("explain.ctc", "explain.pictures", "explain.processes"),
    ("models",),
)
PACKAGE = "explain"
ROOMS = tuple(room for floor in FLOORS for room in floor)
MOST_FILES = 10  # in a room inside explain/


def modules() -> dict[str, Path]:
    """Every module of the project by its dotted name, the tests left out."""
    files = [ROOT / "app.py", *(path for top in TOPS[1:] for path in (ROOT / top).rglob("*.py"))]
    return {name_of(path): path for path in files if path.stat().st_size}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, known: Iterable[str]) -> set[str]:
    """What a file imports anywhere, the project's modules by their full names."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports by dots: write the module's full name."
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            names.update(inner & set(known) or {node.module})
            if inner - set(known):
                names.add(node.module)
    return names


def imported_at_once(path: Path) -> set[str]:
    """Top-level packages imported as soon as the file is."""
    body = ast.parse(path.read_text("utf-8")).body
    names = {alias.name for node in body if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in body if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in names}


def room_of(module: str) -> str:
    """The room a module lies in: the longest name that fits; in the package itself lies nothing but its own file."""
    return max((room for room in ROOMS if module == room or within(module, room) and room != PACKAGE), key=len)


def within(module: str, *rooms: str) -> bool:
    return any(module == room or module.startswith(room + ".") for room in rooms)


def upward(arrows: Mapping[str, Iterable[str]]) -> list[str]:
    """Imports that lead up a floor, as sentences. arrows: the imports of each of the project's modules."""
    floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    return [
        f"{module} imports {imported}"
        for module, all_imported in sorted(arrows.items())
        for imported in sorted(all_imported)
        if floor[room_of(imported)] < floor[room_of(module)]
    ]


def circle(arrows: Mapping[str, Iterable[str]]) -> str:
    """One circle among the arrows, as "a -> b -> a"; empty where there is none."""
    finished: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> str:
        if name in trail:
            return " -> ".join([*trail[trail.index(name) :], name])
        if name not in finished:
            for imported in sorted(arrows.get(name, ())):
                if way := visit(imported, (*trail, name)):
                    return way
            finished.add(name)
        return ""

    return next((way for name in sorted(arrows) if (way := visit(name, ()))), "")


def between_rooms(arrows: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    rooms: dict[str, set[str]] = {}
    for module, all_imported in arrows.items():
        to = {room_of(imported) for imported in all_imported} - {room_of(module)}
        rooms.setdefault(room_of(module), set()).update(to)
    return rooms


MODULES = modules()
IMPORTS = {name: imports(path, MODULES) for name, path in MODULES.items()}
ARROWS = {name: {other for other in named if other in MODULES and other != name} for name, named in IMPORTS.items()}


def test_the_project_is_all_there():
    assert {"models.card", "export.graph", "app"} <= set(MODULES)
    assert {"explain.network.session", "explain.gradients.worker.client"} <= set(MODULES)
    assert {room_of(module) for module in MODULES} == set(ROOMS)


def test_no_arrow_leads_up():
    assert upward(ARROWS) == []


def test_an_arrow_that_leads_up_is_noticed():
    planted = {**ARROWS, "explain.ctc.lattice": {*ARROWS["explain.ctc.lattice"], "explain.charts.theme"}}
    assert upward(planted) == ["explain.ctc.lattice imports explain.charts.theme"]


def test_no_circle_between_modules_or_rooms():
    assert circle(ARROWS) == ""
    assert circle(between_rooms(ARROWS)) == ""


def test_a_circle_is_noticed():
    planted = {**ARROWS, "explain.ctc.lattice": {*ARROWS["explain.ctc.lattice"], "explain.ctc.decoding"}}
    way = circle(planted).split(" -> ")
    assert way[0] == way[-1] and {"explain.ctc.lattice", "explain.ctc.decoding"} <= set(way)
    rooms = between_rooms(ARROWS)
    assert "explain.layers" in rooms["explain.attribution"]
    back = {**rooms, "explain.layers": rooms["explain.layers"] | {"explain.attribution"}}
    assert circle(back) == "explain.attribution -> explain.layers -> explain.attribution"


def test_imports_inside_functions_and_for_types_count(tmp_path):
    path = tmp_path / "late.py"
    path.write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from explain.ctc import decoding\n"
        "def late():\n    from explain.charts.theme import Inks\n    import keras\n"
    )
    assert imports(path, MODULES) == {"typing", "explain.ctc.decoding", "explain.charts.theme", "keras"}


def test_rooms_stay_small():
    for room in (path for path in (ROOT / "explain").rglob("*") if path.is_dir() and path.name != "__pycache__"):
        files = [path for path in room.iterdir() if path.is_file() and path.stat().st_size]
        assert len(files) <= MOST_FILES, f"{room.relative_to(ROOT)} holds {len(files)} files"


def test_only_their_own_texts_name_the_two_networks():
    """What else names them would need a change for a third network; CONTRIBUTING.md gives each file's reason."""
    files = [path for path in (ROOT / "explain").rglob("*") if path.suffix in (".py", ".js", ".html", ".css")]
    naming = {path for path in files if re.search("crnn|vgg16", path.read_text("utf-8"), re.IGNORECASE)}
    told = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert len(naming) <= 12
    assert [path for path in sorted(naming) if f"| `{path.relative_to(ROOT).as_posix()}` |" not in told] == []


def test_files_stay_short():
    for path in [*MODULES.values(), *(ROOT / "tests").rglob("*.py")]:
        lines = len(path.read_text("utf-8").splitlines())
        assert lines <= 300, f"{path.relative_to(ROOT)} has {lines} lines"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_streamlit_and_tensorflow_stay_where_they_belong(module):
    for imported in IMPORTS[module]:
        if within(imported, "streamlit"):
            assert within(module, "app", "explain.panels"), f"{module} imports Streamlit"
        if within(imported, *TENSORFLOW):
            rooms = ("explain.gradients", "export", "models.training", "models.crnn", "models.vgg16")
            assert within(module, *rooms), f"{module} imports {imported}"


@pytest.mark.parametrize("module", ["models.crnn", "models.vgg16"])
def test_builders_import_keras_only_when_called(module):
    assert "keras" in IMPORTS[module]
    assert not imported_at_once(MODULES[module]) & set(TENSORFLOW)


def test_importing_what_the_page_needs_loads_neither_tensorflow_nor_streamlit():
    wanted = [name for name in MODULES if within(name, "explain", "models")]
    wanted = [name for name in wanted if not within(name, "explain.panels", "models.training")]
    wanted = [name for name in wanted if not name.endswith("__main__")]
    code = (
        "import importlib, sys\n"
        f"for name in {sorted(wanted)!r}: importlib.import_module(name)\n"
        "print(*(name for name in ('tensorflow', 'keras', 'tf2onnx', 'streamlit') if name in sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == ""
