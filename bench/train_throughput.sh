#!/bin/sh
# Training throughput beside PyTorch (Debian's python3-torch): the same trunk, shapes and precision, in
# turn, five rounds; medians and their ratio. Usage: bench/train_throughput.sh BUILD_FOLDER [THREADS]
set -eu
program=$1/bench/train_throughput
export OMP_NUM_THREADS="${2:-$(nproc)}"
/usr/bin/python3 -c 'import torch' 2>/dev/null || {
  echo "the peer needs Debian's PyTorch: apt-get install python3-torch" >&2
  exit 1
}
ours= peer=
for round in 1 2 3 4 5; do
  ours="$ours
$("$program")"
  peer="$peer
$(/usr/bin/python3 "$(dirname "$0")/train_peer.py")"
done
middle() { printf '%s\n' "$1" | sed '/^$/d' | cut -d' ' -f"$2" | sort -n | sed -n 3p; }
a=$(middle "$ours" 1) b=$(middle "$peer" 1)
echo "tutti    $a ms a step, $(middle "$ours" 2) GFLOP/s of $(middle "$ours" 3) (bf16 ceiling), $(middle "$ours" 4) MiB"
echo "pytorch  $b ms a step, $(middle "$peer" 2) MiB"
echo "ratio    $(echo "$b $a" | awk '{printf "%.2f", $1 / $2}')x (pytorch time / tutti time)"
