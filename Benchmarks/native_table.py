"""The tables of Benchmarks/native.md, from the results of native_clips.py."""

import collections

# Bits per pixel of the keyframes above which the aims apply.
ENOUGH_BITS = 0.1
# Relative error within which a size counts as found.
SIZE_TOLERANCE = 0.02
VERDICTS = ["upscaled", "native", "likely_native", "inconclusive"]


def is_found(result):
    if result["verdict"] != "upscaled" or "size" not in result:
        return False
    answer = result["estimated_width"], result["estimated_height"]
    return all(abs(a / b - 1) <= SIZE_TOLERANCE for a, b in zip(answer, result["size"]))


def counts(results, key, title):
    """One row for each value of a key."""
    rows = collections.defaultdict(collections.Counter)
    for result in results:
        row = rows[key(result)]
        row["number"] += 1
        row[result["verdict"]] += 1
        row["found"] += is_found(result)
    lines = [f"| {title} | number | size right | " + " | ".join(f"`{name}`" for name in VERDICTS) + " |", "|---" * 7 + "|"]
    for name, row in sorted(rows.items()):
        lines.append(f"| {name} | {row['number']} | {row['found']} | " + " | ".join(str(row[v]) for v in VERDICTS) + " |")
    return lines + [""]


def share(hits, results):
    return f"{hits} of {len(results)} ({100 * hits / max(1, len(results)):.0f} %)"


def rate(result):
    return "≥ 0.1" if result["bits_per_pixel"] >= ENOUGH_BITS else "< 0.1"


def table(results):
    native = [r for r in results if "source" not in r]
    scaled = [r for r in results if "source" in r]
    plain = [r for r in scaled if r["kind"] == "upscaled"]
    enough = [r for r in plain if r["bits_per_pixel"] >= ENOUGH_BITS]
    lines = counts(native, lambda r: f"{r['kind']} | {rate(r)}", "native frames | bit/px")
    lines += counts(native, lambda r: f"{r['codec']} | {rate(r)}", "native frames, by codec | bit/px")
    lines += counts(
        plain, lambda r: f"{min(r['frame'])} | {r['source']} | {rate(r)}", "frame, short side | upscaled from | bit/px")
    for key, title in (("codec", "codec"), ("kernel", "kernel")):
        lines += counts(enough, lambda r: r[key], f"upscaled, ≥ 0.1 bit/px, by {title}")
    lines += counts(enough, lambda r: "{}×{}".format(*r["frame"]), "upscaled, ≥ 0.1 bit/px, by frame")
    lines += counts(
        [r for r in scaled if r not in plain and r["bits_per_pixel"] >= ENOUGH_BITS], lambda r: r["kind"],
        "upscaled and processed, ≥ 0.1 bit/px")
    # Extends each rule to the columns of its title.
    lines = [line.replace("|---" * 7 + "|", "|---" * (lines[n - 1].count("|") - 1) + "|") if line.startswith("|---") else line
             for n, line in enumerate(lines)]
    for half in ("a", "b"):
        of_half = [r for r in results if r["half"] == half]
        if not of_half:
            continue
        false = [r for r in of_half if "source" not in r and r["verdict"] == "upscaled"]
        kept = [r for r in of_half if "source" not in r]
        lines.append(f"Half {half}: native clips called upscaled: {len(false)} of {len(kept)}."
                     + "".join(f" {r['clip']}" for r in false))
        for sources in ((720, 1080), (1440,)):
            chosen = [r for r in enough if r["half"] == half and r["source"] in sources and min(r["frame"]) == 2160]
            hits = sum(is_found(r) for r in chosen)
            names = " and ".join(map(str, sources))
            lines.append(f"Half {half}: sources of {names} lines in 2160 at ≥ {ENOUGH_BITS} bit/px found: {share(hits, chosen)}.")
    wrong = [r for r in scaled if r["verdict"] == "upscaled" and not is_found(r)]
    lines.append(f"Upscaled, but another size estimated: {len(wrong)}." + "".join(f" {r['clip']}" for r in wrong))
    costs = sorted(r["cpu_seconds"] / r["key_frames"] for r in results if r["key_frames"] and max(r["frame"]) >= 3840)
    if costs:
        lines.append(f"CPU seconds per 4K keyframe, whole program: median {costs[len(costs) // 2]:.2f}.")
    return "\n".join(lines)
