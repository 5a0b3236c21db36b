#!/bin/bash
# Builds everything but the trainer with the address and undefined-behaviour sanitizers and runs its
# tests.
#   scripts/asan.sh          all of them
#   scripts/asan.sh --fast   of what reads what strangers send: parsers, media, the server
set -euo pipefail
cd "$(dirname "$0")/.."

fast=(base_test format_test tokenizer_test media_test model_config_test data_test hostile_shards_test
  fair_pool_test isolated_media_test http_test http_hostile_test contract_test store_test api_test
  decode_queue_test realtime_test serve_faults_test serve_contract_test)
targets=() filter=()
if [ "${1:-}" = --fast ]; then
  targets=(--target "${fast[@]}")
  filter=(-R "^($(IFS='|'; echo "${fast[*]}"))$")
fi

cmake --preset asan
cmake --build --preset asan "${targets[@]}"
mkdir -p build/reports
ctest --preset asan --output-junit "$PWD/build/reports/asan.xml" "${filter[@]}"
