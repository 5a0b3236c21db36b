#!/bin/sh
# Every file of tests is in some list of sources: what is in none never runs, and nobody notices.
#   every_test_runs.sh SOURCE-DIR
set -eu
cd "$1"
lists=$(find src apps tests fuzz -name CMakeLists.txt)
loops=$(cat $lists | tr -s '\n ' '  ' | grep -oE 'foreach\([^)]*\)')  # they may break lines
missing=0 found=0
for file in $(find src apps tests fuzz -name '*_test.cc'); do
  name=$(basename "$file" .cc)
  # By its name, or as one of foreach(test FOLDER/trainer ...).
  if ! grep -qwF "$name.cc" $lists && ! echo "$loops" | grep -qE "[ /]${name%_test}[ )]"; then
    echo "$file is in no CMakeLists.txt, so it never runs; add it to a tutti_test()" >&2
    missing=1
  fi
  found=$((found + 1))
done
[ "$found" -ge 100 ] || { echo "only $found files of tests were found" >&2; exit 1; }
exit $missing
