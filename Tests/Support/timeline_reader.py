"""Reads a timeline with OpenTimelineIO and its adapters, and prints what an editing program would conform.

    timeline_reader.py RATE FILE…

Source frames count from timecode 00:00:00:00, record frames from the timeline's first. FCPXML is read with exact fractions
besides, because its adapter takes every rate for a whole number.
"""
import json
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree
from fractions import Fraction

import opentimelineio as otio


def path_of(url):
    return urllib.parse.unquote(urllib.parse.urlparse(url).path) if url else None


def frames(time, rate=None):
    value = time.value if rate is None else time.rescaled_to(rate).value
    assert abs(value - round(value)) < 1e-3, value
    return round(value)


def file_of(clip):
    comments = clip.metadata.get("cmx_3600", {}).get("comments", [])
    for comment in comments:
        if comment.startswith("SOURCE FILE: "):
            return comment[len("SOURCE FILE: "):]
    return path_of(getattr(clip.media_reference, "target_url", None))


def require_same(one, other, place):
    """A round trip changes nothing but the last digit of a number."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            require_same(one[key], other[key], f"{place}/{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, pair in enumerate(zip(one, other)):
            require_same(*pair, f"{place}/{index}")
    elif isinstance(one, float) and isinstance(other, (int, float)):
        assert abs(one - other) < 1e-9, (place, one, other)
    else:
        assert one == other, (place, one, other)


def read(path, rate):
    if path.endswith(".edl"):
        timeline = otio.adapters.read_from_file(path, "cmx_3600", rate=float(rate))
    elif path.endswith(".xml"):
        timeline = otio.adapters.read_from_file(path, "fcp_xml")
        timeline = timeline if isinstance(timeline, otio.schema.Timeline) else timeline[0]
    else:
        timeline = otio.adapters.read_from_file(path)
        text = otio.adapters.write_to_string(timeline, "otio_json")
        require_same(json.loads(text), json.load(open(path)), "")
    start = timeline.global_start_time
    result = {"name": timeline.name, "start": frames(start) if start else None, "tracks": [], "markers": []}
    markers = list(timeline.tracks.markers)
    for track in timeline.tracks:
        items, record = [], 0
        for item in track:
            if isinstance(item, otio.schema.Transition):
                items.append({"kind": "transition", "record": record - frames(item.in_offset),
                              "count": frames(item.in_offset) + frames(item.out_offset)})
                continue
            count = frames(item.source_range.duration, float(rate))
            one = {"kind": "gap", "record": record, "count": count}
            if isinstance(item, otio.schema.Clip):
                available = None
                if not path.endswith(".edl"):
                    range = item.media_reference.available_range
                    available = [frames(range.start_time), frames(range.duration)]
                one.update(kind="clip", name=item.name, file=file_of(item), available=available,
                           source=frames(item.source_range.start_time), rate=item.source_range.start_time.rate)
                markers += item.markers
            items.append(one)
            record += count
        result["tracks"].append({"kind": track.kind, "items": items})
    named = {marker.name: marker for marker in markers}
    result["markers"] = [
        {"name": marker.name, "frame": frames(marker.marked_range.start_time),
         "count": frames(marker.marked_range.duration)} for marker in named.values()]
    return result


def seconds(text):
    return Fraction(text.removesuffix("s"))


def read_fcpxml(path, rate):
    root = ElementTree.parse(path).getroot()
    assert root.tag == "fcpxml" and root.get("version") == "1.10"
    formats = {one.get("id"): one for one in root.iter("format")}
    assets = {one.get("id"): one for one in root.iter("asset")}
    sequence = root.find(".//project/sequence")
    duration = seconds(formats[sequence.get("format")].get("frameDuration"))
    assert duration == 1 / rate, (duration, rate)

    def count(text, unit=duration):
        value = seconds(text) / unit
        assert value.denominator == 1, (text, unit)
        return int(value)

    start = count(sequence.get("tcStart"))
    result = {"name": root.find(".//project").get("name"), "start": start, "tracks": [], "markers": [],
              "format": dict(formats[sequence.get("format")].attrib), "drop": sequence.get("tcFormat") == "DF"}
    items = []
    for item in sequence.find("spine"):
        record = count(item.get("offset")) - start
        if item.tag == "transition":
            items.append({"kind": "transition", "record": record, "count": count(item.get("duration"))})
            continue
        asset = assets[item.get("ref")]
        unit = seconds(formats[asset.get("format")].get("frameDuration"))
        items.append({
            "kind": "clip", "name": item.get("name"), "file": path_of(asset.find("media-rep").get("src")),
            "record": record, "count": count(item.get("duration")), "rate": float(1 / unit),
            "source": float(seconds(item.get("start")) / unit),
            "available": [count(asset.get("start"), unit), count(asset.get("duration"), unit)]})
        for marker in item.findall("marker"):
            result["markers"].append({
                "name": marker.get("value"), "count": count(marker.get("duration")),
                "frame": record + int((seconds(marker.get("start")) - seconds(item.get("start"))) / duration)})
    result["tracks"].append({"kind": "Video", "items": items})
    # The adapter finds the same clips.
    library = otio.adapters.read_from_file(path, "fcpx_xml")
    names = [clip.name for clip in library[0].find_clips()]
    assert [item["name"] for item in items if item["kind"] == "clip"] == [
        name for name in names if name in {item.get("name") for item in items}], names
    return result


rate = Fraction(sys.argv[1])
print(json.dumps([read_fcpxml(file, rate) if file.endswith(".fcpxml") else read(file, rate) for file in sys.argv[2:]]))
