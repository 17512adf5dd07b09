"""Figures as files: what cannot be written is said in the words of the package."""

import pytest
from matplotlib.figure import Figure

import thermalent as te
from thermalent.support.files.figure_files import save_figure


@pytest.mark.parametrize(
    ("path", "kind", "words"),
    [
        ("a" * 10_000, ValueError, "`path` must be a path of at most 4096 characters"),
        ("a" * 256 + ".png", ValueError, "`path` must be a path of at most 4096 characters"),
        ("\0", ValueError, "`path` must be a path, but"),
        ("\ud800.png", ValueError, "`path` must be a path, but"),
        (b"figure.png", ValueError, "`path` must be a path, but"),
        (None, ValueError, "`path` must be a path, but"),
        ("figure.docx", ValueError, "`path` must be a file that ends in .*png"),
        ("missing/figure.png", OSError, "Could not write 'missing/figure.png': No such file"),
    ],
)
def test_what_cannot_be_written_is_explained(path, kind, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(kind, match=words) as caught:
        save_figure(Figure(), path)
    assert isinstance(caught.value, te.ThermalentError)
    assert list(tmp_path.iterdir()) == []


def test_a_figure_is_written(tmp_path):
    save_figure(Figure(), tmp_path / "figure.svg", dpi=50)
    assert (tmp_path / "figure.svg").read_text().startswith("<?xml")


def test_a_pdf_has_fonts_that_journals_take(tmp_path):
    figure = Figure(figsize=(2, 2))
    figure.text(0.5, 0.5, "text")
    save_figure(figure, tmp_path / "figure.pdf")
    written = (tmp_path / "figure.pdf").read_bytes()
    assert b"/FontFile2" in written
    assert b"/Type3" not in written
