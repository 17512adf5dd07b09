"""An arbitrary-precision reference, written from a network's matrices alone.

It reads J, G, U, P and M, the modes' baths and the emitters' operators, takes their float64 numbers
as exact, and builds the equations of motion from the words of the master equation in python-flint's
ball arithmetic. It shares no assembly with the package: no superoperator, no hierarchy, no solver.
"""

from tests.support.reference.data import Data as Data
from tests.support.reference.data import data_of as data_of
from tests.support.reference.system import Reference as Reference
from tests.support.reference.system import ReferenceError as ReferenceError
