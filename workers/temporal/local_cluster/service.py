"""The service that is paid, with a charge log of its own: the scripted hub of the project's tests."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[3]
SUPPORT = PROJECT / "Tests" / "Support"
# The key that the scripted hub accepts.
KEY = "secret-key-1234"


def clip(folder: Path, seconds: int = 2) -> Path:
    """A clip as the small model delivers it."""
    path = folder / f"clip-{seconds}.mp4"
    if not path.exists():
        video = f"testsrc2=size=576x324:rate=24:duration={seconds}"
        audio = f"sine=frequency=330:sample_rate=48000:duration={seconds}"
        command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", video, "-f", "lavfi", "-i", audio]
        command += ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
        subprocess.run([*command, "-movflags", "+faststart", str(path)], check=True)
    return path


@dataclass
class Service:
    """A hub on loopback. It ends with this process, and so does everything that it knows."""

    folder: Path
    done_after: float = 2.0
    """Seconds until a generation has ended."""
    faults: list[dict[str, Any]] = field(default_factory=list)

    def start(self) -> "Service":
        self.folder.mkdir(exist_ok=True)
        script = {"done_after": self.done_after, "clip_file": str(clip(self.folder)), "faults": self.faults}
        self.log = self.folder / "requests.jsonl"
        self.log.touch()
        self._process = subprocess.Popen(
            [sys.executable, str(SUPPORT / "scripted_servers.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"program": "scripted_hub", "script": json.dumps(script), "log": str(self.log)}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().split()
        self.base_url = f"http://127.0.0.1:{int(answer[1])}/api"
        return self

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)

    @property
    def environment(self) -> dict[str, str]:
        """What a stage needs to be a customer of this service."""
        return {"OXEN_API_KEY": KEY, "OXEN_NAMESPACE": "studio", "OXEN_BASE_URL": self.base_url}

    def charges(self) -> Counter[str]:
        """How many times each prompt was paid for: every accepted request is charged."""
        paid: Counter[str] = Counter()
        for line in self.log.read_text().splitlines():
            request = json.loads(line)
            if request["method"] == "POST" and request["path"] == "/api/ai/queue":
                paid[json.loads(request["body"])["prompt"]] += 1
        return paid
