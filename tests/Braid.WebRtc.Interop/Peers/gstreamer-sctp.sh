#!/bin/sh
# Makes gstreamer/libgstsctp.so: GStreamer's SCTP elements on the system's libusrsctp. Debian builds them with a copy of usrsctp inside, whose place no other
# library can take; this is the source of Debian's package, built as it is where GStreamer is configured with -Dsctp-internal-usrsctp=disabled.
# Needs a C compiler, xz-utils, libusrsctp-dev, gstreamer1.0-plugins-bad, and the network.
set -e
out=$(cd "$(dirname "$0")" && pwd)/gstreamer
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out" "$work/lists/partial" "$work/parts"
cd "$work"

# Debian's own places, for its sources too.
if [ -f /etc/apt/sources.list.d/debian.sources ]; then
    sed 's/^Types:.*/Types: deb deb-src/' /etc/apt/sources.list.d/debian.sources > parts/debian.sources
else
    sed -n 's/^deb \(.*debian.*\)/deb \1\ndeb-src \1/p' /etc/apt/sources.list > parts/debian.list
fi

apt() {
    apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/parts" -o Dir::State::lists="$work/lists" -o APT::Sandbox::User=root "$@"
}

apt update
apt source --download-only --tar-only gst-plugins-bad1.0
tar xJf gst-plugins-bad1.0_*.orig.tar.xz --strip-components=1 --wildcards --no-wildcards-match-slash '*/ext/sctp/*.[ch]'
apt download libgstreamer1.0-dev libgstreamer-plugins-bad1.0-dev libglib2.0-dev          # of what they depend on nothing is needed
for package in ./*.deb; do
    dpkg -x "$package" root
done

include=root/usr/include
version=$(dpkg-query -W -f '${Version}' gstreamer1.0-plugins-bad | cut -d- -f1)
"${CC:-cc}" -O2 -shared -fPIC -o "$out/libgstsctp.so" \
    -DPACKAGE='"gst-plugins-bad"' -DVERSION="\"$version\"" -DPACKAGE_VERSION="\"$version\"" -DGST_LICENSE='"LGPL"' -DGST_PACKAGE_NAME='"GStreamer"' \
    -DGST_PACKAGE_ORIGIN='"Debian"' -DGST_USE_UNSTABLE_API -I$include/gstreamer-1.0 -I$include/glib-2.0 -I"$(echo root/usr/lib/*/glib-2.0/include)" \
    ext/sctp/*.c -lusrsctp -l:libgstsctp-1.0.so.0 -l:libgstbase-1.0.so.0 -l:libgstreamer-1.0.so.0 -l:libgobject-2.0.so.0 -l:libglib-2.0.so.0
