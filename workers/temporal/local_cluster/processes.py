"""Processes on loopback that are killed and started again, and that end with the one that started them."""

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

# Seconds that a process has to answer, and to end after SIGTERM.
START = 60.0
END = 3.0
# Of prctl(2): the signal that the kernel sends when the parent ends.
PR_SET_PDEATHSIG = 1


class ClusterError(Exception):
    """A process does not start, or something does not happen in time."""


class ServerProcess:
    """A program in a process group of its own, with its output in a file."""

    def __init__(self, name: str, command: list[str], log: Path, environment: dict[str, str] | None = None) -> None:
        self.name = name
        self.command = command
        self.log = log
        self.environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        self._output = self.log.open("ab")
        self._process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env=self.environment,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )

    def kill(self) -> None:
        """SIGKILL, as a machine that loses its power."""
        self.send(signal.SIGKILL)
        self._wait(END)

    def wait(self, seconds: float) -> int:
        """The exit status; raises TimeoutExpired."""
        assert self._process is not None
        return self._process.wait(seconds)

    def stop(self, deadline: float | None = None) -> None:
        """SIGTERM, and SIGKILL when that does not end it in time."""
        self.send(signal.SIGTERM)
        if not self._wait(max(0, (deadline or time.monotonic() + END) - time.monotonic())):
            self.kill()

    def send(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _wait(self, seconds: float) -> bool:
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        if self._output is not None:
            self._output.close()
        return True

    def wait_for(self, ready: Callable[[], bool], what: str) -> None:
        """Waits until the process answers."""
        deadline = time.monotonic() + START
        while not ready():
            if not self.is_running:
                raise ClusterError(f"{self.name} ended at its start: {self.last_lines()}")
            if time.monotonic() > deadline:
                raise ClusterError(f"{self.name}: no {what} within {START:.0f} s: {self.last_lines()}")
            time.sleep(0.1)

    def last_lines(self, count: int = 5) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])

    def memory(self) -> int:
        """Resident bytes; 0 when it does not run."""
        with contextlib.suppress(OSError), open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        return 0


class ProcessGroup:
    """Ends everything that was started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[ServerProcess] = []

    def __enter__(self) -> "ProcessGroup":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for process in self.processes:
            process.send(signal.SIGTERM)
        deadline = time.monotonic() + END
        for process in reversed(self.processes):
            process.stop(deadline)

    def add(self, process: ServerProcess) -> ServerProcess:
        self.processes.append(process)
        process.start()
        return process

    def temporal(self, ui_port: int | None = None, long_history: int | None = None) -> tuple[ServerProcess, str]:
        """Temporal's development server, with its state in a file; returns its address.

        `long_history`: events after which it suggests to continue as new (default: its own, 4096).
        """
        port = free_port()
        interface = ["--headless"] if ui_port is None else ["--ui-port", str(ui_port)]
        if long_history is not None:
            interface += ["--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={long_history}"]
        database = str(self.folder / "temporal.sqlite")
        arguments = ["server", "start-dev", "--ip", "127.0.0.1", "--port", str(port), "--db-filename", database]
        log = self.folder / "temporal.log"
        server = self.add(
            ServerProcess("temporal", [tool("temporal"), *arguments, "--log-level", "error", *interface], log)
        )
        server.wait_for(lambda: answers(port), f"answer on port {port}")
        return server, f"127.0.0.1:{port}"

    def worker(
        self, number: int, address: str, longtake: str, queue: str, environment: dict[str, str]
    ) -> ServerProcess:
        arguments = ["worker", "--address", address, "--longtake", longtake, "--queue", queue]
        log = self.folder / f"worker-{number}.log"
        return self.add(ServerProcess(f"worker {number}", [tool("longtake-temporal"), *arguments], log, environment))

    def object_store(self) -> tuple[ServerProcess, dict[str, str]]:
        """SeaweedFS with one identity and the bucket `longtake`; returns what a client's environment needs."""
        access, secret = "longtake", os.urandom(20).hex()
        identities = self.folder / "identities.json"
        identities.touch(mode=0o600)
        identity = {
            "name": "longtake",
            "credentials": [{"accessKey": access, "secretKey": secret}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        identities.write_text(json.dumps({"identities": [identity]}))
        data = self.folder / "weed"
        data.mkdir(exist_ok=True)
        s3, filer, master, volume = (free_port(above=10_000) for _ in range(4))
        arguments = [
            "server",
            f"-dir={data}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-filer",
            "-s3",
            "-master.telemetry=false",
        ]
        arguments += [f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", f"-s3.port={s3}"]
        arguments += [f"-s3.config={identities}", "-master.volumeSizeLimitMB=128", "-volume.max=20"]
        server = self.add(ServerProcess("object store", [tool("weed"), *arguments], self.folder / "weed.log"))
        server.wait_for(lambda: answers(s3) and is_http(f"http://127.0.0.1:{s3}/"), f"answer on port {s3}")
        shell = [tool("weed"), "shell", f"-master=127.0.0.1:{master}", f"-filer=127.0.0.1:{filer}"]
        made = subprocess.run(
            shell, input="s3.bucket.create -name longtake\n", capture_output=True, text=True, timeout=START
        )
        if made.returncode != 0:
            raise ClusterError(f"the bucket cannot be created: {made.stderr.strip()}")
        environment = {
            "AWS_ACCESS_KEY_ID": access,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{s3}",
            "AWS_REGION": "us-east-1",
        }
        return server, environment


def end_with_parent() -> None:
    """In the child: it is killed when the starting process ends, however that ends. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def tool(name: str) -> str:
    """A program of the Python environment that runs this."""
    path = Path(sys.executable).parent / name
    if not path.exists():
        raise ClusterError(f"{path} is missing; install the requirements of workers/temporal")
    return str(path)


def free_port(above: int = 0) -> int:
    """A port that nobody listens on; SeaweedFS takes the port 10,000 above for gRPC, which must exist."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if not above:
            return port
        if port + above <= 65_535:
            with contextlib.suppress(OSError), socket.socket() as probe:
                probe.bind(("127.0.0.1", port + above))
                return port


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def is_http(address: str) -> bool:
    """Any answer of HTTP counts, also a refusal."""
    try:
        urllib.request.urlopen(address, timeout=2).close()
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
    return True
