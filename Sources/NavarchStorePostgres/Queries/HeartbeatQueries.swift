// SPDX-License-Identifier: MIT

/// Signs of life and the service clock (C18, C19).
enum HeartbeatQueries {
    /// First statement of what may be lost in a crash of the database: renewals, progress.
    static let asynchronousCommit: StaticString = "SELECT set_config('synchronous_commit', 'off', true)"

    /// A batch, committed asynchronously: the rows are locked in key order first, or overlapping batches deadlock. `$1` keys.
    static let record: StaticString = """
        WITH l AS MATERIALIZED (SELECT v.node_key, v.reachable AS was FROM liveness v JOIN unnest($1::int[]) k ON v.node_key = k
                                 ORDER BY v.node_key FOR NO KEY UPDATE OF v),
             u AS (UPDATE liveness v SET last_seen = greatest(v.last_seen, clock_timestamp()), seen_up = greatest(v.seen_up, s.up),
                          reachable = true
                     FROM l, service_clock s WHERE v.node_key = l.node_key RETURNING v.node_key, l.was),
             e AS (INSERT INTO event (type, node_key) SELECT 'node.reachable', node_key FROM u WHERE NOT was),
             a AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
        SELECT node_key, was FROM a CROSS JOIN u
        """
    /// Samples of nodes whose liveness rows the statement before has locked. `$1` keys, `$2` CPU, `$3` memory, `$4` GPUs.
    static let storeMetrics: StaticString = """
        UPDATE node_metrics m SET sampled_at = clock_timestamp(), cpu_percent = u.cpu, memory_percent = u.memory, gpus = u.gpus
          FROM unnest($1::int[], $2::float8[], $3::float8[], $4::bytea[]) u(node_key, cpu, memory, gpus) WHERE m.node_key = u.node_key
        """
    /// The latest sample. `$1` key.
    static let metrics: StaticString = """
        SELECT m.cpu_percent, m.memory_percent, m.gpus FROM node_metrics m JOIN node n ON n.key = m.node_key
         WHERE n.id = $1 AND m.sampled_at IS NOT NULL
        """

    /// The clock's lock, in a statement of its own: a waiter in the same statement would set `proven_at` back and count time twice.
    static let lockClock: StaticString = "SELECT 1 FROM service_clock FOR NO KEY UPDATE"
    /// Proves the clock; a gap of more than 5 s adds nothing.
    static let proveClock: StaticString = """
        UPDATE service_clock SET up = up + CASE WHEN n.t - proven_at BETWEEN '0' AND '5 s' THEN n.t - proven_at ELSE '0' END,
               proven_at = n.t
          FROM (SELECT clock_timestamp() t OFFSET 0) n
        """
}
