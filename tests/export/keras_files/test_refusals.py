"""What is refused is refused in one sentence that names it, and nothing of it is run, followed or unpacked."""

import io
import subprocess
import sys
import zipfile

import h5py
import numpy as np
import pytest

from export.__main__ import main
from export.keras_files import opening
from tests.export.keras_files import cases


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A small .keras file whose second layer, "middle", is there to be changed."""
    import keras

    picture = keras.Input((4, 4, 1), name="picture")
    value = keras.layers.Conv2D(2, 3, padding="same", name="before")(picture)
    value = keras.layers.Activation("relu", name="middle")(value)
    model = keras.Model(picture, keras.layers.Dense(2, name="after")(keras.layers.Flatten(name="flat")(value)))
    path = tmp_path_factory.mktemp("whole") / "whole.keras"
    model.save(path)
    return path


def refused(path, capsys) -> str:
    """The sentence on a file that is refused; that nothing was written is checked too."""
    out = path.parent / "out"
    assert main([str(path), "--out", str(out)]) == 1
    assert not out.exists() or not list(out.iterdir())
    told = capsys.readouterr()
    assert "Traceback" not in told.err and not told.out
    return told.err.splitlines()[-1]


def changed(whole, tmp_path, **settings):
    def change(config):
        (middle,) = [layer for layer in config["config"]["layers"] if layer["name"] == "middle"]
        middle.update(settings)
        return config

    return cases.rewritten(whole, tmp_path / "changed.keras", change)


def test_a_lambda_that_would_write_a_file_is_refused_by_name_and_writes_none(tmp_path, capsys):
    import keras

    written = str(tmp_path / "written")

    def write(value):
        open(written, "w").close()
        return value

    picture = keras.Input((4, 4, 1))
    value = keras.layers.Lambda(write, output_shape=(4, 4, 1), name="harmless")(picture)
    model = keras.Model(picture, keras.layers.Flatten()(value))
    model.save(tmp_path / "evil.keras")
    model.save(tmp_path / "evil.h5")
    (tmp_path / "written").unlink(missing_ok=True)
    for name in ("evil.keras", "evil.h5"):
        assert "Layer 'harmless' is a Lambda, whose code is not run" in refused(tmp_path / name, capsys)
        assert not (tmp_path / "written").exists()
    code = (
        "import sys\nfrom export.__main__ import main\n"
        f"main([{str(tmp_path / 'evil.keras')!r}])\nprint('keras' in sys.modules, 'tensorflow' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.split() == ["False", "False"]  # refused before either was loaded, which takes seconds


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"class_name": "Mine", "registered_name": "own>Mine"},
            "Layer 'middle' is a own>Mine, which is no layer of Keras",
        ),
        ({"module": "os", "class_name": "system"}, "Layer 'middle' is a system, which is no layer"),
        ({"module": "__main__", "registered_name": "Activation"}, "Layer 'middle' is a Activation, which is no layer"),
        ({"class_name": "TFSMLayer", "config": {"name": "middle", "filepath": "/etc"}}, "'middle' is a TFSMLayer"),
        ({"config": {"name": "middle", "activation": {"module": "os", "config": "system"}}}, "activation os.system"),
        (
            {"config": {"name": "middle", "activation": "no_such"}},
            "has the activation no_such, which is none of Keras's",
        ),
        (
            {"config": {"name": "middle", "activation": "relu", "warp": 3}},
            "has the setting warp = 3, which Keras no longer",
        ),
        ({"class_name": "Reshape", "config": {"name": "middle", "target_shape": [5]}}, "Layer 'middle' does not take"),
        ({"inbound_nodes": []}, "never computes"),
        ({"inbound_nodes": "x"}, "does not describe a model"),
    ],
)
def test_a_configuration_is_data_and_what_is_no_layer_of_keras_is_named(whole, tmp_path, capsys, settings, sentence):
    assert sentence in refused(changed(whole, tmp_path, **settings), capsys)


def test_a_model_of_somebodys_own_class_is_named(whole, tmp_path, capsys):
    path = cases.rewritten(whole, tmp_path / "own.keras", lambda config: {**config, "registered_name": "own>Net"})
    assert "The model is a own>Net, a class of somebody's own" in refused(path, capsys)


def test_a_lambda_between_two_shapes_is_taken_for_what_alone_fits():
    from export.errors import UnknownLayer
    from export.keras_files.lambdas import instead
    from export.keras_files.plan import Call, Net, Ref, Spec

    def net(*users, **stated):
        spec = Spec("f", "Lambda", "", "", {}, (Call((Ref("x"),)),))
        after = [Spec(f"u{i}", name, "", "", {}, (Call((Ref("f"),)),)) for i, name in enumerate(users)]
        return Net("n", "Functional", (spec, *after), (), (), **stated), spec

    found = instead(*net("LSTM"), 0, (None, 1, 31, 512), {"u0": 512})
    assert (found.wanted, found.drops) == ((31, 512), (0,))
    assert instead(*net("Dense"), 0, (None, 31, 1, 512), {}).wanted == (31, 512)
    stated = {"shapes": {Ref("f"): (None, 10, 8)}}
    assert instead(*net("LSTM", **stated), 0, (None, 10, 2, 4), {}).wanted == (10, 8)
    cast = {"shapes": {Ref("f"): (None, 4)}, "dtypes": {Ref("x"): "uint8", Ref("f"): "float32"}}
    assert "cast" in instead(*net("Dense", **cast), 0, (None, 4), {}).said
    for users, given, more in (
        (("LSTM",), (None, 2, 31, 512), {}),  # rows and columns could be laid together in two ways
        (("Dense",), (None, 1, 1, 8), {}),  # one axis may go, or both
        (("LSTM",), (None, 1, 31, 512), {"shapes": {Ref("f"): (None, 29, 512)}}),  # frames are left out
        (("Dense",), (None, 4), {"shapes": {Ref("f"): (None, 4)}}),  # any function at all
        ((), (None, 1, 4), {}),
    ):
        with pytest.raises(UnknownLayer, match="Layer 'f' is a Lambda"):
            instead(*net(*users, **more), 0, given, {})


def test_damaged_files_are_told_in_one_sentence(whole, tmp_path, capsys):
    data = whole.read_bytes()
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["numbers"] = np.zeros(3)
    for name, content, sentence in (
        ("empty.h5", b"", "is empty"),
        ("empty.keras", b"", "is empty"),
        ("short.keras", data[: len(data) // 2], "damaged archive"),
        ("text.keras", b"nothing of the kind", "is no Keras file"),
        ("other.hdf5", buffer.getvalue(), "neither a Keras model nor weights"),
        ("short.h5", buffer.getvalue()[:700], "damaged or cut short"),
        ("model.pb", b"x", "TensorFlow graph"),
        ("model.pt", b"x", "PyTorch"),
        ("model.tflite", b"x", "TensorFlow Lite"),
        ("model.xyz", b"x", "no kind of network"),
    ):
        (tmp_path / name).write_bytes(content)
        assert sentence in refused(tmp_path / name, capsys), name
    (tmp_path / "saved").mkdir()
    assert "SavedModel" in refused(tmp_path / "saved", capsys)
    assert "There is no file" in refused(tmp_path / "absent.keras", capsys)


def test_archives_are_read_by_name_and_bounded(whole, tmp_path, capsys, monkeypatch):
    with zipfile.ZipFile(tmp_path / "paths.keras", "w") as archive:
        archive.writestr("../../escaped/config.json", "{}")
    assert "lacks config.json" in refused(tmp_path / "paths.keras", capsys)
    assert not (tmp_path.parent.parent / "escaped").exists()
    with zipfile.ZipFile(tmp_path / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", bytes(8_000_000))
    assert "unfolds to 8 MB" in refused(tmp_path / "bomb.keras", capsys)
    monkeypatch.setattr(opening, "MOST_JSON", 100)
    assert "config.json that unfolds to more than" in refused(whole, capsys)


def test_compressed_weights_are_read_too(whole, tmp_path):
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(tmp_path / "packed.keras", "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with opening.opened(whole) as plain, opening.opened(tmp_path / "packed.keras") as packed:
        kernels = [file.weights["layers/conv2d/vars/0"][()] for file in (plain, packed)]
        assert kernels[0].shape == (3, 3, 1, 2) and np.array_equal(*kernels)
        assert plain.config == packed.config and plain.version == packed.version


def test_an_hdf5_file_that_leads_elsewhere_is_not_followed(tmp_path, capsys):
    weights = cases.reader().get_weights()
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["kernel"] = np.ones(weights[0].shape, np.float32)
    (tmp_path / "secret.raw").write_bytes(np.ones(weights[0].shape, np.float32).tobytes())
    kernel = "model_weights/conv2d_7/conv2d_7/weight_0:0"

    def external(file):
        file[kernel] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "kernel")

    def soft(file):
        file[kernel] = h5py.SoftLink("/optimizer_weights")

    def raw(file):
        file.create_dataset(kernel, weights[0].shape, np.float32, external=[(str(tmp_path / "secret.raw"), 0, 4096)])

    def virtual(file):
        layout = h5py.VirtualLayout(weights[0].shape, np.float32)
        layout[...] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "kernel", weights[0].shape)
        file.create_virtual_dataset(kernel, layout)

    def hollow(file):
        file.create_dataset(kernel, (100_000, 100_000), np.float32, chunks=(100, 100))

    for change, sentence in (
        (external, "has a link at 'weight_0:0'"),
        (soft, "has a link at 'weight_0:0'"),
        (raw, "keeps 'weight_0:0' in another file"),
        (virtual, "keeps 'weight_0:0' in another file"),
        (hollow, "declares 40,000 MB of weights"),
    ):
        path = cases.training_file(tmp_path / f"{change.__name__}.h5", weights)
        with h5py.File(path, "r+") as file:
            del file[kernel]
            change(file)
        assert sentence in refused(path, capsys)


def test_weights_that_are_missing_or_no_numbers_are_named(tmp_path, capsys):
    weights = cases.reader().get_weights()
    path = cases.training_file(tmp_path / "fewer.h5", [*weights[:-1], weights[-1][:3]])
    assert "numbers where its layers have" in refused(path, capsys)
    swapped = [np.zeros((1, *weights[0].shape[:3]), np.float32), *weights[1:]]
    path = cases.training_file(tmp_path / "swapped.h5", [swapped[0].repeat(3, 0), *weights[1:]])
    assert "The weights of layer 'conv2d_7' have the shapes" in refused(path, capsys)


@pytest.mark.parametrize(("count", "sentence"), [(10**9, "MB of weights"), (10**6, "numbers where its layers have")])
def test_texts_that_were_never_written_are_no_weights(tmp_path, capsys, count, sentence):
    """A million declared texts do not make up for a kernel that is missing; a thousand million are refused at once."""
    import h5py

    weights = cases.reader().get_weights()
    path = cases.training_file(tmp_path / "texts.h5", [*weights[:-1], weights[-1][:3]])
    with h5py.File(path, "r+") as file:
        file.create_dataset("texts", (count,), h5py.string_dtype(), chunks=(1000,))
    assert sentence in refused(path, capsys)


def test_a_layer_as_large_as_the_file_is_not_is_refused_before_it_is_made(whole, tmp_path, capsys):
    def change(config):
        config["config"]["layers"][-1]["config"]["units"] = 10**7
        return config

    path = cases.rewritten(whole, tmp_path / "huge.keras", change)
    assert "numbers where its layers have" in refused(path, capsys)


def test_pictures_are_asked_for(whole, tmp_path, capsys):
    def change(config):
        config["config"]["layers"][0]["config"]["batch_shape"] = [None, 16]
        return config

    path = cases.rewritten(whole, tmp_path / "flat.keras", change)
    assert "takes one picture (batch, height, width, channel); this takes 'picture' (None, 16)" in refused(path, capsys)


def test_json_without_end_is_no_configuration(whole, tmp_path, capsys):
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(tmp_path / "deep.keras", "w") as new:
        for name in old.namelist():
            new.writestr(name, "[" * 200_000 if name == "config.json" else old.read(name))
    assert "has a configuration that cannot be read" in refused(tmp_path / "deep.keras", capsys)
