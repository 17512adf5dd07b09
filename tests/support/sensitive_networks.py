"""Networks and their parameters for derivatives, with references of extended precision."""

import thermalent as te


def line(**p):
    return te.thermal_link(**p)


def three(**p):
    return te.thermal_link(qubits=3, **p)
