#!/bin/sh
# Builds one of the programs: build.sh OUTPUT [probe|misuse]. Needs a C compiler and Debian's libusrsctp-dev.
set -e
folder=$(dirname "$0")
exec "${CC:-cc}" -O1 -g -Wall -Wextra -Werror -o "$1" "$folder/${2:-probe}"*.c -lusrsctp -lpthread
