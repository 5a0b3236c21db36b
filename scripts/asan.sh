#!/bin/bash
# Builds everything but the trainer with the address and undefined-behaviour sanitizers and runs its
# tests.
#   scripts/asan.sh          all of them
#   scripts/asan.sh --fast   the server that takes what strangers send
set -euo pipefail
cd "$(dirname "$0")/.."

fast=(fair_pool_test decode_queue_test http_test http_hostile_test contract_test store_test)
targets=() filter=()
if [ "${1:-}" = --fast ]; then
  targets=(--target "${fast[@]}")
  filter=(-R "^($(IFS='|'; echo "${fast[*]}"))$")
fi

cmake --preset asan
cmake --build --preset asan "${targets[@]}"
mkdir -p build/reports
ctest --preset asan --output-junit "$PWD/build/reports/asan.xml" "${filter[@]}"
