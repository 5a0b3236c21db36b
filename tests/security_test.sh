#!/bin/sh
# Every test that the threat model in SECURITY.md names exists.
#   security_test.sh SOURCE-DIR
set -eu
cd "$1"
missing=0 found=0
say() {
  echo "SECURITY.md names $1, and there is no such test" >&2
  missing=1
}
for name in $(grep '^|' SECURITY.md | grep -o '`[A-Za-z_/.]*`' | tr -d '`' | sort -u); do
  case $name in
    *_fuzz) [ -f "fuzz/$name.cc" ] && grep -q "tutti_fuzz($name" fuzz/CMakeLists.txt || say "$name" ;;
    tests/*) [ -f "$name" ] || say "$name" ;;
    [A-Z]*.[A-Z]*)
      grep -rqE "^TEST(_F)?\(${name%.*}, ${name#*.}\)" --include='*_test.cc' src tests ||
        say "$name" ;;
    *) continue ;;
  esac
  found=$((found + 1))
done
[ "$found" -ge 25 ] || { echo "only $found tests were found in SECURITY.md's table" >&2; exit 1; }
lines=$(sed -n '/^| threat |/,/^$/p' SECURITY.md | grep '^|' | tail -n +3)
echo "$lines" | while IFS= read -r line; do
  echo "$line" | awk -F'|' '{ exit $4 !~ /`/ }' || { echo "no test: $line" >&2; exit 1; }
done
exit $missing
