"""Touchstone files of filters that are known."""

import numpy as np

CARRIER = 5e9


def written(tmp_path, chosen, *, noise=0.0, delay=0.0, width=20e3, points=401, seed=5):
    """A Touchstone file of a filter whose rate unit is `width` hertz times 2 pi."""
    import skrf  # without which the tests are skipped

    offset = np.linspace(-4, 4, points) * width
    s21 = chosen.response(offset / width) * np.exp(-2j * np.pi * offset * delay)
    rng = np.random.default_rng(seed)
    s21 = s21 + noise * (rng.normal(size=points) + 1j * rng.normal(size=points))
    s = np.zeros((points, 2, 2), dtype=complex)
    s[:, 1, 0] = s[:, 0, 1] = s21
    network = skrf.Network(frequency=skrf.Frequency.from_f(CARRIER + offset, unit="hz"), s=s)
    path = tmp_path / "filter.s2p"
    network.write_touchstone(str(path))
    return path
