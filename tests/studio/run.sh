#!/bin/bash
# Drives the studio in Chromium, against servers of its own. Run by ctest in the build folder, where
# the build has put these files and their packages; the arguments are Playwright's.
#   ctest --preset all -R studio_browser_test
# SCREENSHOTS=FOLDER keeps the pictures that the documents show (docs/images), of the shipped model.
set -euo pipefail

for program in node chromium ffmpeg; do
  command -v $program > /dev/null ||
    { echo "$program was not found; install it: scripts/packages.sh all" >&2; exit 1; }
done
if [ -n "${SCREENSHOTS:-}" ]; then
  export STUDIO_MODEL=$TUTTI_ROOT/models/tutti-nano.safetensors
fi
# Chromium's microphone plays PCM alone. The silence says that it was all.
ffmpeg -v error -y -i "$TUTTI_ROOT/models/demo/speech.wav" -af apad=pad_dur=3 -c:a pcm_s16le said.wav
exec node node_modules/@playwright/test/cli.js test "$@"
