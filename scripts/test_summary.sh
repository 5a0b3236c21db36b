#!/bin/sh
# Reads a JUnit report of ctest and prints "N passed, N failed[, N skipped]".
#   scripts/test_summary.sh REPORT.xml
# Exits with 1 when a test failed, none passed, or the report is not there.
set -eu
report=${1:?usage: scripts/test_summary.sh REPORT.xml}
[ -s "$report" ] || { echo "0 passed, 1 failed"; exit 1; }

count() { grep -c "<testcase .*status=\"$1\"" "$report" || true; }
passed=$(count run)
failed=$(count fail)
skipped=$(($(count notrun) + $(count disabled)))

line="$passed passed, $failed failed"
[ "$skipped" = 0 ] || line="$line, $skipped skipped"
echo "$line"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
