#!/bin/sh
# Writes the manual pages of `tutti` and of each of its verbs, from what it says of itself.
#   manuals.sh TUTTI FOLDER
set -eu
tutti=$1 folder=$2
mkdir -p "$folder"
write() {
  page=$folder/$1.1
  shift
  "$tutti" manual "$@" > "$page"
  gzip -9nf "$page"
}
write tutti
for verb in $("$tutti" complete "" | cut -f 1); do
  write "tutti-$verb" "$verb"
done
