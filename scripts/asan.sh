#!/bin/bash
# Builds everything but the trainer with the address and undefined-behaviour sanitizers and runs its
# tests.
#   scripts/asan.sh          all of them
#   scripts/asan.sh --fast   without those of left_out, which CONTRIBUTING.md explains
set -euo pipefail
cd "$(dirname "$0")/.."

left_out='^(scene_contact_sheet_test|data_build_test|eval_test|quantize_test|load_test|kits_api_test|(rest|realtime)_6_api_test|examples_api_test|api_docs_test|docs_test|security_test)$'
filter=()
[ "${1:-}" != --fast ] || filter=(-E "$left_out" -LE '^(browser|fuzz|slow)$')

cmake --preset asan
cmake --build --preset asan
mkdir -p build/reports
ctest --preset asan --output-junit "$PWD/build/reports/asan.xml" "${filter[@]}"
