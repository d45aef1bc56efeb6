"""Joins a chain of shots with several tools and measures the results with ffmpeg. Called by joins.sh."""
import argparse
import os
import resource
import subprocess
import tempfile

import numpy

from measure import Master, click, frame_digests, samples, audio_offsets

RATE = 24
# Seconds by which a shot's audio is longer than its video, as services deliver AAC.
AUDIO_TAIL = 0.012


def run(command, folder, quiet=True):
    """Runs a command; returns its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, capture_output=quiet, stdin=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode > 1 or done.returncode and "mkvmerge" not in command[0]:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr.decode()[-2000:] if quiet else ''}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ffmpeg(folder, *arguments):
    return run(["ffmpeg", "-v", "error", "-nostdin", "-y", *arguments], folder)


def make_chain(folder, options):
    """Shots whose first frame is the last one of the shot before, each with its own noise as audio."""
    quality = {"libx264": ["-crf", "18"], "libx265": ["-crf", "20", "-x265-params", "log-level=none", "-tag:v", "hvc1"]}
    total = options.shots * (options.frames - 1) + 1
    names = []
    for number in range(options.shots):
        start = number * (options.frames - 1)
        seconds = options.frames / RATE + AUDIO_TAIL
        name = f"shot{number}.mp4"
        zoom = f"mandelbrot=size={options.size}:rate={RATE}:maxiter=60:start_scale=1.5:end_scale=0.3:end_pts={total}"
        ffmpeg(
            folder, "-f", "lavfi", "-i", f"{zoom},trim=start_frame={start}:end_frame={start + options.frames},"
            "setpts=PTS-STARTPTS,format=yuv420p",
            "-f", "lavfi", "-i", f"anoisesrc=color=pink:amplitude=0.5:seed={number + 1}:sample_rate=48000:d={seconds}",
            "-c:v", options.codec, *quality[options.codec], "-preset", options.preset, "-c:a", "aac", "-b:a", "192k",
            "-ac", "2", name)
        names.append(name)
    return names


def concat_list(folder, names, path="list.txt"):
    with open(os.path.join(folder, path), "w") as file:
        file.writelines(f"file '{name}'\n" for name in names)
    return path


def longtake(folder, names, options, output, *more):
    return run([options.longtake, "stitch", *names, "-o", output, "--overwrite", "--quiet", *more], folder)


def smartcut(folder, names, frames, output):
    """A smart cutter: it drops the shared frames, ffmpeg concatenates its files. Returns CPU seconds of the cuts and of all."""
    cpu = 0.0
    cut = []
    for number, name in enumerate(names[:-1]):
        cut.append(f"cut{number}.mp4")
        cpu += run(["smartcut", name, cut[-1], "--frames", "--keep", f"0,{frames - 2}"], folder)
    listed = concat_list(folder, cut + names[-1:], "cut.txt")
    return cpu, cpu + ffmpeg(folder, "-f", "concat", "-safe", "0", "-i", listed, "-c", "copy", output)


def make_heavy(folder):
    """Two sets of files that differ only in length: the difference of their costs is copying."""
    ffmpeg(
        folder, "-f", "lavfi", "-i", f"testsrc2=size=1920x1080:rate={RATE},noise=alls=40:allf=t,format=yuv420p",
        "-frames:v", "24", "-c:v", "libx264", "-preset", "ultrafast", "-qp", "32", "heavy.mp4")
    sets = []
    for label, loops in [("short", 1), ("long", 8)]:
        sets.append([f"{label}{number}.mp4" for number in range(2)])
        for name in sets[-1]:
            ffmpeg(folder, "-stream_loop", str(loops - 1), "-i", "heavy.mp4", "-c", "copy", name)
    return sets


def copying(folder, options):
    """CPU seconds per gigabyte copied, of longtake and of ffmpeg's concat demuxer, medians of three rounds."""
    sets = make_heavy(folder)
    gigabytes = [sum(os.path.getsize(os.path.join(folder, name)) for name in names) / 1e9 for names in sets]
    own, peer = [], []
    for _ in range(3):
        costs = []
        for names in sets:
            listed = concat_list(folder, names, "heavy.txt")
            theirs = ffmpeg(
                folder, "-f", "concat", "-safe", "0", "-i", listed, "-c", "copy", "-movflags", "+faststart", "peer.mp4")
            copy = ["--mode", "copy", "--overlap", "keep", "--check", "joins"]
            costs.append((longtake(folder, names, options, "own.mp4", *copy), theirs))
        more = gigabytes[1] - gigabytes[0]
        own.append((costs[1][0] - costs[0][0]) / more)
        peer.append((costs[1][1] - costs[0][1]) / more)
    own, peer = sorted(own)[1], sorted(peer)[1]
    print(
        f"Copying, {gigabytes[1]:.2f} GB against {gigabytes[0]:.2f} GB of the same video: longtake {own:.2f} CPU seconds per further GB, "
        f"ffmpeg concat {peer:.2f}; ratio {own / peer:.2f}")


def describe(label, path, starts, expected, shots, cpu):
    master = Master(path)
    offsets = audio_offsets(path, shots, [master.times[start] for start in starts])
    worst = max(offsets, key=abs, default=0.0)
    changed = sum(a != b for a, b in zip(master.digests, expected)) + abs(len(master.digests) - len(expected))
    print(
        f"| {label} | {master.frames} | {master.deltas} | {master.start:.3f} | {master.messages} | "
        f"{1000 * worst:+.1f} | {changed} | {cpu:.1f} |")
    return master


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--longtake", required=True)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--uhd", action="store_true")
    parser.add_argument("--shots", type=int, default=10)
    parser.add_argument("--frames", type=int, default=121)
    parser.add_argument("--codec", default="libx264", choices=["libx264", "libx265"])
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--keep", help="work in this folder and keep it")
    options = parser.parse_args()
    if options.uhd:
        options.size = "3840x2160"
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.abspath(options.keep or scratch)
        os.makedirs(folder, exist_ok=True)
        measure(folder, options)


def measure(folder, options):
    names = make_chain(folder, options)
    joins = options.shots - 1
    paths = [os.path.join(folder, name) for name in names]
    digests = [frame_digests(path) for path in paths]
    whole = [digest for clip in digests for digest in clip]
    dropped = [digest for clip in digests[:-1] for digest in clip[:-1]] + digests[-1]
    keeping = [number * options.frames for number in range(1, options.shots)]
    dropping = [number * (options.frames - 1) for number in range(1, options.shots)]
    right = options.shots * options.frames - joins

    def at(name):
        return os.path.join(folder, name)

    print(f"{options.shots} shots of {options.frames} frames, {options.size}, {options.codec}; {right} distinct frames\n")
    print("| tool | frames | PTS deltas (s) | start (s) | decoder messages | worst audio offset (ms) | frames changed | CPU (s) |")
    print("|---|---|---|---|---|---|---|---|")
    ours = longtake(folder, names, options, "longtake.mp4")
    quick = longtake(folder, names, options, "quick.mp4", "--check", "joins")
    describe("longtake, every frame verified", at("longtake.mp4"), dropping, dropped, paths, ours)
    describe("longtake `--check joins`", at("quick.mp4"), dropping, dropped, paths, quick)
    listed = concat_list(folder, names)
    cpu = ffmpeg(folder, "-f", "concat", "-safe", "0", "-i", listed, "-c", "copy", "concat.mp4")
    describe("ffmpeg concat demuxer", at("concat.mp4"), keeping, whole, paths, cpu)
    appended = [part for name in names for part in ("+", name)][1:]
    cpu = run(["mkvmerge", "-q", "-o", "merged.mkv", *appended], folder)
    describe("mkvmerge", at("merged.mkv"), keeping, whole, paths, cpu)
    cutting, cpu = smartcut(folder, names, options.frames, "smartcut.mp4")
    describe("smartcut 1.7 and concat", at("smartcut.mp4"), dropping, dropped, paths, cpu)
    print(f"\nCPU seconds per join: longtake {quick / joins:.2f} (everything, verification included), smartcut {cutting / joins:.2f} "
          f"(cutting only), ratio {cutting / quick:.1f}")
    audio = samples(at("longtake.mp4"))
    worst = click(audio, [start / RATE for start in dropping])
    print(f"Click test: the largest sample step within 50 ms of a join is {worst:.2f} times the audio's 99.9th percentile (limit 1.5)")
    copying(folder, options)


if __name__ == "__main__":
    numpy.seterr(all="raise")
    main()
