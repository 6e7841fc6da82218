// SPDX-License-Identifier: MIT

/// Issuing, reading and cancelling commands.
package enum CommandQueries {
    /// Columns of a command, in the order that `Command.init(row:)` reads.
    static let columns = """
        c.id, n.id, c.node_key, c.seq, c.type, c.parameters, c.reason, c.issued_by, c.idempotency_key, c.state, c.attempt, c.issued_at, \
        c.not_after, c.run_timeout, c.started_at, c.finished_at, c.progress_percent, c.progress_message, c.progress_at, c.result, \
        c.cancel_requested, c.state = 'running' AND coalesce(c.lease_until < clock_timestamp(), false)
        """
    private static let source = "SELECT \(columns) FROM command c JOIN node n ON n.key = c.node_key"

    /// Issues for each node that is present, in order; no row where the id or key is taken or the node is not there: look with `existing`
    /// (C13: a second statement, or the loser of the race sees nothing). Requests stand apart from the nodes that they are for, by number from 1,
    /// so that one for many nodes travels once. `$1` ids, `$2` node names, `$3` keys, `$4` hashes, `$5` numbers of requests; of the requests: `$6`
    /// types, `$7` states, `$8` times to live and `$9` run timeouts in microseconds, `$10` issued by, `$11` reasons, `$12` parameters.
    package static let insert = """
        WITH r AS MATERIALIZED (
               SELECT u.id, u.idempotency_key, u.request_hash, n.key AS node_key, q.type::command_type AS type, q.state::command_state AS state,
                      q.ttl * interval '1 microsecond' AS ttl, q.run_timeout * interval '1 microsecond' AS run_timeout, q.issued_by, q.reason,
                      q.parameters
                 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::int[]) WITH ORDINALITY
                      u(id, node_id, idempotency_key, request_hash, number, place)
                 JOIN unnest($6::text[], $7::text[], $8::int8[], $9::int8[], $10::text[], $11::text[], $12::jsonb[]) WITH ORDINALITY
                      q(type, state, ttl, run_timeout, issued_by, reason, parameters, number) ON q.number = u.number
                 JOIN node n ON n.id = u.node_id WHERE n.lifecycle = 'present' ORDER BY u.place),
             c AS (INSERT INTO command (id, node_key, type, state, not_after, run_timeout, started_at, finished_at, issued_by,
                                        idempotency_key, request_hash, reason, parameters)
                   SELECT r.id, r.node_key, r.type, r.state, clock_timestamp() + r.ttl, r.run_timeout,
                          CASE WHEN r.state = 'queued' THEN NULL ELSE clock_timestamp() END,
                          CASE WHEN r.state = 'queued' THEN NULL ELSE clock_timestamp() END,
                          r.issued_by, r.idempotency_key, r.request_hash, r.reason, r.parameters FROM r
                   ON CONFLICT DO NOTHING RETURNING *),
             e AS (INSERT INTO event (type, node_key, command_id, actor, reason)
                   SELECT CASE WHEN state = 'queued' THEN 'command.issued' ELSE 'command.' || state END, node_key, id, issued_by, reason FROM c),
             a AS (INSERT INTO audit (actor, action, node_key, command_id, reason)
                   SELECT issued_by, 'node.terminate_requested', node_key, id, reason FROM c WHERE type = 'terminate')
        SELECT \(columns) FROM c JOIN node n ON n.key = c.node_key
        """
    /// Commands made earlier with these ids, or by these callers with these keys, and the hashes of their requests. `$1` ids, `$2` callers,
    /// `$3` keys.
    static let existing = """
        SELECT \(columns), c.request_hash FROM command c JOIN node n ON n.key = c.node_key WHERE c.id = ANY ($1::uuid[])
        UNION ALL
        SELECT \(columns), c.request_hash FROM unnest($2::text[], $3::text[]) k(issued_by, idempotency_key)
          JOIN command c ON c.issued_by = k.issued_by AND c.idempotency_key = k.idempotency_key AND c.idempotency_key <> ''
          JOIN node n ON n.key = c.node_key WHERE c.id <> ALL ($1::uuid[])
        """
    /// What cordon, uncordon and drain do to their nodes, whose rows are locked (C14). `$1` keys, `$2` schedules, `$3` conditions,
    /// `$4` command ids, `$5` reason, `$6` actor, `$7` event type.
    static let changeNodes: StaticString = """
        WITH t AS MATERIALIZED (SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::uuid[]) u(key, schedule, condition, command_id)),
             n AS (UPDATE node n SET schedule = t.schedule::node_schedule, condition = t.condition::node_condition, status_reason = $5,
                          revision = n.revision + 1
                     FROM t WHERE n.key = t.key AND (n.schedule, n.condition, n.status_reason)
                          IS DISTINCT FROM (t.schedule::node_schedule, t.condition::node_condition, $5)
                   RETURNING n.key, t.command_id),
             e AS (INSERT INTO event (type, node_key, command_id, actor, reason) SELECT $7, key, command_id, $6, $5 FROM n)
        INSERT INTO audit (actor, action, node_key, command_id, reason) SELECT $6, $7, key, command_id, $5 FROM t
        """

    /// One command. `$1` id.
    static let byID = "\(source) WHERE c.id = $1"
    /// Newest first. `$1` and `$2` the place after which, `$3` limit, `$4` state, `$5` type.
    static let page = """
        \(source) WHERE (c.issued_at, c.id) < ($1, $2) AND ($4 = '' OR c.state = nullif($4, '')::command_state)
          AND ($5 = '' OR c.type = nullif($5, '')::command_type) ORDER BY c.issued_at DESC, c.id DESC LIMIT $3
        """
    /// The same of one node. `$6` node name.
    static let pageOfNode = """
        \(source) WHERE c.node_key = (SELECT key FROM node WHERE id = $6) AND (c.issued_at, c.id) < ($1, $2)
          AND ($4 = '' OR c.state = nullif($4, '')::command_state) AND ($5 = '' OR c.type = nullif($5, '')::command_type)
         ORDER BY c.issued_at DESC, c.id DESC LIMIT $3
        """

    /// The lock of a command's node, in a statement of its own and blocking: cancel must not give up (C10). `$1` id.
    static let lockNodeOf: StaticString = "SELECT pg_advisory_xact_lock(1, node_key) FROM command WHERE id = $1"
    /// Cancels what had no effect yet; safe for leased ones, as the agent acts only after its acknowledgement. `$1` id, `$2` actor,
    /// `$3` reason.
    static let cancel: StaticString = """
        WITH c AS (UPDATE command SET state = 'cancelled', lease_until = NULL, finished_at = clock_timestamp(),
                          result = json_build_object('message', 'cancelled by ' || $2 || CASE WHEN $3 = '' THEN '' ELSE ': ' || $3 END)
                    WHERE id = $1 AND state IN ('queued', 'leased') RETURNING id, node_key),
             e AS (INSERT INTO event (type, node_key, command_id, actor, reason) SELECT 'command.cancelled', node_key, id, $2, $3 FROM c),
             a AS (INSERT INTO audit (actor, action, node_key, command_id, reason)
                   SELECT $2, 'command.cancelled', node_key, id, $3 FROM c)
        SELECT id FROM c
        """
    /// Asks a running command to stop; the agent decides. `$1` id, `$2` actor, `$3` reason.
    static let requestCancel: StaticString = """
        WITH c AS (UPDATE command SET cancel_requested = true WHERE id = $1 AND state = 'running' AND NOT cancel_requested
                   RETURNING id, node_key),
             e AS (INSERT INTO event (type, node_key, command_id, actor, reason)
                   SELECT 'command.cancel_requested', node_key, id, $2, $3 FROM c),
             a AS (INSERT INTO audit (actor, action, node_key, command_id, reason)
                   SELECT $2, 'command.cancel_requested', node_key, id, $3 FROM c)
        SELECT id FROM c
        """
}
