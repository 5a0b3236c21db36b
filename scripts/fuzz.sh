#!/bin/sh
# Tests every target of fuzz/ under the address and undefined-behaviour sanitizers: its seeds and fixed
# mutations of them, then whatever libFuzzer finds.
#   scripts/fuzz.sh [SECONDS per target, default 60] [TARGET ...]
# Exits with 1 when a target crashed; the input is then in build/fuzz/crashes/.
set -u
cd "$(dirname "$0")/.." || exit 1
seconds=${1:-60}
case $seconds in
  '' | *[!0-9]*) echo "usage: scripts/fuzz.sh [SECONDS] [TARGET ...]" >&2; exit 2 ;;
esac
[ $# -gt 0 ] && shift
targets=${*:-$(ls fuzz/*_fuzz.cc | sed 's|.*/||; s|\.cc$||')}
build=build/fuzz
mkdir -p build
tests=$(for t in $targets; do echo "${t}_test"; done)

cmake -G Ninja -B $build -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-O1 -gline-tables-only" \
  -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_UNITY_BUILD=ON -DTUTTI_ASSERTS=ON -DTUTTI_STUDIO=OFF \
  -DCMAKE_CXX_FLAGS="-fsanitize=fuzzer-no-link -fno-sanitize-recover=undefined" \
  -DTUTTI_FUZZ=ON -DTUTTI_SANITIZE=address,undefined -DTUTTI_TRAIN=OFF > $build.log 2>&1 &&
  cmake --build $build --target $targets $tests >> $build.log 2>&1 ||
  { cat $build.log >&2; exit 1; }

mkdir -p $build/crashes
status=0
for target in $targets; do
  corpus=$build/corpus/$target
  # A small input finds parser defects as well as a large one, and faster.
  if $build/fuzz/${target}_test > "$build/$target.log" 2>&1 &&
    $build/fuzz/${target}_test --write-seeds "$corpus" &&
    $build/fuzz/"$target" -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=2048 \
      -artifact_prefix=$build/crashes/"$target"- -print_final_stats=1 "$corpus" \
      > "$build/$target.log" 2>&1; then
    echo "$target: $(sed -n 's/stat::number_of_executed_units: *//p' "$build/$target.log") inputs, no crash"
  else
    tail -40 "$build/$target.log" >&2
    echo "$target: FAILED, see $build/$target.log" >&2
    status=1
  fi
done
exit $status
