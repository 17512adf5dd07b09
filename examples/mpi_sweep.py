"""A study on the ranks of an MPI job: rank 0 hands out blocks and writes, the others compute.

    mpiexec -n 65 python -m mpi4py.futures examples/mpi_sweep.py study.zarr

or, on a cluster, `sbatch examples/mpi_sweep.sbatch`. Killed by the time limit, the same command
goes on where it ended.
"""

import logging
import sys

import numpy as np
from mpi4py.futures import MPIPoolExecutor

import thermalent as te

GRID = {
    "n_th": np.geomspace(1.0, 1e4, 100),
    "kappa": np.geomspace(1e-4, 1.0, 100),
}


def main() -> None:
    """Run or resume the study."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    with MPIPoolExecutor() as executor:
        data = te.sweep(
            te.thermal_link,
            GRID,
            ["concurrence", "populations"],
            store=sys.argv[1],
            executor=executor,
        )
        best = data["concurrence"].where(data["status"] == 1).argmax(...)
        print({name: float(value) for name, value in data[best].coords.items()})


if __name__ == "__main__":
    main()
