// SPDX-License-Identifier: MIT
import Locks
import Logging
import Migrations
import NavarchTestSupport
import Postgres
import Testing

/// A database of a test's own, and files made on the spot.
struct MigratorFixture {
    let conninfo: String
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    init() async throws { conninfo = try await ThrowawayPostgres.shared.createDatabase() }

    /// A step's text: its directives and its statements.
    static func text(_ sql: String, _ directives: [String] = ["phase expand"]) -> String {
        (["-- SPDX-License-Identifier: MIT"] + directives.map { "-- navarch:\($0)" } + [sql, ""]).joined(
            separator: "\n")
    }

    /// Files numbered in the order given, named `step`.
    static func files(_ texts: [String]) throws -> MigrationSet {
        try MigrationSet(
            zip(1..., texts).map { number, text in ("000\(number)_step.sql", text) })
    }

    func migrator(
        _ texts: [String], events: EventList = EventList(), stop: StopSignal = StopSignal(),
        _ change: (inout MigratorOptions) -> Void = { _ in }
    ) throws -> Migrator {
        try migrator(try Self.files(texts), events: events, stop: stop, change)
    }

    func migrator(
        _ files: MigrationSet, events: EventList = EventList(), stop: StopSignal = StopSignal(),
        _ change: (inout MigratorOptions) -> Void = { _ in }
    ) throws -> Migrator {
        var options = MigratorOptions()
        change(&options)
        return Migrator(
            files: files, conninfo: conninfo, options: options, runner: "9.9.9", logger: logger, stop: stop,
            report: { events.add($0) })
    }

    /// One statement on a session of its own, its first column as text.
    @discardableResult
    func query(_ sql: String) async throws -> [String?] {
        try await withSession { try await $0.query(PostgresStatement(sql)).map { try $0.decode(0, as: String?.self) } }
    }

    func withSession<R>(_ body: (PostgresSession) async throws -> R) async throws -> R {
        try await PostgresSession.withSession(PostgresConfiguration(conninfo: conninfo), logger: logger, body)
    }
}

/// What a run told.
final class EventList: Sendable {
    private let events = Mutex<[MigrationEvent]>([])
    var all: [MigrationEvent] { events.withLock { $0 } }
    func add(_ event: MigrationEvent) { events.withLock { $0.append(event) } }
}
