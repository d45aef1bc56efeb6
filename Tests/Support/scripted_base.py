"""What both scripted services share: clips, the request log, faults, answers."""

import hashlib
import json
import re
import socket
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# What every script may set; each service adds its own.
SCRIPT = {"key": "secret-key-1234", "done_after": 0.3, "clip_bytes": 200_000, "clip_file": None, "clip_files": None,
          "faults": []}
LOCK = threading.RLock()
PORTS = {}


def clip(name):
    """The bytes of a clip: the scripted file, the file of its number, or a pattern that depends on the name."""
    if SCRIPT["clip_files"]:
        number = int(re.search(r"\d+", name).group()) - 1
        with open(SCRIPT["clip_files"][number % len(SCRIPT["clip_files"])], "rb") as file:
            return file.read()
    if SCRIPT["clip_file"]:
        with open(SCRIPT["clip_file"], "rb") as file:
            return file.read()
    block = hashlib.sha256(name.encode()).digest()
    return (block * (SCRIPT["clip_bytes"] // len(block) + 1))[: SCRIPT["clip_bytes"]]


class ScriptedHandler(BaseHTTPRequestHandler):
    """Logs every request, picks the fault for it, and leaves the rest to `respond`."""

    protocol_version = "HTTP/1.1"
    port = ""
    # The port of faults that name none.
    fault_port = ""
    log_file = None
    logs_body = True

    def log_message(self, *_):
        pass

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            # The client was ended before it had sent everything: no server takes such a request.
            self.close_connection = True
            return
        split = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(split.query))
        with LOCK, open(self.log_file, "a") as log:
            log.write(json.dumps({
                "port": self.port, "method": self.command, "path": split.path, "query": query, "target": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "body": body.decode("utf-8", "replace") if self.logs_body else "", "time": time.time(),
            }) + "\n")
        self.respond(split.path, query, body, self.fault(split.path) or {})

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any

    def fault(self, path):
        with LOCK:
            for fault in SCRIPT["faults"]:
                if fault.get("port", self.fault_port) != self.port:
                    continue
                if fault.get("method", self.command) != self.command:
                    continue
                if not re.match(fault.get("path", "/"), path) or fault.get("times", 1) <= 0:
                    continue
                if fault.get("skip", 0) > 0:
                    fault["skip"] -= 1
                    continue
                fault["times"] = fault.get("times", 1) - 1
                return fault
        return None

    def cut(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def answer(self, status, body, headers=None):
        data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def start_stream(self):
        """Begins an event stream, which ends with its connection."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self.wfile.flush()

    def send_clip(self, data, tag, headers, fault):
        """Sends a clip or the rest of it, as `Range` and `If-Range` ask, with the faults of transfers."""
        start = 0
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted and self.headers.get("If-Range") == tag and not fault.get("ignore_range"):
            start = int(wanted.group(1))
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        part = data[start:]
        self.send_response(206 if start else 200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        if fault.get("action") in ("truncate", "stall"):
            self.wfile.write(part[: fault["bytes"]])
            self.wfile.flush()
            if fault["action"] == "stall":
                time.sleep(fault.get("seconds", 3))
            return self.cut()
        self.wfile.write(part)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request, client_address):
        # Clients that cut their connection are part of many tests.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def serve(script, log, handlers):
    """Starts a server on a free port for each name of `handlers`; returns the ports in that order."""
    SCRIPT.update(script)
    ScriptedHandler.log_file = log
    for name, handler in handlers.items():
        server = Server(("127.0.0.1", 0), handler)
        PORTS[name] = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return [PORTS[name] for name in handlers]
