"""A hub for tests: speaks the published protocol on two loopback ports and plays scripted faults.

Started by scripted_servers.py, which passes the script and the file to which every request is appended as one JSON
object. Written for the tests alone and from the published pages, not from the client or the sandbox.

The script, all optional: key, done_after (seconds), outcome, error_message, events (normal | never | mute | drop),
sync_format, sync_count, layout (file | folder | nowhere), repository (exists already), private_repository (serves
files only with the key), clip_bytes, clip_file (a path: every clip is that file) or clip_files (paths, one after the
other), surplus (generations of each request more than were asked for), repeats_parameters, strong_etag, relative_results, results_need_key (the API's own host asks for the key instead
of trusting the signature), odd_results (path and query of
every clip's address, to which the signature is added), models (the catalogue's model objects), faults: [{port,
method, path, times, skip, delay (seconds), action, …}], where path is a pattern for the beginning and action is one of status, drop,
drop_streams (cuts all event streams and answers body), accept_and_drop, endless (accepts, and answers white space as
long as the client listens), garble, redirect, truncate, stall, empty,
damage (from: the byte from which on it is nonsense of the same length), cut (bytes: all that is left, with a length
to match), none; a clip's answer also gets the fault's headers.
"""

import base64
import hashlib
import json
import re
import socket
import threading
import time
import urllib.parse

import scripted_base
from scripted_base import LOCK, PORTS, SCRIPT, clip

DEFAULTS = {
    "outcome": "succeeded", "error_message": None, "events": "normal", "sync_format": None, "sync_count": 1,
    "layout": "file", "repository": True, "private_repository": False, "repeats_parameters": True, "strong_etag": True,
    "relative_results": False, "results_need_key": False,
    "odd_results": None, "models": None, "surplus": 0,
}
GENERATIONS, REPOSITORIES, FILES, STREAMS, SIGNATURES = {}, set(), {}, [], {}


def address(identifier):
    signature = hashlib.sha256(f"{identifier}{time.time_ns()}".encode()).hexdigest()[:20]
    SIGNATURES[signature] = identifier
    if SCRIPT["odd_results"]:
        return f"http://127.0.0.1:{PORTS['files']}{SCRIPT['odd_results']}&X-Amz-Signature={signature}"
    if SCRIPT["relative_results"]:
        return f"/api/results/{identifier}?X-Amz-Signature={signature}"
    return f"http://127.0.0.1:{PORTS['files']}/clips/{identifier}/../evil.mp4?X-Amz-Signature={signature}&Expires=9"


def view(identifier):
    entry = GENERATIONS[identifier]
    now = time.time()
    done = now >= entry["done_at"]
    state = entry["cancelled"] and "cancelled" or (done and SCRIPT["outcome"]) or "processing"
    answer = dict(entry["parameters"]) if SCRIPT["repeats_parameters"] else {}
    answer.pop("model", None)
    answer.update({
        "generation_id": identifier, "model_name": entry["parameters"]["model"], "media_type": "video",
        "prompt": entry["parameters"].get("prompt"), "status": state, "enqueued_at": entry["at"],
        "started_at": entry["at"], "completed_at": entry["done_at"] if done else None, "seed": 7,
        "result_url": address(identifier) if state == "succeeded" else None,
        "error_message": SCRIPT["error_message"] if state == "failed" else None,
    })
    return answer


def broadcast(text):
    for stream in list(STREAMS):
        try:
            stream.sendall(text.encode())
        except OSError:
            pass


def finish(identifier):
    entry = GENERATIONS[identifier]
    time.sleep(max(0, entry["done_at"] - time.time()))
    if SCRIPT["events"] == "drop":
        for stream in list(STREAMS):
            stream.shutdown(socket.SHUT_RDWR)
    if SCRIPT["events"] != "normal" or entry["cancelled"]:
        return
    event = {"generation_id": identifier, "status": SCRIPT["outcome"], "media_type": "video"}
    if SCRIPT["outcome"] == "succeeded":
        event.update(model=entry["parameters"]["model"], url=address(identifier))
    else:
        event["error"] = SCRIPT["error_message"]
    broadcast("event: repository_updated\ndata: {}\n\n")
    broadcast(f"event: media_generation_completed\r\ndata: {json.dumps(event)}\r\n\r\n")


def enqueue(parameters):
    identifiers = []
    for _ in range(int(parameters.pop("num_generations", 1)) + SCRIPT["surplus"]):
        with LOCK:
            identifier = f"gen-{len(GENERATIONS) + 1}"
            GENERATIONS[identifier] = {
                "parameters": parameters, "at": time.time(), "done_at": time.time() + SCRIPT["done_after"],
                "cancelled": False,
            }
        identifiers.append(identifier)
        threading.Thread(target=finish, args=(identifier,), daemon=True).start()
    return identifiers


class Handler(scripted_base.ScriptedHandler):
    port = fault_port = "api"
    date = None

    def date_time_string(self, timestamp=None):
        return self.date or super().date_time_string(timestamp)

    def respond(self, path, query, body, fault):
        if fault and self.play(fault, path, query, body):
            return
        if self.port == "files":
            self.serve_clip(path, query, fault)
        else:
            self.serve_api(path, query, body, fault)

    def play(self, fault, path, query, body):
        action = fault["action"]
        time.sleep(fault.get("delay", 0))
        if action == "status":
            self.date = fault.get("date")
            self.answer(fault["status"], fault.get("body", ""), fault.get("headers", {}))
            self.date = None
        elif action == "drop":
            self.cut()
        elif action == "drop_streams":
            for stream in list(STREAMS):
                stream.shutdown(socket.SHUT_RDWR)
            self.answer(200, fault["body"])
        elif action == "accept_and_drop":
            enqueue(json.loads(body))
            self.cut()
        elif action == "endless":
            enqueue(json.loads(body))
            self.close_connection = True
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(2000):
                self.wfile.write(b"1\r\n \r\n")
                time.sleep(0.01)
        elif action == "redirect":
            target = fault["to"].replace("{files}", f"http://127.0.0.1:{PORTS['files']}")
            target = target.replace("{query}", "?" + urllib.parse.urlencode(query))
            target = target.replace("{signature}", query.get("X-Amz-Signature", ""))
            self.answer(fault.get("status", 302), "", {"Location": target})
        elif action == "garble":
            if path.endswith("/ai/queue"):
                enqueue(json.loads(body))
            self.answer(200, "<html><title>gateway</title>")
        else:
            return False
        return True

    def missing(self):
        self.answer(404, {"error": {"type": "resource_not_found", "title": "Resource not found"}, "status": "error",
                          "status_message": "resource_not_found"})

    # Files

    def serve_clip(self, path, query, fault):
        identifier = SIGNATURES.get(query.get("X-Amz-Signature"))
        if identifier is None:
            return self.answer(403, "<?xml version='1.0'?><Error><Message>Request has expired</Message></Error>")
        data = clip(identifier)
        if fault.get("action") == "empty":
            data = b""
        if fault.get("action") == "damage":
            rest = len(data) - fault["from"]
            data = data[: fault["from"]] + (hashlib.sha256(b"nonsense").digest() * (rest // 32 + 1))[:rest]
        if fault.get("action") == "cut":
            data = data[: fault["bytes"]]
        headers = {"ETag": ('"%s"' if SCRIPT["strong_etag"] else 'W/"%s"') % identifier, "Content-Type": "video/mp4",
                   "Content-Disposition": 'attachment; filename="../../evil.mp4"'}
        headers.update(fault.get("headers", {}))
        self.send_clip(data, headers["ETag"], headers, fault)

    # The API

    def serve_api(self, path, query, body, fault):
        if path.startswith("/api/results/"):
            has_key = "Authorization" in self.headers
            if has_key and not SCRIPT["results_need_key"]:
                # As object stores do: one authorisation only.
                return self.answer(400, "<?xml version='1.0'?><Error><Code>InvalidArgument</Code></Error>")
            if SCRIPT["results_need_key"] and not has_key:
                return self.answer(401, {"error": {"type": "unauthenticated", "title": "No valid key"}})
            return self.serve_clip(path, query, fault)
        if not path.startswith("/api/repos/") or self.command != "GET" or SCRIPT["private_repository"]:
            if self.headers.get("Authorization") != "Bearer " + SCRIPT["key"]:
                return self.answer(401, {"error": {"type": "unauthenticated", "title": "No valid key"},
                                         "status": "error", "status_message": "unauthenticated"})
        parts = [urllib.parse.unquote(part) for part in path.split("/")[2:]]
        route = (self.command, *parts[:2])
        if route == ("POST", "ai", "queue"):
            return self.answer(200, {"generations": [
                {"generation_id": name, "status": "queued"} for name in enqueue(json.loads(body))]})
        if route == ("GET", "ai", "queue") and len(parts) == 2:
            return self.list(query)
        if route[1:] == ("ai", "queue") and len(parts) == 3:
            if parts[2] not in GENERATIONS:
                return self.missing()
            if self.command == "DELETE":
                GENERATIONS[parts[2]]["cancelled"] = True
            return self.answer(200, view(parts[2]))
        if route == ("POST", "ai", "videos"):
            return self.generate(json.loads(body), fault)
        if route == ("GET", "events"):
            return self.stream()
        if route == ("GET", "ai", "models"):
            return self.models(parts, query)
        if parts[0] == "repos":
            return self.repository(parts, body)
        self.missing()

    def list(self, query):
        wanted = query.get("status", "queued,processing").split(",")
        listed = [view(name) for name in list(GENERATIONS)]
        listed = [entry for entry in listed if entry["status"] in wanted
                  and query.get("model", entry["model_name"]) == entry["model_name"]]
        self.answer(200, {"count": len(listed), "generations": listed})

    def generate(self, parameters, fault):
        wanted = SCRIPT["sync_format"] or parameters.get("response_format", "url")
        if parameters.get("duration") == 99:
            return self.answer(500, {"error": {"message": "Getting model response error: 422 - duration is too long."}})
        videos = []
        for _ in range(SCRIPT["sync_count"]):
            name = enqueue(dict(parameters))[0]
            GENERATIONS[name]["done_at"] = 0
            videos.append({"url": address(name)} if wanted == "url" else
                          {"b64_json": base64.b64encode(clip(name)).decode()})
        time.sleep(SCRIPT["done_after"])
        text = json.dumps({"model": parameters["model"], "created": int(time.time()), "videos": videos}).encode()
        if fault.get("action") == "truncate":
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text[: fault["bytes"]])
            self.wfile.flush()
            return self.cut()
        self.answer(200, text, {"Content-Type": "application/json"})

    def stream(self):
        self.start_stream()
        with LOCK:
            STREAMS.append(self.connection)
        try:
            while True:
                if SCRIPT["events"] != "mute":
                    self.connection.sendall(b": keep-alive\n\n")
                time.sleep(0.2)
        except OSError:
            pass
        with LOCK:
            STREAMS.remove(self.connection)

    def models(self, parts, query):
        models = [{"id": "kling-video-o3-omni", "request_schema": {"type": "object"}, "pricing": {"per_second": 0.42}},
                  {"id": "google-veo-3-1", "json_request_schema": {"type": "object"}}]
        models = SCRIPT["models"] or models
        if len(parts) == 3 and parts[2] == "search":
            return self.answer(200, {"models": [one for one in models if query["search"] in one["id"]]})
        if len(parts) == 3:
            found = [one for one in models if one["id"] == parts[2]]
            return self.answer(200, found[0]) if found else self.missing()
        self.answer(200, {"models": models})

    def repository(self, parts, body):
        if self.command == "POST":
            wanted = json.loads(body)
            name = (wanted["namespace"], wanted["name"])
            if name in REPOSITORIES:
                return self.answer(409, {"error": {"message": "exists"}})
            REPOSITORIES.add(name)
            return self.answer(200, {"status": "success"})
        key = "/".join(parts)
        if self.command == "PUT":
            if not SCRIPT["repository"] and tuple(parts[1:3]) not in REPOSITORIES:
                return self.missing()
            name, data = self.form_file(body)
            if SCRIPT["layout"] != "nowhere":
                FILES[key if SCRIPT["layout"] == "file" else key + "/" + name] = data
            return self.answer(200, {"commit": {"id": "c0ffee"}, "status": "success"})
        if key in FILES:
            return self.answer(200, FILES[key])
        if any(name.startswith(key + "/") for name in FILES):
            return self.answer(200, {"entries": []})
        self.missing()

    def form_file(self, body):
        boundary = self.headers["Content-Type"].split("boundary=")[1].encode()
        for part in body.split(b"--" + boundary):
            head, _, data = part.partition(b"\r\n\r\n")
            name = re.search(rb'name="file"; filename="([^"]+)"', head)
            if name:
                return name.group(1).decode(), data[:-2]
        return "nothing", b""


class FileHandler(Handler):
    port = "files"


def start(script, log):
    """Starts the hub in this process; returns its ports: API, files."""
    SCRIPT.update(DEFAULTS)
    return scripted_base.serve(script, log, {"api": Handler, "files": FileHandler})
