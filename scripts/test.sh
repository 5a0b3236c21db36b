#!/bin/bash
# Builds everything with assertions, runs every test and about a minute of fuzzing. Closes with
# "N passed, N failed", counted from ctest's own report and from the other phases; exits with 1 when
# one failed. A test that fails is run once more on its own: where it passes then, it is named FLAKY
# and does not count as failed. It is a fault all the same, of the test or of what it tests.
#   scripts/test.sh              forgets what earlier runs reported
#   scripts/test.sh --continue   adds to it (CONTINUE=1 make test, as .ci/run does)
set -euo pipefail
cd "$(dirname "$0")/.."
[ "${1:-}" = --continue ] || rm -rf build/reports
mkdir -p build/reports

status=0

if scripts/phase.sh build bash -c "cmake --preset all && cmake --build --preset all"; then
  report=$PWD/build/reports/all.xml
  if ! ctest --preset all --output-junit "$report"; then
    again=build/reports/again.txt
    ctest --preset all --rerun-failed --output-junit "$PWD/$again" || status=1
    scripts/flaky.sh "$report" "$again"
  fi
else
  status=1
fi
targets=(fuzz/*_fuzz.cc)
scripts/phase.sh fuzz scripts/fuzz.sh $((60 / ${#targets[@]})) || status=1

scripts/test_summary.sh build/reports/*.xml || status=1
exit $status
