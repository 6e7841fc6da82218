// SPDX-License-Identifier: MIT
import Postgres

/// Locks between runners, what blocks a statement, and who still lives.
enum RunnerQueries {
    /// The runner's lock is the pair (3, 0) of this database; 1 is a node's lock, 2 a loop's (C10, C15).
    static let tryLock: StaticString = "SELECT pg_try_advisory_lock(3, 0)"

    /// Who holds the runner's lock.
    static let lockHolder: StaticString = """
        SELECT a.pid, coalesce(a.application_name, ''), coalesce(host(a.client_addr), 'local')
          FROM pg_locks l JOIN pg_stat_activity a USING (pid)
         WHERE l.locktype = 'advisory' AND l.classid = 3 AND l.objid = 0 AND l.objsubid = 2 AND l.granted
           AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """

    /// Whether this server can be written to, and the process that serves this session.
    static let server: StaticString = """
        SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool, pg_backend_pid()
        """

    static let begin: StaticString = "BEGIN ISOLATION LEVEL READ COMMITTED"
    static let commit: StaticString = "COMMIT"
    static let rollback: StaticString = "ROLLBACK"

    /// How long a statement waits for a table's lock: for the transaction, or (`local` false) for the session.
    static func lockTimeout(_ timeout: Duration, local: Bool) -> PostgresStatement {
        PostgresStatement(
            "SELECT set_config('lock_timeout', $1, $2)", [.text("\(timeout.milliseconds)ms"), .bool(local)],
            name: "set lock_timeout")
    }

    /// Who stands in the way of the back end `$1`, oldest transaction first.
    static func blockers(of pid: Int32) -> PostgresStatement {
        PostgresStatement(
            """
            SELECT a.pid, coalesce(a.application_name, ''), coalesce(a.state, ''),
                   coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::float8
              FROM pg_stat_activity a WHERE a.pid = ANY (pg_blocking_pids($1)) ORDER BY a.xact_start LIMIT 5
            """, [.int4(pid)], name: "find blockers")
    }

    /// How far the back end `$1` is with its index.
    static func indexProgress(of pid: Int32) -> PostgresStatement {
        PostgresStatement(
            """
            SELECT phase, lockers_done, lockers_total, blocks_done, blocks_total, tuples_done, tuples_total
              FROM pg_stat_progress_create_index WHERE pid = $1
            """, [.int4(pid)], name: "index progress")
    }

    /// Whether the table of replicas has been made yet.
    static let replicasExist: StaticString = "SELECT to_regclass('replica') IS NOT NULL"

    /// Live replicas that do not know step `minimum` (C24). Live is judged generously: one that only hangs comes back.
    static func replicas(notKnowing minimum: Int32, seenWithin grace: Duration) -> PostgresStatement {
        PostgresStatement(
            """
            SELECT id::text, address, version, schema_max,
                   greatest(extract(epoch FROM clock_timestamp() - last_seen), 0)::float8
              FROM replica WHERE schema_max < $1 AND last_seen > clock_timestamp() - $2::interval ORDER BY last_seen DESC
            """, [.int4(minimum), .interval(grace)], name: "find older replicas")
    }

    /// Live replicas that need step `number`.
    static func replicas(needing number: Int32, seenWithin grace: Duration) -> PostgresStatement {
        PostgresStatement(
            """
            SELECT id::text, address, version, schema_min,
                   greatest(extract(epoch FROM clock_timestamp() - last_seen), 0)::float8
              FROM replica WHERE schema_min >= $1 AND last_seen > clock_timestamp() - $2::interval ORDER BY last_seen DESC
            """, [.int4(number), .interval(grace)], name: "find newer replicas")
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
