# SPDX-License-Identifier: MIT
# Processes of `docker/ha/run`: each in a session of its own, its output in a file, ended by process id.
declare -A pids=() ended=()
order=()

part_environment=()

# usage: start NAME COMMAND…   with the environment of the part that was set last (docker/parts.sh)
start() {
    local name=$1 pair
    shift
    (
        for pair in ${part_environment[@]+"${part_environment[@]}"}; do export "${pair?}"; done
        exec setsid "$@"
    ) >"$state/$name.log" 2>&1 </dev/null &
    pids[$name]=$!
    order+=("$name")
}

# usage: until_true SECONDS WHAT COMMAND…
until_true() {
    local seconds=$1 what=$2 end=$((SECONDS + $1))
    shift 2
    until "$@" >/dev/null 2>&1; do
        if [ "$SECONDS" -ge "$end" ]; then
            echo "ha: $what did not come up within $seconds s" >&2
            tail -n 5 "$state"/*.log >&2
            exit 1
        fi
        sleep 0.1
    done
}

report_ended() {
    local name
    for name in "${order[@]}"; do
        if [ -z "${ended[$name]:-}" ] && ! kill -0 "${pids[$name]}" 2>/dev/null; then
            ended[$name]=1
            echo "ha: $name ended; its log is $state/$name.log"
        fi
    done
}

# Ends what was started, the latest first, and removes what was written. A group that does not end within 40 s is killed.
finish() {
    local status=$1 name pid index end signal
    trap - EXIT
    trap '' INT TERM
    for ((index = ${#order[@]} - 1; index >= 0; index--)); do
        name=${order[index]}
        pid=${pids[$name]}
        signal=TERM
        [ "$name" != postgres ] || signal=INT  # its fast shutdown
        kill -"$signal" -- "-$pid" 2>/dev/null || true
        end=$((SECONDS + 40))
        while kill -0 -- "-$pid" 2>/dev/null && [ "$SECONDS" -lt "$end" ]; do sleep 0.05; done
        if kill -0 -- "-$pid" 2>/dev/null; then
            echo "ha: $name did not end in time and was killed" >&2
            kill -KILL -- "-$pid" 2>/dev/null || true
            status=1
        fi
    done
    if [ "$status" -ne 0 ] && [ -n "${KEEP_LOGS:-1}" ]; then
        echo "ha: logs are in $state" >&2
    else
        rm -rf "$state"
    fi
    exit "$status"
}
