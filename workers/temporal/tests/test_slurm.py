"""longtake-slurm with Slurm itself on loopback: skipped where Slurm is not installed, or for others than root."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_cluster.cluster import FIXTURES, PROJECT, Cluster, program
from local_cluster.processes import ProcessGroup, ServerProcess, free_port
from local_cluster.service import KEY, Service

SCRIPT = str(PROJECT / "workers" / "slurm" / "longtake-slurm")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or any(shutil.which(name) is None for name in PROGRAMS),
    reason="needs root and Debian's slurmctld, slurmd, slurm-client, munge",
)

CONFIGURATION = """
ClusterName=trial
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmdParameters=config_overrides
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


@pytest.fixture(scope="module")
def slurm() -> Iterator[dict[str, str]]:
    """Slurm with one node; returns what its clients need in their environment."""
    with tempfile.TemporaryDirectory(prefix="longtake-slurm-") as name, ProcessGroup(Path(name)) as group:
        folder = group.folder
        folder.chmod(0o755)
        for part in ("state", "spool", "jobs"):
            (folder / part).mkdir()
        key = folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        host = socket.gethostname().split(".")[0]
        configuration = folder / "slurm.conf"
        ports = [free_port(), free_port()]
        configuration.write_text(CONFIGURATION.format(host=host, folder=folder, ports=ports))
        environment = {"SLURM_CONF": str(configuration)}
        munge = [f"--key-file={key}", f"--socket={folder}/munge.sock", f"--pid-file={folder}/munge.pid"]
        munge += [f"--log-file={folder}/munge.log", f"--seed-file={folder}/munge.seed", "--force", "--foreground"]
        commands = {"munged": munge, "slurmctld": ["-D"], "slurmd": ["-D", "-N", host]}
        for daemon, arguments in commands.items():
            path = str(shutil.which(daemon))
            group.add(ServerProcess(daemon, [path, *arguments], folder / f"{daemon}.out", environment))
            time.sleep(1)
        deadline = time.monotonic() + 30
        while "idle" not in call(["sinfo", "--noheader"], environment).stdout:
            assert time.monotonic() < deadline, (folder / "slurmctld.out").read_text()[-2000:]
            time.sleep(0.5)
        yield {
            **environment,
            "LONGTAKE_SLURM_STATE": str(folder / "jobs"),
            "LONGTAKE": program(),
            "LONGTAKE_PRESETS": str(FIXTURES / "presets"),
            "OXEN_API_KEY": KEY,
            "OXEN_NAMESPACE": "studio",
        }


def call(command: list[str], environment: dict[str, str], text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=text, capture_output=True, text=True, env={**os.environ, **environment})


def wait_for(environment: dict[str, str], run: str, *texts: str) -> str:
    """The table of a run, when it has all these texts."""
    deadline = time.monotonic() + 90
    while True:
        table = call([SCRIPT, "status", run], environment).stdout
        if all(text in table for text in texts):
            return table
        assert time.monotonic() < deadline, table
        time.sleep(1)


def test_rejected_clip_approval_and_charges(
    slurm: dict[str, str], service: Callable[..., Service], tmp_path: Path
) -> None:
    hub = service({"port": "files", "path": "/clips/gen-1/", "action": "cut", "bytes": 20_000, "times": 9})
    store = tmp_path / "store"
    store.mkdir()
    cluster = Cluster(ProcessGroup(tmp_path), program(), slurm, f"file://{store}")
    storyboard = FIXTURES / "harbour.yaml"
    order = cluster.submit([storyboard], "--run", "film", "--base-url", hub.base_url, engine="none")[0]
    done = call([SCRIPT, "submit"], slurm, json.dumps({**order, "approve": True}))
    assert done.returncode == 0, done.stderr
    assert call([SCRIPT, "submit"], slurm, json.dumps(order)).returncode == 73
    # The first clip was cut: its job is held, and what comes after it waits.
    table = wait_for(slurm, "film", "collect: ", "exit status 1", "held")
    assert table.count("PENDING") == 5
    assert call([SCRIPT, "redo", "film", "four"], slurm).returncode == 66
    assert call([SCRIPT, "redo", "film", "one"], slurm).returncode == 0
    wait_for(slurm, "film", *("collect: done",), "JobHeldUser")
    deadline = time.monotonic() + 90
    while call([SCRIPT, "status", "film"], slurm).stdout.count("collect: done") < 3:
        assert time.monotonic() < deadline
        time.sleep(1)
    assert call([SCRIPT, "approve", "film"], slurm).returncode == 0
    wait_for(slurm, "film", "stitch: done", "review: done")
    assert hub.charges().total() == 4


def test_wrong_usage(slurm: dict[str, str]) -> None:
    assert call([SCRIPT], slurm).returncode == 64
    assert call([SCRIPT, "submit"], slurm, "nonsense").returncode == 64
    assert call([SCRIPT, "status", "nobody"], slurm).returncode == 66
    assert call([SCRIPT, "status", "../etc"], slurm).returncode == 64
