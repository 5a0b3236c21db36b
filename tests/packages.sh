#!/bin/sh
# Runs a test that is written for node, in the folder where the build put it and its npm packages.
#   tests/packages.sh FOLDER COMMAND...
set -eu
cd "$1"
shift
if [ ! -e .copied ]; then
  echo "The npm packages of this test are missing in $PWD. The build fetches them (once, from npm's" >&2
  echo "registry): cmake --build BUILD-FOLDER --target api_packages studio_packages" >&2
  exit 1
fi
exec "$@"
