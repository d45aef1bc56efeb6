#!/usr/bin/env python3
"""fal for tests: speaks the published protocol on four loopback ports and plays scripted faults.

    scripted_fal.py SCRIPT_JSON LOG_FILE

Prints the ports (run, queue, rest, files) on one line. Every request is appended to LOG_FILE as one JSON object. Ends
when its standard input ends. Written for the tests alone and from the published pages, not from the client or the
sandbox.

The script, all optional: key, done_after (seconds), outcome (succeeded | failed | refused), error, stream (normal |
never | mute | drop), addresses (usual | odd | foreign | none), clip_bytes or clip_file, faults: [{port, method, path,
times, skip, action, …}], where path is a prefix and action is one of status, drop, accept_and_drop, garble, truncate.
"""

import hashlib
import json
import re
import socket
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SCRIPT = {
    "key": "secret-key-1234", "done_after": 0.3, "outcome": "succeeded", "error": "it failed", "stream": "normal",
    "addresses": "usual", "clip_bytes": 200_000, "clip_file": None, "faults": [],
}
LOCK = threading.RLock()
REQUESTS, FILES, PORTS = {}, {}, {}


def clip(name):
    if SCRIPT["clip_file"]:
        with open(SCRIPT["clip_file"], "rb") as file:
            return file.read()
    block = hashlib.sha256(name.encode()).digest()
    return (block * (SCRIPT["clip_bytes"] // len(block) + 1))[: SCRIPT["clip_bytes"]]


def base(port):
    return f"http://127.0.0.1:{PORTS[port]}"


def accept(endpoint, body):
    with LOCK:
        name = f"req-{len(REQUESTS) + 1}"
        REQUESTS[name] = {"endpoint": endpoint, "input": body, "at": time.time(), "cancelled": False}
    return name


def status(name):
    entry = REQUESTS[name]
    age = time.time() - entry["at"]
    if entry["cancelled"]:
        return {"status": "COMPLETED", "error": "Request was cancelled", "error_type": "request_cancelled"}
    if age < SCRIPT["done_after"] / 2:
        return {"status": "IN_QUEUE", "queue_position": 0}
    if age < SCRIPT["done_after"]:
        return {"status": "IN_PROGRESS", "logs": []}
    done = {"status": "COMPLETED", "logs": [], "metrics": {"inference_time": age}}
    if SCRIPT["outcome"] == "failed":
        done.update(error=SCRIPT["error"], error_type="runner_error")
    return done


def addresses(name):
    app = "/".join(REQUESTS[name]["endpoint"].split("/")[:2])
    usual = f"{base('queue')}/{app}/requests/{name}"
    if SCRIPT["addresses"] == "odd":
        return {"response_url": f"{base('queue')}/odd/{name}?part=result", "status_url": f"{base('queue')}/odd/{name}?part=status",
                "cancel_url": f"{base('queue')}/odd/{name}?part=cancel"}
    if SCRIPT["addresses"] == "none":
        return {}
    if SCRIPT["addresses"] == "foreign":
        usual = f"{base('files')}/{app}/requests/{name}"
    return {"response_url": usual, "status_url": usual + "/status", "cancel_url": usual + "/cancel"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    port = ""

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
        with LOCK, open(LOG, "a") as log:
            log.write(json.dumps({
                "port": self.port, "method": self.command, "path": split.path, "query": query, "target": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "body": body.decode("utf-8", "replace"), "time": time.time(),
            }) + "\n")
        path = split.path.strip("/")
        fault = self.fault(split.path)
        action = fault and fault["action"]
        if action == "status":
            return self.answer(fault["status"], fault.get("body", ""), fault.get("headers", {}))
        if action == "drop":
            return self.cut()
        if action == "accept_and_drop":
            accept(path, json.loads(body))
            return self.cut()
        if action == "garble":
            name = accept(path, json.loads(body))
            head = {"x-fal-request-id": name} if fault.get("named") else {}
            return self.answer(fault.get("status", 200), "<html>gateway", head)
        if self.port == "files":
            return self.files(path, body, fault or {})
        if self.headers.get("Authorization") != "Key " + SCRIPT["key"]:
            return self.answer(401, {"detail": "No user found for Key ID and Secret"})
        if self.port == "rest":
            return self.rest(path, query, body)
        self.queue(path, query, body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any

    def fault(self, path):
        with LOCK:
            for fault in SCRIPT["faults"]:
                if fault.get("port", "queue") != self.port or fault.get("method", self.command) != self.command:
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

    def answer(self, code, body, headers=None):
        data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    # Images and clips

    def files(self, path, body, fault):
        if self.command == "PUT":
            FILES[path] = body
            return self.answer(200, "")
        if path.startswith("upload/"):
            return self.answer(200, FILES[path]) if path in FILES else self.answer(404, "")
        data = clip(path)
        tag = '"%s"' % hashlib.sha256(data).hexdigest()[:16]
        start = 0
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted and self.headers.get("If-Range") == tag:
            start = int(wanted.group(1))
        self.send_response(206 if start else 200)
        self.send_header("ETag", tag)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        if fault.get("action") == "truncate":
            self.wfile.write(data[start:start + fault["bytes"]])
            self.wfile.flush()
            return self.cut()
        self.wfile.write(data[start:])

    def rest(self, path, query, body):
        wanted = json.loads(body)
        if path != "storage/upload/initiate" or query != {"storage_type": "gcs"} or not wanted["content_type"]:
            return self.answer(404, {"detail": "Not Found"})
        place = f"{base('files')}/upload/{wanted['file_name']}"
        self.answer(200, {"upload_url": place + "?signature=s3cr3t", "file_url": place})

    # The queue

    def queue(self, path, query, body):
        parts = path.split("/")
        if self.command == "POST":
            name = accept(path, json.loads(body))
            if self.port == "queue":
                return self.answer(200, {"status": "IN_QUEUE", "request_id": name, "queue_position": 0, **addresses(name)},
                                   {"x-fal-request-id": name})
            time.sleep(SCRIPT["done_after"])
            return self.result(name)
        if parts[0] == "odd":
            name, part = parts[1], [query["part"]]
            if parts[2:]:
                part.append(parts[2])
            part = [] if part == ["result"] else part
        elif "requests" in parts:
            name, part = parts[parts.index("requests") + 1], parts[parts.index("requests") + 2:]
        else:
            name, part = None, []
        if name not in REQUESTS:
            return self.answer(404, {"detail": "Not Found"})
        if self.command == "PUT" and part == ["cancel"]:
            if status(name)["status"] == "COMPLETED":
                return self.answer(400, {"status": "ALREADY_COMPLETED"})
            REQUESTS[name]["cancelled"] = True
            return self.answer(202, {"status": "CANCELLATION_REQUESTED"})
        if part == ["status"]:
            now = status(name)
            return self.answer(200 if now["status"] == "COMPLETED" else 202, {"request_id": name, **now})
        if part == ["status", "stream"]:
            return self.stream(name)
        if part:
            return self.answer(404, {"detail": "Not Found"})
        if status(name)["status"] != "COMPLETED":
            return self.answer(400, {"detail": "Request is still in progress"})
        self.result(name)

    def result(self, name):
        if SCRIPT["outcome"] == "refused":
            return self.answer(422, {"detail": [{"loc": ["body", "duration"], "msg": "Input should be '3' to '15'", "type": "enum"}]})
        if SCRIPT["outcome"] == "failed" or REQUESTS[name]["cancelled"]:
            return self.answer(500, {"detail": "Internal"})
        data = clip(f"clips/{name}")
        self.answer(200, {"video": {"url": f"{base('files')}/clips/{name}?signature=abc", "content_type": "video/mp4",
                                    "file_name": "../../evil.mp4", "file_size": len(data)}})

    def stream(self, name):
        if SCRIPT["stream"] == "never":
            return self.answer(404, {"detail": "Not Found"})
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        last = None
        try:
            while True:
                now = status(name)
                if SCRIPT["stream"] == "mute":
                    time.sleep(0.1)
                    continue
                if now["status"] != last:
                    last = now["status"]
                    self.wfile.write(f": ping\r\n\r\ndata: {json.dumps(now)}\r\n\r\n".encode())
                    self.wfile.flush()
                if last == "COMPLETED" or SCRIPT["stream"] == "drop":
                    return
                time.sleep(0.02)
        except OSError:
            pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


def start(script, log):
    """Starts fal in this process; returns its ports."""
    global LOG
    SCRIPT.update(script)
    LOG = log
    for name in ("run", "queue", "rest", "files"):
        server = Server(("127.0.0.1", 0), type(name, (Handler,), {"port": name}))
        PORTS[name] = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return [PORTS[name] for name in ("run", "queue", "rest", "files")]


if __name__ == "__main__":
    print(*start(json.loads(sys.argv[1]), sys.argv[2]), flush=True)
    sys.stdin.read()
