"""Runs contenders in turn, so that other load meets all of them alike, and keeps what each run cost."""
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field


@dataclass
class Contender:
    """A tool and its command; `check` tells after a run whether the answer is right, as (bool, text)."""
    name: str
    command: list
    check: object = None
    # Commands that exit with 1 although they worked.
    tolerated: tuple = (0,)
    costs: list = field(default_factory=list)
    answer: tuple = (None, "")

    @property
    def is_installed(self):
        return shutil.which(self.command[0]) is not None

    def median(self, part):
        return statistics.median(cost[part] for cost in self.costs)

    def spread(self, part):
        values = [cost[part] for cost in self.costs]
        return min(values), max(values)


@dataclass
class Figure:
    """One thing that is measured; the first contender is longtake."""
    key: str
    title: str
    note: str
    contenders: list
    # (text, function from the figure to (bool, measured text)).
    goal: tuple = None

    @property
    def measured(self):
        return [contender for contender in self.contenders if contender.costs]

    def ratio(self, contender, part="cpu"):
        """Median over the rounds of longtake's cost to the contender's in the same round."""
        own = self.contenders[0].costs
        return statistics.median(a[part] / max(b[part], 1e-6) for a, b in zip(own, contender.costs))


def run(command, folder, tolerated=(0,)):
    """CPU and wall seconds and peak RSS in MB; None when the command failed."""
    with open(os.path.join(folder, "out.txt"), "wb") as out, open(os.path.join(folder, "err.txt"), "wb") as errors:
        begin = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in tolerated:
        return None
    return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "rss": usage.ru_maxrss / 1024}


def hold(figure, folder, rounds):
    """Runs every contender once in each round."""
    print(f"{figure.title}", file=sys.stderr, flush=True)
    able = []
    for contender in figure.contenders:
        if contender.is_installed:
            able.append(contender)
        else:
            contender.answer = (None, "not installed")
    for number in range(rounds):
        for contender in list(able):
            cost = run(contender.command, folder, contender.tolerated)
            if cost is None:
                with open(os.path.join(folder, "err.txt"), errors="replace") as errors:
                    lines = errors.read().strip().splitlines()
                contender.answer = (False, "failed: " + (lines[-1][:120] if lines else "no message"))
                contender.costs = []
                able.remove(contender)
                continue
            contender.costs.append(cost)
            if number == 0 and contender.check:
                try:
                    contender.answer = contender.check(folder)
                except (OSError, ValueError, KeyError, IndexError, subprocess.SubprocessError) as error:
                    contender.answer = (False, f"no answer ({error})")
    for contender in figure.measured:
        print(f"  {contender.name}: {contender.median('cpu'):.2f} CPU s, {contender.answer}", file=sys.stderr, flush=True)
    return figure


def output_text(folder):
    with open(os.path.join(folder, "out.txt"), errors="replace") as out:
        return out.read()


def read(*command, folder=None):
    return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, cwd=folder).stdout
