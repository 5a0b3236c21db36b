#!/bin/sh
# Checks formatting, shell scripts' syntax and clang-tidy's findings.
#   scripts/lint.sh          on the files that scripts/changed.sh names
#   scripts/lint.sh --all    on every C++ file; minutes a core
set -eu
cd "$(dirname "$0")/.."
scripts/packages.sh all
files=$(scripts/changed.sh "$@")
status=0

for script in scripts/*.sh .ci/run; do bash -n "$script" || status=1; done
[ -n "$files" ] || { echo "no C++ file changed"; exit $status; }

echo "$files" | xargs clang-format --dry-run -Werror || status=1

# clang-tidy needs to know how each file is compiled. Debian's clang cannot read Debian's libtorch
# headers as C++20, so what is built on them is left out.
[ -f build/all/compile_commands.json ] || cmake --preset all > /dev/null
sources=$(echo "$files" | grep '\.cc$' | grep -v '^src/train/\|^apps/tutti-train/' || true)
[ -z "$sources" ] ||
  echo "$sources" | xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p build/all || status=1
exit $status
