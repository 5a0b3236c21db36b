#!/bin/bash
# The table of our own figures between the "measured" marks of docs/performance.md.
#   scripts/performance.sh            measures on all cores and writes it (three minutes)
#   scripts/performance.sh --print    prints it
# With TUTTI_DATA, shards or raw sets, also what INT8 costs in each task (four minutes more); MODEL_F32
# is the file before quantization (a recipe's store = "f32"), else the shipped one computes in FP32.
# Figures of one machine at one time; close everything else first.
set -euo pipefail
cd "$(dirname "$0")/.."
tutti=${TUTTI:-build/runtime/apps/tutti/tutti}
threads=${THREADS:-$(nproc)}
model=models/tutti-nano.safetensors
work=$(mktemp -d)
table=$work/table
trap 'rm -rf "$work"' EXIT

evaluate() {
  "$tutti" eval --data "$TUTTI_DATA" --judge models/judge.safetensors --limit 200 --repeat 16 \
    --threads "$threads" --json "$@" > /dev/null
}

# Where the figures are from. Add by hand which generation the processor is, and whether it was idle.
origin() {
  processor=$(sed -n '/^model name/ { s/.*: //p; q }' /proc/cpuinfo)
  echo "| machine | threads | date | commit | command |"
  echo "|---|---|---|---|---|"
  echo "| ${processor:-$(uname -m)} | $threads | $(date +%F) | $(git rev-parse --short HEAD) | \`scripts/performance.sh\` |"
  echo
}

rows() {
  origin
  echo "| \`tutti bench\` | INT8 | share of the ceiling | bf16 | FP32 |"
  echo "|---|---|---|---|---|"
  for shape in 25m 125m 500m; do
    for dtype in int8 bf16 f32; do
      "$tutti" bench trunk --shape $shape --dtype $dtype --threads "$threads" | sed "s/^/$dtype /"
    done | awk -v shape=$shape '
      $2 == "prefill" { prefill[$1] = $5; share[$1] = $9 }
      $2 == "decode" { decode[$1] = $5; rate[$1] = $9 }
      END {
        row = "| trunk %s, %s | %.0f tokens/s | %d %% of %s | %.0f | %.0f |\n"
        printf row, shape, "prefill", prefill["int8"], share["int8"], "products", prefill["bf16"], prefill["f32"]
        printf row, shape, "decode", decode["int8"], rate["int8"], "reads", decode["bf16"], decode["f32"] }'
  done
  for batch in 1 8; do
    for dtype in int8 bf16 f32; do
      "$tutti" bench encoder --batch $batch --dtype $dtype --threads "$threads" | sed "s/^/$dtype /"
    done | awk -v batch=$batch '
      $2 == "batch" { time[$1] = $4; share[$1] = $10 }
      END { printf "| encoder vit-s16, batch %d | %.2f ms | %d %% of products | %.2f | %.2f |\n",
            batch, time["int8"], share["int8"], time["bf16"], time["f32"] }'
  done
  echo
  "$tutti" bench model --model $model --threads "$threads" --json > "$work/bench.json"
  if [ -n "${TUTTI_DATA:-}" ]; then
    evaluate --model "${MODEL_F32:-$model}" --dtype f32 -o "$work/f32.json"
    evaluate --model $model -o "$work/int8.json"
  fi
  node scripts/model_tables.mjs "$work"/bench.json $(ls "$work"/f32.json "$work"/int8.json 2> /dev/null)
}

rows > "$table"
if [ "${1:-}" = --print ]; then
  cat "$table"
  exit 0
fi
awk -v table="$table" '
  /<!-- measured:end -->/ { inside = 0 }
  !inside { print }
  /<!-- measured:begin -->/ { inside = 1; while ((getline line < table) > 0) print line }
' docs/performance.md > docs/performance.md.new
mv docs/performance.md.new docs/performance.md
