#!/bin/bash
# Inside a bare Debian: the programs of both packages, before anything else is installed.
set -euo pipefail
# shellcheck source=server.sh
. /packages/server.sh
cd /

# start PROGRAM: a server, and $port.
start() {
  "$1" serve --port 0 --no-store 2> /tmp/serve.log &
  server=$!
  port=
  while [ -z "$port" ] && kill -0 $server; do
    sleep 0.1
    port=$(sed -n 's|.*http://127.0.0.1:\([0-9]*\)/.*|\1|p' /tmp/serve.log)
  done
  [ -n "$port" ] || { cat /tmp/serve.log; return 1; }
}

# try PROGRAM
try() {
  "$1" --version
  "$1" run --image "$picture" --text "How many triangles are there?"
  "$1" run --text "a red circle" --to image -o /tmp/circle.png
  "$1" bench --help > /dev/null
  start "$1"
  check_server
  kill $server
  wait $server
}

apt-get update -q &> /tmp/apt.log
apt-get install -q -y --no-install-recommends /packages/tutti_*.deb &> /tmp/apt.log || { cat /tmp/apt.log; exit 1; }
try tutti
ldconfig -p | grep -q libtutti.so.1
apt-get purge -q -y --autoremove tutti &> /tmp/apt.log
[ ! -e /usr/bin/tutti ] && [ ! -e /usr/share/tutti ]

tar -C /opt -xzf /packages/tutti-*.tar.gz
# shellcheck disable=SC2091  # the line says how to install what is needed
$(sed -n 's/^ *\(apt-get install\)/\1 -q -y --no-install-recommends/p' /opt/tutti/INSTALL) &> /tmp/apt.log
picture=/opt/tutti/share/tutti/demo/picture.png
try /opt/tutti/bin/tutti
rm -r /opt/tutti

apt-get install -q -y --no-install-recommends /packages/tutti_*.deb &> /tmp/apt.log
echo "the programs work"
