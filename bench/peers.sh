#!/bin/bash
# Tutti beside an engine that is installed already, in turn, five rounds: medians, and the median of their ratios.
#   bench/peers.sh TUTTI THREADS trunk SHAPE LLAMA_BENCH MODEL.gguf   llama-bench of llama.cpp, or llama_bench.mjs
#   bench/peers.sh TUTTI THREADS encoder BATCH COMMAND...             prints milliseconds a batch
# The model file holds the same shape, of any weights, in Q8_0 (random_gguf.py writes one); the command runs
# vit-s16 in INT8. DECODE is how many tokens to continue with (128), RUNS how many runs of llama-bench a round has (5).
set -euo pipefail
[ $# -ge 5 ] || { sed -n '2,6s/^# //p' "$0" >&2; exit 2; }
tutti=$1 threads=$2 kind=$3 size=$4 decode=${DECODE:-128}
shift 4

middle() { sort -n "$1" | sed -n 3p; }
# field PART KEY: a figure of tutti's JSON on standard input
field() { sed -n "s/.*\"$1\":{[^}]*\"$2\":\([0-9.e+-]*\).*/\1/p"; }
# tokens a second of the one test that llama-bench was asked for
speed() { sed -n 's/.*"avg_ts": *\([0-9.]*\).*/\1/p'; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# report NAME UNIT: a row of the table; more is better unless the unit is ms
report() {
  paste "$work/$1.ours" "$work/$1.peer" | awk -v unit="$2" '{ print unit == "ms" ? $2 / $1 : $1 / $2 }' > "$work/ratio"
  printf '| %-8s | %9.2f %s | %9.2f %s | %.2fx |\n' "$1" "$(middle "$work/$1.ours")" "$2" \
    "$(middle "$work/$1.peer")" "$2" "$(middle "$work/ratio")"
}

for round in 1 2 3 4 5; do
  if [ "$kind" = trunk ]; then
    "$tutti" bench trunk --shape "$size" --threads "$threads" --decode "$decode" --json > "$work/json"
    field prefill tokens_per_second < "$work/json" >> "$work/prefill.ours"
    field decode tokens_per_second < "$work/json" >> "$work/decode.ours"
    common="-m $2 -t $threads -r ${RUNS:-5} -o jsonl"
    "$1" $common -p 512 -n 0 2> "$work/err" | speed >> "$work/prefill.peer"
    "$1" $common -p 0 -n "$decode" 2> "$work/err" | speed >> "$work/decode.peer"
  else
    "$tutti" bench encoder --batch "$size" --threads "$threads" --json |
      sed -n 's/.*"seconds":\([0-9.e+-]*\).*/\1/p' | awk '{ print 1000 * $1 }' >> "$work/encode.ours"
    "$@" 2> "$work/err" | tail -n 1 >> "$work/encode.peer"
  fi
done
echo "| $kind $size | tutti INT8 | peer | ratio |"
echo "|---|---|---|---|"
if [ "$kind" = trunk ]; then
  report prefill tokens/s
  report decode tokens/s
else
  report encode ms
fi
