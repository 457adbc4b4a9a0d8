"""Weights in an .npz: read as written, whatever their order in the file; anything else is told in one sentence."""

import numpy as np
import pytest

from models import npz_weights


def test_arrays_come_back_by_layer_and_position(tmp_path):
    arrays = {f"b/{i}": np.full(i + 1, i) for i in (10, 2, 0, 1, 3, 4, 5, 6, 7, 8, 9)}
    np.savez(tmp_path / "some.npz", **arrays, **{"of/a/0": np.ones((2, 2))})
    found = npz_weights.read(tmp_path / "some.npz")
    assert [array.tolist() for array in found["b"]] == [[i] * (i + 1) for i in range(11)]
    assert found["of/a"][0].tolist() == [[1, 1], [1, 1]] and set(found) == {"b", "of/a"}


def test_a_file_is_replaced_whole(tmp_path, monkeypatch):
    path = tmp_path / "some.npz"
    npz_weights.replace(path, **{"a/0": np.zeros(3)})

    def fail(path, **arrays):
        path.write_bytes(b"half of i")
        raise OSError("the disk is full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="the disk is full"):
        npz_weights.replace(path, **{"a/0": np.ones(3)})
    assert npz_weights.read(path)["a"][0].tolist() == [0, 0, 0]


def not_there(path):
    pass


def empty(path):
    path.write_bytes(b"")


def cut_off(path):
    np.savez(path, **{"a/0": np.zeros(500)})
    path.write_bytes(path.read_bytes()[:300])


def one_array(path):
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


def without_layers(path):
    np.savez(path, facts=np.zeros(3))


def without_positions(path):
    np.savez(path, **{"a/kernel": np.zeros(3)})


@pytest.mark.parametrize("write", [not_there, empty, cut_off, one_array, without_layers, without_positions])
def test_what_holds_no_weights_is_told_in_one_sentence(tmp_path, write):
    path = tmp_path / "weights.npz"
    write(path)
    with pytest.raises(ValueError, match=r"weights\.npz holds no weights under <layer>/<position>; give a crnn\.npz"):
        npz_weights.read(path)
