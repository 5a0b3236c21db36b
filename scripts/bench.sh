#!/bin/bash
# Times whole runs of `tutti run` on the shipped model: one to warm up, then five, as medians of wall
# time. Compare only figures of one machine, run after each other.
set -euo pipefail
cd "$(dirname "$0")/.."
tutti=${TUTTI:-build/runtime/apps/tutti/tutti}
model=${MODEL:-models/tutti-nano.safetensors}
[ -f "$model" ] || { echo "bench: there is no $model to measure" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# measure NAME ARGUMENTS...
measure() {
  local name=$1 start times=()
  shift
  for run in warm 1 2 3 4 5; do
    start=$EPOCHREALTIME
    "$tutti" run --model "$model" "$@" > "$work/out" 2> "$work/err" ||
      { cat "$work/err" >&2; exit 1; }
    [ "$run" = warm ] || times+=("$(awk "BEGIN { printf \"%.3f\", $EPOCHREALTIME - $start }")")
  done
  printf '%-24s %8s s\n' "$name" "$(printf '%s\n' "${times[@]}" | sort -n | sed -n 3p)"
}

echo "tutti run, whole process, median of five on $(nproc) cores"
measure 'picture to text' --image models/demo/picture.png
measure 'speech to text' --audio models/demo/speech.wav
measure 'clip to text' --video models/demo/clip.mp4
measure 'text to picture' --text 'a red circle' --to image --seed 1 -o "$work/drawn.png"
measure 'text to speech' --text 'two blue triangles' --to speech --seed 1 -o "$work/spoken.wav"
