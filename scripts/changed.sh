#!/bin/sh
# Prints the C++ files that differ from BASE (default: where this branch left its upstream, or else
# the last commit's parent), new ones included. With --all, every C++ file.
set -eu
cd "$(dirname "$0")/.."
if [ "${1:-}" = --all ]; then
  git ls-files '*.cc' '*.h'
  exit
fi
base=${BASE:-$(git merge-base HEAD '@{upstream}' 2>/dev/null || git rev-parse HEAD~1)}
{
  git diff --name-only --diff-filter=d "$base" -- '*.cc' '*.h'
  git ls-files --others --exclude-standard -- '*.cc' '*.h'
} | sort -u
