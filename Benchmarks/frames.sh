#!/usr/bin/env bash
# The cost of single frames, contact sheets and thumbnails, beside common tools, in one run.
#
#   Benchmarks/frames.sh [CLIP] > Benchmarks/frames.md
#
# CLIP is a 4K clip of some seconds (default: one of 15 s at 80 Mb/s is generated). LONGTAKE names the program, PYTHON a Python that
# has PyAV, OpenCV and vcsi. Peers that are not installed are skipped. Figures are CPU seconds of the whole process tree.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
clip=${1:-}
if [ -z "$clip" ]; then
  clip=$scratch/clip.mp4
  ffmpeg -v error -f lavfi -i "testsrc2=size=3840x2160:rate=24:duration=15,noise=c0s=14:c0f=t+u" \
    -f lavfi -i "sine=frequency=300:duration=15" -c:v libx264 -preset veryfast -b:v 80M -pix_fmt yuv420p \
    -colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv -c:a aac -movflags +faststart "$clip"
fi
LONGTAKE=${LONGTAKE:-.build/release/longtake} PYTHON=${PYTHON:-python3} exec python3 Benchmarks/frames.py "$clip" "$scratch"
