// SPDX-License-Identifier: MIT
import Foundation
import Locks

/// A PgBouncer in transaction mode in front of a throwaway server, gone with this process.
public final class ThrowawayPgBouncer: Sendable {
    /// The port of 127.0.0.1 it listens on.
    public let port: Int
    private let folder: String
    private let child: Mutex<ChildProcess>
    private let watchdog: Watchdog

    /// Starts one in front of `server`, with at most `poolSize` connections to it per database.
    public static func start(
        for server: ThrowawayPostgres, poolSize: Int = 8, settings: [String: String] = [:]
    ) async throws -> ThrowawayPgBouncer {
        let folder = try PostgresPrograms.makeFolder("throwaway-pgb")
        let port = try freePort()
        var all = [
            "listen_addr": "127.0.0.1", "listen_port": "\(port)", "unix_socket_dir": "", "auth_type": "any",
            "pool_mode": "transaction", "default_pool_size": "\(poolSize)", "max_client_conn": "1000",
            "server_reset_query_always": "0", "logfile": "\(folder)/log", "pidfile": "\(folder)/pid",
            "server_login_retry": "1",
        ]
        all.merge(settings) { _, own in own }
        let ini =
            "[databases]\n* = host=\(server.socketDirectory) port=\(server.port) user=\(server.user)\n[pgbouncer]\n"
            + all.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)\n" }.joined()
        try ini.write(toFile: "\(folder)/pgbouncer.ini", atomically: false, encoding: .utf8)
        let bouncer = try ThrowawayPgBouncer(folder: folder, port: port)
        try await bouncer.waitUntilReady()
        return bouncer
    }

    private init(folder: String, port: Int) throws {
        self.folder = folder
        self.port = port
        child = Mutex(try Self.spawn(folder))
        watchdog = try Watchdog(
            script: """
                p=$(cat "$1/pid" 2>/dev/null)
                if [ -n "$p" ] && [ "$(cat "/proc/$p/comm" 2>/dev/null)" = pgbouncer ]; then
                    kill -CONT "$p"; kill -KILL "$p"
                fi
                rm -rf "$1"
                """, arguments: [folder])
    }

    private static func spawn(_ folder: String) throws -> ChildProcess {
        let command = PostgresPrograms.asServerUser(
            try PostgresPrograms.path("pgbouncer"), ["\(folder)/pgbouncer.ini"])
        return try ChildProcess.start(command.program, command.arguments, directory: folder, detached: true)
    }

    /// A conninfo for `database` through this PgBouncer.
    public func conninfo(database: String) -> String {
        "host=127.0.0.1 port=\(port) user=postgres dbname=\(database)"
    }

    /// What it logged so far; empty when the file cannot be read.
    public var log: [String] {
        // Not there before its first line.
        ((try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    /// Kills it with SIGKILL.
    public func kill() async { await child.withLock { $0 }.end(with: SIGKILL) }

    /// Starts it again after a kill.
    public func startAgain() async throws {
        // A killed one leaves its file behind, and would refuse to start over it; that it is missing is as well.
        try? FileManager.default.removeItem(atPath: "\(folder)/pid")
        let started = try Self.spawn(folder)
        child.withLock { $0 = started }
        try await waitUntilReady()
    }

    /// Ends it and removes its folder.
    public func remove() async {
        await kill()
        await watchdog.finish()
    }

    private func waitUntilReady() async throws {
        try await eventually(within: .seconds(20), "a PgBouncer that takes connections") {
            let child = self.child.withLock { $0 }
            guard child.isRunning else {
                throw ChildProcessError(program: "pgbouncer", message: child.output.joined(separator: "\n"))
            }
            let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(probe) }
            return onLoopback(self.port) { connect(probe, $0, $1) } == 0
        }
    }
}

/// Runs `body` with a PgBouncer in transaction mode in front of `server`, and ends it.
public func withPgBouncer<R>(
    for server: ThrowawayPostgres, poolSize: Int = 8, isolation: isolated (any Actor)? = #isolation,
    _ body: (ThrowawayPgBouncer) async throws -> R
) async throws -> R {
    let bouncer = try await ThrowawayPgBouncer.start(for: server, poolSize: poolSize)
    do {
        let result = try await body(bouncer)
        await bouncer.remove()
        return result
    } catch {
        await bouncer.remove()
        throw error
    }
}
