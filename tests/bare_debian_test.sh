#!/bin/bash
# Installs the packages on a bare Debian 12 and runs them there, and the service under systemd where that
# can be started in a container. As root, with a mirror of Debian; `make package-test` runs it.
#   tests/bare_debian_test.sh FOLDER-OF-PACKAGES
# ROOT: a folder with a bare Debian 12 that is there already, and stays; else one is made and removed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
packages=$(realpath "$1")
[ "$(id -u)" = 0 ] || { echo "bare_debian_test: only root can enter a Debian of its own; use sudo" >&2; exit 1; }

if [ -z "${ROOT:-}" ]; then
  folder=$(mktemp -d)
  trap 'rm -rf --one-file-system "$folder"' EXIT
  chmod 755 "$folder"  # apt reads it as a user of its own
  ROOT=$folder/debian
  # A mirror may be a snapshot, whose lists are past their date.
  mmdebstrap --variant=apt --aptopt='Acquire::Check-Valid-Until "false"' bookworm "$ROOT"
fi
cp /etc/resolv.conf "$ROOT/etc/resolv.conf"
rm -rf "$ROOT/packages"
cp -r "$packages" "$ROOT/packages"
cp "$here/bare_debian/"* "$ROOT/packages/"

inside() {
  unshare --mount --pid --fork --kill-child --mount-proc="$ROOT/proc" \
    chroot "$ROOT" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive HOME=/root "$@"
}
inside bash /packages/programs.sh

if ! command -v systemd-nspawn > /dev/null; then
  echo "bare_debian_test: systemd-container is not installed, so the service was not started"
  exit 0
fi
inside apt-get install -q -y --no-install-recommends systemd-sysv &> "$ROOT/packages/apt.log"
cp "$ROOT/packages/service.service" "$ROOT/etc/systemd/system/"
ln -sf /etc/systemd/system/service.service "$ROOT/etc/systemd/system/multi-user.target.wants/"
systemd-nspawn -q -D "$ROOT" --boot --register=no --keep-unit --private-network &> "$ROOT/packages/boot.log" < /dev/null || true
cat "$ROOT/packages/service.log"
grep -qx 'the service works' "$ROOT/packages/service.log"
