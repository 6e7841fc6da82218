// SPDX-License-Identifier: MIT
import Postgres

/// The engine's own two tables. They are no numbered step: the place where a step is recorded must be there before step 1.
enum BookkeepingQueries {
    /// Run under the runner's lock, or in a schema of one's own (drift).
    static let create: [StaticString] = [createState, createSteps, seed]

    private static let createState: StaticString = """
        CREATE TABLE IF NOT EXISTS schema_state (
            only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            version    int NOT NULL DEFAULT 0 CHECK (version >= 0),
            min_binary int NOT NULL DEFAULT 0 CHECK (min_binary >= 0),
            changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
        )
        """

    private static let createSteps: StaticString = """
        CREATE TABLE IF NOT EXISTS schema_step (
            number       int PRIMARY KEY CHECK (number > 0),
            name         text NOT NULL,
            state        text NOT NULL CHECK (state IN ('begun', 'done', 'undoing', 'undone')),
            checksum     text NOT NULL,
            baseline     boolean NOT NULL DEFAULT false,
            runner       text NOT NULL,
            attempts     int NOT NULL DEFAULT 1,
            begun_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
            done_at      timestamptz,
            milliseconds bigint
        )
        """

    private static let seed: StaticString = "INSERT INTO schema_state DEFAULT VALUES ON CONFLICT DO NOTHING"

    /// Whether both tables are there.
    static let exist: StaticString = """
        SELECT to_regclass('schema_state') IS NOT NULL AND to_regclass('schema_step') IS NOT NULL
        """

    /// The schema's row; also locked so by a replica that registers, FOR SHARE (C24).
    static let state: StaticString = "SELECT version, min_binary FROM schema_state"

    /// All steps; times as text, ISO 8601 in UTC.
    static let steps: StaticString = """
        SELECT number, name, state, checksum, baseline, runner,
               to_char(begun_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
               to_char(done_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), milliseconds
          FROM schema_step ORDER BY number
        """

    static func begin(_ file: MigrationFile, runner: String) -> PostgresStatement {
        PostgresStatement(
            """
            INSERT INTO schema_step (number, name, state, checksum, runner) VALUES ($1, $2, 'begun', $3, $4)
            ON CONFLICT (number) DO UPDATE SET name = excluded.name, state = 'begun', checksum = excluded.checksum,
                baseline = false, runner = excluded.runner, attempts = schema_step.attempts + 1,
                begun_at = clock_timestamp(), done_at = NULL, milliseconds = NULL
            """, [.int4(file.number), .text(file.name), .text(file.checksum.hex), .text(runner)], name: "begin step")
    }

    static func done(_ number: Int32, milliseconds: Int64) -> PostgresStatement {
        PostgresStatement(
            """
            UPDATE schema_step SET state = 'done', done_at = clock_timestamp(), milliseconds = $2 WHERE number = $1
            """, [.int4(number), .int8(milliseconds)], name: "record step")
    }

    static func undoing(_ number: Int32, runner: String) -> PostgresStatement {
        PostgresStatement(
            "UPDATE schema_step SET state = 'undoing', runner = $2, begun_at = clock_timestamp() WHERE number = $1",
            [.int4(number), .text(runner)], name: "begin undo")
    }

    static func undone(_ number: Int32) -> PostgresStatement {
        PostgresStatement(
            "UPDATE schema_step SET state = 'undone', done_at = NULL WHERE number = $1", [.int4(number)],
            name: "record undo")
    }

    static func baseline(_ file: MigrationFile, runner: String) -> PostgresStatement {
        PostgresStatement(
            """
            INSERT INTO schema_step (number, name, state, checksum, baseline, runner, done_at, milliseconds)
            VALUES ($1, $2, 'done', $3, true, $4, clock_timestamp(), 0)
            """, [.int4(file.number), .text(file.name), .text(file.checksum.hex), .text(runner)],
            name: "record baseline")
    }

    static func setVersion(_ version: Int32) -> PostgresStatement {
        PostgresStatement(
            "UPDATE schema_state SET version = $1, changed_at = clock_timestamp()", [.int4(version)],
            name: "set version")
    }

    /// First statement of a contract step: from here on, a replica that registers waits for this transaction (C24).
    static func raiseMinimum(_ minimum: Int32) -> PostgresStatement {
        PostgresStatement(
            "UPDATE schema_state SET min_binary = greatest(min_binary, $1), changed_at = clock_timestamp()",
            [.int4(minimum)], name: "raise the lowest binary")
    }

    /// Locks the schema's row as `raiseMinimum` does, changing nothing: before a step is taken back.
    static let lockState: StaticString = "SELECT 1 FROM schema_state FOR UPDATE"
}
