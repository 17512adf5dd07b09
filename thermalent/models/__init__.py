"""Physical systems: functions that return a Network."""

from thermalent.models.thermal_link import thermal_link as thermal_link
