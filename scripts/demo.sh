#!/bin/bash
# Shows what the shipped model does with a picture, speech, a clip and text, and says where the files
# it makes lie (build/demo/).
#   scripts/demo.sh
# Other inputs: PICTURE, SOUND, CLIP name files; DRAW and SAY are texts; MODEL and TUTTI choose the
# model and the binary. The inputs that ship in models/demo/ were made by our own scene generator
# (tests/demo_inputs_test.cc) and by espeak-ng.
set -euo pipefail
cd "$(dirname "$0")/.."

tutti=${TUTTI:-build/runtime/apps/tutti/tutti}
model=${MODEL:-models/tutti-nano.safetensors}
picture=${PICTURE:-models/demo/picture.png}
sound=${SOUND:-models/demo/speech.wav}
clip=${CLIP:-models/demo/clip.mp4}
draw=${DRAW:-a red circle}
say=${SAY:-two blue triangles}
out=build/demo

if [ ! -x "$tutti" ]; then
  echo "demo: there is no $tutti; run \`make run\`, which builds it" >&2
  exit 1
fi
if [ ! -f "$model" ]; then
  echo "demo: there is no $model. A checkout with the shipped model has it; one can be trained with" >&2
  echo "  tutti train recipes/nano.toml    and then    MODEL=runs/nano/model.safetensors make run" >&2
  exit 1
fi
mkdir -p "$out"

# show TITLE ARGUMENTS...: one run, its answer, and the seconds the whole process took.
show() {
  local title=$1 start answer
  shift
  start=$EPOCHREALTIME
  answer=$("$tutti" run --model "$model" "$@") || { echo "demo: failed: $tutti run $*" >&2; exit 1; }
  printf '\n%s  (%s s)\n' "$title" "$(awk "BEGIN { printf \"%.2f\", $EPOCHREALTIME - $start }")"
  [ -z "$answer" ] || sed 's/^/  /' <<< "$answer"
}

made() {
  [ -s "$1" ] || { echo "demo: $1 was not written" >&2; exit 1; }
  echo "  -> $1"
}

rm -f "$out/drawn.png" "$out/spoken.wav"
show "What is in $picture?" --image "$picture"
show "What is said in $sound?" --audio "$sound"
show "What happens in $clip?" --video "$clip"
show "Draw: $draw" --text "$draw" --to image --seed 1 -o "$out/drawn.png"
made "$out/drawn.png"
show "Say: $say" --text "$say" --to speech --seed 1 -o "$out/spoken.wav"
made "$out/spoken.wav"
