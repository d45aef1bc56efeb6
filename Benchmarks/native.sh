#!/usr/bin/env bash
# Runs `longtake native` on clips made from the photographs and renders of Debian's wallpaper packages, native and upscaled,
# and prints the tables of Benchmarks/native.md. Runs for at most an hour (--minutes) and can be interrupted and resumed.
#
#   Benchmarks/native.sh [SCRATCH] [options of native_clips.py]   default: .build-native/
#
# Needs apt-get, ffmpeg and python3 with Pillow; the images stay in SCRATCH and are not part of the project.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=${1:-.build-native}
shift || true
packages=(
  plasma-workspace-wallpapers ukui-wallpapers gnome-backgrounds mate-backgrounds lomiri-wallpapers-16.04
  lomiri-wallpapers-20.04 sway-backgrounds desktop-base xfdesktop4-data debian-edu-artwork-emerald debian-edu-artwork-homeworld
  debian-edu-artwork-buster debian-edu-artwork-softwaves
)

mkdir -p "$scratch/packages" "$scratch/images"
if [ ! -e "$scratch/images/complete" ]; then
  (cd "$scratch/packages" && apt-get -qq download "${packages[@]}")
  for package in "$scratch"/packages/*.deb; do dpkg-deb -x "$package" "$scratch/images"; done
  touch "$scratch/images/complete"
fi
swift build -c release --product longtake >&2
exec python3 Benchmarks/native_clips.py .build/release/longtake "$scratch/images" "$scratch" "$@"
