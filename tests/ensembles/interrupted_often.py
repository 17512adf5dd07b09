"""A process that interrupts trajectories at random moments and prints how often; see the test."""

import signal
import time

import numpy as np

import thermalent as te
from thermalent.stochastic import driven
from thermalent.stochastic.burn_in import ground_state
from thermalent.stochastic.paths import PathSpec, Segment

armed = False


def interrupt(*_):
    global armed
    if armed:
        armed = False
        raise KeyboardInterrupt


emitters = driven.described(te.thermal_link(1.0, 0.5, qubits=1))
paths = PathSpec(
    emitters=emitters, segments=[Segment(0.1, 4, True)], initial=ground_state(emitters), seed=1
)
list(paths.coarsened_paths(0))  # compiles
signal.signal(signal.SIGALRM, interrupt)
moments = np.random.default_rng(0)
interrupts, end = 0, time.process_time() + 1.5
while time.process_time() < end:
    try:
        armed = True
        signal.setitimer(signal.ITIMER_REAL, moments.uniform(1e-5, 2e-3))
        for _ in range(20):
            list(paths.coarsened_paths(0))
        armed = False
    except KeyboardInterrupt:
        interrupts += 1
signal.setitimer(signal.ITIMER_REAL, 0.0)  # one that comes when Python has ended would kill it
print(interrupts)
