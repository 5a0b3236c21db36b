#!/bin/bash
# Times every task of the shipped model, then plain transformers, each as a share of what this machine
# could do at most. Compare only figures of one machine, run after each other.
set -euo pipefail
cd "$(dirname "$0")/.."
tutti=${TUTTI:-build/runtime/apps/tutti/tutti}
"$tutti" bench model
for shape in 25m 125m 500m; do
  echo
  "$tutti" bench trunk --shape $shape
done
for batch in 1 8; do
  echo
  "$tutti" bench encoder --batch $batch
done
