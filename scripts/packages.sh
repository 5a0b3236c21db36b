#!/bin/sh
# Installs the Debian packages that a build needs; the only list of them.
#   scripts/packages.sh WHICH          installs what is missing, says nothing when all is there
#   scripts/packages.sh WHICH --list   prints the names
# WHICH: "runtime" builds and runs `tutti`; "package" makes packages of it and tries them on a bare Debian;
# "train" adds the trainer; "all" the tests, fuzzing and the linters.
set -eu

runtime='g++ cmake ninja-build ccache pkg-config
  nlohmann-json3-dev libcli11-dev libfmt-dev libstb-dev zlib1g-dev libsentencepiece-dev
  libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libswresample-dev
  libboost-dev libsodium-dev libssl-dev libsqlite3-dev'
# npm builds the studio; where one is on the PATH already, Debian's is not needed (it brings hundreds
# of packages).
command -v npm >/dev/null || runtime="$runtime nodejs npm"
package="$runtime dpkg-dev mmdebstrap"
# libopenblas0-openmp: with the reference BLAS that libtorch may get instead, FP32 products run at
# 2 GFLOP/s rather than 185 (2 cores, Zen 4).
train="$runtime libtorch-dev libopenblas0-openmp libjemalloc-dev libtomlplusplus-dev"
# qemu-user and the AArch64 compiler run the NEON kernels' test on other machines.
# fonts-droid-fallback: Chinese letters on the screenshots of the studio. lld: a faster linker.
# fish, zsh, man-db: what is installed for them.
all="$train
  lld libgtest-dev dpkg-dev fish zsh man-db
  espeak-ng flite ffmpeg zstd git curl clang libclang-rt-14-dev clang-format clang-tidy
  g++-aarch64-linux-gnu qemu-user openssl chromium fonts-droid-fallback"

case ${1:-} in
  runtime) wanted=$runtime ;;
  package) wanted=$package ;;
  train) wanted=$train ;;
  all) wanted=$all ;;
  *) echo "usage: scripts/packages.sh runtime|package|train|all [--list]" >&2; exit 2 ;;
esac
if [ "${2:-}" = --list ]; then
  printf '%s\n' $wanted
  exit 0
fi

missing=
for package in $wanted; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=env
elif command -v sudo >/dev/null; then
  as_root='sudo env'
else
  echo "These packages are missing and there is no sudo; install them as root:" >&2
  echo "  apt-get install$missing" >&2
  exit 1
fi
echo "Installing:$missing"
$as_root apt-get update -q
$as_root DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
