"""Measures; started by frames.sh."""
import json
import os
import shutil
import subprocess
import sys
import time

clip, scratch = os.path.abspath(sys.argv[1]), sys.argv[2]
ours, python = os.path.abspath(os.environ["LONGTAKE"]), os.environ["PYTHON"]
runs = int(os.environ.get("RUNS", "3"))
vcsi = os.path.join(os.path.dirname(shutil.which(python) or python), "vcsi")


def cost(command):
    """CPU seconds, wall seconds and peak RSS in MB of the cheapest of some runs."""
    best = None
    for _ in range(runs):
        begin = time.time()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=scratch)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            return None
        got = (usage.ru_utime + usage.ru_stime, time.time() - begin, usage.ru_maxrss / 1024)
        best = min(best or got, got)
    return best


def pixels(path):
    return subprocess.run(
        ["ffmpeg", "-v", "error", "-i", path, "-pix_fmt", "rgb24", "-f", "rawvideo", "-"], capture_output=True).stdout


def distance(path, reference):
    """Mean difference from the reference frame in code values; None without a frame."""
    if not os.path.exists(path):
        return None
    a, b = pixels(path), pixels(reference)
    if len(a) != len(b):
        return None
    step = max(1, len(a) // 300_000)
    a, b = a[::step], b[::step]
    return sum(abs(x - y) for x, y in zip(a, b)) / len(a)


def table(title, rows, note=""):
    print(f"\n## {title}\n\n{note}\n" if note else f"\n## {title}\n")
    print("| | CPU s | ratio | wall s | RSS MB | frame |\n|---|---|---|---|---|---|")
    base = next((r[1][0] for r in rows if r[1]), 1)
    for name, got, word in rows:
        if got:
            print(f"| {name} | {got[0]:.2f} | {base / got[0]:.2f} | {got[1]:.2f} | {got[2]:.0f} | {word} |")
        else:
            print(f"| {name} | – | – | – | – | not installed or failed |")
    sys.stdout.flush()


info = json.loads(subprocess.run(
    ["ffprobe", "-v", "error", "-select_streams", "v", "-count_packets", "-show_streams", "-of", "json", clip],
    capture_output=True).stdout)["streams"][0]
frames = int(info["nb_read_packets"])
size = os.path.getsize(clip) * 8 / float(info["duration"]) / 1e6
print("# The cost of frames\n")
print(f"One run of `Benchmarks/frames.sh` on a {info['width']}×{info['height']} {info['codec_name']} clip of {frames} frames at "
      f"{size:.0f} Mb/s. The ratio is longtake's CPU time to the tool's: below 1, longtake is cheaper.")

reference = f"{scratch}/reference.png"
subprocess.run(
    ["ffmpeg", "-v", "error", "-y", "-i", clip, "-vf",
     f"select=eq(n\\,{frames - 1}),scale=in_color_matrix=bt709:flags=accurate_rnd+full_chroma_int+full_chroma_inp",
     "-fps_mode", "passthrough", "-pix_fmt", "rgb24", reference], check=True)
pyav = (f"import av\nc=av.open({clip!r})\ns=c.streams.video[0]\ns.thread_type='AUTO'\n"
        "c.seek(s.duration-1+(s.start_time or 0),stream=s)\nf=None\nfor f in c.decode(s): pass\nf.to_image().save('pyav.png')\n")
opencv = (f"import cv2\nc=cv2.VideoCapture({clip!r})\nc.set(cv2.CAP_PROP_POS_FRAMES,c.get(cv2.CAP_PROP_FRAME_COUNT)-1)\n"
          "ok,f=c.read()\nassert ok\ncv2.imwrite('opencv.png',f)\n")
rows = []
for name, command, output in [
    ("`longtake frame --last`", [ours, "frame", clip, "--last", "-o", "ours.png", "--overwrite"], "ours.png"),
    ("`ffmpeg -sseof -0.1 -update 1`", ["ffmpeg", "-y", "-sseof", "-0.1", "-i", clip, "-update", "1", "ffmpeg.png"], "ffmpeg.png"),
    ("PyAV, seek and decode", [python, "-c", pyav], "pyav.png"),
    ("OpenCV, `POS_FRAMES`", [python, "-c", opencv], "opencv.png"),
]:
    got = cost(command)
    far = distance(f"{scratch}/{output}", reference)
    word = "none" if far is None else ("right" if far < 0.6 else "wrong") + f", {far:.2f} code values off"
    rows.append((name, got, word))
table("The last frame", rows, "The reference is a full decode by ffmpeg; the difference is the mean over all channels, so that wrong colours show.")

# The least work possible: the last GOP alone, decoded without unreferenced frames, and one PNG with the same settings.
# Program start and stream probing are included, as in ours.
keys = [line for line in subprocess.run(
    ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=pts_time,flags", "-of", "csv=p=0", clip],
    capture_output=True, text=True).stdout.splitlines() if ",K" in line]
gop = f"{scratch}/gop.mkv"
subprocess.run(
    ["ffmpeg", "-v", "error", "-y", "-ss", keys[-1].split(",")[0], "-i", clip, "-map", "0:v:0", "-c", "copy", gop], check=True)
needed = len(subprocess.run(
    ["ffmpeg", "-v", "quiet", "-skip_frame", "noref", "-i", gop, "-fps_mode", "passthrough", "-f", "framecrc", "-"],
    capture_output=True, text=True).stdout.split("\n0,")) - 1
least = cost(
    ["ffmpeg", "-y", "-skip_frame", "noref", "-i", gop, "-vf", f"select=eq(n\\,{needed - 1})", "-fps_mode", "passthrough",
     "-pred", "sub", "-compression_level", "1", "least.png"])
table("The last frame beside the least work", [
    ("`longtake frame --last`", rows[0][1], ""),
    ("ffmpeg, only the frames needed of that GOP and one PNG", least, f"{needed} frames decoded")],
    "The GOP is cut out beforehand; the ratio shows the cost of finding the frame.")

cells = [i * (frames - 1) // 15 for i in range(16)]
choice = "+".join(f"eq(n\\,{i})" for i in cells)
rows = [("`longtake sheet` 4×4, exact", cost(
    [ours, "sheet", clip, "--columns", "4", "--rows", "4", "--width", "1280", "-o", "sheet.jpg", "--overwrite"]),
    "exact, one from each sixteenth")]
rows.append(("`longtake thumbnails --count 16`", cost(
    [ours, "thumbnails", clip, "--count", "16", "--width", "320", "-o", "even", "--overwrite"]), "exact, evenly spread"))
rows.append(("`ffmpeg -vf select,scale,tile`", cost(
    ["ffmpeg", "-y", "-i", clip, "-vf", f"select='{choice}',scale=320:180,tile=4x4", "-frames:v", "1", "tile.jpg"]), "exact"))
rows.append(("vcsi 4×4", cost([vcsi, clip, "-g", "4x4", "-w", "1280", "-o", "vcsi.jpg"]) if os.path.exists(vcsi) else None, "by time"))
table("Sixteen cells", rows)

names = 10
rows = [(f"`longtake thumbnails --keyframes --count {names}`", cost(
    [ours, "thumbnails", clip, "--keyframes", "--count", str(names), "--width", "320", "-o", "thumbs", "--overwrite"]),
    "keyframes")]
tool = shutil.which("ffmpegthumbnailer")
if tool:
    line = "; ".join(f"{tool} -i {clip} -o t{i}.jpg -s 320 -t {i * 100 // names}%" for i in range(names))
    rows.append((f"ffmpegthumbnailer, {names} times", cost(["bash", "-c", line]), "keyframes"))
table("Keyframes as thumbnails", rows)
