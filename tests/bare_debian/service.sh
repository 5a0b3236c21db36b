#!/bin/bash
# Inside a Debian that systemd has started: the service as it is installed, then open to others with keys.
set -euo pipefail
# shellcheck source=server.sh
. /packages/server.sh
port=8080

wait_for_port() {
  until (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do
    systemctl is-active -q tutti || { journalctl -u tutti --no-pager; exit 1; }
    sleep 0.2
  done
}
trap 'journalctl -u tutti --no-pager | tail -n 20' ERR

systemctl start tutti
wait_for_port
check_server
ps=$(cat /proc/"$(systemctl show -P MainPID tutti)"/status)
grep -q 'NoNewPrivs:.1' <<< "$ps" && grep -q 'Seccomp:.2' <<< "$ps" && ! grep -q 'Uid:.0' <<< "$ps"
[ -f /var/lib/tutti/conversations.sqlite3 ]  # what the studio keeps
systemctl reload tutti
until journalctl -u tutti --no-pager | grep -q 'no model file has changed'; do sleep 0.2; done
check_server
systemctl stop tutti
[ "$(systemctl show -P Result tutti)" = success ]

key=$(tutti serve keys add alice --keys /etc/tutti/keys.json)
echo 'TUTTI_FLAGS=--address 0.0.0.0 --keys /run/credentials/tutti.service/tutti_keys.json' > /etc/default/tutti
systemctl start tutti
wait_for_port
[[ $(ask GET /v1/models) == "HTTP/1.1 401"* ]]
[[ $(ask GET /v1/models "" "$key") == *'"id":"tutti-nano"'* ]]
systemd-analyze security --no-pager tutti | tail -n 1
echo "the service works"
