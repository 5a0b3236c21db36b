#!/bin/bash
# Runs a command as one test: its result is put where scripts/test_summary.sh counts it.
#   scripts/phase.sh NAME COMMAND...
# Exits with 1 where the command failed.
set -uo pipefail
name=$1
shift
mkdir -p build/reports
start=$SECONDS
status=run
"$@" || status=fail
printf '<testcase name="%s" time="%d" status="%s"/>\n' "$name" $((SECONDS - start)) $status > "build/reports/$name.xml"
echo "$name: $([ $status = run ] && echo passed || echo FAILED), $((SECONDS - start)) s"
[ $status = run ]
