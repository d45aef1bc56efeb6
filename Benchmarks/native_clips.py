"""Makes native and upscaled clips from photographs and renders, and runs `longtake native` on them.

    native_clips.py PROGRAM IMAGES SCRATCH [--minutes N] [--limit N] [--seed N] [--half a|b] [--frames WxH,...] [--keep]

IMAGES is a folder of images. Each gives clips of one or two frame sizes that it is large enough for: native ones (unchanged, soft,
dark, with motion blur, denoised, sharpened, with grain, text or bars) and upscaled ones, by one of many kernels, some upscaled
twice, sharpened, grained, cropped, between bars or from a compressed source. Each clip is one keyframe or a short pan of two.
SCRATCH/results.jsonl gets one JSON object per clip; existing results are kept, and `--minutes` bounds a run, so that it can be
continued. The halves hold different images: thresholds are chosen on one and checked on the other. Prints the tables in Markdown.
"""

import argparse
import hashlib
import json
import pathlib
import random
import resource
import subprocess
import time

from PIL import Image, ImageDraw, ImageFilter

from native_table import table

Image.MAX_IMAGE_PIXELS = None
FRAMES = [(3840, 2160), (2160, 3840), (2880, 2880), (4096, 2160), (3000, 3000), (1920, 1080), (1080, 1920)]
# Short sides of the sources by short side of the frame.
SOURCES = {2160: [720, 900, 1080, 1440], 1080: [480, 540, 720], 2880: [960, 1024, 1440, 1920], 3000: [1024, 1080, 1440, 2048]}
FFMPEG_KERNELS = ["bilinear", "bicubic", "lanczos", "spline", "area", "neighbor"]
PILLOW_KERNELS = {"pillow-bilinear": Image.BILINEAR, "pillow-bicubic": Image.BICUBIC, "pillow-lanczos": Image.LANCZOS}
# Codec, suffix, options for a few bits and for more of them.
ENCODINGS = {
    "x264": (".mp4", [["-c:v", "libx264", "-preset", "veryfast", "-crf", crf] for crf in ("17", "22")]),
    "x265": (".mp4", [["-c:v", "libx265", "-preset", "ultrafast", "-crf", crf, "-x265-params", "log-level=none"]
                      for crf in ("17", "23")]),
    "x265-10": (".mp4", [["-c:v", "libx265", "-preset", "ultrafast", "-crf", crf, "-pix_fmt", "yuv420p10le", "-x265-params",
                          "log-level=none"] for crf in ("17", "23")]),
    "vp9": (".webm", [["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "7", "-b:v", "0", "-crf", crf]
                      for crf in ("20", "32")]),
    "av1": (".mp4", [["-c:v", "libsvtav1", "-preset", "11", "-crf", crf] for crf in ("25", "38")]),
    "prores": (".mov", [["-c:v", "prores_ks", "-profile:v", profile, "-pix_fmt", "yuv422p10le"] for profile in ("0", "2")]),
    "mjpeg": (".mov", [["-c:v", "mjpeg", "-q:v", quality, "-pix_fmt", "yuvj420p"] for quality in ("2", "6")]),
}
# Relative frequencies.
CODEC_WEIGHTS = {"x264": 8, "x265": 6, "x265-10": 2, "vp9": 1, "av1": 1, "prores": 1, "mjpeg": 1}
NATIVE_KINDS = ["soft", "very soft", "dark", "motion", "cleaned", "sharpened", "grain", "text", "bars", "bokeh"]
UPSCALED_KINDS = ["twice", "sharpened", "grain", "bars", "compressed", "anamorphic", "cut"]


def images(folder, frames):
    """Distinct images that are large enough for one of the frame sizes: path, size and digest."""
    seen = set()
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.suffix.lower() not in (".jpg", ".jpeg", ".png", ".webp") or path.is_symlink():
            continue
        try:
            with Image.open(path) as image:
                size = image.size
        except OSError:
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest not in seen and any(fits(size, frame) for frame in frames):
            seen.add(digest)
            yield path, size, digest


def fits(size, frame):
    return size[0] >= frame[0] and size[1] >= frame[1]


def native_image(path, frame):
    """The image in a frame's size without upscaling: scaled down if it is large enough, else cropped."""
    image = Image.open(path).convert("RGB")
    scale = max(frame[0] / image.width, frame[1] / image.height)
    if scale < 0.98:
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.LANCZOS)
    left, top = (image.width - frame[0]) // 2, (image.height - frame[1]) // 2
    return image.crop((left, top, left + frame[0], top + frame[1]))


def with_text(image, generator):
    """The image with a third of it covered by lines of text and thin rules, like a screen."""
    image = image.copy()
    draw = ImageDraw.Draw(image)
    width, height = image.size
    draw.rectangle((width // 8, height // 6, width // 2, height * 5 // 6), fill=(245, 245, 245))
    for line in range(height // 6 + 10, height * 5 // 6 - 30, 22):
        text = "".join(generator.choice("abcdefghij klmnop qrstuvwxyz") for _ in range(width // 22))
        draw.text((width // 8 + 20, line), text, fill=(20, 20, 30))
        draw.line((width // 8, line - 4, width // 2, line - 4), fill=(200, 205, 215))
    return image


def with_bokeh(image):
    """The image sharp in the middle only, like a portrait."""
    mask = Image.new("L", image.size, 0)
    width, height = image.size
    ImageDraw.Draw(mask).ellipse((width * 3 // 8, height // 4, width * 5 // 8, height), fill=255)
    mask = mask.filter(ImageFilter.BoxBlur(60))
    return Image.composite(image, image.filter(ImageFilter.GaussianBlur(12)), mask)


def even(value):
    return max(2, round(value / 2) * 2)


def variants(generator, frame):
    """The clips of one image: dictionaries of kind, source, kernel, codec, rate and moving."""

    def encoding():
        codec = generator.choices(list(CODEC_WEIGHTS), CODEC_WEIGHTS.values())[0]
        return {"codec": codec, "rate": generator.randrange(2), "moving": generator.random() < 0.2}

    yield {"kind": "native", **encoding()}
    for kind in generator.sample(NATIVE_KINDS, 4):
        yield {"kind": kind, **encoding()}
    kernels = FFMPEG_KERNELS + list(PILLOW_KERNELS)
    sources = SOURCES[min(frame)]
    for source in sources:
        yield {"kind": "upscaled", "source": source, "kernel": generator.choice(kernels), **encoding()}
    kind = generator.choice(UPSCALED_KINDS)
    source = sources[0] if kind == "twice" else generator.choice(sources)
    yield {"kind": f"upscaled, {kind}", "source": source, "kernel": generator.choice(FFMPEG_KERNELS[:4]), **encoding()}


def source_of(case, image, frame, generator):
    """The image to encode and ffmpeg's filters for it."""
    width, height = frame
    kind = case["kind"].removeprefix("upscaled, ")
    filters = []
    if "source" in case:
        share = case["source"] / min(frame)
        size = (even(width * share), even(height * share))
        if kind == "anamorphic":
            size = (even(width * 0.375), even(height * 0.5))
        case["size"] = size
        up = f"scale={width}:{height}:flags={case['kernel']}"
        if kind == "bars":
            inner = even(height * 0.8)
            image = image.crop((0, (height - inner) // 2, width, (height - inner) // 2 + inner))
            size = (size[0], even(inner * share))
            up = f"scale={width}:{inner}:flags={case['kernel']},pad={width}:{height}:0:{(height - inner) // 2}"
        if kind == "cut":
            # Upscaled to 1.1 times the frame and cropped at odd offsets.
            size = (even(size[0] * 1.1), even(size[1] * 1.1))
            big = (round(size[0] / share), round(size[1] / share))
            up = f"scale={big[0]}:{big[1]}:flags={case['kernel']},crop={width}:{height}:{width // 19}:{height // 21}:exact=1"
        small = image.resize(size, generator.choice([Image.LANCZOS, Image.BICUBIC]))
        if kind == "compressed":
            small = compressed(small, generator.randrange(70, 90))
        if kind == "twice":
            up = f"scale={even(width / 2)}:{even(height / 2)}:flags={case['kernel']}," + up
        if case["kernel"] in PILLOW_KERNELS:
            image = small.resize(frame, PILLOW_KERNELS[case["kernel"]])
        else:
            image, filters = small, [up]
    if kind == "text":
        image = with_text(image, generator)
    if kind == "bokeh":
        image = with_bokeh(image)
    dark = "format=yuv444p,lutyuv=y=16+(val-16)/6:u=128+(val-128)/6:v=128+(val-128)/6"
    bars = f"drawbox=h={height // 9 + 1}:c=black:t=fill,drawbox=y={height - height // 9 - 1}:c=black:t=fill"
    extra = {
        "soft": "gblur=sigma=2.5", "very soft": "gblur=sigma=6", "dark": dark, "motion": "dblur=angle=20:radius=14",
        "cleaned": "hqdn3d=12:9:0:0,bilateral=sigmaS=3:sigmaR=0.1", "sharpened": "unsharp=5:5:1.0", "grain": "noise=alls=9:allf=t",
        "bars": bars if "source" not in case else None,
    }.get(kind)
    return image, filters + ([extra] if extra else [])


def compressed(image, quality):
    """The image after JPEG compression."""
    import io

    file = io.BytesIO()
    image.save(file, "jpeg", quality=quality)
    return Image.open(io.BytesIO(file.getvalue())).convert("RGB")


def encode(image, target, filters, case):
    """Encodes one frame of the image, or a pan of two by whole pixels of the source."""
    _, rates = ENCODINGS[case["codec"]]
    options = list(rates[case["rate"]])
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{image.width}x{image.height}", "-framerate", "24", "-i", "-"]
    data = image.tobytes()
    if case["moving"]:
        step = 2
        moved = image.transform(image.size, Image.AFFINE, (1, 0, step, 0, 1, step))
        data += moved.tobytes()
        if "libx265" in options:
            options[-1] += ":keyint=1"
        else:
            options += ["-g", "1"]
    if "-pix_fmt" not in options:
        options += ["-pix_fmt", "yuv420p"]
    command = ["ffmpeg", "-v", "error", "-y"] + raw
    command += (["-vf", ",".join(filters)] if filters else []) + options + [str(target)]
    subprocess.run(command, input=data, check=True, stderr=subprocess.DEVNULL)


def estimate(program, path):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run([program, "native", "--json", str(path)], capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode not in (0, 1):
        raise SystemExit(f"{path}: {run.stderr}")
    answer = json.loads(run.stdout)
    answer["cpu_seconds"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return answer


def clip_name(image, frame, case):
    parts = [image, f"{frame[0]}x{frame[1]}", case["kind"], str(case.get("source", "")), case.get("kernel", ""), case["codec"]]
    return ".".join(parts + [str(case["rate"]), "pan" if case["moving"] else "still"]).replace("/", "-").replace(" ", "_")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("images", type=pathlib.Path)
    parser.add_argument("scratch", type=pathlib.Path)
    parser.add_argument("--minutes", type=float, default=60, help="start no clip after this time (default: 60)")
    parser.add_argument("--limit", type=int, help="use only this many images")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--half", choices=["a", "b"], help="use only one half of the images")
    parser.add_argument("--frames", help="use only these frame sizes, e.g. 3840x2160,1920x1080")
    parser.add_argument("--keep", action="store_true", help="keep the clips")
    parser.add_argument("--table", action="store_true", help="only print the tables")
    options = parser.parse_args()
    options.scratch.mkdir(parents=True, exist_ok=True)
    log = options.scratch / "results.jsonl"
    results = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    done = {result["clip"] for result in results}
    wanted = [tuple(map(int, name.split("x"))) for name in options.frames.split(",")] if options.frames else FRAMES
    deadline = time.monotonic() + (0 if options.table else options.minutes * 60)
    found = [] if options.table else list(images(options.images, wanted))
    random.Random(options.seed).shuffle(found)
    for path, size, digest in found[: options.limit]:
        half = "ab"[int(digest[:8], 16) % 2]
        if options.half not in (None, half):
            continue
        generator = random.Random(f"{options.seed} {digest}")
        possible = [frame for frame in wanted if fits(size, frame)]
        # The first size that the image is large enough for, and a random one.
        chosen = possible[:1] + generator.sample(possible[1:], min(1, len(possible) - 1))
        for frame in chosen:
            image = None
            for case in list(variants(generator, frame)):
                name = clip_name(f"{path.stem}-{digest[:6]}", frame, case)
                if name in done:
                    continue
                if time.monotonic() > deadline:
                    break
                image = image or native_image(path, frame)
                source, filters = source_of(case, image, frame, random.Random(name))
                target = options.scratch / f"{name}{ENCODINGS[case['codec']][0]}"
                try:
                    encode(source, target, filters, case)
                except subprocess.CalledProcessError:
                    print(f"ffmpeg cannot make {name}")
                    continue
                result = estimate(options.program, target)
                result.update(clip=name, half=half, frame=frame, **case)
                results.append(result)
                with log.open("a") as file:
                    file.write(json.dumps(result) + "\n")
                if not options.keep:
                    target.unlink()
    print(table(results))


if __name__ == "__main__":
    main()
