#!/bin/sh
# Builds one of the programs: build.sh OUTPUT FOLDER. Needs a C compiler and Debian's libusrsctp-dev.
set -e
folder=$(dirname "$0")/$2
exec "${CC:-cc}" -O1 -g -Wall -Wextra -Werror -o "$1" "$folder"/*.c -lusrsctp -lpthread
