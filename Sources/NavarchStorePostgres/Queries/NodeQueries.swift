// SPDX-License-Identifier: MIT

/// Reading nodes and writing registrations.
enum NodeQueries {
    /// Columns of a node, in the order that `Node.init(row:)` reads.
    static let columns = """
        n.id, n.key, n.provider, n.region, n.zone, n.instance_type, n.agent_version, n.journal_id, n.machine_id, n.gpus, n.metadata, \
        n.labels, n.host, n.lifecycle, n.schedule, n.condition, n.health, n.status_reason, coalesce(v.reachable, false), v.last_seen, \
        n.last_health_check, n.registered_at, n.revision
        """
    private static let source = "SELECT \(columns) FROM node n LEFT JOIN liveness v ON v.node_key = n.key"

    /// One node by name. `$1` id.
    static let byID = "\(source) WHERE n.id = $1"
    /// The same, its row locked: the first statement of every transaction that changes it.
    static let lock = "\(source) WHERE n.id = $1 FOR NO KEY UPDATE OF n"
    /// Several by name, locked in key order, so that two bulk commands cannot deadlock. `$1` ids.
    static let lockAll = "\(source) WHERE n.id = ANY ($1) ORDER BY n.key FOR NO KEY UPDATE OF n"
    /// Several by name. `$1` ids.
    static let named = "\(source) WHERE n.id = ANY ($1)"
    /// A page in order of id, which the unique index supplies. `$1` after, `$2` limit, `$3` provider, `$4` region, `$5` zone, `$6` status,
    /// `$7` label keys that must be there (an index serves it), `$8` the selector's requirements.
    static let page = """
        \(source) WHERE n.id > $1 AND ($3 = '' OR n.provider = $3) AND ($4 = '' OR n.region = $4) AND ($5 = '' OR n.zone = $5)
          AND ($6 = '' OR n.status = nullif($6, '')::node_status) AND n.labels ?& $7::text[]
          AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements($8::jsonb) q WHERE NOT coalesce(CASE q ->> 'op'
                WHEN 'in' THEN (q -> 'values') ? (n.labels ->> (q ->> 'key'))
                WHEN 'notin' THEN NOT coalesce((q -> 'values') ? (n.labels ->> (q ->> 'key')), false)
                WHEN 'exists' THEN n.labels ? (q ->> 'key')
                WHEN 'absent' THEN NOT n.labels ? (q ->> 'key') END, false))
         ORDER BY n.id LIMIT $2
        """
    /// Resolves names. `$1` ids.
    static let keys: StaticString = "SELECT id, key, lifecycle = 'terminated' FROM node WHERE id = ANY ($1)"
    /// Which of these keys are tombstones. `$1` keys.
    static let terminated: StaticString = "SELECT key FROM node WHERE key = ANY ($1) AND lifecycle = 'terminated'"

    /// A node that nobody knew; no row when another call was faster. `$1` id, then `facts`.
    static let insert: StaticString = """
        WITH n AS (INSERT INTO node (id, provider, region, zone, instance_type, agent_version, journal_id, machine_id, gpus, metadata,
                                     labels, host)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10::jsonb, $11::jsonb, $12::jsonb)
                   ON CONFLICT (id) DO NOTHING RETURNING key),
             m AS (INSERT INTO node_metrics (node_key) SELECT key FROM n),
             e AS (INSERT INTO event (type, node_key, actor) SELECT 'node.registered', key, 'node:' || $1 FROM n)
        SELECT key FROM n
        """
    /// The same machine with other facts. `$1` key, then `facts`.
    static let update: StaticString = """
        WITH n AS (UPDATE node SET provider = $2, region = $3, zone = $4, instance_type = $5, agent_version = $6, journal_id = $7,
                          machine_id = $8, gpus = $9::jsonb, metadata = $10::jsonb, labels = $11::jsonb, host = $12::jsonb,
                          revision = revision + 1
                    WHERE key = $1 RETURNING key, id)
        INSERT INTO event (type, node_key, actor) SELECT 'node.updated', key, 'node:' || id FROM n
        """
    /// Another machine under the same name: active and unjudged. `$1` key, then `facts`.
    static let replace: StaticString = """
        WITH n AS (UPDATE node SET provider = $2, region = $3, zone = $4, instance_type = $5, agent_version = $6, journal_id = $7,
                          machine_id = $8, gpus = $9::jsonb, metadata = $10::jsonb, labels = $11::jsonb, host = $12::jsonb,
                          lifecycle = 'present', schedule = 'active', condition = 'ok', health = 'unknown', status_reason = '',
                          last_health_check = NULL, terminated_at = NULL, registered_at = clock_timestamp(), revision = revision + 1
                    WHERE key = $1 RETURNING key, id),
             h AS (DELETE FROM health_result r USING n WHERE r.node_key = n.key),
             m AS (UPDATE node_metrics m SET sampled_at = NULL, cpu_percent = 0, memory_percent = 0, gpus = '' FROM n
                    WHERE m.node_key = n.key),
             a AS (INSERT INTO audit (actor, action, node_key, reason)
                   SELECT 'node:' || id, 'node.replaced', key, 'another machine registered under this name' FROM n)
        INSERT INTO event (type, node_key, actor) SELECT 'node.replaced', key, 'node:' || id FROM n
        """
    /// A registration is a sign of life (gap G8). The node's row is locked against becoming terminated meanwhile. `$1` key.
    static let touch: StaticString = """
        WITH n AS MATERIALIZED (SELECT key FROM node WHERE key = $1 AND lifecycle = 'present' FOR SHARE),
             o AS MATERIALIZED (SELECT reachable FROM liveness WHERE node_key = $1),
             u AS (INSERT INTO liveness AS v (node_key, reachable, last_seen, seen_up)
                   SELECT n.key, true, clock_timestamp(), s.up FROM n, service_clock s
                   ON CONFLICT (node_key) DO UPDATE SET reachable = true, last_seen = greatest(v.last_seen, excluded.last_seen),
                                                        seen_up = greatest(v.seen_up, excluded.seen_up)
                   RETURNING node_key)
        INSERT INTO event (type, node_key) SELECT 'node.reachable', u.node_key FROM u, o WHERE NOT o.reachable
        """
    /// The node's lock, in a statement of its own (C10). `$1` key.
    static let lockCommands: StaticString = "SELECT pg_advisory_xact_lock(1, $1)"
    /// The journal of running commands is lost (C12). `$1` key.
    static let loseRunning: StaticString = """
        WITH t AS MATERIALIZED (SELECT id FROM command WHERE node_key = $1 AND state = 'running' ORDER BY id FOR NO KEY UPDATE),
             c AS (UPDATE command c SET state = 'unknown', lease_until = NULL, finished_at = clock_timestamp(),
                          result = json_build_object('message', 'the agent came back without its journal')
                     FROM t WHERE c.id = t.id RETURNING c.id, c.node_key, c.issued_by)
        INSERT INTO event (type, node_key, command_id, actor) SELECT 'command.unknown', node_key, id, 'registration' FROM c
        """
    /// What was handed out and not acknowledged waits again: it had no effect (C12). `$1` key.
    static let requeueLeased: StaticString = """
        WITH t AS MATERIALIZED (SELECT id FROM command WHERE node_key = $1 AND state = 'leased' ORDER BY id FOR NO KEY UPDATE),
             c AS (UPDATE command c SET state = 'queued', lease_id = NULL, lease_until = NULL FROM t WHERE c.id = t.id
                   RETURNING c.id, c.node_key)
        INSERT INTO event (type, node_key, command_id, actor) SELECT 'command.requeued', node_key, id, 'registration' FROM c
        """
    /// What waits was meant for the machine that is gone. `$1` key.
    static let cancelForReplaced: StaticString = """
        WITH t AS MATERIALIZED (SELECT id FROM command WHERE node_key = $1 AND state IN ('queued', 'leased') ORDER BY id
                                  FOR NO KEY UPDATE),
             c AS (UPDATE command c SET state = 'cancelled', lease_until = NULL, finished_at = clock_timestamp(),
                          result = json_build_object('message', 'it was meant for a machine that is gone')
                     FROM t WHERE c.id = t.id RETURNING c.id, c.node_key)
        INSERT INTO event (type, node_key, command_id, actor) SELECT 'command.cancelled', node_key, id, 'registration' FROM c
        """

    /// Nodes by status.
    static let countByStatus: StaticString = "SELECT status, count(*) FROM node GROUP BY status"
    /// GPUs by provider.
    static let countGPUs: StaticString = """
        SELECT coalesce(nullif(provider, ''), 'unknown'), sum(gpu_count) FROM node WHERE lifecycle = 'present' GROUP BY 1
        """
    /// Health of each node; O(nodes).
    static let healthOfAll: StaticString = "SELECT id, health FROM node WHERE lifecycle = 'present'"
    /// Silent nodes, and commands that wait.
    static let countOthers: StaticString = """
        SELECT (SELECT count(*) FROM liveness WHERE NOT reachable), (SELECT count(*) FROM command WHERE state = 'queued')
        """
}
