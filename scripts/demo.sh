#!/bin/bash
# Shows what the shipped model does with a picture, speech, a clip, points and text, says where the files it
# makes lie (build/demo/), and ends with the server: in a terminal it stays until Ctrl+C, elsewhere
# (in CI) it is started, asked for its page and its model, and stopped.
#   scripts/demo.sh
# PORT: where the server listens (8080). Other inputs: PICTURE, SOUND, CLIP and POINTS name files; DRAW
# and SAY are texts; MODEL and TUTTI choose the model and the binary. The inputs that ship in models/demo/
# were made by our own scene generator (tests/demo_inputs_test.cc) and by espeak-ng (command.wav with
# `espeak-ng -v en-us -s 140 "go left"`); chair.ply is six boxes. They show what the model does well: short
# commands, and single things to draw by their names. Sentences are often misspelt, and speech is unclear.
set -euo pipefail
cd "$(dirname "$0")/.."

tutti=${TUTTI:-build/runtime/apps/tutti/tutti}
model=${MODEL:-models/tutti-nano.safetensors}
picture=${PICTURE:-models/demo/picture.png}
sound=${SOUND:-models/demo/command.wav}
clip=${CLIP:-models/demo/clip.mp4}
points=${POINTS:-models/demo/chair.ply}
draw=${DRAW:-sunflower}
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
  answer=$("$tutti" run --model "$model" "$@" 2>&1) ||
    { echo "$answer" >&2; echo "demo: failed: $tutti run $*" >&2; exit 1; }
  printf '\n%s  (%s s)\n' "$title" "$(awk "BEGIN { printf \"%.2f\", $EPOCHREALTIME - $start }")"
  [ -z "$answer" ] || sed 's/^/  /' <<< "$answer"
}

made() {
  [ -s "$1" ] || { echo "demo: $1 was not written" >&2; exit 1; }
}

rm -f "$out/drawn.png" "$out/spoken.wav"
show "What is in $picture?" --image "$picture"
show "What is said in $sound?" --audio "$sound"
show "What happens in $clip?" --video "$clip"
show "What is $points, from its points?" --points "$points"
show "Draw: $draw" --text "$draw" --to image --seed 1 -o "$out/drawn.png"
made "$out/drawn.png"
show "Say (experimental): $say" --text "$say" --to speech --seed 1 -o "$out/spoken.wav"
made "$out/spoken.wav"

echo
if [ -t 0 ] && [ -t 1 ]; then
  port=${PORT:-8080}
  if [ -z "${PORT:-}" ] && (: < /dev/tcp/127.0.0.1/$port) 2> /dev/null; then
    echo "Port $port is taken, so any free one is used; PORT=NUMBER make run chooses."
    port=0
  fi
  echo "The studio: open the address below in a browser. Ctrl+C ends the server."
  exec "$tutti" serve --model "$model" --port "$port"
fi

# get PATH: the answer of the server at $port, headers included.
get() {
  exec 3<> "/dev/tcp/127.0.0.1/$port"
  printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1" >&3
  cat <&3
  exec 3>&-
}

log=$out/serve.log
"$tutti" serve --model "$model" --port "${PORT:-0}" --no-store 2> "$log" &
server=$!
trap 'kill $server 2> /dev/null || true' EXIT
port=
for ((wait = 0; wait < 600; ++wait)); do
  port=$(sed -n 's|.*http://127.0.0.1:\([0-9]*\)/.*|\1|p' "$log" | head -n 1)
  [ -z "$port" ] && kill -0 $server 2> /dev/null || break
  sleep 0.1
done
[ -n "$port" ] || { echo "demo: the server did not start:" >&2; cat "$log" >&2; exit 1; }
[[ $(get /v1/models) == *'"object":"list"'* ]] || { echo "demo: no answer at /v1/models" >&2; exit 1; }
[[ $(get /) == "HTTP/1.1 200"*"<title>Tutti</title>"* ]] || { echo "demo: the page is missing" >&2; exit 1; }
kill $server
wait $server || { echo "demo: the server did not end well:" >&2; cat "$log" >&2; exit 1; }
trap - EXIT
echo "The server answers, and so does its page. Start it with"
echo "  $tutti serve --model $model"
echo "and open http://127.0.0.1:8080/ in a browser."
