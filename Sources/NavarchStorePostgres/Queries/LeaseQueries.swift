// SPDX-License-Identifier: MIT

/// Leases (C10–C12). In WHERE against an index `statement_timestamp()`: `clock_timestamp()` is volatile and costs the index.
package enum LeaseQueries {
    /// First statement of the unit: takes what it gets of the nodes' locks, and leaves their keys for the statements behind it, whose
    /// snapshots are younger than the locks. `$1` keys.
    package static let lockNodes: StaticString = """
        SELECT set_config('navarch.locked', coalesce((SELECT array_agg(n)::text FROM unnest($1::int[]) n
                          WHERE pg_try_advisory_xact_lock(1, n)), '{}'), true)
        """
    /// The same, waiting, in key order: for what must not give up. `$1` keys, sorted.
    static let lockNodesWaiting: StaticString = """
        SELECT set_config('navarch.locked', coalesce((SELECT array_agg(n)::text FROM (SELECT n, pg_advisory_xact_lock(1, n)
                          FROM unnest($1::int[]) n) l), '{}'), true)
        """
    /// Second statement. The gate is LATERAL … LIMIT 1: as NOT EXISTS it became an anti join over all leases. `command_leased` serves the
    /// gate, `command_queued` the head. `$1` limit for each node, `$2` lease id, `$3` duration, `$4` replica.
    package static let lease: StaticString = """
        WITH head AS MATERIALIZED (
          SELECT c.id FROM unnest(current_setting('navarch.locked')::int[]) l(node_key)
          LEFT JOIN LATERAL (SELECT true AS busy FROM command x WHERE x.node_key = l.node_key AND x.state = 'leased' LIMIT 1) b ON true
          CROSS JOIN LATERAL (SELECT k.id FROM command k WHERE b.busy IS NULL AND k.node_key = l.node_key AND k.state = 'queued'
                                AND k.not_after > clock_timestamp() ORDER BY k.seq LIMIT $1 FOR NO KEY UPDATE) c)
        UPDATE command c SET state = 'leased', attempt = c.attempt + 1, lease_id = $2, lease_until = clock_timestamp() + $3, replica = $4
          FROM head WHERE c.id = head.id AND c.state = 'queued'
        RETURNING c.node_key, c.seq, c.id, c.attempt, c.lease_id, c.type, c.parameters, c.reason, c.issued_at, c.run_timeout
        """
    /// For agents that can neither acknowledge nor report: leased and ended in one step. Second statement, behind `lockNodes`. `$1` limit,
    /// `$2` lease id, `$3` replica, `$4` what the result says.
    static let leaseAndClose: StaticString = """
        WITH head AS MATERIALIZED (
          SELECT c.id FROM unnest(current_setting('navarch.locked')::int[]) l(node_key)
          LEFT JOIN LATERAL (SELECT true AS busy FROM command x WHERE x.node_key = l.node_key AND x.state = 'leased' LIMIT 1) b ON true
          CROSS JOIN LATERAL (SELECT k.id FROM command k WHERE b.busy IS NULL AND k.node_key = l.node_key AND k.state = 'queued'
                                AND k.not_after > clock_timestamp() ORDER BY k.seq LIMIT $1 FOR NO KEY UPDATE) c),
             c AS (UPDATE command c SET state = 'succeeded', attempt = c.attempt + 1, lease_id = $2, replica = $3,
                          started_at = clock_timestamp(), finished_at = clock_timestamp(), result = json_build_object('message', $4::text)
                     FROM head WHERE c.id = head.id AND c.state = 'queued' RETURNING c.*),
             e AS (INSERT INTO event (type, node_key, command_id) SELECT 'command.succeeded', node_key, id FROM c)
        SELECT c.node_key, c.seq, c.id, c.attempt, c.lease_id, c.type, c.parameters, c.reason, c.issued_at, c.run_timeout FROM c
        """
    /// What a lease id holds; reads the leases that are on their way. `$1` lease id.
    static let underLease: StaticString = """
        SELECT c.node_key, c.seq, c.id, c.attempt, c.lease_id, c.type, c.parameters, c.reason, c.issued_at, c.run_timeout
          FROM command c WHERE c.lease_until IS NOT NULL AND c.lease_id = $1 AND c.state = 'leased' ORDER BY c.node_key, c.seq
        """
    /// Queues again what could not be handed over; not counted (C11). `$1` ids, `$2` attempts, `$3` lease ids.
    static let giveBack: StaticString = """
        WITH t AS MATERIALIZED (SELECT c.id FROM command c JOIN unnest($1::uuid[], $2::int[], $3::uuid[]) u(id, attempt, lease_id)
                                 USING (id, attempt, lease_id) WHERE c.state = 'leased' ORDER BY c.id FOR NO KEY UPDATE OF c)
        UPDATE command c SET state = 'queued', lease_id = NULL, lease_until = NULL FROM t WHERE c.id = t.id RETURNING c.node_key
        """
    /// Nodes of commands. `$1` ids.
    static let nodesOf: StaticString =
        "SELECT DISTINCT node_key FROM command WHERE id = ANY ($1::uuid[]) ORDER BY node_key"

    /// Takes batches of several nodes; repeating is allowed, and a late one counts until somebody requeued it. `$1` ids, `$2` attempts,
    /// `$3` lease ids, `$4` their nodes, `$5` duration.
    package static let acknowledge: StaticString = """
        WITH t AS MATERIALIZED (SELECT c.id, c.state AS was FROM command c
                                  JOIN unnest($1::uuid[], $2::int[], $3::uuid[], $4::int[]) u(id, attempt, lease_id, node_key)
                                       USING (id, attempt, lease_id, node_key)
                                 WHERE c.state IN ('leased', 'running') ORDER BY c.id FOR NO KEY UPDATE OF c),
             a AS (UPDATE command c SET state = 'running', lease_until = clock_timestamp() + $5,
                          started_at = coalesce(c.started_at, clock_timestamp()), run_until_up = coalesce(c.run_until_up, s.up + c.run_timeout)
                     FROM t, service_clock s WHERE c.id = t.id RETURNING c.id, c.attempt, c.lease_id, c.node_key, t.was),
             e AS (INSERT INTO event (type, node_key, command_id) SELECT 'command.running', node_key, id FROM a WHERE was = 'leased')
        SELECT id, attempt, lease_id, node_key FROM a
        """
    /// Keeps running commands in contact. `$1` ids, `$2` attempts, `$3` lease ids, `$4` node, `$5` duration.
    static let renew: StaticString = """
        WITH r AS MATERIALIZED (SELECT c.id FROM command c JOIN unnest($1::uuid[], $2::int[], $3::uuid[]) u(id, attempt, lease_id)
                                 USING (id, attempt, lease_id) WHERE c.node_key = $4 AND c.state = 'running' ORDER BY c.id
                                   FOR NO KEY UPDATE OF c)
        UPDATE command c SET lease_until = greatest(c.lease_until, clock_timestamp() + $5) FROM r WHERE c.id = r.id
        RETURNING c.id, c.cancel_requested
        """
    /// Stores how far a running command is. `$1` id, `$2` attempt, `$3` lease id, `$4` node, `$5` per cent, `$6` message.
    static let progress: StaticString = """
        UPDATE command SET progress_percent = $5, progress_message = $6, progress_at = clock_timestamp()
         WHERE id = $1 AND attempt = $2 AND lease_id = $3 AND node_key = $4 AND state = 'running' RETURNING cancel_requested
        """
    /// Ends running commands and returns the places of those that it ended. A terminate that succeeded ends the node; a drain that succeeded is
    /// told. `$1` ids, `$2` attempts, `$3` lease ids, `$4` their nodes, `$5` outcomes, `$6` results.
    package static let complete: StaticString = """
        WITH t AS MATERIALIZED (SELECT c.id, u.outcome, u.result, u.place FROM command c
                                  JOIN unnest($1::uuid[], $2::int[], $3::uuid[], $4::int[], $5::text[], $6::json[]) WITH ORDINALITY
                                       u(id, attempt, lease_id, node_key, outcome, result, place) USING (id, attempt, lease_id, node_key)
                                 WHERE c.state = 'running' ORDER BY c.id, u.place FOR NO KEY UPDATE OF c),
             c AS (UPDATE command c SET state = t.outcome::command_state, result = t.result, lease_until = NULL, finished_at = clock_timestamp()
                     FROM t WHERE c.id = t.id RETURNING c.id, c.node_key, c.type, c.issued_by, c.reason, t.outcome, t.place),
             n AS (UPDATE node n SET lifecycle = 'terminated', terminated_at = clock_timestamp(), status_reason = c.reason,
                          revision = n.revision + 1
                     FROM c WHERE n.key = c.node_key AND c.type = 'terminate' AND c.outcome = 'succeeded' AND n.lifecycle = 'present'
                   RETURNING n.key, c.id, c.issued_by, c.reason),
             l AS (DELETE FROM liveness v USING n WHERE v.node_key = n.key),
             a AS (INSERT INTO audit (actor, action, node_key, command_id, reason)
                   SELECT issued_by, 'node.terminated', key, id, reason FROM n),
             e AS (INSERT INTO event (type, node_key, command_id, actor, reason)
                   SELECT 'command.' || outcome, node_key, id, '', '' FROM c
                   UNION ALL SELECT 'node.terminated', key, id, issued_by, reason FROM n
                   UNION ALL SELECT 'node.drained', node_key, id, issued_by, reason FROM c WHERE type = 'drain' AND outcome = 'succeeded')
        SELECT place FROM c
        """
    /// What is stored where `complete` found nothing to end. `$1` id.
    static let outcome: StaticString = "SELECT state, attempt, lease_id, node_key FROM command WHERE id = $1"
    /// Keeps a report that came too late (C9). `$1` node, `$2` id, `$3` the report.
    static let keepLateReport: StaticString = """
        INSERT INTO audit (actor, action, node_key, command_id, reason, details)
        SELECT 'node:' || n.id, 'command.late_report', n.key, $2, 'reported by a holder that is no longer the current one', $3::json
          FROM node n WHERE n.key = $1
        """

    /// Of these nodes, those with something to lease, and running commands that somebody wants stopped: index probes for each. `$1` keys.
    static let work: StaticString = """
        SELECT k AS node_key, NULL::uuid AS id FROM unnest($1::int[]) k CROSS JOIN LATERAL (SELECT 1 FROM command c
               WHERE c.node_key = k AND c.state = 'queued' AND c.not_after > statement_timestamp() LIMIT 1) q
        UNION ALL
        SELECT c.node_key, c.id FROM unnest($1::int[]) k JOIN command c ON c.node_key = k
         WHERE c.state = 'running' AND c.cancel_requested
        """
    /// Every node with something queued; reads the small partial index once (C2).
    static let queued: StaticString =
        "SELECT DISTINCT node_key FROM command WHERE state = 'queued' AND not_after > statement_timestamp()"
}
