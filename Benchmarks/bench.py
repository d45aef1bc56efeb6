"""Every figure of the benchmark page; started by scripts/bench."""
import argparse
import json
import os
import platform
import subprocess
import sys

import numpy

from contest import Contender, Figure, hold, output_text, read, run
from inputs import RATE, Inputs
from measure import Master, audio_offsets
from results import chart, document

# Mean difference of the right frame's code values, from rounding alone.
SAME_FRAME = 0.6
PROBE_ONE = "import av,sys\nc=av.open(sys.argv[1])\ns=c.streams.video[0]\nprint(s.width,s.height,s.average_rate,s.frames)\n"
COUNT = "import av,sys\nc=av.open(sys.argv[1])\nprint(sum(1 for p in c.demux(c.streams.video[0]) if p.size))\n"
LAST = ("import av,sys\nc=av.open(sys.argv[1])\ns=c.streams.video[0]\ns.thread_type='AUTO'\n"
        "c.seek(s.duration-1+(s.start_time or 0),stream=s)\nf=None\nfor f in c.decode(s): pass\nf.to_image().save('pyav.png')\n")


class Bench:
    def __init__(self, options):
        self.options = options
        self.quick = options.quick
        self.rounds = options.rounds or (3 if options.quick else 7)
        self.inputs = Inputs(".build/bench")
        self.folder = self.inputs.folder
        self.own = os.path.abspath(options.longtake)

    def at(self, name):
        return self.inputs.path(name)

    def hold(self, *figure, goal=None, rounds=None):
        return hold(Figure(*figure, goal=goal), self.folder, rounds or self.rounds)

    # Probing

    def header(self):
        clip = self.inputs.clip("4k.mp4", "4K", 2 if self.quick else 15, "60M")

        def is_right(folder):
            stream = json.loads(output_text(folder))["streams"][0]
            return (stream["width"], stream["height"], stream["r_frame_rate"]) == (3840, 2160, "24/1"), ""

        return self.hold(
            "header", "Header of a 4K MP4", "Reading the header alone, as JSON.", [
                Contender("`longtake probe --no-count`", [self.own, "probe", "--json", "--no-count", clip], is_right),
                Contender("`ffprobe -show_format -show_streams`", [
                    "ffprobe", "-v", "error", "-print_format", "json", "-show_format", "-show_streams", clip], is_right),
                Contender("PyAV `open`", ["python3", "-c", PROBE_ONE, clip], lambda folder: (
                    output_text(folder).startswith("3840 2160 24"), "")),
                Contender("mediainfo", ["mediainfo", "--Output=JSON", clip], lambda folder: (
                    '"Width":"3840"' in output_text(folder).replace(" ", ""), "")),
            ], goal=("≤ 0.8 × ffprobe's CPU time", lambda figure: at_most(figure.ratio(figure.contenders[1]), 0.8)))

    def count(self):
        minutes = 10 if self.quick else 120
        clip = self.long(minutes)
        frames = minutes * 60 * RATE

        def is_right(value):
            return value == frames, f"{value} of {frames} frames"

        return self.hold(
            "count", f"Counting the packets of {minutes} minutes of 1080p", f"{os.path.getsize(clip) / 1e9:.2f} GB.", [
                Contender("`longtake probe`", [self.own, "probe", "--json", clip], lambda folder: is_right(
                    json.loads(output_text(folder))["streams"][0]["longtake"]["frames"])),
                Contender("`ffprobe -count_packets`", [
                    "ffprobe", "-v", "error", "-count_packets", "-show_streams", "-of", "json", clip],
                    lambda folder: is_right(int(json.loads(output_text(folder))["streams"][0]["nb_read_packets"]))),
                Contender("PyAV `demux`", ["python3", "-c", COUNT, clip], lambda folder: is_right(int(output_text(folder)))),
            ], goal=("≤ 1.2 × ffprobe's CPU time", lambda figure: at_most(figure.ratio(figure.contenders[1]), 1.2)), rounds=3)

    def long(self, minutes):
        ten = self.inputs.clip("1080p-10s.mp4", "1080p", 10, "1M")
        return self.inputs.looped(f"1080p-{minutes}min.mp4", ten, minutes * 6)

    # Frames

    def pixels(self, path):
        return numpy.frombuffer(read("ffmpeg", "-v", "error", "-i", path, "-pix_fmt", "rgb24", "-f", "rawvideo", "-"), numpy.uint8)

    def reference(self, clip, number):
        """A frame of a full decode in the stream's own matrix."""
        return self.inputs.make(
            f"reference-{os.path.basename(clip)}-{number}.png", "-i", clip, "-vf",
            f"select=eq(n\\,{number}),scale=in_color_matrix=bt709:flags=accurate_rnd+full_chroma_int+full_chroma_inp",
            "-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-frames:v", "1")

    def is_frame(self, reference):
        wanted = self.pixels(reference)

        def named(name):
            def check(folder):
                path = os.path.join(folder, name)
                found = self.pixels(path)
                os.remove(path)
                if len(found) != len(wanted):
                    return False, "no frame of this size"
                far = numpy.abs(found.astype(int) - wanted).mean()
                return bool(far < SAME_FRAME), f"{far:.2f} code values off"
            return check
        return named

    def last(self):
        clip = self.inputs.clip("4k.mp4", "4K", 2 if self.quick else 15, "60M")
        frames = int(read("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=nb_frames", "-of", "csv=p=0", clip))
        reference = self.reference(clip, frames - 1)
        is_right = self.is_frame(reference)
        return self.hold(
            "last", "The last frame of a 4K clip", "As PNG, against the last frame of a full decode in the stream's own matrix.", [
                Contender("`longtake frame --last`", [self.own, "frame", clip, "--last", "-o", "own.png", "--overwrite"], is_right("own.png")),
                Contender("`ffmpeg -sseof -0.1`", ["ffmpeg", "-y", "-sseof", "-0.1", "-i", clip, "-update", "1", "ffmpeg.png"], is_right("ffmpeg.png")),
                Contender("`ffmpeg -sseof -1`", ["ffmpeg", "-y", "-sseof", "-1", "-i", clip, "-update", "1", "ffmpeg1.png"], is_right("ffmpeg1.png")),
                Contender("PyAV, seek and decode", ["python3", "-c", LAST, clip], is_right("pyav.png")),
                Contender("`ffmpegthumbnailer -t 100%`", [
                    "ffmpegthumbnailer", "-i", clip, "-o", "thumb.png", "-s", "0", "-t", "100%"], is_right("thumb.png")),
            ])

    def tail(self):
        """The same GOP at the end of a short and of a long clip."""
        short = self.long(1)
        long = self.long(10 if self.quick else 120)
        is_right = self.is_frame(self.reference(self.at("1080p-10s.mp4"), 10 * RATE - 1))
        return self.hold(
            "tail", "The last frame of a short and of a long clip", "The same GOP at the end of both.", [
                Contender("`longtake frame --last`, long", [
                    self.own, "frame", long, "--last", "-o", "own.png", "--overwrite"], is_right("own.png")),
                Contender("`longtake frame --last`, 1 minute", [
                    self.own, "frame", short, "--last", "-o", "own.png", "--overwrite"], is_right("own.png")),
            ], goal=("independent of the length: ≤ 1.2 ×", lambda figure: at_most(figure.ratio(figure.contenders[1]), 1.2)))

    def sheet(self):
        clip = self.inputs.clip("4k.mp4", "4K", 2 if self.quick else 15, "60M")
        frames = int(read("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=nb_frames", "-of", "csv=p=0", clip))

        def is_sheet(name):
            def check(folder):
                path = os.path.join(folder, name)
                width, height = map(int, read(
                    "ffprobe", "-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0", path).decode().split(","))
                os.remove(path)
                return width >= 1270 and height >= 4 * 170, f"{width}×{height}"
            return check

        choice = "+".join(f"eq(n\\,{number * (frames - 1) // 15})" for number in range(16))
        return self.hold(
            "sheet", "Sixteen frames of a 4K clip on one sheet", "longtake takes one exact frame of each sixteenth.", [
                Contender("`longtake sheet`", [
                    self.own, "sheet", clip, "--columns", "4", "--rows", "4", "--width", "1280", "-o", "sheet.jpg", "--overwrite"], is_sheet("sheet.jpg")),
                Contender("`ffmpeg -vf select,scale,tile`", [
                    "ffmpeg", "-y", "-i", clip, "-vf", f"select='{choice}',scale=320:180,tile=4x4", "-frames:v", "1", "tile.jpg"], is_sheet("tile.jpg")),
                Contender("vcsi", ["vcsi", clip, "-g", "4x4", "-w", "1280", "-o", "vcsi.jpg"], is_sheet("vcsi.jpg")),
            ], rounds=3)

    # Joining

    def is_joined(self, name, shots, distinct, length):
        def check(folder):
            master = Master(os.path.join(folder, name))
            whole = master.frames == distinct and " " not in master.deltas and abs(master.start) < 1e-6
            offsets = audio_offsets(os.path.join(folder, name), shots, [
                master.times[min(number * length, len(master.times) - 1)] for number in range(1, len(shots))])
            worst = 1000 * max((abs(offset) for offset in offsets), default=0)
            text = f"{master.frames} of {distinct} frames, deltas {master.deltas} s, start {master.start:.3f} s, audio off by {worst:.1f} ms"
            return bool(whole and master.messages == 0 and worst < 1000 * 1024 / 48000), text
        return check

    def joined(self, key, title, size, shots, frames, goal=None):
        paths = self.inputs.chain(f"{size}-{frames}-", size, shots, frames)
        distinct = shots * (frames - 1) + 1
        listed = self.inputs.list(f"{key}.txt", paths)
        appended = [part for path in paths for part in ("+", path)][1:]
        cuts = " && ".join(
            f"smartcut {path} cut{number}.mp4 --frames --keep 0,{frames - 2}" for number, path in enumerate(paths[:-1]))
        cut_list = self.inputs.list(f"{key}-cut.txt", [self.at(f"cut{number}.mp4") for number in range(shots - 1)] + paths[-1:])
        join = "ffmpeg -v error -nostdin -y -f concat -safe 0 -i"

        def right(name):
            return self.is_joined(name, paths, distinct, frames - 1)

        stitch = [self.own, "stitch", *paths, "--overwrite", "--quiet"]
        smart = Contender(
            "smartcut and concat", ["bash", "-c", f"set -e; {cuts}; {join} {cut_list} -c copy smart.mp4"], right("smart.mp4"))
        return self.hold(
            key, title, "Each shot begins with the last frame of the one before. Right is each frame once, one PTS delta, start 0, "
            "no decoder message, audio within one AAC frame of its shot.", [
                Contender("`longtake stitch`, every frame verified", stitch + ["-o", "own.mp4"], right("own.mp4")),
                Contender("`longtake stitch --check joins`", stitch + ["-o", "joins.mp4", "--check", "joins"], right("joins.mp4")),
                Contender("ffmpeg concat demuxer", ["bash", "-c", f"{join} {listed} -c copy concat.mp4"], right("concat.mp4")),
                Contender("mkvmerge", ["mkvmerge", "-q", "-o", "merged.mkv", *appended], right("merged.mkv"), (0, 1)),
                smart,
            ], goal=goal, rounds=3)

    def chain(self):
        return self.joined("chain", "A chain of shots at 360p", "360p", 3 if self.quick else 10, 49 if self.quick else 121)

    def join4k(self):
        return self.joined("join4k", "One join of 4K shots", "4K", 2, 25 if self.quick else 49, goal=(
            "≤ 8 CPU s with every frame verified", lambda figure: at_most(figure.contenders[0].median("cpu"), 8, " CPU s")))

    def frames(self, path):
        return int(read("ffprobe", "-v", "error", "-select_streams", "v", "-count_packets", "-show_entries",
                        "stream=nb_read_packets", "-of", "csv=p=0", path))

    def is_copied(self, path, frames):
        times = sorted(int(line.strip(",")) for line in read(
            "ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=pts", "-of", "csv=p=0", path
        ).decode().split())
        deltas = {b - a for a, b in zip(times, times[1:])}
        return len(times) == frames and len(deltas) == 1, f"{len(times)} of {frames} frames, {len(deltas)} PTS delta(s)"

    def copying(self):
        """Two lengths of the same video: the difference of their costs is copying."""
        heavy = self.inputs.make(
            "heavy.mp4", "-f", "lavfi", "-i", f"testsrc2=size=1920x1080:rate={RATE},noise=alls=40:allf=t,format=yuv420p", "-frames:v",
            "24", "-c:v", "libx264", "-preset", "ultrafast", "-qp", "32")
        short, long = self.inputs.looped("heavy1.mp4", heavy, 1), self.inputs.looped("heavy8.mp4", heavy, 8 if self.quick else 24)
        more = 2 * (os.path.getsize(long) - os.path.getsize(short)) / 1e9
        figure = Figure(
            "copying", f"Copying {more:.2f} GB of video into a master", "CPU seconds of the longer files less those of the shorter: "
            "copying alone. `--check joins`, no overlap.", [
                Contender("`longtake stitch`", [self.own]), Contender("ffmpeg concat demuxer", ["ffmpeg"])],
            goal=("≤ 0.5 × ffmpeg's CPU time per GB", lambda figure: at_most(figure.ratio(figure.contenders[1]), 0.5)))
        print(figure.title, file=sys.stderr)
        for number in range(self.rounds):
            costs = []
            for path in (short, long):
                listed = self.inputs.list("heavy.txt", [path, path])
                costs.append([
                    run([self.own, "stitch", path, path, "-o", "own.mp4", "--overwrite", "--quiet", "--mode", "copy", "--overlap",
                         "keep", "--check", "joins"], self.folder),
                    run(["ffmpeg", "-v", "error", "-nostdin", "-y", "-f", "concat", "-safe", "0", "-i", listed, "-c", "copy", "-movflags",
                         "+faststart", "peer.mp4"], self.folder)])
            for contender, less, all in zip(figure.contenders, *costs):
                if less and all:
                    contender.costs.append({part: max(all[part] - less[part], 0.001) for part in ("cpu", "wall")} | {"rss": all["rss"]})
            if number == 0:
                for contender, name in zip(figure.contenders, ("own.mp4", "peer.mp4")):
                    contender.answer = self.is_copied(os.path.join(self.folder, name), 2 * self.frames(long))
        return figure

    def audio(self):
        """Audio beside a video that costs next to nothing."""
        seconds = 30 if self.quick else 120
        clip = self.inputs.make(
            f"tone-{seconds}.mp4", "-f", "lavfi", "-i", f"color=size=64x64:rate={RATE}:duration={seconds}", "-f", "lavfi", "-i",
            f"anoisesrc=color=pink:amplitude=0.3:sample_rate=48000:duration={seconds}", "-c:v", "libx264", "-preset", "ultrafast",
            "-c:a", "aac", "-ac", "2", "-b:a", "192k")

        def is_long(name):
            def check(folder):
                length = float(read("ffprobe", "-v", "error", "-select_streams", "a", "-show_entries", "stream=duration", "-of",
                                    "csv=p=0", os.path.join(folder, name)))
                return abs(length - 2 * seconds) <= 1024 / 48000, f"{length:.3f} s"
            return check

        return self.hold(
            "audio", f"The audio of a stitch, {2 * seconds} s of stereo", "The video is 64×64 pixels of one colour. longtake decodes, joins, "
            "meters, encodes and proves the audio.", [
                Contender("`longtake stitch`", [self.own, "stitch", clip, clip, "-o", "own.mp4", "--overwrite", "--overlap", "keep", "--quiet"], is_long("own.mp4")),
                Contender("ffmpeg's AAC encoder alone", [
                    "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i",
                    f"anoisesrc=color=pink:amplitude=0.3:sample_rate=48000:duration={2 * seconds}", "-c:a", "aac", "-ac", "2", "-b:a", "256k",
                    "aac.m4a"], is_long("aac.m4a")),
            ], goal=("≤ 1.4 × the encoder's CPU time", lambda figure: at_most(figure.ratio(figure.contenders[1]), 1.4)))

    # Verifying

    def verify(self):
        clip = self.inputs.clip("4k.mp4", "4K", 2 if self.quick else 15, "60M")
        null = ["-f", "null", "-"]

        def is_verdict(folder):
            report = json.loads(output_text(folder))
            return report["verdict"] in ("pass", "warn", "fail") and len(report["findings"]) > 10, report["verdict"]

        return self.hold(
            "verify", "Verifying a 4K clip", "Preset uhd-4k, with native resolution and loudness, beside decoding alone.", [
                Contender("`longtake verify`", [self.own, "verify", "--quiet", "--json", "--preset", "uhd-4k", clip], is_verdict, (0, 1)),
                Contender("ffmpeg, decoding alone", ["ffmpeg", "-v", "error", "-nostdin", "-i", clip, *null]),
                Contender("ffmpeg with its detectors", [
                    "ffmpeg", "-v", "error", "-nostdin", "-i", clip, "-vf", "blackdetect,freezedetect,cropdetect,idet,signalstats", "-af",
                    "ebur128=peak=true", *null]),
            ], rounds=3)

    def native(self):
        one = self.inputs.clip("4k-one-gop.mp4", "4K", 1, "60M", gop=240)
        many = self.inputs.clip("4k-12-gops.mp4", "4K", 6 if self.quick else 12, "60M", gop=12)

        def goal(figure):
            costs = figure.contenders[0].median("cpu") / 12, figure.contenders[1].median("cpu")
            return max(costs) <= 0.2, f"{costs[0]:.2f} and {costs[1]:.2f} CPU s"

        def is_native(folder):
            verdict = json.loads(output_text(folder))["verdict"]
            return verdict != "upscaled", verdict

        return self.hold(
            "native", "Native resolution of 4K clips", "At most twelve keyframes are looked at.", [
                Contender("`longtake native`, 12 keyframes", [self.own, "native", many, "--json"], is_native, (0, 1)),
                Contender("`longtake native`, 1 keyframe", [self.own, "native", one, "--json"], is_native, (0, 1)),
            ], goal=("≤ 0.2 CPU s a keyframe", goal))

    # Growth

    def growth(self):
        shots = self.inputs.chain("tiny-", "tiny", 2, 13)
        rows = []
        for count in (10, 100) if self.quick else (10, 100, 1000):
            paths = [shots[number % 2] for number in range(count)]
            for name, more in [("every frame verified", []), ("--check joins", ["--check", "joins"])]:
                cost = run([self.own, "stitch", *paths, "-o", "own.mp4", "--overwrite", "--quiet", "--overlap", "keep", *more], self.folder)
                rows.append((count, count, f"`stitch`, {name}", cost))
                print(f"  {count} shots {name}: {cost}", file=sys.stderr)
        tables = [("Cost by number of shots", "Shots of 13 frames, 160×96, with audio.", "shots", rows)]
        rows = []
        for minutes in (1, 10) if self.quick else (1, 10, 120):
            clip = self.long(minutes)
            commands = [
                ("`probe`", ["probe", clip]), ("`frame --last`", ["frame", clip, "--last", "-o", "own.png", "--overwrite"]),
                ("`sheet`", ["sheet", clip, "-o", "sheet.jpg", "--overwrite"]), ("`verify --fast`", ["verify", "--fast", "--preset", "web-1080p", clip]),
                ("`stitch --check joins`", [
                    "stitch", clip, clip, "-o", "own.mp4", "--overwrite", "--quiet", "--overlap", "keep", "--check", "joins"])]
            if minutes <= 10:
                commands.append(("`verify`", ["verify", "--preset", "web-1080p", clip]))
            for name, arguments in commands:
                cost = run([self.own, *arguments], self.folder, (0, 1))
                rows.append((minutes, minutes, name, cost))
                print(f"  {minutes} min {name}: {cost}", file=sys.stderr)
        tables.append(("Cost by length", "1080p H.264 at 1 Mb/s with stereo AAC.", "minutes", rows))
        return tables


def at_most(value, limit, unit=""):
    return value <= limit, f"{value:.2f}{unit}"


FIGURES = ["header", "count", "last", "tail", "sheet", "chain", "join4k", "copying", "audio", "verify", "native"]


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    version = read("ffmpeg", "-version").decode().split()[2]
    return f"{os.cpu_count()} processors ({model}), ffmpeg {version}, load {os.getloadavg()[0]:.1f} at the start."


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--quick", action="store_true", help="smaller inputs and fewer rounds")
    parser.add_argument("--only", nargs="+", choices=FIGURES + ["growth"], help="these figures")
    parser.add_argument("--rounds", type=int, help="of each figure (default: 7, with --quick 3; costly figures have 3)")
    parser.add_argument("--longtake", default=".build/release/longtake", help="the program (default: %(default)s)")
    parser.add_argument("--output", default="Benchmarks/RESULTS.md", help="the page (default: %(default)s); the chart is beside it")
    options = parser.parse_args()
    about = machine()
    bench = Bench(options)
    chosen = options.only or FIGURES + ["growth"]
    figures = [getattr(bench, name)() for name in FIGURES if name in chosen]
    tables = bench.growth() if "growth" in chosen else []
    picture = os.path.splitext(options.output)[0] + ".svg"
    with open(picture, "w") as file:
        file.write(chart(figures))
    command = " ".join(["scripts/bench", *(["--quick"] if options.quick else []), *(["--only", *options.only] if options.only else [])])
    with open(options.output, "w") as file:
        file.write(document(figures, tables, about, command, os.path.basename(picture)))


if __name__ == "__main__":
    main()
