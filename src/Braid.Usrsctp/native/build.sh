#!/bin/sh
# Builds the C part of libusrsctp.so.2. Needs a C compiler, and Debian's libusrsctp-dev, whose header says what the functions are.
#   build.sh FOLDER           the library, which starts .NET; FOLDER has the assemblies. Needs the .NET SDK: what starts .NET is in it
#   build.sh --object FILE    what is linked with the C# part when that is compiled ahead of time
set -e
source=$(dirname "$0")
header=${USRSCTP_HEADER:-/usr/include/usrsctp.h}
if [ ! -f "$header" ]; then
	echo "$header is missing: install libusrsctp-dev" >&2
	exit 1
fi

names=$(mktemp -d)
trap 'rm -rf "$names"' EXIT
sed -n 's/^USRSCTP_TUNABLE_DECL(\([a-zA-Z0-9_]*\))$/TUNABLE(\1)/p; s/^USRSCTP_SYSCTL_DECL(\([a-zA-Z0-9_]*\))$/SYSCTL(\1)/p' "$header" |
	grep -v '(sctp_debug_on)' >"$names/names.inc"

compile() {
	"${CC:-cc}" -fPIC -O2 -Wall -Wextra -Werror -pthread -I"$names" -I"$(dirname "$header")" "$@"
}

if [ "$1" = --object ]; then
	compile -DBRAID_AOT -c -o "$2" "$source/usrsctp.c"
	exit
fi

out=$1
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
rid=linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
host=$(ls -d "$dotnet"/packs/Microsoft.NETCore.App.Host."$rid"/*/runtimes/"$rid"/native | sort -V | tail -n 1)
cp "$host/libnethost.so" "$out/"
printf '{ global: usrsctp_*; local: *; };\n' >"$names/exports.map"
compile -shared -I"$host" -Wl,-soname,libusrsctp.so.2 -Wl,--version-script="$names/exports.map" -Wl,-rpath,'$ORIGIN' \
	-o "$out/libusrsctp.so.2" "$source/usrsctp.c" "$source/host.c" "$out/libnethost.so" -ldl
