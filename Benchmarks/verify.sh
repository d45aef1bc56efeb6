#!/bin/bash
# Full `longtake verify` of a 15 s 4K clip against plain decoding and against ffmpeg's own detectors, and the header
# probe against ffprobe. Ratios of one run on one machine; wall time and CPU time (user + system).
#
# usage: Benchmarks/verify.sh [LONGTAKE] [CLIP]
set -eu
longtake=${1:-.build/release/longtake}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
clip=${2:-$work/clip.mp4}
if [ $# -lt 2 ]; then
  # Natural-looking motion with grain, 24 pictures a second, about 50 Mbit/s, stereo sound.
  ffmpeg -v error -nostdin -f lavfi -i "color=gray:size=4320x2560:rate=24:duration=15,noise=alls=80:all_seed=5,gblur=sigma=3,loop=loop=-1:size=1:start=0,crop=3840:2160:x='mod(3*n,480)':y='mod(2*n,400)',noise=alls=6:allf=t,setpts=N/24/TB" \
    -f lavfi -i "anoisesrc=color=pink:seed=3:sample_rate=48000:duration=15" -frames:v 360 -c:v libx264 -preset veryfast \
    -b:v 50M -pix_fmt yuv420p -c:a aac -ac 2 -b:a 192k "$clip"
fi
runs=${RUNS:-3}
# measure NAME COMMAND...: the best of some runs, as "wall cpu peak-memory-kB"
measure() {
  local name=$1 best="" line
  shift
  for _ in $(seq "$runs"); do
    line=$( { /usr/bin/time -f "%e %U %S %M" "$@" >/dev/null 2>"$work/err"; } 2>&1 || true)
    line=$(tail -1 "$work/err")
    best=$(printf '%s\n%s\n' "$best" "$line" | awk 'NF == 4 { c = $2 + $3; if (!n || c < bc) { n = 1; bc = c; bw = $1; bm = $4; l = $0 } } END { print l }')
  done
  awk -v n="$name" '{ printf "%-34s %8.2f s wall %8.2f s CPU %8.0f MB\n", n, $1, $2 + $3, $4 / 1024 }' <<<"$best"
  echo "$best" | awk '{ print $1, $2 + $3 }' >"$work/$name"
}
ratio() {
  paste -d' ' "$work/$1" "$work/$2" | awk -v a="$1" -v b="$2" '{ printf "%s / %s: %.2f wall, %.2f CPU\n", a, b, $1 / $3, $2 / $4 }'
}
measure verify "$longtake" verify --quiet --json "$clip"
measure decode ffmpeg -hide_banner -nostdin -v error -i "$clip" -f null -
measure filters ffmpeg -hide_banner -nostdin -v error -i "$clip" \
  -vf blackdetect,freezedetect,cropdetect,idet,signalstats -af ebur128=peak=true -f null -
measure probe "$longtake" probe --json --no-count "$clip"
measure ffprobe ffprobe -v error -print_format json -show_format -show_streams "$clip"
ratio verify decode
ratio filters verify
ratio probe ffprobe
