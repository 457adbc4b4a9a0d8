"""Pictures of every kind come out upright, flat and 8 bit; what is no picture is refused in one sentence."""

import io

import numpy as np
import pytest
from PIL import Image

from models.pictures import PictureError, flatten, open_picture, to_rgb


def file_of(picture: Image.Image, form: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def two_halves(mode: str, left, right, size=(40, 20)) -> Image.Image:
    picture = Image.new(mode, size, right)
    picture.paste(left, (0, 0, size[0] // 2, size[1]))
    return picture


def ends(picture: Image.Image) -> tuple[int, int]:
    """Grey levels well inside the left and the right half."""
    grey = np.asarray(picture.convert("L"))
    return int(grey[grey.shape[0] // 2, 2]), int(grey[grey.shape[0] // 2, -3])


@pytest.mark.parametrize("mode, left, right", [("1", 0, 1), ("L", 0, 255), ("RGB", (0, 0, 0), (255, 255, 255))])
def test_ordinary_modes_keep_their_levels(mode, left, right):
    found = open_picture(file_of(two_halves(mode, left, right)))
    assert found.mode in ("L", "RGB") and ends(found) == (0, 255)


def test_a_palette_is_looked_up():
    picture = two_halves("P", 1, 0)
    picture.putpalette([10, 10, 10, 200, 200, 200])
    assert ends(open_picture(file_of(picture))) == (200, 10)


def test_sixteen_bits_are_scaled_not_clipped():
    levels = np.zeros((20, 40), np.uint16)
    levels[:, 20:] = 32896  # 128 x 257
    assert ends(open_picture(file_of(Image.fromarray(levels)))) == (0, 128)


@pytest.mark.parametrize("top, expected", [(1.0, 255), (200.0, 200), (65535.0, 255)])
def test_floating_point_is_told_by_its_largest_value(top, expected):
    levels = np.zeros((20, 40), np.float32)
    levels[:, 20:] = top
    assert ends(flatten(Image.fromarray(levels))) == (0, expected)


def test_cmyk_jpeg_is_read_with_black_as_black():
    found = open_picture(file_of(two_halves("CMYK", (0, 0, 0, 255), (0, 0, 0, 0)), "JPEG", quality=95))
    left, right = ends(found)
    assert found.mode == "RGB" and left < 10 and right > 245


@pytest.mark.parametrize("ink, ground", [((0, 0, 0), 255), ((255, 255, 255), 0), ((30, 60, 160), 255)])
def test_transparency_becomes_a_ground_on_which_the_ink_is_seen(ink, ground):
    picture = two_halves("RGBA", (*ink, 255), (*ink, 0))
    left, right = ends(open_picture(file_of(picture)))
    assert right == ground and abs(left - right) > 100


def test_transparent_colour_of_a_palette():
    picture = two_halves("P", 1, 0)
    picture.putpalette([255, 0, 0, 0, 0, 0])
    assert ends(open_picture(file_of(picture, transparency=0))) == (0, 255)


def test_exif_rotation_is_applied_once():
    picture = two_halves("L", 0, 255)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it turned by 90 degrees clockwise
    found = open_picture(file_of(picture, "JPEG", exif=exif, quality=95))
    assert found.size == (20, 40)
    grey = np.asarray(flatten(found).convert("L"))
    assert flatten(found).size == (20, 40)
    assert grey[2, 10] < 10 and grey[-3, 10] > 245  # what was left is now on top


def test_an_animation_gives_its_first_frame():
    frames = [Image.new("L", (8, 8), level) for level in (50, 150, 250)]
    data = file_of(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)
    assert ends(open_picture(data)) == (50, 50)


def test_sources_may_be_bytes_a_path_or_a_file(tmp_path):
    data = file_of(two_halves("L", 10, 240))
    path = tmp_path / "picture.png"
    path.write_bytes(data)
    for source in (data, bytearray(data), path, str(path), io.BytesIO(data)):
        assert ends(open_picture(source)) == (10, 240)


def test_one_pixel_is_a_picture():
    assert open_picture(file_of(Image.new("RGB", (1, 1), (7, 7, 7)))).size == (1, 1)


def test_rgb_array():
    found = to_rgb(two_halves("L", 0, 255))
    assert found.shape == (20, 40, 3) and found.dtype == np.uint8 and found[5, 30].tolist() == [255, 255, 255]


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    "data, word",
    [
        (b"", "empty"),
        (b"just some text, saved as picture.png", "not a picture"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
        (cut(file_of(noise, "JPEG")), "damaged or cut off"),
        (cut(file_of(noise, "PNG")), "damaged or cut off"),
        (cut(file_of(noise, "WEBP")), "picture"),
        (cut(file_of(noise, "TIFF")), "picture"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(data, word):
    with pytest.raises(PictureError, match=word) as refused:
        open_picture(data)
    sentence = str(refused.value)
    assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 160


@pytest.mark.parametrize("colour, side, most", [(0, 14_400, 205), (2, 7_200, 50), (6, 7_200, 50), (2, 40_000, 205)])
def test_too_many_pixels_are_refused_before_they_are_decoded(colour, side, most):
    # a header alone: were a pixel decoded, the sentence would speak of damage. colour: as PNG counts grey, RGB, RGBA
    import struct
    import zlib

    body = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, colour, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    data += struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    with pytest.raises(PictureError, match=f"too large.*{most} megapixels"):
        open_picture(data)


def test_a_missing_file_is_told_by_its_name(tmp_path):
    with pytest.raises(PictureError, match="nowhere.png"):
        open_picture(tmp_path / "nowhere.png")
