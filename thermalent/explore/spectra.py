r"""The spectrum of a point: what the filter sends to the qubits, and what leaves behind the last.

$$S_\mathrm{in}(\nu) = n_\mathrm{th}\,|S_{21}(\nu)|^2, \qquad
  \int S_\mathrm{in}\,d\nu = \Phi$$

in quanta per second and hertz, which is a pure number.
"""

from __future__ import annotations

from math import pi

import numpy as np

from thermalent.analysis.radiation.spectra import spectrum
from thermalent.explore.answers import Answer, IsOutdated
from thermalent.explore.patience import within_seconds
from thermalent.explore.point import Point
from thermalent.hardware.description import Hardware

_SECONDS = 5.0
_POINTS = 41
_WIDE = 5.0  # half widths of the filter to each side
# A picture needs no more digits; the errors that come with the values are those of this accuracy.
_ACCURACY = 1e-3


def spectrum_answer(point: Point, stop: IsOutdated = lambda: False) -> Answer:
    """The spectra over the frequency relative to the filter's, in hertz.

    Args:
        point: Where.
        stop: Whether to end at once.

    Raises:
        TooSlowError: it was ended, or takes too long.
    """
    lab = point.hardware()
    # Finer in the middle, where the line is.
    shape = np.linspace(-1.0, 1.0, _POINTS)
    omega = lab.kappa * _WIDE * np.sign(shape) * np.abs(shape) ** 1.5
    with within_seconds(_SECONDS, stop):
        behind = spectrum(lab.network, omega, rtol=_ACCURACY)
    return {
        "frequencies": (omega * lab.rate_unit / (2 * pi)).tolist(),
        "from_filter": filter_spectrum(lab, omega).tolist(),
        "behind_qubits": (2 * pi * behind.values).tolist(),
        "errors": (2 * pi * behind.error).tolist(),
    }


def filter_spectrum(lab: Hardware, omega: np.ndarray) -> np.ndarray:
    """Quanta per second and hertz that leave the filter, beside what a warm waveguide holds.

    Args:
        lab: The hardware.
        omega: Angular frequencies from that of the filter, rate unit.
    """
    if lab.filter is None:
        return np.asarray(lab.n_th * lab.kappa**2 / (lab.kappa**2 + omega**2))
    return np.asarray(lab.n_th * np.abs(lab.filter.response(omega)) ** 2)
