#!/bin/bash
# What do the hierarchy and the modality groups buy? Trains recipes/ablation.toml as it is, without
# the hierarchy (level-1 tokens enter the trunk unresampled: plain concatenation), and with one
# feed-forward for all modalities, each until it has spent the same FLOPs; then evaluates all three.
#   scripts/ablate.sh SHARDS [OUT] [STEPS of the first] [LIMIT of samples a task]
# Writes OUT/ablation.md: final training losses, then the evaluation suite. Runs that are complete are
# not repeated.
set -euo pipefail
cd "$(dirname "$0")/.."
shards=${1:?usage: scripts/ablate.sh SHARDS [OUT] [STEPS] [LIMIT]}
out=${2:-runs/ablation}
steps=${3:-400}
limit=${4:-100}
bin=${TUTTI_BUILD:-build/runtime}/apps
mkdir -p "$out"

variant() {  # NAME LINE-FOR-[model]
  sed "s/^\[model\]/[model]\n$2/" recipes/ablation.toml > "$out/$1.toml"
}
train() {  # NAME STEPS LOG
  "$bin/tutti-train/tutti-train" "$out/$1.toml" --shards "$shards" --output "$3" --steps "$2" 2>> "$out/$1.log"
}
tflops() {  # RUN: what its steps so far have cost
  awk '{ match($0, /"gflops":[0-9.e+]+/); g = substr($0, RSTART + 9, RLENGTH - 9)
         match($0, /"seconds":[0-9.e+]+/); sum += g * substr($0, RSTART + 10, RLENGTH - 10) }
       END { printf "%.4f\n", sum / 1000 }' "$1/log.jsonl"
}

variant full ""
variant concatenation "hierarchy = false"
variant merged "groups = false"

train full "$steps" "$out/full"
budget=$(tflops "$out/full")
for name in concatenation merged; do
  [ -s "$out/$name-probe/log.jsonl" ] || train "$name" 10 "$out/$name-probe"
  equal=$(awk "BEGIN { printf \"%d\", 10 * $budget / $(tflops "$out/$name-probe") }")
  train "$name" "$equal" "$out/$name"
done

for name in full concatenation merged; do
  [ -s "$out/$name.txt" ] || "$bin/tutti/tutti" eval --model "$out/$name/model.safetensors" \
    --data "$shards" --judge models/judge.safetensors --limit "$limit" > "$out/$name.txt"
done
values() { awk '$2 ~ /^-?[0-9.]+$/ { print $1 "\t" $2 }' "$out/$1.txt"; }
{
  echo "| | as it is | plain concatenation | merged groups |"
  echo "|---|---|---|---|"
  row() { echo "| $1 | $2 | $3 | $4 |"; }
  row "steps" $(for n in full concatenation merged; do tail -n 1 "$out/$n/log.jsonl" | grep -o '"step":[0-9]*' | cut -d: -f2; done)
  row "TFLOP" $(for n in full concatenation merged; do tflops "$out/$n"; done)
  for loss in text paint speak ctc contrast matte duration vocoder; do
    row "loss: $loss" $(for n in full concatenation merged; do
      tail -n 5 "$out/$n/log.jsonl" | grep -o "\"$loss\":[0-9.e-]*" | cut -d: -f2 |
        awk '{ sum += $1 } END { printf "%.3f\n", sum / NR }'; done)
  done
  paste <(values full) <(values concatenation) <(values merged) |
    awk -F'\t' '{ print "| " $1 " | " $2 " | " $4 " | " $6 " |" }'
} > "$out/ablation.md"
cat "$out/ablation.md"
