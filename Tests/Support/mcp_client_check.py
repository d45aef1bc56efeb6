"""Drives `longtake mcp` with the official Python client; prints what it saw as one JSON object.

Arguments: program, folder (the server's), storyboard, clip, presets.
"""

import asyncio
import json
import os
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

PROGRAM, FOLDER, STORYBOARD, CLIP, PRESETS = sys.argv[1:]


def answer(result):
    texts = [part.text for part in result.content if part.type == "text"]
    return {
        "error": getattr(result, "isError", None) if hasattr(result, "isError") else result.is_error,
        "text": texts[0] if texts else "", "kinds": [part.type for part in result.content],
        "value": getattr(result, "structuredContent", None) or getattr(result, "structured_content", None),
    }


async def main():
    seen = {}
    environment = dict(os.environ, LONGTAKE_PRESETS=PRESETS, XDG_CONFIG_HOME="/nonexistent")
    server = StdioServerParameters(command=PROGRAM, args=["mcp"], env=environment, cwd=FOLDER)
    async with stdio_client(server) as (reader, writer), ClientSession(reader, writer) as session:
        hello = await session.initialize()
        info = getattr(hello, "serverInfo", None) or hello.server_info
        seen["server"] = info.name
        seen["tools"] = sorted(tool.name for tool in (await session.list_tools()).tools)
        seen["before"] = len((await session.list_resources()).resources)
        seen["plan"] = answer(await session.call_tool("plan", {"storyboard": STORYBOARD}))
        seen["unquoted"] = answer(await session.call_tool(
            "run", {"storyboard": STORYBOARD, "token": "made.up", "max_cost_usd": 1}))
        seen["typo"] = answer(await session.call_tool("plan", {"storybord": STORYBOARD}))
        quote = answer(await session.call_tool("quote", {"storyboard": STORYBOARD}))
        seen["quote"] = quote
        token = quote["value"]["token"]
        seen["limitless"] = answer(await session.call_tool("run", {"storyboard": STORYBOARD, "token": token}))
        progress = []

        async def note(done, total, message):
            progress.append([done, message])

        seen["run"] = answer(await session.call_tool(
            "run", {"storyboard": STORYBOARD, "token": token, "max_cost_usd": 5}, progress_callback=note))
        seen["progress"] = progress
        seen["status"] = answer(await session.call_tool("status", {"storyboard": STORYBOARD}))
        with open(STORYBOARD, "a") as file:
            file.write("\n# changed\n")
        seen["changed"] = answer(await session.call_tool(
            "run", {"storyboard": STORYBOARD, "token": token, "max_cost_usd": 5}))
        master = os.path.splitext(STORYBOARD)[0] + ".longtake/master.mp4"
        seen["verify"] = answer(await session.call_tool("verify", {"files": [master], "preset": "small"}))
        seen["fails"] = answer(await session.call_tool("verify", {"files": [master], "preset": "uhd-4k"}))
        seen["native"] = answer(await session.call_tool("native", {"files": [CLIP]}))
        seen["frame"] = answer(await session.call_tool("frame", {"file": CLIP, "at": "#3"}))
        seen["sheet"] = answer(await session.call_tool("join_sheet", {"file": master}))
        joined = os.path.join(FOLDER, "joined.mp4")
        seen["stitch"] = answer(await session.call_tool("stitch", {"files": [CLIP, CLIP], "output": joined}))
        seen["again"] = answer(await session.call_tool("stitch", {"files": [CLIP, CLIP], "output": joined}))
        seen["missing"] = answer(await session.call_tool("native", {"files": ["--help"]}))
        resources = (await session.list_resources()).resources
        seen["resources"] = [resource.name for resource in resources]
        content = (await session.read_resource(resources[0].uri)).contents[0]
        seen["report"] = json.loads(content.text)["schema"]
        try:
            await session.read_resource("file:///etc/passwd")
            seen["foreign"] = "read"
        except Exception as error:
            seen["foreign"] = str(error)
    print(json.dumps(seen))


asyncio.run(main())
