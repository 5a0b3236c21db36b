#!/bin/sh
# Reads JUnit reports of ctest and prints "FAILED: NAME" for each test that failed, and then "N passed,
# N failed[, N skipped]" of all of them together.
#   scripts/test_summary.sh REPORT.xml...
# Exits with 1 when a test failed, none passed, or a report is not there.
set -eu
: "${1:?usage: scripts/test_summary.sh REPORT.xml...}"

passed=0 failed=0 skipped=0
for report in "$@"; do
  [ -s "$report" ] || { failed=$((failed + 1)); echo "FAILED: $report is not there"; continue; }
  count() { grep -c "<testcase .*status=\"$1\"" "$report" || true; }
  passed=$((passed + $(count run)))
  failed=$((failed + $(count fail)))
  skipped=$((skipped + $(count notrun) + $(count disabled)))
  sed -n 's/.*<testcase name="\([^"]*\)".*status="fail".*/FAILED: \1/p' "$report"
done

line="$passed passed, $failed failed"
[ "$skipped" = 0 ] || line="$line, $skipped skipped"
echo "$line"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
