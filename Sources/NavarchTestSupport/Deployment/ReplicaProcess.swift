// SPDX-License-Identifier: MIT
import Foundation

/// One real `navarchd`, started for a test.
public final class TestReplica: Sendable {
    /// Where it listens.
    public let port: Int
    /// Its process.
    public let process: ChildProcess

    /// Where clients reach it.
    public var url: String { "http://127.0.0.1:\(port)" }

    private init(port: Int, process: ChildProcess) {
        self.port = port
        self.process = process
    }

    /// Starts a replica over a database that has its schema, and waits until it is ready.
    /// - Parameters:
    ///   - database: of the pool; may lead through PgBouncer.
    ///   - session: straight to the primary.
    ///   - port: a free one unless it is given.
    public static func start(
        database: String, session: String? = nil, port: Int? = nil, arguments: [String] = [], ready: Bool = true
    ) async throws -> TestReplica {
        let port = try port ?? freePort()
        var all = ["--listen", "127.0.0.1:\(port)", "--database", database, "--drain-notice", "100ms"]
        if let session { all += ["--session-database", session] }
        let process = try ChildProcess.start(try Programs.path("navarchd"), all + arguments)
        let replica = TestReplica(port: port, process: process)
        if ready { try await replica.untilReady() }
        return replica
    }

    /// Waits until the replica says that it is ready.
    public func untilReady(within time: Duration = .seconds(30)) async throws {
        do {
            try await eventually(within: time, every: .milliseconds(50), "ready at \(url)") {
                guard self.process.isRunning else { throw ChildProcessError(program: "navarchd", message: "ended") }
                return try await self.get("/readyz").status == 200
            }
        } catch {
            let log = process.output.suffix(30).joined(separator: "\n")
            throw ChildProcessError(program: "navarchd", message: "\(error); its log ends with:\n\(log)")
        }
    }

    /// One plain HTTP GET.
    public func get(_ path: String) async throws -> (status: Int, body: String) {
        let lines = try await ChildProcess.run(
            "curl", ["-s", "--max-time", "5", "-w", "\n%{http_code}", "\(url)\(path)"])
        return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
    }

    /// Ends it as an operator would, and returns how it ended.
    @discardableResult
    public func stop() async -> ChildProcess.Exit { await process.end(with: SIGTERM, grace: .seconds(20)) }
}
