#!/bin/bash
# Joins ten shots that share a frame, with longtake and with its peers, and measures the results.
#   Benchmarks/joins.sh [--size 1280x720] [--uhd] [--shots 10] [--frames 121] [--codec libx264] [--keep DIR]
# Needs ffmpeg, mkvtoolnix and python3 with venv; installs smartcut 1.7 and PyAV into .build/benchmark-peers.
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in ffmpeg ffprobe mkvmerge python3; do
  command -v "$tool" >/dev/null || { echo "joins: $tool is missing; apt-get install ffmpeg mkvtoolnix python3-venv" >&2; exit 69; }
done
[ -x .build/release/longtake ] || swift build -c release --product longtake
peers=.build/benchmark-peers
if [ ! -x "$peers/bin/smartcut" ]; then
  python3 -m venv "$peers"
  "$peers/bin/pip" install --quiet smartcut==1.7 av numpy
fi
PATH="$PWD/$peers/bin:$PATH" exec "$peers/bin/python" Benchmarks/joins.py --longtake "$PWD/.build/release/longtake" "$@"
