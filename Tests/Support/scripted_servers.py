#!/usr/bin/env python3
"""Starts scripted servers on request: an interpreter that is running forks in a few milliseconds.

Reads one JSON object per line: {"program": "scripted_hub" | "scripted_store" | …, "script": JSON text, "log": path}. Answers
with one line: the server's process id and its ports, or a message without a number. All servers end with this process,
which ends with its standard input.
"""

import json
import os
import signal
import sys
import traceback

import scripted_fal
import scripted_hub
import scripted_proxy
import scripted_store
import unfriendly_hub

PROGRAMS = {
    "scripted_hub": scripted_hub, "unfriendly_hub": unfriendly_hub, "scripted_fal": scripted_fal,
    "scripted_proxy": scripted_proxy, "scripted_store": scripted_store,
}


def main():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # Only this process holds the end that keeps the servers' standard input open.
    reading, writing = os.pipe()
    for line in sys.stdin:
        order = json.loads(line)
        if os.fork() == 0:
            os.close(writing)
            sys.stdin = os.fdopen(reading)
            try:
                program = PROGRAMS[order["program"]]
                ports = program.start(json.loads(order["script"]), order["log"])
                print(os.getpid(), *ports, flush=True)
                sys.stdin.read()
            except BaseException:
                print(traceback.format_exc().replace("\n", " | "), flush=True)
            os._exit(0)


main()
