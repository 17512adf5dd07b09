"""What a computation may use: the least of the machine, its containers and a shell's limits."""

import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest

from thermalent.support import memory_limit
from thermalent.support.machine.cgroups import free_in_groups

V2 = "30 20 0:26 {top} /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
V1 = (
    "31 20 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
    "32 20 0:28 {top} /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n"
)


def tree(root, memberships, mounts, files):
    """Files as a kernel shows them, below a folder."""
    files = {"proc/self/cgroup": memberships, "proc/self/mountinfo": mounts, **files}
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def group2(folder, limit, used, droppable=0):
    return {
        f"sys/fs/cgroup/{folder}memory.max": f"{limit}\n",
        f"sys/fs/cgroup/{folder}memory.current": f"{used}\n",
        f"sys/fs/cgroup/{folder}memory.stat": f"anon {used}\ninactive_file {droppable}\n",
    }


def group1(folder, limit, used, droppable=0):
    return {
        f"sys/fs/cgroup/memory/{folder}memory.limit_in_bytes": f"{limit}\n",
        f"sys/fs/cgroup/memory/{folder}memory.usage_in_bytes": f"{used}\n",
        f"sys/fs/cgroup/memory/{folder}memory.stat": (
            f"inactive_file 7\ntotal_inactive_file {droppable}\n"
        ),
    }


def test_no_groups_no_limit(tmp_path):
    assert free_in_groups(tmp_path / "no Linux") is None
    assert free_in_groups(tree(tmp_path, "0::/\n", V2.format(top="/"), {})) is None


def test_the_group_s_limit_less_its_use_counts(tmp_path):
    files = group2("job/", 1000, 700, droppable=100)
    assert free_in_groups(tree(tmp_path, "0::/job\n", V2.format(top="/"), files)) == 400


def test_a_group_around_it_can_leave_less(tmp_path):
    files = {**group2("slice/", 1000, 900), **group2("slice/job/", "max", 200)}
    assert free_in_groups(tree(tmp_path, "0::/slice/job\n", V2.format(top="/"), files)) == 100


def test_a_full_group_leaves_nothing(tmp_path):
    files = group2("", 1000, 1200)
    assert free_in_groups(tree(tmp_path, "0::/\n", V2.format(top="/"), files)) == 0


def test_a_container_that_shows_its_own_group_at_the_top(tmp_path):
    """The path is that on the host; the mount shows what is below the container's group."""
    files = group2("", 1000, 200)
    mounts = V2.format(top="/docker/abc")
    assert free_in_groups(tree(tmp_path, "0::/docker/abc\n", mounts, files)) == 800
    outside = tree(tmp_path / "outside", "0::/../other\n", V2.format(top="/"), files)
    assert free_in_groups(outside) == 800


def test_groups_of_the_first_version(tmp_path):
    memberships = "5:cpu,cpuacct:/other\n4:memory:/slurm/job\n0::/\n"
    files = {
        **group1("slurm/job/", 1000, 600, droppable=50),
        **group1("", 9223372036854771712, 5000),
        "sys/fs/cgroup/cpu/other/memory.limit_in_bytes": "1\n",
    }
    assert free_in_groups(tree(tmp_path, memberships, V1.format(top="/"), files)) == 450


def test_the_least_of_all_limits_is_available(monkeypatch):
    free = psutil.virtual_memory().available
    assert 0 < memory_limit.available() < 2 * free
    monkeypatch.setattr(memory_limit, "free_in_groups", lambda: 10**6)
    assert memory_limit.available() == 10**6
    monkeypatch.setattr(memory_limit, "_left_of_process", lambda: [10**7, 10**5])
    assert memory_limit.available() == 10**5
    assert memory_limit.fits(10**5)
    assert not memory_limit.fits(1e9)


def test_a_limit_of_the_process_leaves_half_of_a_little_and_half_a_gigabyte_of_much(monkeypatch):
    """For what is asked for without a number: libraries, threads, compiled kernels."""
    resource = pytest.importorskip("resource")
    used = psutil.Process().memory_info()
    taken = {resource.RLIMIT_AS: used.vms, resource.RLIMIT_DATA: getattr(used, "data", used.vms)}
    monkeypatch.setattr(psutil, "Process", lambda: SimpleNamespace(memory_info=lambda: used))
    for free, left in ((10**6, 5 * 10**5), (10**9, 5 * 10**8), (10**10, 95 * 10**8)):
        limits = {resource.RLIMIT_AS: resource.RLIM_INFINITY, resource.RLIMIT_DATA: 0}
        limits[resource.RLIMIT_DATA] = taken[resource.RLIMIT_DATA] + free
        monkeypatch.setattr(resource, "getrlimit", lambda kind, of=limits: (of[kind], of[kind]))
        assert memory_limit._left_of_process() == [left]
        limits[resource.RLIMIT_AS] = taken[resource.RLIMIT_AS] + 10**6
        assert memory_limit._left_of_process() == [5 * 10**5, left]


LIMITED = """
import resource, sys
resource.setrlimit(resource.{kind}, ({most}, {most}))
import thermalent as te
from thermalent.support import memory_limit
assert memory_limit.available() < {most}
link = te.thermal_link(0.5, 0.5, qubits=3)
try:
    print(te.steady_state(link, te.Fock(cutoff={cutoff})).error)
except te.MethodError as refusal:
    print("refused:", refusal)
"""


def solved_under(kind, cutoff):
    code = LIMITED.format(kind=kind, most=4_000_000 * 1024, cutoff=cutoff)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("kind", ["RLIMIT_AS", "RLIMIT_DATA"])
def test_under_a_shell_s_limit_a_solve_fits_or_is_refused_with_what_would_fit(kind):
    """`ulimit -v` and `ulimit -d`: the process must not die of the limit in either case."""
    assert 0 < float(solved_under(kind, 20)) < 1e-3
    refusal = solved_under(kind, 20_000)
    assert refusal.startswith("refused:")
    assert "above the limit of 3." in refusal or "above the limit of 2." in refusal
    assert "would fit" in refusal
