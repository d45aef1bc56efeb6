#!/bin/bash
# Full `longtake verify` of a 15 s 4K clip against plain decoding and against ffmpeg's own detectors, and the header
# probe against ffprobe. Ratios of one run on one machine; wall time and CPU time (user + system), the minimum of RUNS runs.
#
# usage: [RUNS=3] Benchmarks/verify.sh [LONGTAKE] [CLIP]
set -eu
longtake=${1:-.build/release/longtake}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
clip=${2:-$work/clip.mp4}
if [ $# -lt 2 ]; then
  # Natural-looking motion with grain, 24 frames a second, about 50 Mbit/s, stereo audio.
  ffmpeg -v error -nostdin -f lavfi -i "color=gray:size=4320x2560:rate=24:duration=15,noise=alls=80:all_seed=5,gblur=sigma=3,loop=loop=-1:size=1:start=0,crop=3840:2160:x='mod(3*n,480)':y='mod(2*n,400)',noise=alls=6:allf=t,setpts=N/24/TB,trim=end_frame=360" \
    -f lavfi -i "anoisesrc=color=pink:seed=3:sample_rate=48000:duration=15" -c:v libx264 -preset veryfast \
    -b:v 50M -pix_fmt yuv420p -c:a aac -ac 2 -b:a 192k "$clip"
fi
# once NAME COMMAND...: records "wall cpu peak-memory-kB" of one run; verify may exit with 1.
once() {
  local name=$1
  shift
  /usr/bin/time -o "$work/time" -f "%e %U %S %M" "$@" >"$work/out" 2>"$work/err" || [[ $name == verify || $name == fast ]] || {
    cat "$work/err" >&2
    exit 1
  }
  [[ $name != verify || -s $work/out ]] || { cat "$work/err" >&2; exit 1; }
  tail -1 "$work/time" | awk '{ print $1, $2 + $3, $4 }' >>"$work/$name"
}
# The commands alternate, so that other load affects all of them alike.
for _ in $(seq "${RUNS:-3}"); do
  once verify "$longtake" verify --quiet --json "$clip"
  once decode ffmpeg -hide_banner -nostdin -v error -i "$clip" -f null -
  once filters ffmpeg -hide_banner -nostdin -v error -i "$clip" \
    -vf blackdetect,freezedetect,cropdetect,idet,signalstats -af ebur128=peak=true -f null -
  once fast "$longtake" verify --fast --quiet --json "$clip"
  once probe "$longtake" probe --json --no-count "$clip"
  once ffprobe ffprobe -v error -print_format json -show_format -show_streams "$clip"
done
least='{ if (NR == 1 || $1 < w) w = $1; if (NR == 1 || $2 < c) c = $2; if ($3 > m) m = $3 } END { print w, c, m }'
for name in verify decode filters fast probe ffprobe; do
  awk "$least" "$work/$name" >"$work/$name.least"
  awk -v n="$name" '{ printf "%-8s %8.2f s wall %8.2f s CPU %6.0f MB\n", n, $1, $2, $3 / 1024 }' "$work/$name.least"
done
ratio() {
  paste -d' ' "$work/$1.least" "$work/$2.least" |
    awk -v a="$1" -v b="$2" '{ printf "%s / %s: %.2f wall, %.2f CPU\n", a, b, $1 / $4, $2 / $5 }'
}
ratio verify decode
ratio filters verify
ratio probe ffprobe
