"""A study on a Slurm cluster through Dask: workers come and go, the study goes on.

    pip install 'thermalent[dask]' dask-jobqueue
    python examples/dask_slurm.py study.zarr          # on a login or head node, in tmux or as a job
    python examples/dask_slurm.py study.zarr --local  # the same on this machine, to try it

Killed at any moment, the same command goes on where it ended.
"""

import logging
import sys

import numpy as np
from distributed import Client, LocalCluster

import thermalent as te

GRID = {
    "n_th": np.geomspace(1.0, 1e4, 100),
    "kappa": np.geomspace(1e-4, 1.0, 100),
}


def cluster(local: bool):
    """Two workers here, or up to 100 jobs of 32 workers each in the queue."""
    if local:
        return LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0")
    from dask_jobqueue import SLURMCluster

    slurm = SLURMCluster(
        queue="standard",
        walltime="02:00:00",
        cores=32,  # of a node,
        processes=32,  # one process each: the numerics hold Python's lock
        memory="64GB",
        # Workers end before the queue kills them, and hand back what they hold.
        worker_extra_args=["--lifetime", "110m", "--lifetime-stagger", "5m"],
    )
    slurm.adapt(minimum_jobs=1, maximum_jobs=100)
    return slurm


def main() -> None:
    """Run or resume the study."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    with cluster("--local" in sys.argv) as workers, Client(workers) as client:
        client.wait_for_workers(1)
        data = te.sweep(
            te.thermal_link,
            GRID,
            ["concurrence", "populations"],
            store=sys.argv[1],
            executor=client,
        )
        best = data["concurrence"].where(data["status"] == 1).argmax(...)
        print({name: float(value) for name, value in data[best].coords.items()})


if __name__ == "__main__":
    main()
