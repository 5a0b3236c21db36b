#!/bin/sh
# Prints the C++ files that differ from BASE, new ones included, those that changed last first. BASE:
# where this branch left its upstream, or on the upstream itself 20 commits ago (a fresh clone's last
# landed work). With --all, every C++ file.
set -eu
cd "$(dirname "$0")/.."
if [ "${1:-}" = --all ]; then
  git ls-files '*.cc' '*.h'
  exit
fi
head=$(git rev-parse HEAD)
base=${BASE:-$(git merge-base HEAD '@{upstream}' 2>/dev/null || true)}
if [ -z "$base" ] || [ "$base" = "$head" ] && [ -z "${BASE:-}" ]; then
  base=$(git rev-list --first-parent --max-count=21 HEAD | tail -n 1)
fi
{
  git diff --name-only HEAD -- '*.cc' '*.h'
  git ls-files --others --exclude-standard -- '*.cc' '*.h'
  git log --format= --name-only "$base"..HEAD -- '*.cc' '*.h'
} | awk 'NF && !seen[$0]++' | while read -r file; do [ ! -f "$file" ] || echo "$file"; done
