"""What a release is compared with: the public interface as text, distributions, old names."""

import zipfile

import pytest

import thermalent as te
from tests.release import interface
from tests.release.__main__ import contents, relative_links
from tests.release.deprecations import deprecations


@pytest.fixture(scope="module")
def lines():
    return interface.interface()


def test_every_public_name_and_command_is_in_the_interface(lines):
    for name in te.__all__:
        assert any(line.startswith(f"thermalent.{name}") for line in lines), name
    assert "thermalent.concurrence(rho, *, tolerance=1e-09)" in lines
    assert "thermalent.Qubit.dephasing" in lines
    assert "$ thermalent steady --json" in lines
    assert len(lines) == len(set(lines)) > 500


def test_the_interface_reads_the_same_on_every_machine(lines):
    assert not [line for line in lines if " at 0x" in line or "/home/" in line]
    assert interface.interface() == lines


def test_a_lost_parameter_and_a_new_name_are_told_apart(monkeypatch, tmp_path, lines):
    before = [line for line in lines if not line.startswith("thermalent.purity")]
    before.append("thermalent.concurrence(rho, sigma)")
    stored = tmp_path / "interface.txt"
    stored.write_text("\n".join(before))
    monkeypatch.setattr(interface, "SNAPSHOT", stored)
    gone, new = interface.changes()
    assert gone == ["thermalent.concurrence(rho, sigma)"]
    assert [line for line in new if line.startswith("thermalent.purity(")]
    interface.accept()
    assert interface.changes() == ([], [])


def test_old_names_are_found_with_their_new_ones(tmp_path):
    (tmp_path / "model.py").write_text(
        '@renamed_arguments(decay="gamma", other="rest")\n'
        "def model(gamma, rest): ...\n"
        'old = renamed_attribute("figure", "measure")\n'
        'warnings.warn("`te.a` is now `te.b`.", DeprecationWarning)\n'
        'warnings.warn("nothing old", RuntimeWarning)\n'
    )
    found = [line.split(": ", 1)[1] for line in deprecations(tmp_path)]
    expected = ["`decay` is `gamma`", "`other` is `rest`", "'figure' is 'measure'"]
    assert found == [*expected, "'`te.a` is now `te.b`.'"]


def test_the_package_lists_its_own_old_names():
    found = "\n".join(deprecations())
    assert "`Trajectories` is `FieldTrajectories`" in found
    assert "'squeezing' is 'anomalous'" in found


def test_wheels_are_compared_by_their_contents(tmp_path):
    for name, text in (("one", "a"), ("same", "a"), ("other", "b")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("package/module.py", text)
            archive.writestr("package.dist-info/RECORD", name)
    one, same, other = (contents(tmp_path / name) for name in ("one", "same", "other"))
    assert one == same != other
    assert list(one) == ["package/module.py"]


def test_a_relative_link_of_a_description_is_found(tmp_path):
    wheel = tmp_path / "a.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("a-1.dist-info/METADATA", "[a](https://a.org) ![b](docs/b.png) [c](#c)")
    assert relative_links(wheel) == ["docs/b.png"]
