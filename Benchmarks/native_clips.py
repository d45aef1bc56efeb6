"""Makes native and scaled-up 4K clips from photographs and renders, and judges them with `longtake native`.

    native_clips.py PROGRAM IMAGES SCRATCH [--limit N] [--seed N]

IMAGES is a folder of pictures; those of at least 3840x2160 are taken. Every picture gives a native 3840x2160 frame (cropped, or
scaled down from more), a soft one (blurred) and a dark one; and, after scaling down to 720, 900, 1080 and 1440 lines, frames scaled
up again by one of four kernels. Each is encoded by x264 or x265 as one still key picture or as a short pan, and judged. One JSON
object a clip goes to SCRATCH/results.jsonl; what is there already is not made again. Prints the table in Markdown.
"""

import argparse
import collections
import hashlib
import json
import pathlib
import random
import resource
import subprocess

from PIL import Image

Image.MAX_IMAGE_PIXELS = None
WIDTH, HEIGHT = 3840, 2160
KERNELS = ["bilinear", "bicubic", "lanczos", "spline"]
SOURCES = [720, 900, 1080, 1440]
# codec, options
ENCODINGS = [
    ("libx264", ["-preset", "veryfast", "-crf", "17"]),
    ("libx264", ["-preset", "veryfast", "-crf", "22"]),
    ("libx265", ["-preset", "ultrafast", "-crf", "19", "-x265-params", "log-level=none"]),
    ("libx265", ["-preset", "ultrafast", "-crf", "24", "-x265-params", "log-level=none"]),
]
# Bits per pixel of the key pictures from which the method is held to its figures.
ENOUGH_BITS = 0.1
# A size counts as found within this share.
SIZE_TOLERANCE = 0.02


def pictures(folder):
    """Distinct pictures that are large enough, by path."""
    found, seen = [], set()
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.suffix.lower() not in (".jpg", ".jpeg", ".png", ".webp") or path.is_symlink():
            continue
        try:
            with Image.open(path) as image:
                size = image.size
        except OSError:
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if size[0] >= WIDTH and size[1] >= HEIGHT and digest not in seen:
            seen.add(digest)
            found.append(path)
    return found


def name_of(path):
    parts = [part for part in path.parts if part not in ("contents", "images", "usr", "share")]
    return "-".join(parts[-2:]).rsplit(".", 1)[0].replace(" ", "_")


def native_frame(path, target):
    """A 3840x2160 PNG with nothing invented: scaled down where there is enough, else cropped."""
    image = Image.open(path).convert("RGB")
    width, height = image.size
    scale = max(WIDTH / width, HEIGHT / height)
    if scale < 0.98:
        image = image.resize((round(width * scale), round(height * scale)), Image.LANCZOS)
    left, top = (image.width - WIDTH) // 2, (image.height - HEIGHT) // 2
    image.crop((left, top, left + WIDTH, top + HEIGHT)).save(target, compress_level=1)


def encode(source, target, filters, moving, encoding):
    codec, options = encoding
    if moving:
        # A pan by whole pixels of the source, before it is scaled up: two key pictures.
        inputs = ["-loop", "1", "-framerate", "24", "-t", "0.17", "-i", source]
        filters = filters[:-1] + ["scroll=horizontal=0.002:vertical=0.001"] + filters[-1:]
        options = options + (["-g", "2"] if codec == "libx264" else [])
        if codec == "libx265":
            options = options[:-1] + [options[-1] + ":keyint=2:min-keyint=2:scenecut=0"]
    else:
        inputs = ["-i", source]
    command = ["ffmpeg", "-v", "error", "-y"] + inputs
    command += ["-vf", ",".join(filters + ["format=yuv420p"]), "-c:v", codec] + options + [target]
    subprocess.run(command, check=True)


def judge(program, path):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run([program, "native", "--json", path], capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode not in (0, 1):
        raise SystemExit(f"{path}: {run.stderr}")
    answer = json.loads(run.stdout)
    answer["cpu_seconds"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return answer


def variants(generator):
    """Kind, source lines, kernel, encoding, moving: what is made of one picture."""
    for encoding in generator.sample(ENCODINGS, 2):
        yield ("native", HEIGHT, None, encoding, generator.random() < 0.3)
    yield ("soft", HEIGHT, None, generator.choice(ENCODINGS), False)
    yield ("dark", HEIGHT, None, generator.choice(ENCODINGS), False)
    for lines in SOURCES:
        yield ("upscaled", lines, generator.choice(KERNELS), generator.choice(ENCODINGS), generator.random() < 0.3)


def filters_for(kind, lines, kernel):
    if kind == "soft":
        return ["gblur=sigma=2.5"]
    if kind == "dark":
        return ["format=yuv444p", "lutyuv=y=16+(val-16)/6:u=128+(val-128)/6:v=128+(val-128)/6"]
    if kind == "upscaled":
        return [f"scale=-2:{lines}:flags=lanczos", f"scale={WIDTH}:{HEIGHT}:flags={kernel}"]
    return []


def table(results):
    rows = collections.OrderedDict()
    for result in results:
        kind = result["kind"] if result["kind"] != "upscaled" else f"upscaled from {result['lines']}"
        codec = "H.264" if result["codec"] == "libx264" else "HEVC"
        rate = "≥ 0.1" if result["bits_per_pixel"] >= ENOUGH_BITS else "< 0.1"
        row = rows.setdefault((kind, codec, rate), collections.Counter())
        row["clips"] += 1
        row[result["verdict"]] += 1
        if result["verdict"] == "upscaled" and result["kind"] == "upscaled":
            row["size"] += abs(result["estimated_height"] / result["lines"] - 1) <= SIZE_TOLERANCE
    lines = [
        "| clips | codec | bit/px | number | `upscaled` | size right | `native` | `likely_native` | `inconclusive` |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for (kind, codec, rate), row in sorted(rows.items()):
        size = row["size"] if kind.startswith("upscaled") else "–"
        lines.append(
            f"| {kind} | {codec} | {rate} | {row['clips']} | {row['upscaled']} | {size} | {row['native']}"
            f" | {row['likely_native']} | {row['inconclusive']} |"
        )
    lines.append("")
    false = [r["clip"] for r in results if r["kind"] != "upscaled" and r["verdict"] == "upscaled"]
    total = sum(r["kind"] != "upscaled" for r in results)
    lines.append(f"Native, soft and dark clips called upscaled: {len(false)} of {total}." + "".join(f" {f}" for f in false))
    for wanted, name in (((720, 1080), "720 and 1080"), ((900,), "900"), ((1440,), "1440")):
        chosen = [
            r for r in results
            if r["kind"] == "upscaled" and r["lines"] in wanted and r["bits_per_pixel"] >= ENOUGH_BITS
        ]
        hits = [
            r for r in chosen
            if r["verdict"] == "upscaled" and abs(r["estimated_height"] / r["lines"] - 1) <= SIZE_TOLERANCE
        ]
        share = 100 * len(hits) / max(1, len(chosen))
        lines.append(f"Sources of {name} lines at ≥ {ENOUGH_BITS} bit/px found with the right size: "
                     f"{len(hits)} of {len(chosen)} ({share:.0f} %).")
    costs = sorted(r["cpu_seconds"] / r["key_frames"] for r in results if r["key_frames"])
    if costs:
        lines.append(f"CPU-seconds a key picture, whole program: median {costs[len(costs) // 2]:.2f}.")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("images")
    parser.add_argument("scratch", type=pathlib.Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the clips, so that they can be judged again")
    options = parser.parse_args()
    options.scratch.mkdir(parents=True, exist_ok=True)
    log = options.scratch / "results.jsonl"
    results = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    done = {result["clip"] for result in results}
    chosen = pictures(options.images)
    random.Random(options.seed).shuffle(chosen)
    for path in chosen[: options.limit]:
        name = name_of(path)
        generator = random.Random(f"{options.seed} {name}")
        frame = options.scratch / f"{name}.png"
        for kind, lines, kernel, encoding, moving in variants(generator):
            clip = f"{name}.{kind}.{lines}.{kernel}.{encoding[0]}.{encoding[1][3]}.{'pan' if moving else 'still'}"
            if clip in done:
                continue
            target = options.scratch / f"{clip}.mp4"
            if not target.exists():
                if not frame.exists():
                    native_frame(path, frame)
                encode(str(frame), str(target), filters_for(kind, lines, kernel), moving, encoding)
            result = judge(options.program, str(target))
            result.update(clip=clip, kind=kind, lines=lines, kernel=kernel, codec=encoding[0], moving=moving)
            results.append(result)
            with log.open("a") as file:
                file.write(json.dumps(result) + "\n")
            if not options.keep:
                target.unlink()
        frame.unlink(missing_ok=True)
    print(table(results))


if __name__ == "__main__":
    main()
