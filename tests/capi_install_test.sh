#!/bin/sh
# The C library as a user of it sees it: installed, found by pkg-config, compiled against as strict
# C99, exporting nothing but its interface, and run on a model.
#   capi_install_test.sh BUILD-DIR SOURCE-DIR MODEL [CFLAGS]
set -eu
build=$1 source=$2 model=$3 flags=${4:-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cmake --install "$build" --prefix "$folder/usr" --component library > "$folder/install.log"
PKG_CONFIG_PATH=$(dirname "$(find "$folder/usr" -name tutti.pc)")
export PKG_CONFIG_PATH
libraries=$(dirname "$PKG_CONFIG_PATH")

strange=$(nm -D --defined-only "$libraries/libtutti.so" | awk '$3 !~ /^(tutti_|TUTTI_1)/ {print $3}')
[ -z "$strange" ] || { echo "exported, but not of the interface: $strange" >&2; exit 1; }
for name in $(sed -n 's/.*\(tutti_[a-z_]*\)(.*/\1/p' "$source/include/tutti/tutti.h" | sort -u); do
  nm -D --defined-only "$libraries/libtutti.so" | grep -q " $name@@TUTTI_1$" || {
    echo "in the header, but not in the library: $name" >&2
    exit 1
  }
done

# shellcheck disable=SC2046,SC2086  # words on purpose
${CC:-cc} -std=c99 -pedantic -Wall -Wextra -Werror $flags "$source/examples/tour.c" \
  $(pkg-config --cflags --libs tutti) -o "$folder/tour"
cd "$folder"
LD_LIBRARY_PATH=$libraries ./tour "$model" "$source/models/demo/picture.png" sunflower out |
  tee tour.log
grep -q 'picture.png: .' tour.log
[ "$(head -c 4 out.png | tail -c 3)" = PNG ] && [ "$(head -c 4 out.wav)" = RIFF ]

# Sound as it comes, from a pipe: the bytes of a file are noise, in which something is heard.
# shellcheck disable=SC2046,SC2086  # words on purpose
${CC:-cc} -std=c99 -pedantic -Wall -Wextra -Werror $flags "$source/examples/listen.c" \
  $(pkg-config --cflags --libs tutti) -o "$folder/listen"
tail -c 160000 "$model" | LD_LIBRARY_PATH=$libraries ./listen "$model" > said.txt
[ "$(wc -c < said.txt)" -gt 1 ]
if LD_LIBRARY_PATH=$libraries ./listen missing.safetensors < /dev/null 2> error.log; then exit 1; fi
grep -q 'missing.safetensors' error.log

# A cloud of points, from the program's own memory.
# shellcheck disable=SC2046,SC2086  # words on purpose
${CC:-cc} -std=c99 -pedantic -Wall -Wextra -Werror $flags "$source/examples/cloud.c" \
  $(pkg-config --cflags --libs tutti) -o "$folder/cloud"
printf '0 0 0\n1 0 0\n1 1 0\n0 1 2\n' | LD_LIBRARY_PATH=$libraries ./cloud "$model" > name.txt
[ "$(wc -c < name.txt)" -gt 1 ]
if echo '1 2 3' | LD_LIBRARY_PATH=$libraries ./cloud "$model" 2> error.log; then exit 1; fi
grep -q 'one place' error.log

# The README's example, as it is printed.
mkdir models
ln -s "$model" models/tutti-nano.safetensors
ln -s "$source/models/demo" models/demo
sed -n '/^<!-- tested in C -->$/,/^```$/p' "$source/README.md" | sed '1,2d;$d' > example.c
# shellcheck disable=SC2046,SC2086  # words on purpose
${CC:-cc} -std=c99 -pedantic -Wall -Wextra -Werror $flags example.c \
  $(pkg-config --cflags --libs tutti) -o example
LD_LIBRARY_PATH=$libraries ./example > answer.txt
[ "$(wc -c < answer.txt)" -gt 1 ]

# An error says what to do, and leaves with 1.
if LD_LIBRARY_PATH=$libraries ./tour "$model" /dev/null "x" out 2> error.log; then exit 1; fi
grep -q 'cannot be read' error.log
if LD_LIBRARY_PATH=$libraries ./tour missing.safetensors x x x 2> error.log; then exit 1; fi
grep -q 'missing.safetensors' error.log
