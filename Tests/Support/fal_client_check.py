#!/usr/bin/env python3
"""fal's own Python client against the sandbox, as its users use it.

    fal_client_check.py SANDBOX_ORIGIN IMAGE

The client speaks https to its hosts; its address constants are pointed at loopback, nothing else of it is changed.
Prints one JSON object of what it saw.
"""

import json
import os
import sys

os.environ["FAL_KEY"] = "any:key"
ORIGIN, IMAGE = sys.argv[1:3]
ENDPOINT = "fal-ai/kling-video/o3/4k/reference-to-video"

import fal_client  # noqa: E402
from fal_client import client  # noqa: E402

client.RUN_URL_FORMAT = f"{ORIGIN}/run/"
client.QUEUE_URL_FORMAT = f"{ORIGIN}/queue/"
client.REST_URL = f"{ORIGIN}/rest"
client.CDN_URL = f"{ORIGIN}/rest"

seen = {}
url = fal_client.upload_file(IMAGE)
seen["uploaded"] = url
seen["uploaded_to_storage"] = fal_client.upload_file(IMAGE, repository="fal")

states = []
result = fal_client.subscribe(
    ENDPOINT, arguments={"prompt": "snow", "duration": "3", "start_image_url": url}, with_logs=True,
    on_queue_update=lambda update: states.append(type(update).__name__))
seen["states"] = sorted(set(states))
seen["video"] = result["video"]

handle = fal_client.submit(ENDPOINT, arguments={"prompt": "rain", "duration": "3"})
again = fal_client.SyncClient().get_handle(ENDPOINT, handle.request_id)
again.get()
status = fal_client.status(ENDPOINT, handle.request_id, with_logs=True)
seen["ended"] = type(status).__name__
seen["logs"] = len(status.logs)
seen["result"] = fal_client.result(ENDPOINT, handle.request_id)["video"]["content_type"]
seen["run"] = fal_client.run(ENDPOINT, arguments={"prompt": "fog", "duration": "3"})["video"]["content_type"]

wrong = fal_client.submit(ENDPOINT, arguments={"prompt": "rain", "duration": "99"})
try:
    wrong.get()
    seen["refusal"] = None
except fal_client.FalClientHTTPError as error:
    seen["refusal"] = {"status": error.status_code, "detail": error.response.json()["detail"]}
seen["error"] = wrong.status().error

blocked = [fal_client.submit(ENDPOINT, arguments={"prompt": str(n), "duration": "15"}) for n in range(2)]
blocked[1].cancel()
seen["cancelled"] = type(blocked[1].status()).__name__
try:
    blocked[0].cancel()
except fal_client.FalClientHTTPError as error:
    # It ran at once and may have ended by now.
    assert error.status_code == 400
try:
    fal_client.cancel(ENDPOINT, "no-such-request")
    seen["unknown"] = None
except fal_client.FalClientHTTPError as error:
    seen["unknown"] = error.status_code
try:
    handle.cancel()
    seen["late"] = None
except fal_client.FalClientHTTPError as error:
    seen["late"] = error.status_code
print(json.dumps(seen))
