#!/bin/sh
# Builds libusrsctp.so.2: build.sh FOLDER, where the assemblies are. Needs a C compiler, Debian's libusrsctp-dev, whose header says what the
# functions are, and the .NET SDK, which has what a process needs to start .NET.
set -e
source=$(dirname "$0")
out=$1
header=${USRSCTP_HEADER:-/usr/include/usrsctp.h}
if [ ! -f "$header" ]; then
	echo "$header is missing: install libusrsctp-dev" >&2
	exit 1
fi

dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
rid=linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
host=$(ls -d "$dotnet"/packs/Microsoft.NETCore.App.Host."$rid"/*/runtimes/"$rid"/native | sort -V | tail -n 1)
cp "$host/libnethost.so" "$out/"

names=$(mktemp -d)
trap 'rm -rf "$names"' EXIT
sed -n 's/^USRSCTP_TUNABLE_DECL(\([a-zA-Z0-9_]*\))$/TUNABLE(\1)/p; s/^USRSCTP_SYSCTL_DECL(\([a-zA-Z0-9_]*\))$/SYSCTL(\1)/p' "$header" |
	grep -v '(sctp_debug_on)' >"$names/names.inc"
printf '{ global: usrsctp_*; local: *; };\n' >"$names/exports.map"
"${CC:-cc}" -shared -fPIC -O2 -Wall -Wextra -Werror -pthread -I"$host" -I"$names" -I"$(dirname "$header")" \
	-Wl,-soname,libusrsctp.so.2 -Wl,--version-script="$names/exports.map" -Wl,-rpath,'$ORIGIN' \
	-o "$out/libusrsctp.so.2" "$source/usrsctp.c" "$source/host.c" "$out/libnethost.so" -ldl
