# SPDX-License-Identifier: MIT
# What each process of a deployment is told. `docker/ha/run` starts its processes from here; docker/compose.yaml says the same of its
# containers, and a test compares the two. Where things are comes in variables; how they are run is written here and nowhere else.

# usage: part NAME   sets part_arguments and part_environment.
part() {
    part_environment=()
    case $1 in
    migrate)
        part_arguments=(up --quiet --database "$direct")
        ;;
    pgbouncer)  # the values of docker/pgbouncer.ini.in
        part_arguments=(POSTGRES_HOST="$postgres_host" POSTGRES_PORT="$postgres_port" PGBOUNCER_HOST="$pgbouncer_host"
            PGBOUNCER_PORT="$pgbouncer_port" AUTH_TYPE=any AUTH_FILE="$auth_file")
        ;;
    replica)
        part_arguments=(--listen "$listen" --database "$pooled" --session-database "$direct" --region local
            --heartbeat-interval 5s --heartbeat-timeout 60s)
        part_environment=(NAVARCH_AUTH_TOKEN="$token")
        ;;
    haproxy)
        part_arguments=(-db -f "$haproxy_cfg")
        part_environment=(NAVARCH_BALANCER="$balancer" NAVARCH_REPLICA_1="$replica_1" NAVARCH_REPLICA_2="$replica_2"
            NAVARCH_REPLICA_3="$replica_3")
        ;;
    agent)
        part_arguments=(--server "$server" --node-id "$node" --state-dir "$agent_state" --provider local --region local
            --zone "$zone" --pool demo)
        part_environment=(NAVARCH_AUTH_TOKEN="$token")
        ;;
    *)
        echo "parts: there is no part $1" >&2
        return 2
        ;;
    esac
}

# usage: bash docker/parts.sh NAME, variables in the environment   prints the environment, a line with --, and the arguments.
if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    set -euo pipefail
    part "$1"
    printf '%s\n' ${part_environment[@]+"${part_environment[@]}"} -- "${part_arguments[@]}"
fi
