"""Physical systems: functions that return a Network."""

from thermalent.models.clockwork import clockwork as clockwork
from thermalent.models.cooperative import cooperative as cooperative
from thermalent.models.phononic_link import phononic_link as phononic_link
from thermalent.models.ring_resonators import ring_resonators as ring_resonators
from thermalent.models.thermal_link import thermal_link as thermal_link
