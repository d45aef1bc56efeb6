"""fal for tests: speaks the published protocol on four loopback ports and plays scripted faults.

Started by scripted_servers.py, which passes the script and the file to which every request is appended as one JSON
object. Written for the tests alone and from the published pages, not from the client or the sandbox.

The script, all optional: key, done_after (seconds), outcome (succeeded | failed | refused), error, stream (normal |
never | mute | drop), addresses (usual | odd | foreign | none), history (normal | never | bare: without payloads),
expired (a result is only in the history), history_lag (seconds), history_page (rows of one answer), history_more (usual | number:
the cursor is one | nameless: more rows without a cursor | stuck: the same cursor again and again), history_times (iso |
zoneless), clip_bytes or clip_file, faults: [{port, method, path,
times, skip, action, …}], where path is a pattern for the beginning and action is one of status, drop,
accept_and_drop, fail_accepted (answers status and body, and names the request that it accepted), late (answers status, and accepts after `seconds`), garble, truncate.
"""

import datetime
import hashlib
import json
import threading
import time

import scripted_base
from scripted_base import LOCK, PORTS, SCRIPT, clip

DEFAULTS = {"outcome": "succeeded", "error": "it failed", "stream": "normal", "addresses": "usual",
            "history": "normal", "expired": False, "history_lag": 0, "history_page": 100, "history_more": "usual", "history_times": "iso"}
REQUESTS, FILES = {}, {}


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


class Handler(scripted_base.ScriptedHandler):
    fault_port = "queue"

    def respond(self, path, query, body, fault):
        path = path.strip("/")
        action = fault.get("action")
        if action == "status":
            return self.answer(fault["status"], fault.get("body", ""), fault.get("headers", {}))
        if action == "drop":
            return self.cut()
        if action == "accept_and_drop":
            accept(path, json.loads(body))
            return self.cut()
        if action == "late":
            def later():
                time.sleep(fault.get("seconds", 0))
                accept(path, json.loads(body))
            threading.Thread(target=later, daemon=True).start()
            return self.answer(fault.get("status", 504), "<html>nginx</html>")
        if action == "garble":
            name = accept(path, json.loads(body))
            head = {"x-fal-request-id": name} if fault.get("named") else {}
            return self.answer(fault.get("status", 200), "<html>gateway", head)
        if action == "fail_accepted":
            return self.answer(fault["status"], fault["body"], {"x-fal-request-id": accept(path, json.loads(body))})
        if self.port == "files":
            return self.files(path, body, fault)
        if self.headers.get("Authorization") != "Key " + SCRIPT["key"]:
            return self.answer(401, {"detail": "No user found for Key ID and Secret"})
        if self.port == "rest":
            return self.rest(path, query, body)
        if self.port == "api":
            return self.history(path, query)
        self.queue(path, query, body)

    # Images and clips

    def files(self, path, body, fault):
        if self.command == "PUT":
            FILES[path] = body
            return self.answer(200, "")
        if path.startswith("upload/"):
            return self.answer(200, FILES[path]) if path in FILES else self.answer(404, "")
        data = clip(path)
        tag = '"%s"' % hashlib.sha256(data).hexdigest()[:16]
        self.send_clip(data, tag, {"ETag": tag}, fault)

    def rest(self, path, query, body):
        wanted = json.loads(body)
        if path != "storage/upload/initiate" or query != {"storage_type": "gcs"} or not wanted["content_type"]:
            return self.answer(404, {"detail": "Not Found"})
        place = f"{base('files')}/upload/{wanted['file_name']}"
        self.answer(200, {"upload_url": place + "?signature=s3cr3t", "file_url": place})

    # The history

    def history(self, path, query):
        if path != "v1/models/requests/by-endpoint" or SCRIPT["history"] == "never":
            return self.answer(404, {"detail": "Not Found"})
        start = datetime.datetime.fromisoformat(query["start"].replace("Z", "+00:00")).timestamp()
        rows = []
        for name, entry in list(REQUESTS.items()):
            if entry["endpoint"] != query["endpoint_id"] or not start <= entry["at"] <= time.time() - SCRIPT["history_lag"]:
                continue
            sent = datetime.datetime.fromtimestamp(entry["at"], datetime.timezone.utc)
            sent = sent.isoformat() if SCRIPT["history_times"] == "iso" else sent.strftime("%Y-%m-%dT%H:%M:%S")
            row = {"request_id": name, "endpoint_id": entry["endpoint"], "sent_at": sent, "started_at": None,
                   "ended_at": None, "status_code": None, "duration": None}
            if query.get("expand") == "payloads" and SCRIPT["history"] == "normal":
                row.update(json_input={**entry["input"], "seed": 7}, json_output=None)
                if status(name)["status"] == "COMPLETED" and SCRIPT["outcome"] == "succeeded":
                    row.update(ended_at=sent, status_code=200, json_output=self.output(name))
            rows.append(row)
        how = SCRIPT["history_more"]
        first = 0 if how == "stuck" else int(query.get("cursor", 0))
        last = first + min(int(query.get("limit", 50)), SCRIPT["history_page"])
        cursor = None if how == "nameless" else last if how == "number" else str(last)
        self.answer(200, {"items": rows[first:last], "next_cursor": cursor if last < len(rows) else None,
                          "has_more": last < len(rows)})

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
        if SCRIPT["expired"] and self.port == "queue":
            return self.answer(404, {"detail": "Request not found"})
        self.answer(200, self.output(name))

    def output(self, name):
        data = clip(f"clips/{name}")
        return {"video": {"url": f"{base('files')}/clips/{name}?signature=abc", "content_type": "video/mp4",
                          "file_name": "../../evil.mp4", "file_size": len(data)}}

    def stream(self, name):
        if SCRIPT["stream"] == "never":
            return self.answer(404, {"detail": "Not Found"})
        self.start_stream()
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


def start(script, log):
    """Starts fal in this process; returns its ports: run, queue, rest, files, api."""
    SCRIPT.update(DEFAULTS)
    ports = ("run", "queue", "rest", "files", "api")
    return scripted_base.serve(script, log, {name: type(name, (Handler,), {"port": name}) for name in ports})
