#!/bin/bash
# Makes packages for Debian of what a build folder holds: tutti_VERSION_ARCHITECTURE.deb, and
# tutti-VERSION-linux-ARCHITECTURE.tar.gz with the folder tutti/, which belongs into /opt.
#   scripts/package.sh BUILD-DIR OUTPUT-DIR [--fast]
# --fast packs less tightly, for tests.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1 output=$2
deb=-Zxz gzip='gzip -9n'
if [ "${3:-}" = --fast ]; then deb=-Znone gzip='gzip -1n'; fi

version=$(sed -n 's/^project(tutti VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
architecture=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2> /dev/null || date +%s)}
export SOURCE_DATE_EPOCH
mkdir -p "$output"
work=$(mktemp -d "$output/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
work=$(realpath "$work")
chmod 755 "$work"

# install PREFIX: below $work/PREFIX as below /PREFIX.
install_below() {
  DESTDIR=$work cmake --install "$build" --prefix "/$1" --strip > "$work/install.log" ||
    { cat "$work/install.log" >&2; return 1; }
}

install_below usr
# The packages that hold the libraries, in the versions that these programs need at least.
mkdir "$work/debian"
printf 'Source: tutti\n\nPackage: tutti\nArchitecture: any\n' > "$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O usr/bin/tutti usr/bin/tutti-tools usr/lib/libtutti.so |
  sed -n 's/^shlibs:Depends=//p')
rm -r "$work/debian"

mkdir "$work/deb"
mv "$work/usr" "$work/deb/usr"
cp -r packaging/debian "$work/deb/DEBIAN"
cat > "$work/deb/DEBIAN/control" <<END
Package: tutti
Version: $version
Architecture: $architecture
Maintainer: The authors of Tutti <tutti@localhost>
Installed-Size: $(du -sk "$work/deb/usr" | cut -f 1)
Depends: $depends
Section: science
Priority: optional
Description: One neural network for text, pictures, speech, video and points
 Reads text, pictures, speech, video and clouds of points, and writes text,
 pictures and speech, on an ordinary CPU. Holds the program tutti, its server
 (tutti.service, not started by itself), the C library and a small model, whose
 weights are for research only.
END
(cd "$work/deb" && find usr -type f -print0 | sort -z | xargs -0 md5sum > DEBIAN/md5sums)
dpkg-deb "$deb" --root-owner-group --build "$work/deb" "$output/tutti_${version}_$architecture.deb" > /dev/null

install_below opt/tutti
{
  echo "Unpack as root with    tar -C /opt -xzf FILE    and run /opt/tutti/bin/tutti. Debian 12 has what it needs:"
  echo "  apt-get install $(sed 's/ *([^)]*)//g; s/,//g' <<< "$depends")"
} > "$work/opt/tutti/INSTALL"
tar -C "$work/opt" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
  -I "$gzip" -cf "$output/tutti-$version-linux-$architecture.tar.gz" tutti
ls -l "$output"/tutti[_-]"$version"*
