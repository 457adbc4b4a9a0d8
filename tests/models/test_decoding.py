"""Large photographs come out smaller within bounded memory; containers that look alike are told apart by bytes."""

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from models import decoding
from models.pictures import PictureError, is_heic, open_picture

PHONE = (8064, 6048)  # a phone's 48 megapixels


def file_of(picture, kind, **how):
    file = io.BytesIO()
    picture.save(file, kind, **how)
    return file.getvalue()


def halves(mode, size, left, right):
    picture = Image.new(mode, size, left)
    picture.paste(right, (size[0] // 2, 0, *size))
    return picture


@pytest.fixture
def small(monkeypatch):
    """The bounds a thousandth as large, so that small pictures are large ones."""
    monkeypatch.setattr(decoding, "KEPT", 13_000)


@pytest.mark.parametrize("mode, left, right", [
    ("L", 40, 200), ("RGB", (40, 40, 40), (200, 200, 200)), ("RGBA", (40, 40, 40, 255), (200, 200, 200, 255)),
    ("P", 40, 200), ("1", 0, 255), ("LA", (40, 255), (200, 255)), ("I;16", 40 * 257, 200 * 257),
])  # fmt: skip
def test_what_is_made_smaller_looks_the_same(small, mode, left, right):
    if mode == "I;16":
        levels = np.full((151, 202), left, np.uint16)
        levels[:, 101:] = right
        picture = Image.fromarray(levels)
    else:
        picture = halves(mode, (202, 151), left, right)
        if mode == "P":
            picture.putpalette([level for level in range(256) for _ in range(3)])
    found = open_picture(file_of(picture, "PNG"))
    assert found.size == (101, 76) and found.mode in ("L", "RGB")
    levels = np.asarray(found.convert("L"), int)
    dark, light = (0, 255) if mode == "1" else (40, 200)
    assert np.abs(levels[:, :50] - dark).max() <= 1 and np.abs(levels[:, 51:] - light).max() <= 1


def test_transparent_ground_stays_ground(small):
    picture = halves("RGBA", (200, 150), (0, 0, 0, 255), (9, 9, 9, 0))
    found = np.asarray(open_picture(file_of(picture, "PNG")))
    assert found.shape == (75, 100, 3) and found[:, :49].max() == 0 and found[:, 51:].min() == 255


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_a_turned_photograph_comes_out_upright(small, kind):
    exif = Image.Exif()
    exif[decoding.ORIENTATION] = 6  # the camera was held on its side: left becomes top
    picture = halves("RGB", (200, 150), (0, 0, 0), (255, 255, 255))
    found = np.asarray(open_picture(file_of(picture, kind, exif=exif)).convert("L"))
    assert found.shape == (100, 75) and found[:40].max() < 30 and found[60:].min() > 225


def test_a_phones_photograph_opens_as_a_quarter_of_its_pixels():
    found = open_picture(file_of(Image.new("RGB", PHONE, (10, 120, 90)), "JPEG", quality=30))
    assert found.size == (4032, 3024) and found.getpixel((2000, 1500)) == pytest.approx((10, 120, 90), abs=4)


MEMORY = """
import sys, resource
from PIL import Image
from models.pictures import open_picture
data = sys.stdin.buffer.read()
Image.init(); before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(open_picture(data).size, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_memory_stays_bounded(kind):
    picture = Image.new("RGB", PHONE, "white")
    data = file_of(picture, kind, **({"quality": 30} if kind == "JPEG" else {"compress_level": 1}))
    del picture
    told = subprocess.run([sys.executable, "-c", MEMORY], input=data, capture_output=True, check=True).stdout.decode()
    size, megabytes = told.rsplit(" ", 1)
    assert size == "(4032, 3024)" and int(megabytes) <= 250


def test_jpegs_of_several_scans_are_told_from_the_others():
    picture = Image.new("RGB", (64, 48), "red")
    plain, progressive = file_of(picture, "JPEG"), file_of(picture, "JPEG", progressive=True, subsampling=0)
    alone = bytearray(plain)
    alone[plain.index(b"\xff\xda") + 4] = 1  # its first scan then has one of the three colours
    most = [decoding.most_megapixels(Image.open(io.BytesIO(plain)), bytes(data)) for data in (plain, alone, plain[:30])]
    assert most == [decoding.MEGAPIXELS, 100, 100]  # 2 + 0.5 + 0.5 bytes of coefficients a pixel
    assert decoding.most_megapixels(Image.open(io.BytesIO(progressive)), progressive) == 50  # three times 2


def container(*brands):
    body = b"ftyp" + brands[0] + b"\0\0\0\0" + b"".join(brands)
    return (len(body) + 4).to_bytes(4, "big") + body + b"\0" * 64


@pytest.mark.parametrize("brands", [(b"heic", b"mif1"), (b"mif1", b"heic", b"miaf"), (b"heix",), (b"msf1", b"hevc")])
def test_heic_is_refused_by_its_name(brands):
    with pytest.raises(PictureError, match="HEIC photograph.*JPEG"):
        open_picture(container(*brands))


def test_avif_and_others_are_not_taken_for_heic():
    assert not is_heic(container(b"avif", b"mif1", b"miaf")) and not is_heic(container(b"mif1", b"avif"))
    assert not is_heic(container(b"isom", b"mp42")) and not is_heic(b"\0\0\0\0ftyp")
    assert open_picture(file_of(Image.new("RGB", (40, 30), (0, 0, 255)), "AVIF")).size == (40, 30)
