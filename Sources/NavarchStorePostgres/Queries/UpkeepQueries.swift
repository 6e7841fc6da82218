// SPDX-License-Identifier: MIT

/// What the led loops do, behind the fence of their term (C15).
enum UpkeepQueries {
    /// Nodes with lapsed leases, at most as many as one transaction may lock (C10).
    static let lapsedNodes: StaticString = """
        SELECT DISTINCT node_key FROM (SELECT node_key FROM command WHERE lease_until < statement_timestamp() AND state = 'leased'
               ORDER BY lease_until LIMIT 1000) l LIMIT 64
        """
    /// Lapsed leases of the locked nodes: had no effect (C12). `$1` lapses allowed. Rows in order of id, as acknowledgements lock them.
    static let expireLeases: StaticString = """
        WITH t AS MATERIALIZED (SELECT id FROM command WHERE node_key = ANY (current_setting('navarch.locked')::int[])
                                   AND state = 'leased' AND lease_until < statement_timestamp() ORDER BY id FOR NO KEY UPDATE),
             c AS (UPDATE command c SET
                     state = CASE WHEN not_after <= clock_timestamp() THEN 'expired' WHEN expiries + 1 >= $1 THEN 'undeliverable'
                                  ELSE 'queued' END::command_state,
                     finished_at = CASE WHEN not_after <= clock_timestamp() OR expiries + 1 >= $1 THEN clock_timestamp() END,
                     result = CASE WHEN not_after <= clock_timestamp() THEN json_build_object('message', 'its time to live is over')
                                   WHEN expiries + 1 >= $1
                                   THEN json_build_object('message', 'handed out ' || attempt || ' times and never acknowledged') END,
                     expiries = expiries + 1, lease_id = NULL, lease_until = NULL
                     FROM t WHERE c.id = t.id RETURNING c.id, c.node_key, c.state),
             e AS (INSERT INTO event (type, node_key, command_id, actor)
                   SELECT CASE state WHEN 'queued' THEN 'command.requeued' ELSE 'command.' || state END, node_key, id, 'upkeep' FROM c)
        SELECT DISTINCT node_key FROM c
        """
    /// Nodes with queued commands past their time to live. `$1` limit.
    static let overdueNodes: StaticString = """
        SELECT DISTINCT node_key FROM (SELECT node_key FROM command WHERE state = 'queued' AND not_after <= statement_timestamp()
               LIMIT $1) q LIMIT 64
        """
    /// Expires them, on the locked nodes. `$1` limit.
    static let expireQueued: StaticString = """
        WITH t AS MATERIALIZED (SELECT id FROM command WHERE node_key = ANY (current_setting('navarch.locked')::int[])
                                   AND state = 'queued' AND not_after <= statement_timestamp() ORDER BY id LIMIT $1 FOR NO KEY UPDATE),
             c AS (UPDATE command c SET state = 'expired', finished_at = clock_timestamp(),
                          result = json_build_object('message', 'its time to live is over')
                     FROM t WHERE c.id = t.id RETURNING c.id, c.node_key),
             e AS (INSERT INTO event (type, node_key, command_id, actor) SELECT 'command.expired', node_key, id, 'upkeep' FROM c)
        SELECT id FROM c
        """
    /// Running commands past their run deadline on the service clock (C12, C19). `$1` limit.
    static let endOverrun: StaticString = """
        WITH t AS MATERIALIZED (SELECT c.id FROM command c, service_clock s WHERE c.state = 'running' AND c.run_until_up < s.up
                                 ORDER BY c.id LIMIT $1 FOR NO KEY UPDATE OF c),
             c AS (UPDATE command c SET state = 'unknown', lease_until = NULL, finished_at = clock_timestamp(),
                          result = json_build_object('message', 'no result within its run deadline')
                     FROM t WHERE c.id = t.id RETURNING c.id, c.node_key),
             e AS (INSERT INTO event (type, node_key, command_id, actor) SELECT 'command.unknown', node_key, id, 'upkeep' FROM c)
        SELECT id FROM c
        """
    /// Silent nodes; none unless the clock was proven in the last 5 s (C19). `$1` timeout, `$2` limit.
    static let stale: StaticString = """
        SELECT n.key, n.id, concat_ws('/', nullif(n.region, ''), nullif(n.zone, ''))
          FROM liveness v JOIN node n ON n.key = v.node_key, service_clock s
         WHERE v.reachable AND s.up - v.seen_up > $1 AND s.proven_at > clock_timestamp() - interval '5 s' ORDER BY n.key LIMIT $2
        """
    /// By zone: nodes silent now or marked within the last timeout, and those with the nodes that are heard (C20). `$1` timeout.
    static let zones: StaticString = """
        SELECT concat_ws('/', nullif(n.region, ''), nullif(n.zone, '')), count(*) FILTER (WHERE s.up - v.seen_up > $1), count(*)
          FROM liveness v JOIN node n ON n.key = v.node_key, service_clock s
         WHERE v.reachable OR s.up - v.seen_up <= 2 * $1 GROUP BY 1
        """
    /// Locks, in key order as heartbeats do, and judges again. `$1` keys, `$2` timeout, `$3` reason.
    static let markUnreachable: StaticString = """
        WITH t AS MATERIALIZED (SELECT v.node_key FROM liveness v, service_clock s WHERE v.node_key = ANY ($1::int[]) AND v.reachable
                                   AND s.up - v.seen_up > $2 AND s.proven_at > clock_timestamp() - interval '5 s'
                                 ORDER BY v.node_key FOR NO KEY UPDATE OF v),
             u AS (UPDATE liveness v SET reachable = false FROM t WHERE v.node_key = t.node_key RETURNING v.node_key),
             e AS (INSERT INTO event (type, node_key, actor, reason) SELECT 'node.unreachable', node_key, 'liveness', $3 FROM u)
        SELECT node_key FROM u
        """
    /// Terminal commands whose retention is over; `command_issued` leads to the oldest. `$1` retention, `$2` limit.
    static let pruneCommands: StaticString = """
        DELETE FROM command WHERE id IN (SELECT id FROM command WHERE issued_at < statement_timestamp() - $1::interval
               AND finished_at < statement_timestamp() - $1::interval ORDER BY issued_at, id LIMIT $2)
        """
    /// Events up to the first that is young enough; a reader behind it lists again. `$1` retention, `$2` limit.
    static let pruneEvents: StaticString = """
        WITH o AS MATERIALIZED (SELECT pos, occurred_at < statement_timestamp() - $1::interval AS old FROM event WHERE pos IS NOT NULL
                                 ORDER BY pos LIMIT $2),
             cut AS MATERIALIZED (SELECT coalesce((SELECT min(pos) - 1 FROM o WHERE NOT old), (SELECT max(pos) FROM o), 0) AS pos),
             h AS (UPDATE feed_head f SET pruned_to = greatest(f.pruned_to, cut.pos) FROM cut WHERE cut.pos > f.pruned_to)
        DELETE FROM event e USING cut WHERE e.pos <= cut.pos
        """
    /// `$1` retention, `$2` limit.
    static let pruneReports: StaticString = """
        DELETE FROM health_report WHERE id IN (SELECT id FROM health_report WHERE received_at < statement_timestamp() - $1::interval
               ORDER BY received_at LIMIT $2)
        """
    /// `$1` retention, `$2` limit.
    static let pruneHealthEvents: StaticString = """
        DELETE FROM health_event WHERE id IN (SELECT id FROM health_event WHERE received_at < statement_timestamp() - $1::interval
               ORDER BY received_at LIMIT $2)
        """
    /// `$1` retention, `$2` limit.
    static let pruneReplicas: StaticString = """
        DELETE FROM replica WHERE id IN (SELECT id FROM replica WHERE last_seen < statement_timestamp() - $1::interval LIMIT $2)
        """
}
