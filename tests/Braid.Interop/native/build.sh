#!/bin/sh
# Builds the usrsctp peer: build.sh OUTPUT. Needs a C compiler and Debian's libusrsctp-dev.
set -e
folder=$(dirname "$0")
exec "${CC:-cc}" -O2 -Wall -Wextra -Werror -o "$1" "$folder/usrsctp_peer.c" -lusrsctp -lpthread
