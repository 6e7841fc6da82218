# SPDX-License-Identifier: MIT
# Runs what `make ha` prints, looks at what it says, and checks that a replica's death loses nothing.
check() {
    local what=$1
    shift
    if "$@" >"$state/check.out" 2>&1; then
        echo "ok: $what"
    else
        echo "FAILED: $what" >&2
        cat "$state/check.out" >&2
        exit 1
    fi
}
says() { grep -qE "$1" "$state/check.out" || { echo "FAILED: the answer lacks $1" >&2; cat "$state/check.out" >&2; exit 1; }; }

for line in "${things_to_try[@]}"; do
    # shellcheck disable=SC2086  # the lines have no quotes
    check "$line" timeout 60 env NAVARCH_SERVER="$server" NAVARCH_AUTH_TOKEN="$token" PATH="$bin:$PATH" $line
    case $line in
    "navarch nodes list") says 'node-1'; says 'node-3' ;;
    *diagnose*) says 'disk' ; sed 's/^/    /' "$state/check.out" ;;
    *"replicas list") says "${replica_ports[2]}" ;;
    esac
done

kill -KILL "${pids[replica-1]}"
check "a diagnostic right after a replica was killed" timeout 60 env NAVARCH_SERVER="$server" NAVARCH_AUTH_TOKEN="$token" \
    "$bin/navarch" nodes diagnose node-1 --test memory --wait
check "readiness without a token" curl -sf "$server/readyz"
says 'ready'
check "no node without a token" test "$(curl -s -o /dev/null -w '%{http_code}' -X POST -H 'content-type: application/json' -d '{}' "$server/navarch.v1.NodeService/ListNodes")" = 401
echo "ha: every check passed"
