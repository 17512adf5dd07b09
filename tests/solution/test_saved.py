"""Results are saved to files and loaded again: to the bit, by name, and never damaged unnoticed."""

import io
import json
import pickle
import zipfile
from functools import partial

import numpy as np
import pytest

import thermalent as te
from thermalent.solution.stored import KNOWN, builder_record
from thermalent.support.files.encoding import Decoder, Encoder

NETWORK = te.thermal_link(3, 0.2, detuning=(0.3, -0.1), dephasing=0.05)
TIMES = [0.0, 0.4, 2.0]
MIXED = te.Network(
    nodes=(
        te.Mode(name="a/b", bath_rate=0.3, n_th=0.7, backaction=False),
        te.Qudit(name="trit", lower=np.diag([1.0, 2**0.5], 1), local_jumps=(np.diag([0, 1, 0.1]),)),
        te.CollectiveSpin(name="spin", qubits=2),
    ),
    exchange=np.diag([0, 0.1, -0.2]),
    decay=np.ones((3, 3)),
)
FEW = te.FieldTrajectories(n=64, burn_in=10.0, window=1.0, step=0.05)
MADE = {
    "state": lambda: te.steady_state(NETWORK),
    "state from": lambda: te.steady_state(te.cooperative(qubits=2), initial="01"),
    "other emitters": lambda: te.evolve(MIXED, [0.1], "0,0", te.Fock(cutoff=3)).at(0),
    "many digits": lambda: te.steady_state(NETWORK, te.ContinuedFraction(digits=20)),
    "approximation": lambda: te.steady_state(NETWORK, te.Bourret()),
    "trajectories": lambda: te.steady_state(te.thermal_link(1, 0.5), FEW),
    "evolution": lambda: te.evolve(NETWORK, TIMES, "01", source=0.3 - 0.2j),
    "evolution by Fock": lambda: te.evolve(te.thermal_link(0.2, 0.5), TIMES, "01"),
    "spectrum": lambda: te.spectrum(NETWORK, [-0.5, 0.1], {"q1": 1.0, "q2": -1j}),
    "coherence": lambda: te.coherence(NETWORK, TIMES, initial=np.eye(4) / 4),
    "rates": lambda: te.relaxation_rates(te.thermal_link(0.5, 0.5), 2),
    "sensitivities": lambda: te.sensitivities(
        te.thermal_link, {"n_th": 40.0, "kappa": 0.02, "detuning": (0.1, 0.0)}
    ),
    "optimum": lambda: te.optimise(
        lambda kappa: te.thermal_link(10.0, kappa), {"kappa": (1e-3, 1.0)}, "concurrence", starts=3
    ),
    "design": lambda: te.design("293K", "5GHz", "10MHz", 0.75, margins=(), loss=1e-4),
    "requirement": lambda: te.requirement("quality", 0.7, dephasing_time="20us"),
    "best filter": lambda: te.best_filter(20, 2, starts=1, quanta=1),
    "comparison": lambda: te.cross_validate(NETWORK, [te.ContinuedFraction(), te.Markov()]),
}


@pytest.fixture(scope="module", params=MADE)
def result(request):
    return MADE[request.param]()


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "state.npz"
    te.steady_state(te.thermal_link(0.5, 0.5)).save(path)
    return path


def bits(value):
    """Everything in a result, with floats and arrays as their bytes."""
    if isinstance(value, np.ndarray):
        error = bits(value.error) if isinstance(value, te.Estimates) else None
        return (value.dtype.str, value.shape, np.asarray(value).tobytes(), error)
    if isinstance(value, (float, complex)):
        more = {name: getattr(value, name) for name in ("error", "how", "elements")
                if hasattr(value, name)}  # fmt: skip
        return (np.asarray(value).tobytes(), bits(more) if more else None)
    fields = KNOWN.fields(value)
    if fields is not None and not hasattr(value, "value"):
        return (type(value).__name__, bits(fields))
    if isinstance(value, dict) or hasattr(value, "items"):
        return {key: bits(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return (type(value).__name__, [bits(item) for item in value])
    return value


def test_a_loaded_result_is_the_saved_one_to_the_bit(result, tmp_path):
    result.save(tmp_path / "result.npz")
    loaded = te.load(str(tmp_path / "result.npz"))
    assert type(loaded) is type(result)
    if type(loaded).__name__ in ("Optimum", "Sensitivities"):
        assert "concurrence" in (loaded.made_by.get("observable"), loaded.made_by.get("objective"))
    assert bits(loaded) == bits(result)
    assert repr(loaded) == repr(result)
    again = tmp_path / "again.npz"
    loaded.save(again)
    assert bits(te.load(again)) == bits(result)


def test_the_numbers_of_a_loaded_result_have_their_errors(tmp_path):
    state, evolution = MADE["state"](), MADE["evolution"]()
    for kept in (state, evolution):
        kept.save(tmp_path / "kept.npz")
        loaded = te.load(tmp_path / "kept.npz")
        assert loaded.network == NETWORK
        assert np.array_equal(loaded.concurrence(), kept.concurrence())
        assert np.array_equal(loaded.concurrence().error, kept.concurrence().error)
        assert te.steady_state(NETWORK, state.method).state.tobytes() == state.state.tobytes()


def test_the_file_says_in_plain_text_what_made_it(tmp_path):
    MADE["spectrum"]().save(tmp_path / "spectrum.npz")
    with zipfile.ZipFile(tmp_path / "spectrum.npz") as archive:
        text = json.loads(archive.read("thermalent.json"))
    assert text["format"] == "thermalent result"
    assert (text["kind"], text["written_by"]) == ("Spectrum", te.__version__)
    assert text["written"].endswith("+00:00")
    assert "thermal link" in text["network"]
    assert text["content"]["fields"]["made_by"]["function"] == "spectrum"
    MADE["state"]().save(tmp_path / "state.npz")
    arrays = np.load(tmp_path / "state.npz", allow_pickle=False)
    assert np.array_equal(arrays["state"], MADE["state"]().state)
    assert json.loads(arrays["thermalent.json"])["method"].startswith("ContinuedFraction(")


def rewritten(path, change):
    """The file with its text changed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    text = json.loads(members["thermalent.json"])
    change(text)
    members["thermalent.json"] = json.dumps(text).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


CHANGES = {
    "version 2 .*reads version 1": lambda t: t.update(format_version=2),
    "no saved result": lambda t: t.update(format="another"),
    "unknown kind 'os'": lambda t: t["content"].update({"$object": "os"}),
    "lacks the array 'stat'": lambda t: t["content"]["fields"].update(state={"$array": "stat"}),
    "unknown mark": lambda t: t["content"]["fields"].update(state={"$code": "print()"}),
    "damaged.*`n_th`": lambda t: t["content"]["fields"]["network"]["fields"]["nodes"]["$tuple"][0][
        "fields"
    ].update(n_th=-1.0),
    "damaged.*rhp": lambda t: t["content"]["fields"].update(rhp=1.0),
    "damaged": lambda t: t.update(content=[1.0]),
}


@pytest.mark.parametrize("message", CHANGES)
def test_a_changed_text_is_refused_by_name(message, saved, tmp_path):
    path = tmp_path / "changed.npz"
    path.write_bytes(rewritten(saved, CHANGES[message]))
    with pytest.raises(te.ResultFileError, match=message) as caught:
        te.load(path)
    assert "\n" not in str(caught.value)


def test_a_later_version_that_knows_more_is_named(saved, tmp_path):
    path = tmp_path / "later.npz"

    def change(text):
        text.update(written_by="99.0")
        text["content"]["$object"] = "Hologram"

    path.write_bytes(rewritten(saved, change))
    with pytest.raises(te.ResultFileError, match=r"'Hologram'; it was written by thermalent 99.0"):
        te.load(path)


def others(tmp_path):
    np.savez(tmp_path / "arrays.npz", state=np.eye(2))
    np.save(tmp_path / "array.npy", np.eye(2))
    (tmp_path / "pickle.npz").write_bytes(pickle.dumps(NETWORK))
    (tmp_path / "cdf.nc").write_bytes(b"\x89HDF\r\n\x1a\n and more")
    (tmp_path / "text.npz").write_text("kappa,concurrence\n")
    (tmp_path / "empty.npz").write_bytes(b"")
    return {
        "arrays.npz": "ZIP", "array.npy": "np.load", "pickle.npz": "pickle", "cdf.nc": "xarray",
        "text.npz": "no saved result", "empty.npz": "no saved result", ".": "a folder",
        "missing.npz": "no file",
    }  # fmt: skip


def test_other_files_are_refused_by_what_they_are(tmp_path):
    for name, word in others(tmp_path).items():
        with pytest.raises(te.ResultFileError, match=word) as caught:
            te.load(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_an_array_of_objects_is_never_unpickled(saved, tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("unpickled",))

    array = io.BytesIO()
    np.save(array, np.array([Trap()], dtype=object), allow_pickle=True)
    path = tmp_path / "trap.npz"
    with zipfile.ZipFile(saved) as archive, zipfile.ZipFile(path, "w") as changed:
        for name in archive.namelist():
            changed.writestr(name, array.getvalue() if name == "state.npy" else archive.read(name))
    with pytest.raises(te.ResultFileError, match="damaged"):
        te.load(path)


def test_no_flipped_bit_and_no_cut_gives_another_result(saved, tmp_path):
    whole, expected = saved.read_bytes(), bits(te.load(saved))
    rng, path, refused = np.random.default_rng(3), tmp_path / "damaged.npz", 0
    for _ in range(300):
        changed = bytearray(whole)
        changed[rng.integers(len(whole))] ^= 1 << int(rng.integers(8))
        path.write_bytes(bytes(changed))
        try:
            assert bits(te.load(path)) == expected  # dates of the archive, say
        except te.ResultFileError:
            refused += 1
    assert refused > 200
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(te.ResultFileError):
            te.load(path)


def test_what_cannot_be_written_leaves_the_old_file(saved, tmp_path):
    state = te.load(saved)
    with pytest.raises(te.ResultFileError, match="No such file or directory"):
        state.save(tmp_path / "nowhere" / "state.npz")
    path = tmp_path / "state.npz"
    state.save(path)
    before = path.read_bytes()
    strange = te.SteadyState(
        network=state.network, method=state.method, state=state.state, error=state.error,
        stats={"solver": object()},
    )  # fmt: skip
    with pytest.raises(te.ResultFileError, match=r"stats\.solver is a object"):
        strange.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_no_part_behind(tmp_path):
    """The name of the file is that of a folder, which only shows when all has been written."""
    (tmp_path / "state.npz").mkdir()
    with pytest.raises(te.ResultFileError, match="Could not write"):
        te.steady_state(te.cooperative(2), initial="01").save(tmp_path / "state.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["state.npz"]


@pytest.mark.parametrize(
    ("number", "plain"),
    [(np.int32(-3), -3), (np.float32(0.5), 0.5), (np.bool_(True), True), (np.complex64(1j), 1j)],
)
def test_numbers_of_numpy_are_kept_as_plain_ones(number, plain):
    encoded = Encoder(KNOWN).encode({"x": [number]}, "stats")
    assert encoded == Encoder(KNOWN).encode({"x": [plain]}, "stats")
    json.dumps(encoded)
    found = Decoder(KNOWN, {}).decode(encoded)["x"][0]
    assert found == plain
    assert type(found) is type(plain)


def test_the_call_of_a_builder_is_kept_by_name_with_what_is_bound_to_it():
    """And what cannot be saved in words, so that a result is not lost for it."""
    bound = partial(partial(te.thermal_link, kappa=0.1, loss=0.2), loss=0.3, filter=object())
    made_by = builder_record("sensitivities", bound, parameters={"n_th": 1.0}, observable=abs)
    assert made_by["builder"] == "thermalent.models.thermal_link.thermal_link"
    assert made_by["fixed"].pop("filter").startswith("<object object")
    assert made_by["fixed"] == {"kappa": 0.1, "loss": 0.3}
    assert (made_by["parameters"], made_by["observable"]) == ({"n_th": 1.0}, "builtins.abs")
