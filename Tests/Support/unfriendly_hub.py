"""The scripted hub as nobody would wish it: everything that is not published about the list is as bad as it may be.

Takes the script of scripted_hub.py and, all optional:
  list_lag     seconds until an accepted generation is listed
  list_asks    answers in which it is missing first
  page_size    rows of one answer
  paging       how to ask for more: page | offset | after | limit (one answer may hold more) | next (an address in the
               answer) | cursor | number (a cursor
               that is one) | stuck (a cursor that always leads to the first rows) | link (a header) | total_pages | none; with strict, other query parameters are refused
  count        all | page (the rows of this answer) | none
  rows, job    what a listed row and a single generation repeat: whole | prompt | bare | null (every parameter is null)
  clock_skew   seconds by which the service's clock is ahead in rows; dated: whether its Date header is, too
  shuffled     rows in another order each time
  duplicates   every row twice
  times        how rows write a time: seconds | milliseconds | iso | offset | zoneless | text | null
  case         of the states: lower | upper
  nameless     rows without an id, before the others
  status       name of the state before a generation has ended, instead of processing
  decoys       generations of the same model that were there before, as `decoy` has them; their prompts are numbered
               unless `twins`
Faults may have the actions: late (answers status, and accepts after `seconds`), hold (accepts after `seconds` and
answers nothing), redirected_clip (a clip's address redirects to another host).
"""

import datetime
import json
import random
import threading
import time
import urllib.parse
from email.utils import formatdate

import scripted_base
import scripted_hub
from scripted_base import LOCK, PORTS, SCRIPT
from scripted_hub import GENERATIONS

DEFAULTS = {
    "list_lag": 0, "list_asks": 0, "page_size": None, "paging": "page", "strict": False, "count": "all", "rows": "whole",
    "job": "whole", "times": "seconds", "case": "lower", "nameless": 0, "clock_skew": 0, "dated": False, "shuffled": False, "duplicates": False, "status": None,
    "decoys": 0, "twins": False, "decoy": {"model": "small-model", "prompt": "A decoy.", "duration": 1},
}
OWN = {"generation_id", "model_name", "media_type", "status", "enqueued_at", "started_at", "completed_at", "result_url",
       "error_message"}
QUERIES = {"page": {"page"}, "offset": {"offset"}, "after": {"after"}, "limit": {"limit"}, "next": {"n"},
           "cursor": {"cursor"}, "number": {"cursor"}, "stuck": {"cursor"}, "link": {"n"}, "total_pages": {"page"}}


def written(moment):
    """A time as the script wants it."""
    utc = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)
    west = datetime.timezone(datetime.timedelta(hours=-7, minutes=-30))
    return {"seconds": moment, "milliseconds": int(moment * 1000), "iso": utc.isoformat(),
            "offset": utc.astimezone(west).isoformat(), "zoneless": utc.strftime("%Y-%m-%d %H:%M:%S.%f"),
            "text": str(moment), "null": None}[SCRIPT["times"]]


def disguise(entry, how):
    """What of a generation is told."""
    if how == "bare":
        entry = {name: value for name, value in entry.items() if name in OWN}
    if how == "prompt":
        entry = {name: value for name, value in entry.items() if name in OWN or name == "prompt"}
    if how == "null":
        entry = {name: value if name in OWN else None for name, value in entry.items()}
    for name in ("enqueued_at", "started_at", "completed_at"):
        if entry[name] is not None:
            entry[name] = written(entry[name] + SCRIPT["clock_skew"])
    if SCRIPT["status"] and entry["status"] == "processing":
        entry["status"] = SCRIPT["status"]
    if SCRIPT["case"] == "upper":
        entry["status"] = entry["status"].upper()
    return entry


class Handler(scripted_hub.Handler):
    def date_time_string(self, timestamp=None):
        if SCRIPT["dated"]:
            return formatdate(time.time() + SCRIPT["clock_skew"], usegmt=True)
        return super().date_time_string(timestamp)

    def play(self, fault, path, query, body):
        if fault["action"] in ("late", "hold"):
            def accept():
                time.sleep(fault.get("seconds", 0))
                with LOCK:
                    scripted_hub.enqueue(json.loads(body))
            threading.Thread(target=accept, daemon=True).start()
            if fault["action"] == "late":
                self.answer(fault.get("status", 504), fault.get("body", "<html><title>Gateway Time-out</title></html>"))
            else:
                self.cut()
            return True
        return super().play(fault, path, query, body)

    def serve_api(self, path, query, body, fault):
        parts = path.split("/")
        if self.command == "GET" and path.startswith("/api/ai/queue/") and parts[-1] in GENERATIONS:
            if self.headers.get("Authorization") == "Bearer " + SCRIPT["key"]:
                return self.answer(200, disguise(scripted_hub.view(parts[-1]), SCRIPT["job"]))
        super().serve_api(path, query, body, fault)

    def list(self, query):
        paging, size = SCRIPT["paging"], SCRIPT["page_size"]
        known = {"model", "status", "namespace", "media_type", "repo", "folder"} | QUERIES.get(paging, set())
        if SCRIPT["strict"] and not set(query) <= known:
            return self.answer(400, {"error": {"type": "invalid_params", "title": "unknown parameter"},
                                     "status": "error", "status_message": "invalid_params"})
        wanted = query.get("status", "queued,processing").split(",")
        now = time.time()
        entries = list(GENERATIONS.items())
        for _, entry in entries:
            entry["asks"] = entry.get("asks", 0) + 1
        rows = [scripted_hub.view(name) for name, entry in entries
                if entry["at"] + SCRIPT["list_lag"] <= now and entry["asks"] > SCRIPT["list_asks"]]
        rows = [row for row in rows if row["status"] in wanted and query.get("model", row["model_name"]) == row["model_name"]]
        rows = [disguise(row, SCRIPT["rows"]) for row in rows]
        total = len(rows)
        if SCRIPT["shuffled"]:
            # The same order for all pages of one look.
            random.Random(int(now)).shuffle(rows)
        answer, headers = {}, {}
        if size:
            start = int(query.get("offset") or query.get("n") or query.get("cursor") or 0)
            if paging not in QUERIES or paging == "stuck":
                start = 0
            if paging in ("page", "total_pages"):
                start = (int(query.get("page", 1)) - 1) * size
            if paging == "after" and query.get("after"):
                start = next((place + 1 for place, row in enumerate(rows) if row["generation_id"] == query["after"]), 0)
            end = start + (int(query.get("limit", size)) if paging == "limit" else size)
            if end < total:
                if paging == "next":
                    rest = {name: value for name, value in query.items() if name != "n"}
                    answer["next"] = "/api/ai/queue?" + urllib.parse.urlencode({**rest, "n": end})
                if paging in ("cursor", "number", "stuck"):
                    answer.update(next_cursor=end if paging == "number" else str(end), has_more=True)
                if paging == "link":
                    rest = {name: value for name, value in query.items() if name != "n"}
                    address = f"http://127.0.0.1:{PORTS['api']}/api/ai/queue?" + urllib.parse.urlencode({**rest, "n": end})
                    headers["Link"] = f'<{address}>; rel="next"'
            if paging == "total_pages":
                answer.update(page=start // size + 1, total_pages=-(-total // size))
            rows = rows[start:end]
        if SCRIPT["duplicates"]:
            rows = rows + rows
        rows = [{"status": "queued"}] * SCRIPT["nameless"] + rows
        if SCRIPT["count"] != "none":
            answer["count"] = total if SCRIPT["count"] == "all" else len(rows)
        answer["generations"] = rows
        self.answer(200, answer, headers)


class FileHandler(Handler):
    port = "files"


def start(script, log):
    """Starts the hub in this process; returns its ports: API, files."""
    SCRIPT.update(scripted_hub.DEFAULTS)
    SCRIPT.update(DEFAULTS)
    ports = scripted_base.serve(script, log, {"api": Handler, "files": FileHandler})
    for number in range(SCRIPT["decoys"]):
        with LOCK:
            GENERATIONS[f"decoy-{number}"] = {
                "parameters": {**SCRIPT["decoy"],
                               "prompt": SCRIPT["decoy"]["prompt"] + ("" if SCRIPT["twins"] else f" {number}")},
                "at": time.time() - 1, "done_at": time.time() - 0.5, "cancelled": False,
            }
    return ports
