#!/bin/sh
# Builds the probe: build.sh OUTPUT. Needs a C compiler and Debian's libusrsctp-dev.
set -e
folder=$(dirname "$0")
exec "${CC:-cc}" -O1 -g -Wall -Wextra -Werror -o "$1" "$folder"/*.c -lusrsctp -lpthread
