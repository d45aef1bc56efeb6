"""The part of S3 that a store needs, on loopback, with faults; or the same faults before a real server.

Started by scripted_servers.py. The script: careless (ignores conditions, as some stores do), upstream (the port of a real
server that requests are passed on to), page (objects in a page of a list), token (that requests must carry), faults.

A fault: method, path (a pattern), skip, times, and an action:
  answer    answers with status, body and headers; nothing is done
  drop      cuts the connection; nothing is done
  lose      does what is asked and cuts the connection before the answer
  overtake  the same, and another writer replaces the object meanwhile
  truncate  cuts the connection after some bytes of the answer's body
"""

import hashlib
import http.client
import re
import urllib.parse
from email.utils import formatdate
from xml.sax.saxutils import escape

from scripted_base import LOCK, SCRIPT, ScriptedHandler, serve

OBJECTS = {}
UPLOADS = {}


def tag(data):
    return f'"{hashlib.md5(data).hexdigest()}"'


def error(status, code):
    return status, f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>scripted</Message></Error>".encode(), {}


class StoreHandler(ScriptedHandler):
    fault_port = port = "store"
    logs_body = False

    def respond(self, path, query, body, fault):
        action = fault.get("action")
        if action == "answer":
            return self.send(fault["status"], fault.get("body", "").encode(), fault.get("headers", {}))
        if action == "drop":
            return self.cut()
        status, data, headers = self.pass_on(body) if SCRIPT.get("upstream") else self.carry_out(path, query, body)
        if action == "overtake":
            OBJECTS[urllib.parse.unquote(path)] = b"of another writer"
        if action in ("lose", "overtake"):
            return self.cut()
        self.send(status, data, headers, fault.get("bytes") if action == "truncate" else None)

    def send(self, status, data, headers, limit=None):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(data if limit is None else data[:limit])
        if limit is not None:
            self.wfile.flush()
            self.cut()

    def pass_on(self, body):
        upstream = http.client.HTTPConnection("127.0.0.1", SCRIPT["upstream"])
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            upstream.putheader(name, value)
        upstream.endheaders(body)
        answer = upstream.getresponse()
        data = answer.read()
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in ("connection", "transfer-encoding")}
        if self.command != "HEAD":
            kept = {name: value for name, value in kept.items() if name.lower() != "content-length"}
        return answer.status, data, kept

    def refusal(self, name):
        """The answer to a write whose condition does not hold."""
        if SCRIPT.get("careless"):
            return None
        if self.headers.get("If-None-Match") == "*" and name in OBJECTS:
            return error(412, "PreconditionFailed")
        wanted = self.headers.get("If-Match")
        if wanted and name not in OBJECTS:
            return error(404, "NoSuchKey")
        if wanted and tag(OBJECTS[name]) != wanted:
            return error(412, "PreconditionFailed")
        return None

    def carry_out(self, path, query, body):
        name = urllib.parse.unquote(path)
        if SCRIPT.get("token") and self.headers.get("x-amz-security-token") != SCRIPT["token"]:
            return error(403, "AccessDenied")
        if self.headers.get("x-amz-content-sha256") != hashlib.sha256(body).hexdigest():
            return error(400, "XAmzContentSHA256Mismatch")
        with LOCK:
            if self.command == "PUT" and "uploadId" in query:
                UPLOADS[query["uploadId"]][int(query["partNumber"])] = body
                return 200, b"", {"ETag": tag(body)}
            if self.command == "PUT":
                return self.refusal(name) or self.keep(name, body)
            if self.command == "POST" and "uploadId" in query:
                refused = self.refusal(name)
                if refused:
                    return refused
                parts = UPLOADS.pop(query["uploadId"], None)
                if parts is None:
                    return error(404, "NoSuchUpload")
                OBJECTS[name] = b"".join(parts[number] for number in sorted(parts))
                return 200, f"<CompleteMultipartUploadResult><ETag>{escape(tag(OBJECTS[name]))}</ETag></CompleteMultipartUploadResult>".encode(), {}
            if self.command == "POST":
                upload = f"upload{len(UPLOADS) + 1}"
                UPLOADS[upload] = {}
                return 200, f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>".encode(), {}
            if self.command == "DELETE":
                if UPLOADS.pop(query.get("uploadId"), None) is None:
                    OBJECTS.pop(name, None)
                return 204, b"", {}
            if "list-type" in query:
                return self.listing(name, query)
            return self.read(name)

    def keep(self, name, body):
        OBJECTS[name] = body
        return 200, b"", {"ETag": tag(body)}

    def read(self, name):
        data = OBJECTS.get(name)
        if data is None:
            return error(404, "NoSuchKey")
        if self.headers.get("If-Match", tag(data)) != tag(data):
            return error(412, "PreconditionFailed")
        headers = {"ETag": tag(data), "Last-Modified": formatdate(usegmt=True)}
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if self.command == "HEAD":
            return 200, b"", headers | {"Content-Length": str(len(data))}
        if wanted:
            start = int(wanted[1])
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            return 206, data[start:], headers
        return 200, data, headers

    def listing(self, bucket, query):
        start = f"{bucket}/{query.get('prefix', '')}"
        names = sorted(name for name in OBJECTS if name.startswith(start))
        first = int(query.get("continuation-token", 0))
        end = first + SCRIPT.get("page", 1000)
        entries = "".join(
            f"<Contents><Key>{escape(name[len(bucket) + 1:])}</Key><Size>{len(OBJECTS[name])}</Size>"
            f"<ETag>{escape(tag(OBJECTS[name]))}</ETag><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents>"
            for name in names[first:end])
        more = f"<NextContinuationToken>{end}</NextContinuationToken>" if end < len(names) else ""
        truncated = "true" if more else "false"
        return 200, f"<ListBucketResult><IsTruncated>{truncated}</IsTruncated>{more}{entries}</ListBucketResult>".encode(), {}


def start(script, log):
    """Starts the store in this process; returns its port."""
    return serve(script, log, {"store": StoreHandler})
