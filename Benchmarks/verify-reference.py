#!/usr/bin/env python3
"""Compares `longtake verify` with ffmpeg's own detectors, file by file.

usage: verify-reference.py LONGTAKE FILE...

Black, frozen and silent stretches must lie within one frame of blackdetect, freezedetect and silencedetect with the
same thresholds; loudness within 0.1 LU and true peak within 0.2 dB of ebur128. Prints a line for each difference.
"""
import json
import re
import subprocess
import sys
import tempfile

CHECKS = ["video.black", "video.frozen", "audio.silence", "audio.loudness.integrated", "audio.true_peak"]
SPEC = {
    "schema": "longtake.verify-preset/1", "id": "reference", "title": "reference", "source": "this script",
    "rules": {check: {"severity": "info"} for check in CHECKS},
}


def ours(longtake, path):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as spec:
        json.dump(SPEC, spec)
        spec.flush()
        run = subprocess.run([longtake, "verify", "--json", "--quiet", "--preset", spec.name, path],
                             capture_output=True, text=True)
    return json.loads(run.stdout) if run.stdout else None


def ffmpeg(path, stream, *options):
    run = subprocess.run(["ffmpeg", "-hide_banner", "-nostdin", "-i", path, "-map", f"0:{stream}", *options,
                          "-f", "null", "-"], capture_output=True, text=True)
    return run.stderr


def pairs(text, start, end, last):
    starts = [float(x) for x in re.findall(start + r"[:=] ?(-?[0-9.]+)", text)]
    ends = [float(x) for x in re.findall(end + r"[:=] ?(-?[0-9.]+)", text)]
    return [(a, ends[i] if i < len(ends) else last) for i, a in enumerate(starts)]


def main():
    longtake, paths = sys.argv[1], sys.argv[2:]
    compared = differing = 0
    for path in paths:
        report = ours(longtake, path)
        probe = subprocess.run([longtake, "probe", "--json", path], capture_output=True, text=True).stdout
        if not report or not probe:
            continue
        found = {f["check"]: f for f in report["findings"]}
        probe = json.loads(probe)
        video, audio = probe["longtake"]["main_video"], probe["longtake"]["main_audio"]
        theirs = {}
        frame = 0.04
        if video is not None:
            own = probe["streams"][video]["longtake"]
            rate = own.get("frame_rate")
            frame = 1 / (int(rate.split("/")[0]) / int(rate.split("/")[1])) if rate else 0.04
            end = own["end"]["seconds"] if own.get("end") else 0
            text = ffmpeg(path, video, "-vf", "blackdetect=d=0.1:pic_th=0.98:pix_th=0.10,freezedetect=n=-60dB:d=1")
            theirs["video.black"] = pairs(text, "black_start", "black_end", end)
            theirs["video.frozen"] = pairs(text, "freeze_start", "freeze_end", end)
        if audio is not None:
            own = probe["streams"][audio]["longtake"]
            end = own["end"]["seconds"] if own.get("end") else 0
            text = ffmpeg(path, audio, "-af", "silencedetect=n=-60dB:d=1,ebur128=peak=true")
            theirs["audio.silence"] = pairs(text, "silence_start", "silence_end", end)
            summary = text[text.rfind("Summary:"):]
            theirs["loudness"] = re.findall(r"I: +(-?[0-9.]+|-inf) LUFS", summary)
            theirs["peak"] = re.findall(r"Peak: +(-?[0-9.]+|-inf) dBFS", summary)
        for check in ["video.black", "video.frozen", "audio.silence"]:
            if check not in theirs or check not in found:
                continue
            compared += 1
            mine = [(i["start"], i["end"]) for i in found[check]["intervals"]]
            same = len(mine) == len(theirs[check]) and all(
                abs(a[0] - b[0]) <= frame * 1.01 and abs(a[1] - b[1]) <= frame * 1.01
                for a, b in zip(mine, theirs[check]))
            if not same:
                differing += 1
                print(f"{path}: {check}: {mine} and ffmpeg {theirs[check]} (one frame: {frame:.4f} s)")
        for check, name, limit in [("audio.loudness.integrated", "loudness", 0.1), ("audio.true_peak", "peak", 0.2)]:
            if not theirs.get(name) or found[check]["actual"] is None or theirs[name][0] == "-inf":
                continue
            compared += 1
            # ffmpeg prints one decimal.
            if abs(found[check]["actual"] - float(theirs[name][0])) > limit + 0.05:
                differing += 1
                print(f"{path}: {check}: {found[check]['actual']} and ffmpeg {theirs[name][0]}")
    print(f"{compared} values compared, {differing} differ")
    return 1 if differing else 0


sys.exit(main())
