#!/bin/bash
# What `make install` and `make package` put where, and that it is found and works from there.
#   tests/install_test.sh BUILD-DIR SOURCE-DIR
# shellcheck disable=SC2016  # what is not expanded here is another shell's, or systemd's
set -euo pipefail
build=$1 source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "install_test: $*" >&2; exit 1; }

"$source/scripts/package.sh" "$build" "$folder/packages" --fast > "$folder/log" 2>&1 ||
  { cat "$folder/log" >&2; fail "the packages were not made"; }
deb=$(echo "$folder"/packages/tutti_*.deb)
tar -C "$folder" -xzf "$folder"/packages/tutti-*.tar.gz
dpkg-deb -x "$deb" "$folder/deb"
usr=$folder/deb/usr

list=$(dpkg-deb --contents "$deb" | sed -n 's|.* \./\([^ ]*\).*|\1|p')
for file in usr/bin/tutti usr/bin/tutti-tools usr/lib/libtutti.so usr/lib/libtutti.so.1 usr/lib/pkgconfig/tutti.pc \
  usr/include/tutti/tutti.h usr/share/tutti/models/tutti-nano.safetensors usr/share/tutti/models/tutti-nano.md \
  usr/share/tutti/demo/picture.png usr/share/doc/tutti/copyright usr/share/doc/tutti/docs/serving.md \
  usr/lib/systemd/system/tutti.service usr/share/bash-completion/completions/tutti \
  usr/share/zsh/vendor-completions/_tutti usr/share/fish/vendor_completions.d/tutti.fish; do
  grep -qx "$file" <<< "$list" || fail "the package lacks $file; it holds $list"
done
if grep -v '^usr/\|^$' <<< "$list"; then fail "that is outside /usr"; fi
[[ $(dpkg-deb -f "$deb" Depends) == *libavcodec59*libc6* ]] || fail "libraries are not among what it depends on"
(cd "$folder/deb" && dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./md5sums | md5sum --quiet -c)
grep -qx 'ExecStart=/usr/bin/tutti serve $TUTTI_FLAGS' "$usr/lib/systemd/system/tutti.service" ||
  fail "the unit does not start the installed program"
grep -qx 'ExecStart=/opt/tutti/bin/tutti serve $TUTTI_FLAGS' "$folder/tutti/lib/systemd/system/tutti.service"
if grep -rlF "$folder" "$usr/lib" "$usr/share" "$folder/tutti/lib"; then fail "that names the folder where it was made"; fi

# In an empty folder, and with the model that was installed.
mkdir "$folder/empty"
cd "$folder/empty"
unset TUTTI_MODEL TUTTI_TRAIN
"$usr/bin/tutti" run --help > /dev/null
[[ $("$folder/tutti/bin/tutti" doctor) == *"$folder/tutti/share/tutti/models/tutti-nano.safetensors (tutti-nano)"* ]] ||
  fail "the installed model was not found"
[[ $("$usr/bin/tutti" doctor) == *"$usr/bin/tutti-tools"*"$usr/share/tutti/models/tutti-nano.safetensors"* ]] ||
  fail "the installed model or tutti-tools was not found"

# A page for every verb, in which man finds nothing wrong.
for verb in $(sed -n 's/^\([a-z]*\) .*/-\1/p' "$source/tests/flags.txt" | sort -u) ""; do
  page=$usr/share/man/man1/tutti$verb.1.gz
  [ -f "$page" ] || fail "there is no page tutti$verb(1)"
  wrong=$(LC_ALL=C.UTF-8 man --warnings -l "$page" 2>&1 > "$folder/page")
  [ -z "$wrong" ] || fail "tutti$verb(1): $wrong"
  tr -s " " < "$folder/page" | grep -q "tutti$verb - ." || fail "tutti$verb(1) has no name"
done

# Completions, as the shells call them. The last word is unfinished.
export PATH=$usr/bin:$PATH
touch picture.png
in_bash() {
  bash -c 'source "$0"; COMP_WORDS=(tutti "$@"); COMP_CWORD=$#; _tutti; echo "${COMPREPLY[*]}"' \
    "$usr/share/bash-completion/completions/tutti" "$@"
}
in_zsh() {
  zsh -f -c 'file=$1; shift; words=(tutti "$@"); CURRENT=$#words
    _describe() { print -r -- ${(P)2} }
    _files() { print files }
    source $file' zsh "$usr/share/zsh/vendor-completions/_tutti" "$@"
}
in_fish() {
  HOME=$folder fish --no-config -c 'source $argv[1]; complete -C $argv[2]' \
    "$usr/share/fish/vendor_completions.d/tutti.fish" "tutti $*" | tr '\t\n' ': '
}
# expect SHELL WANTED WORDS...
expect() {
  local shell=$1 wanted=$2 got
  shift 2
  got=$("in_$shell" "$@")
  [ "${got% }" = "$wanted" ] || fail "$shell completes \"tutti $*\" with \"$got\", not \"$wanted\""
}
expect bash "image" run --to im
expect bash "text image speech mask embedding" run --to =
expect bash "image" run --to = im
expect bash "--tasks" eval --ta
expect bash "" run --image ""
expect zsh "keys:Who may use the server: add, list, remove." serve k
expect zsh "--to=image:" run --to=im
expect zsh "files" run --image ""
expect fish "keys:Who may use the server: add, list, remove." serve k
expect fish "--to=image" run --to=im
expect fish "picture.png" run --image pic
echo "install_test: all is where it belongs"
