// SPDX-License-Identifier: MIT
import Foundation
import NavarchTestSupport
import Testing

/// What the real program prints, and what it exits with: deploy scripts branch on both.
@Suite struct MigrateOutputTests {
    private static let steps = [
        MigratorFixture.text("CREATE TABLE a (id int PRIMARY KEY, b text);"),
        MigratorFixture.text(
            "ALTER TABLE a ADD COLUMN c int;",
            ["phase expand", "undo\n-- ALTER TABLE a DROP COLUMN c;\n-- navarch:end-undo"]),
    ]

    /// The program over a fresh database and the steps above.
    private struct Program {
        let fixture: MigratorFixture
        let folder: String

        func callAsFunction(_ arguments: String...) async throws -> (exit: ChildProcess.Exit, text: String) {
            try await run(arguments + ["--quiet", "--database", fixture.conninfo, "--files", folder])
        }

        func run(_ arguments: [String]) async throws -> (exit: ChildProcess.Exit, text: String) {
            let child = try ChildProcess.start(try Programs.path("migrate"), arguments)
            let exit = await child.wait()
            try await eventually(within: .seconds(5), every: .milliseconds(2)) { child.outputEnded }
            return (exit, child.output.joined(separator: "\n"))
        }

        /// The same as one JSON object.
        func json(_ arguments: String...) async throws -> [String: Any] {
            let (exit, text) = try await run(
                arguments + ["-o", "json", "--quiet", "--database", fixture.conninfo, "--files", folder])
            #expect(exit == .code(0), "\(text)")
            return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        }
    }

    private func withProgram(_ body: (Program) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "migrate-test-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // a leftover in /tmp harms nobody
        for (number, text) in zip(1..., Self.steps) {
            try text.write(toFile: "\(folder)/000\(number)_step.sql", atomically: true, encoding: .utf8)
        }
        try await body(Program(fixture: try await MigratorFixture(), folder: folder))
    }

    @Test func statusAndPlanTellWhatWaitsAndChangeNothing() async throws {
        try await withProgram { migrate in
            #expect(try await migrate("status", "--check").exit == .code(10))
            let plan = try await migrate("plan", "--check")
            #expect(plan.exit == .code(10))
            #expect(plan.text.contains("from step 0 to 2") && plan.text.contains("0002_step: expand, one transaction"))
            #expect(plan.text.contains("has an undo") && plan.text.contains("on a:"), "\(plan.text)")
            #expect(try await migrate("status").text.contains("at step 0, 2 pending"))
            let steps = try #require(try await migrate.json("plan", "--to", "1")["steps"] as? [[String: Any]])
            #expect(steps.map { $0["title"] as? String } == ["0001_step"])

            #expect(try await migrate("up").exit == .code(0))
            #expect(try await migrate("status", "--check").exit == .code(0))
            #expect(try await migrate("plan", "--check") == (.code(0), "nothing to do, the schema is at step 2"))
            let status = try await migrate.json("status")
            #expect(status["version"] as? Int == 2 && status["pending"] as? Int == 0)
            let states = (status["steps"] as? [[String: Any]])?.map { $0["state"] as? String }
            #expect(states == ["done", "done"])
        }
    }

    @Test func verifyNamesWhatDriftedAndSaysItInItsExitCode() async throws {
        try await withProgram { migrate in
            _ = try await migrate("up")
            #expect(try await migrate("verify").exit == .code(0))
            try await migrate.fixture.query("CREATE TABLE of_another (id int)")
            #expect(try await migrate("verify").exit == .code(11))
            #expect(try await migrate("verify", "--allow-extra").exit == .code(0))
            try await migrate.fixture.query("ALTER TABLE a DROP COLUMN b")
            let drift = try await migrate("verify", "--allow-extra")
            #expect(drift.exit == .code(11) && drift.text.contains("is not what the steps up to 2 make"), "\(drift)")
        }
    }

    @Test func downTakesBackTheNewestStepOnlyWhereItStatesItsUndo() async throws {
        try await withProgram { migrate in
            _ = try await migrate("up")
            #expect(try await migrate("down") == (.code(0), "0002_step is taken back"))
            let refused = try await migrate("down")
            #expect(refused.exit == .code(21), "\(refused)")
            #expect(try await migrate.json("status")["version"] as? Int == 1)
            _ = try await migrate("up")
            #expect(try await migrate.json("down")["undone"] as? String == "0002_step")
        }
    }

    @Test func baselineRecordsWhatIsThereAndRefusesAHistory() async throws {
        try await withProgram { migrate in
            try await migrate.fixture.query("CREATE TABLE a (id int PRIMARY KEY, b text)")
            #expect(try await migrate("baseline", "--to", "2").exit == .code(11))
            #expect(try await migrate("baseline", "--to", "1").text == "steps up to 1 are recorded as done")
            #expect(try await migrate("baseline", "--to", "1").exit == .code(23))
            #expect(try await migrate("up").exit == .code(0))
            #expect(try await migrate("verify").exit == .code(0))
        }
    }

    @Test func whatCannotBeDoneIsSaidOnceAndInTheExitCode() async throws {
        try await withProgram { migrate in
            let nowhere = ["--database", "host=127.0.0.1 port=1 dbname=x", "--files", migrate.folder]
            let unreachable = try await migrate.run(["status", "-o", "json"] + nowhere)
            #expect(
                unreachable.exit == .code(17) && unreachable.text.contains(#""error" : "unreachable""#),
                "\(unreachable)")
            #expect(try await migrate.run(["up", "--nonsense"]).exit == .code(64))
            #expect(try await migrate("plan", "--to", "99").exit == .code(2))
        }
    }
}
