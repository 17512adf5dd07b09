r"""From kelvin, hertz and quality factors to a dimensionless network.

$$n_\mathrm{th} = \frac{1}{e^{\hbar\omega/k_B T} - 1}, \qquad 2\kappa = \omega_c / Q$$

A laboratory number is a string with its unit ("5GHz", "20us", "20degC"), a pint quantity, or a
plain number in SI (kelvin, hertz, second). Frequencies, gamma and detunings are *ordinary*
frequencies nu and mean the angular frequency omega = 2 pi nu: "10MHz" is gamma/2pi = 10 MHz. An
angular frequency is written in rad/s; per second alone could mean either and is refused. Times are
not multiplied by anything: a dephasing time T_phi is the rate gamma_phi = 1/T_phi.

`te.design` goes the other way: from a wanted concurrence to the filter.
"""

from thermalent.hardware.description import Hardware as Hardware
from thermalent.hardware.description import QuantityRow as QuantityRow
from thermalent.hardware.laboratory import Laboratory as Laboratory
from thermalent.hardware.links import bidirectional_link as bidirectional_link
from thermalent.hardware.links import colour_centre_link as colour_centre_link
from thermalent.hardware.links import superconducting_link as superconducting_link
from thermalent.hardware.occupation import BOLTZMANN as BOLTZMANN
from thermalent.hardware.occupation import PLANCK as PLANCK
from thermalent.hardware.occupation import source_temperature as source_temperature
from thermalent.hardware.occupation import thermal_occupation as thermal_occupation
from thermalent.hardware.presets import PRESETS as PRESETS
from thermalent.hardware.presets import Preset as Preset
from thermalent.hardware.presets import preset as preset
from thermalent.hardware.rails import dual_rail_link as dual_rail_link
from thermalent.hardware.rings import ring_resonator_link as ring_resonator_link
from thermalent.support.deprecation import renamed_names

# Names that have changed or moved, for one more release.
__getattr__ = renamed_names(
    __name__,
    phononic_link="colour_centre_link",
    Row="QuantityRow",
    design="thermalent.design",
    Budget="thermalent.analysis.design.result.Budget",
    Design="thermalent.analysis.design.result.Design",
    DesignPoint="thermalent.analysis.design.result.DesignPoint",
)
