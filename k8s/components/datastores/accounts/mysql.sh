# Gives the accounts of mysql.sql their passwords, which unlocks them. Sourced by MariaDB's image at its first
# start, after mysql.sql, with its own function docker_process_sql.
for account in auth auth_migrations; do
    password=$(cat "/run/secrets/mysql/$account")
    case $password in
    '' | *[!A-Za-z0-9._~-]*)
        echo "mysql.sh: the password of $account must be letters, digits and . _ ~ - only" >&2
        exit 1
        ;;
    esac
    docker_process_sql <<<"ALTER USER $account IDENTIFIED BY '$password' ACCOUNT UNLOCK;"
done
