"""Networks that only lose excitations: exact evolution in spaces of few excitations.

Without a hot bath the number of excitations never rises, so a space of the initial ones holds the
whole evolution, and no cutoff is needed.
"""

from thermalent.excitations.amplitudes import SingleExcitation as SingleExcitation
from thermalent.excitations.amplitudes import amplitudes as amplitudes
from thermalent.excitations.few import FewExcitations as FewExcitations
from thermalent.excitations.maps import PeakMap as PeakMap
from thermalent.excitations.maps import peak_concurrence_map as peak_concurrence_map
from thermalent.excitations.maps import peak_transfer_map as peak_transfer_map
from thermalent.excitations.peak import Peak as Peak
from thermalent.excitations.peak import peak_concurrence as peak_concurrence
from thermalent.excitations.peak import peak_transfer as peak_transfer
from thermalent.excitations.robustness import Average as Average
from thermalent.excitations.robustness import average as average
from thermalent.excitations.transfer import Transfer as Transfer
from thermalent.excitations.transfer import transfer as transfer
from thermalent.support.deprecation import renamed_names

__getattr__ = renamed_names(__name__, Amplitudes="SingleExcitation")
