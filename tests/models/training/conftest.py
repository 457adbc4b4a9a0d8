"""What the training tests draw with: the fonts and words that come with the project or are made here."""

import pytest

from models.training.fonts import Font
from models.training.words import Words
from models.typeface import FOLDER, FONTS


@pytest.fixture(scope="session")
def words(tmp_path_factory) -> Words:
    """Small dictionaries in place of Debian's."""
    folder = tmp_path_factory.mktemp("dict")
    everyday, common, rare = folder / "everyday", folder / "common", folder / "rare"
    everyday.write_text("the\nopen\nstreet\n", encoding="utf-8")
    common.write_text("a\nto\nsea\nwall\nhouse\nwindow\nelephant\nstraightforward\nisn't\n", encoding="utf-8")
    rare.write_text("Zanzibar\nquaternion\ncafé\n", encoding="utf-8")
    return Words(dictionaries=(common, rare), everyday=(everyday,))


@pytest.fixture(scope="session")
def bundled() -> list[Font]:
    return [Font(str(FOLDER / file), name, True, 0.9) for name, file in FONTS.items()]
