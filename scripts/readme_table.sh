#!/bin/sh
# Copies the table between the "measured" marks of docs/evaluation.md into both READMEs.
#   scripts/readme_table.sh            writes
#   scripts/readme_table.sh --check    exits with 1 when a README differs
set -eu
cd "$(dirname "$0")/.."
status=0
for readme in README.md README.zh-CN.md; do
  awk '
    /<!-- measured:end -->/ { skip = 0 }
    NR == FNR { if ($0 ~ /<!-- measured:end -->/) inside = 0
                if (inside) table = table $0 "\n"
                if ($0 ~ /<!-- measured:begin -->/) inside = 1
                next }
    !skip { print }
    /<!-- measured:begin -->/ { printf "%s", table; skip = 1 }
  ' docs/evaluation.md "$readme" > "$readme.new"
  if [ "${1:-}" = --check ]; then
    cmp -s "$readme" "$readme.new" || { echo "$readme: the table is old; run scripts/readme_table.sh"; status=1; }
    rm "$readme.new"
  else
    mv "$readme.new" "$readme"
  fi
done
exit $status
