#!/bin/bash
# Checks formatting, shell scripts' syntax and clang-tidy's findings.
#   scripts/lint.sh [--format|--tidy] [--all]
# on the files that scripts/changed.sh names, or with --all on every C++ file (clang-tidy: half an hour
# a core). MOST: how many files clang-tidy looks at, those that changed last (all of them).
set -euo pipefail
cd "$(dirname "$0")/.."
format=1 tidy=1 which=
for option in "$@"; do
  case $option in
    --format) tidy= ;;
    --tidy) format= ;;
    --all) which=--all ;;
    *) echo "usage: scripts/lint.sh [--format|--tidy] [--all]" >&2; exit 2 ;;
  esac
done
scripts/packages.sh all
files=$(scripts/changed.sh $which)
status=0

if [ "$format" ]; then
  for script in scripts/*.sh .ci/run; do bash -n "$script" || status=1; done
  [ -z "$files" ] || xargs clang-format --dry-run -Werror <<< "$files" || status=1
fi

# clang-tidy needs to know how each file is compiled, by itself. Debian's clang cannot read Debian's
# libtorch headers as C++20, so what is built on them is left out. So are the files whose flags name
# instruction sets that it does not know.
sources=$(grep '\.cc$' <<< "$files" | grep -v '^src/train/\|^apps/tutti-train/\|^bench/train_throughput\|/product_' || true)
if [ "$tidy" ] && [ "$sources" ]; then
  cmake --preset check -B build/tidy -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON > /dev/null
  chosen=$(head -n "${MOST:-100000}" <<< "$sources")
  echo "clang-tidy on $(wc -l <<< "$chosen") of $(wc -l <<< "$sources") files"
  xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p build/tidy <<< "$chosen" || status=1
fi
[ "$files" ] || echo "no C++ file changed"
exit $status
