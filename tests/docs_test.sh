#!/bin/bash
# The documents against the tree: every relative link leads to a file and its heading, every experiment has
# its fields, the READMEs hold the table of docs/evaluation.md, and every ```sh block under "<!-- tested -->" runs.
#   tests/docs_test.sh [FOLDER OF THE tutti BINARY]
set -uo pipefail
cd "$(dirname "$0")/.."
[ $# -eq 0 ] || PATH=$1:$PATH
status=0

# The anchors that a page's headings get: lower case, spaces as hyphens, no other punctuation.
anchors() {
  sed -nE 's/^#+ //p' "$1" | tr '[:upper:]' '[:lower:]' | sed -E 's/[^[:alnum:] _-]//g; s/ /-/g'
}

for document in *.md docs/*.md docs/*/*.md src/*.md; do
  for link in $(grep -oE '\]\([^)]+' "$document" | cut -c3- | grep -vE '^(https?|mailto):'); do
    file=${link%%#*}
    target=$document
    [ -z "$file" ] || target=$(dirname "$document")/$file
    [ -e "$target" ] || { echo "$document: there is no $file"; status=1; continue; }
    [[ $link != *#* ]] || anchors "$target" | grep -xF -- "${link#*#}" > /dev/null ||
      { echo "$document: there is no heading ${link#*#} in $target"; status=1; }
  done
done

experiments=docs/experiments
for page in $experiments/*.md; do
  [ "$page" != $experiments/README.md ] || continue
  grep -qF "]($(basename "$page"))" $experiments/README.md || { echo "$experiments/README.md: $page is missing"; status=1; }
  awk -v page="$page" '
    function check() {
      if (heading == "" || fields == " Date Commit Machine Command Result Decision") return
      print page ": " heading ": wants Date Commit Machine Command Result Decision, has" fields
      bad = 1
    }
    /^## / { check(); heading = substr($0, 4); fields = "" }
    /^- \*\*[A-Z][a-z]+:\*\* ./ { split(substr($0, 5), word, ":"); fields = fields " " word[1] }
    END { check(); exit bad }' "$page" || status=1
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
