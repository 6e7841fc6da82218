// SPDX-License-Identifier: MIT
import Foundation
import NavarchTestSupport
import Testing

@Suite struct ThrowawayPostgresTests {
    private func ask(_ conninfo: String, _ question: String) async throws -> [String] {
        try await ChildProcess.run(try PostgresPrograms.path("psql"), ["-XAtc", question, conninfo])
    }

    @Test func eachDatabaseIsFreshAndWritable() async throws {
        let cluster = try await ThrowawayPostgres.shared
        let first = try await cluster.createDatabase()
        let second = try await cluster.createDatabase()
        #expect(first != second)
        #expect(try await ask(first, "CREATE TABLE t AS SELECT 17 AS n; TABLE t").last == "17")
        #expect(try await ask(second, "SELECT to_regclass('t') IS NULL") == ["t"])
    }

    @Test func aKilledServerComesBackWithWhatWasCommitted() async throws {
        let cluster = try await ThrowawayPostgres.start()
        let conninfo = try await cluster.createDatabase()
        _ = try await ask(conninfo, "CREATE TABLE t AS SELECT 4 AS n")
        await cluster.kill()
        #expect(cluster.pid == nil)
        try await cluster.startServer()
        #expect(try await ask(conninfo, "TABLE t") == ["4"])
        let folder = cluster.socketDirectory
        await cluster.remove()
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test func theSeedReplaysTheSequence() {
        var one = SeededGenerator(seed: 42)
        var other = SeededGenerator(seed: 42)
        #expect((0..<100).map { _ in one.next() } == (0..<100).map { _ in other.next() })
        var zero = SeededGenerator(seed: 0)
        #expect(zero.next() == 0xE220_A839_7B1D_CDAF)
    }

    @Test func sleepersOfAManualClockWakeWhenItPassesThem() async throws {
        let clock = ManualClock()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for seconds in [3, 1, 2] {
                group.addTask {
                    try await clock.sleep(for: .seconds(seconds))
                    return seconds
                }
            }
            try await eventually { clock.sleepers == 3 }
            clock.advance(by: .seconds(2))
            #expect(clock.sleepers == 1)
            #expect(Set([try await group.next(), try await group.next()]) == [1, 2])
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.next() }
        }
    }
}
