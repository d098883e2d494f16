#!/bin/sh
# rabbitmq.sh DEFINITIONS PASSWORDS OUTPUT
# Writes DEFINITIONS (rabbitmq.json) with the passwords in it to OUTPUT, as RabbitMQ loads them at each start:
# each @ACCOUNT@ becomes what the file ACCOUNT in the folder PASSWORDS holds.
set -eu
umask 077
definitions=$1 passwords=$2 output=$3

cp "$definitions" "$output"
for file in "$passwords"/*; do
    password=$(cat "$file")
    case $password in
    '' | *[!A-Za-z0-9._~-]*)
        echo "rabbitmq.sh: the password of ${file##*/} must be letters, digits and . _ ~ - only" >&2
        exit 1
        ;;
    esac
    sed "s/@${file##*/}@/$password/" "$output" >"$output.new"
    mv "$output.new" "$output"
done
if grep -q '"@[a-z]*@"' "$output"; then
    echo "rabbitmq.sh: an account in $definitions has no password in $passwords" >&2
    exit 1
fi
