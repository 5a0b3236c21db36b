#!/bin/bash
# The documents against the tree: every relative link leads to a file, the READMEs hold the table of
# docs/evaluation.md, and every ```sh block under "<!-- tested -->" runs.
#   tests/docs_test.sh [FOLDER OF THE tutti BINARY]
set -uo pipefail
cd "$(dirname "$0")/.."
[ $# -eq 0 ] || PATH=$1:$PATH
status=0

for document in *.md docs/*.md src/*.md; do
  for link in $(grep -oE '\]\([^)#]+' "$document" | cut -c3- | grep -vE '^(https?|mailto):'); do
    [ -e "$(dirname "$document")/$link" ] || { echo "$document: there is no $link"; status=1; }
  done
done

scripts/readme_table.sh --check || status=1

for readme in README.md README.zh-CN.md; do
  blocks=$(awk '/^<!-- tested -->$/ { marked = 1; next }
                marked && /^```sh$/ { inside = 1; next }
                inside && /^```$/ { inside = marked = 0; next }
                inside { print }' "$readme")
  [ -n "$blocks" ] || { echo "$readme: no tested block was found"; status=1; }
  bash -euo pipefail -c "$blocks" > /dev/null || { echo "$readme: a tested block failed"; status=1; }
done
exit $status
