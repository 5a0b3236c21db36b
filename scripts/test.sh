#!/bin/bash
# Builds everything, runs every test and about a minute of fuzzing. Closes with "N passed, N failed",
# counted from ctest's own report; exits with 1 when a test or a fuzz target failed.
set -euo pipefail
cd "$(dirname "$0")/.."

cmake --preset all
cmake --build --preset all

report=$PWD/build/all/tests.xml
rm -f "$report"
status=0
ctest --preset all --output-junit "$report" || status=1

targets=(fuzz/*_fuzz.cc)
scripts/fuzz.sh $((60 / ${#targets[@]})) || { echo "fuzzing failed, see above"; status=1; }

scripts/test_summary.sh "$report" || status=1
exit $status
