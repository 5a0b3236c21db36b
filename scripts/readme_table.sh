#!/bin/sh
# Copies the table between the "measured" marks of docs/evaluation.md into both READMEs, into the
# Chinese one in Chinese (readme_table.zh.sed).
#   scripts/readme_table.sh            writes
#   scripts/readme_table.sh --check    exits with 1 when a README differs
set -eu
cd "$(dirname "$0")/.."
new=$(mktemp -d)
trap 'rm -r "$new"' EXIT
sed -n '/<!-- measured:begin -->/,/<!-- measured:end -->/p' docs/evaluation.md | sed '1d;$d' > "$new/README.md"
sed -f scripts/readme_table.zh.sed "$new/README.md" > "$new/README.zh-CN.md"
if grep -E '[a-z]{5}' "$new/README.zh-CN.md"; then
  echo "these rows lack a translation in scripts/readme_table.zh.sed"
  exit 1
fi
status=0
for readme in README.md README.zh-CN.md; do
  sed -e '/<!-- measured:begin -->/,/<!-- measured:end -->/{//!d}' \
    -e "/<!-- measured:begin -->/r $new/$readme" "$readme" > "$new/whole"
  if [ "${1:-}" = --check ]; then
    cmp -s "$readme" "$new/whole" || { echo "$readme: the table is old; run scripts/readme_table.sh"; status=1; }
  else
    cp "$new/whole" "$readme"
  fi
done
exit $status
