// SPDX-License-Identifier: MIT
import Foundation
import Migrations
import NavarchTestSupport
import Postgres
import Testing

/// The real program, killed and signalled.
@Suite struct MigrateProgramTests {
    private static let steps = [
        MigratorFixture.text(
            "CREATE TABLE a (id int, b text);\nINSERT INTO a SELECT g, 'x' FROM generate_series(1, 100) g, pg_sleep(0.3);"
        ),
        MigratorFixture.text("CREATE INDEX CONCURRENTLY a_id ON a (id);", ["phase expand", "transaction no"]),
        MigratorFixture.text(
            "CREATE TABLE c (id int);\nSELECT pg_sleep(0.3);\nINSERT INTO c VALUES (1);"),
        MigratorFixture.text("DROP TABLE c;\nSELECT pg_sleep(0.3);", ["phase contract", "min-binary schema 3"]),
    ]

    private func folder(_ steps: [String] = steps) throws -> String {
        let path = NSTemporaryDirectory() + "migrate-test-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (number, text) in zip(1..., steps) {
            try text.write(toFile: "\(path)/000\(number)_step.sql", atomically: true, encoding: .utf8)
        }
        return path
    }

    private static func start(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess.start(try Programs.path("migrate"), arguments)
    }

    private func up(_ fixture: MigratorFixture, _ folder: String, _ more: [String] = []) throws -> ChildProcess {
        try Self.start(["up", "--database", fixture.conninfo, "--files", folder] + more)
    }

    @Test(.timeLimit(.minutes(3)))
    func killedAtEveryStatementAndRunAgainItEndsAsIfNeverKilled() async throws {
        let fixture = try await MigratorFixture()
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }  // a leftover in /tmp harms nobody
        let moments = [
            "0001_step: begun", "0001_step: 1/2", "0001_step: 2/2", "0001_step: done", "0002_step: 1/1",
            "0003_step: 1/3",
            "0003_step: 2/3", "0003_step: 3/3", "0004_step: 1/2", "0004_step: 2/2",
        ]
        var killed = 0
        for moment in moments {
            let runner = try up(fixture, folder)
            // A run that comes past the moment before it is killed only means fewer steps for the next one.
            do { try await runner.line(containing: moment, within: .seconds(30)) } catch is ChildProcessError {
                continue
            }
            runner.signal(SIGKILL)
            if await runner.wait() == .signal(SIGKILL) { killed += 1 }
        }
        #expect(killed >= 1)  // how many a noisy machine catches in time varies; that all ends well must not
        let last = try up(fixture, folder)
        #expect(await last.wait() == .code(0), "\(last.output)")
        let migrator = try fixture.migrator(Self.steps)
        #expect(try await migrator.history().version == 4)
        #expect(try await migrator.verify().isClean)
        #expect(try await fixture.query("SELECT count(*)::text FROM a") == ["100"])
    }

    @Test(.timeLimit(.minutes(2)))
    func killedWhileItBuildsAnIndexTheInvalidOneIsReplaced() async throws {
        let fixture = try await MigratorFixture()
        let folder = try folder(Array(Self.steps.prefix(2)))
        defer { try? FileManager.default.removeItem(atPath: folder) }  // a leftover in /tmp harms nobody
        try await fixture.migrator(Self.steps).up(to: 1)
        try await fixture.withSession { other in
            // An old snapshot holds the build up in its last phase.
            _ = try await other.query("BEGIN ISOLATION LEVEL REPEATABLE READ")
            _ = try await other.query("SELECT count(*) FROM a")
            let runner = try up(fixture, folder)
            try await eventually(within: .seconds(20), "an index that is there and invalid") {
                try await fixture.query(
                    "SELECT 1::text FROM pg_index WHERE indexrelid = to_regclass('a_id') AND NOT indisvalid"
                )
                .count == 1
            }
            runner.signal(SIGKILL)
            #expect(await runner.wait() == .signal(SIGKILL))
            // The server notices by itself and frees the runner's lock, while the old snapshot is still there.
            try await eventually(within: .seconds(10), "a runner's lock that is free") {
                try await fixture.query("SELECT 1::text FROM pg_locks WHERE locktype = 'advisory'").isEmpty
            }
            _ = try await other.query("COMMIT")
        }
        let next = try up(fixture, folder)
        #expect(await next.wait() == .code(0), "\(next.output)")
        #expect(next.output.contains { $0.contains("index a_id was invalid and is dropped") }, "\(next.output)")
        #expect(try await fixture.migrator(Array(Self.steps.prefix(2))).verify().isClean)
    }

    @Test(.timeLimit(.minutes(1)))
    func sigtermEndsBetweenTwoStatements() async throws {
        let fixture = try await MigratorFixture()
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }  // a leftover in /tmp harms nobody
        let runner = try up(fixture, folder, ["--to", "3"])
        try await runner.line(containing: "0003_step: 2/3")
        runner.signal(SIGTERM)
        #expect(await runner.wait() == .code(19), "\(runner.output)")
        #expect(try await fixture.query("SELECT to_regclass('c')::text") == [nil])
        #expect(try await fixture.migrator(Self.steps).history().version == 2)
    }

    @Test(.timeLimit(.minutes(1)))
    func deployScriptsCanBranchOnTheExitCode() async throws {
        let fixture = try await MigratorFixture()
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }  // a leftover in /tmp harms nobody
        func code(_ arguments: [String]) async throws -> ChildProcess.Exit {
            try await Self.start(arguments + ["--files", folder, "--database", fixture.conninfo]).wait()
        }
        #expect(try await code(["status", "--check"]) == .code(10))
        #expect(try await code(["plan", "--check", "-o", "json"]) == .code(10))
        #expect(try await code(["up", "--to", "9"]) == .code(2))
        #expect(try await code(["up", "--expand-only"]) == .code(0))
        #expect(try await code(["down"]) == .code(21))
        #expect(try await code(["baseline", "--to", "1"]) == .code(23))
        #expect(try await code(["verify"]) == .code(0))
        try await fixture.query("DROP INDEX a_id")
        #expect(try await code(["verify", "-o", "json"]) == .code(11))
        #expect(try await code(["up", "--nonsense"]) == .code(64))
        let unreachable = try Self.start(["status", "--database", "host=/nonexistent"])
        #expect(await unreachable.wait() == .code(17))
    }
}
