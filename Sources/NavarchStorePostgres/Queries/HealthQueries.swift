// SPDX-License-Identifier: MIT

/// Health reports.
enum HealthQueries {
    /// The report as it came. `$1` key, `$2` verdict, `$3` results.
    static let insertReport: StaticString = """
        INSERT INTO health_report (node_key, verdict, results) VALUES ($1, $2::health_status, $3::jsonb)
        """
    /// The latest result of each check. `$1` key, `$2` names, `$3` statuses, `$4` messages, `$5` observed (microseconds), `$6` details.
    static let upsertResults: StaticString = """
        INSERT INTO health_result AS r (node_key, check_name, status, message, observed_at, details)
        SELECT $1, u.name, u.status::health_status, u.message,
               to_timestamp(nullif(u.observed, 0) / 1000000) + (u.observed % 1000000) * interval '1 microsecond', u.details
          FROM unnest($2::text[], $3::text[], $4::text[], $5::int8[], $6::jsonb[]) u(name, status, message, observed, details)
         ORDER BY u.name
        ON CONFLICT (node_key, check_name) DO UPDATE SET status = excluded.status, message = excluded.message,
           observed_at = excluded.observed_at, received_at = excluded.received_at, details = excluded.details
        """
    /// Events as they came. `$1` key, then arrays: `$2` observed, `$3` GPU index, `$4` GPU uuid, `$5` system, `$6` type, `$7` metrics,
    /// `$8` message.
    static let insertEvents: StaticString = """
        INSERT INTO health_event (node_key, observed_at, gpu_index, gpu_uuid, system, type, metrics, message)
        SELECT $1, to_timestamp(nullif(u.observed, 0) / 1000000) + (u.observed % 1000000) * interval '1 microsecond',
               u.gpu_index, u.gpu_uuid, u.system, u.type, u.metrics, u.message
          FROM unnest($2::int8[], $3::int[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::text[])
               WITH ORDINALITY u(observed, gpu_index, gpu_uuid, system, type, metrics, message, place) ORDER BY u.place
        """
    /// The node after a report; its row is locked. `$1` key, `$2` health, `$3` condition, `$4` status reason.
    static let updateNode: StaticString = """
        UPDATE node SET health = $2::health_status, condition = $3::node_condition, status_reason = $4,
               last_health_check = clock_timestamp(), revision = revision + 1 WHERE key = $1
        """
    /// Tells that a node's health changed. `$1` type, `$2` key, `$3` actor, `$4` reason.
    static let announce: StaticString = "INSERT INTO event (type, node_key, actor, reason) VALUES ($1, $2, $3, $4)"
    /// The latest results, by name. `$1` node name.
    static let results: StaticString = """
        SELECT r.check_name, r.status, r.message, r.observed_at, r.details FROM health_result r JOIN node n ON n.key = r.node_key
         WHERE n.id = $1 ORDER BY r.check_name
        """
}
