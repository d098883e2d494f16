#!/usr/bin/env bash
# Makes a new database from what lies in /docker-entrypoint-initdb.d, as MariaDB's image does; then serves.
set -euo pipefail
data=/var/lib/mysql
socket=/run/mysqld/mysqld.sock

docker_process_sql() {
    mariadb --protocol=socket --socket="$socket" --user=root "$@"
}

make_database() {
    mariadb-install-db --datadir="$data" --skip-test-db --auth-root-authentication-method=normal >/dev/null
    mariadbd --no-defaults --datadir="$data" --socket="$socket" --skip-networking &
    until docker_process_sql -e 'SELECT 1' >/dev/null 2>&1; do sleep 0.2; done
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
        *.sql) docker_process_sql <"$file" ;;
        *.sh) . "$file" ;;
        esac
    done
    docker_process_sql <<<"ALTER USER root@localhost IDENTIFIED BY '$(cat "$MARIADB_ROOT_PASSWORD_FILE")';"
    kill %1
    wait %1
    touch "$data/made"
}

if [ ! -e "$data/made" ]; then
    find "$data" -mindepth 1 -delete
    make_database
fi
exec mariadbd --no-defaults --datadir="$data" --socket="$socket" --bind-address=0.0.0.0 "$@"
