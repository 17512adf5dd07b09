"""How long the explorer waits depends on no clock in the tests: a busy machine fails nothing."""

import pytest

WAITS = ("answers.STATE_SECONDS", "answers.MAP_SECONDS", "limits._SECONDS", "spectra._SECONDS")


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    for name in WAITS:
        monkeypatch.setattr(f"thermalent.explore.{name}", 300.0)
