#!/bin/bash
# Drives the studio in Chromium, against a server of its own with the shipped model.
#   tests/studio/run.sh TUTTI-BINARY WORK-FOLDER [PLAYWRIGHT ARGUMENTS...]
# SCREENSHOTS=FOLDER keeps the pictures that the documents show (docs/images).
set -euo pipefail
source=$(cd "$(dirname "$0")" && pwd)
export TUTTI_BINARY=$(realpath "$1") TUTTI_ROOT=${source%/tests/studio}
work=$2
shift 2

for program in npm chromium ffmpeg; do
  command -v $program > /dev/null ||
    { echo "$program was not found; install it: scripts/packages.sh all" >&2; exit 1; }
done
[ -f "$TUTTI_ROOT/models/tutti-nano.safetensors" ] ||
  { echo "there is no models/tutti-nano.safetensors to serve" >&2; exit 1; }

# In the build folder: the source tree stays clean.
mkdir -p "$work"
cp "$source"/*.ts "$source"/package*.json "$source/.npmrc" "$work"
cd "$work"
if ! cmp -s package-lock.json node_modules/.installed; then
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.installed
fi
# Chromium's microphone plays PCM alone. The silence says that it was all.
ffmpeg -v error -y -i "$TUTTI_ROOT/models/demo/speech.wav" -af apad=pad_dur=3 -c:a pcm_s16le said.wav
exec node node_modules/@playwright/test/cli.js test "$@"
