// SPDX-License-Identifier: MIT

/// Replicas, the schema's gate and the incarnation (C24, C26, C27).
enum ReplicaQueries {
    /// Whether migrations ever ran here.
    static let hasSchema: StaticString = "SELECT to_regclass('schema_state') IS NOT NULL"
    /// The schema's row, held until this replica's row is committed: a contract step updates it first and then looks for replicas (C24).
    static let schema: StaticString = "SELECT version, min_binary FROM schema_state FOR SHARE"
    /// Another timeline, cluster or database: another incarnation (C27). The first replica of all only says which it is.
    static let renewIncarnation: StaticString = """
        WITH now AS MATERIALIZED (
          SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8) AS timeline, (SELECT system_identifier::text FROM pg_control_system()) AS system,
                 (SELECT oid FROM pg_database WHERE datname = current_database()) AS database)
        UPDATE database_incarnation d SET id = CASE WHEN d.timeline = '' THEN d.id ELSE gen_random_uuid() END, timeline = now.timeline, system_identifier = now.system,
               database_oid = now.database, since = clock_timestamp()
          FROM now WHERE (d.timeline, d.system_identifier, d.database_oid) IS DISTINCT FROM (now.timeline, now.system, now.database)
        """
    /// `$1` id, `$2` region, `$3` address, `$4` version, `$5` lowest and `$6` highest schema. Returns whether commits wait for a standby.
    static let register: StaticString = """
        INSERT INTO replica AS r (id, region, address, version, schema_min, schema_max, synchronous_replication)
        VALUES ($1, $2, $3, $4, $5, $6, current_setting('synchronous_standby_names') <> ''
                AND current_setting('synchronous_commit') IN ('on', 'remote_write', 'remote_apply'))
        ON CONFLICT (id) DO UPDATE SET region = excluded.region, address = excluded.address, version = excluded.version,
           schema_min = excluded.schema_min, schema_max = excluded.schema_max, last_seen = clock_timestamp(),
           synchronous_replication = excluded.synchronous_replication
        RETURNING synchronous_replication
        """
    /// Proof of life. `$1` id, `$2` draining.
    static let beat: StaticString =
        "UPDATE replica SET last_seen = clock_timestamp(), draining = $2 WHERE id = $1 RETURNING id"
    /// All of them, oldest first; live means seen within 15 s.
    static let all: StaticString = """
        SELECT r.id, r.region, r.address, r.version, r.schema_min, r.schema_max, r.started_at, r.last_seen,
               r.last_seen > clock_timestamp() - interval '15 s', r.draining, r.synchronous_replication,
               coalesce((SELECT array_agg(l.name ORDER BY l.name) FROM leadership l WHERE l.holder = r.id), '{}')
          FROM replica r ORDER BY r.started_at, r.id
        """
    /// The schema's version, without a lock.
    static let schemaVersion: StaticString = "SELECT version FROM schema_state"
    /// Leaves for good. `$1` id.
    static let deregister: StaticString = "DELETE FROM replica WHERE id = $1"
}
