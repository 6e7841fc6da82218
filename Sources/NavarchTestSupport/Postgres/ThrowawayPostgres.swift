// SPDX-License-Identifier: MIT
import Foundation
import Locks

/// A PostgreSQL server of one's own, on a Unix socket and a free port of 127.0.0.1, gone with this process.
///
/// Nothing of it outlives the test process, killed or not: a watchdog ends the server and removes its folder.
public final class ThrowawayPostgres: Sendable {
    /// The port of 127.0.0.1, and of the socket's name.
    public let port: Int
    /// The folder of the Unix socket.
    public let socketDirectory: String
    /// The superuser, trusted on every connection.
    public let user = "postgres"
    private let folder: String
    private let arguments: [String]
    private let server = Mutex<ChildProcess?>(nil)
    private let watchdog: Watchdog

    /// The server that all tests of this process share: started at first use, each test with a database of its own.
    ///
    /// Tests that stop or kill a server start one of their own.
    public static var shared: ThrowawayPostgres {
        get async throws { try await SharedCluster.one.get() }
    }

    /// Makes a cluster and starts its server; about a second.
    /// - Parameters:
    ///   - fsync: whether commits reach the disk; off is faster and loses nothing but in a crash of the machine.
    ///   - settings: parameters of postgresql.conf, each as the server's `-c name=value`.
    public static func start(fsync: Bool = false, settings: [String: String] = [:]) async throws -> ThrowawayPostgres {
        let folder = try PostgresPrograms.makeFolder("throwaway-pg")
        let initdb = PostgresPrograms.asServerUser(
            try PostgresPrograms.path("initdb"),
            ["-D", "\(folder)/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"])
        try await ChildProcess.run(initdb.program, initdb.arguments, directory: folder)
        let cluster = try ThrowawayPostgres(folder: folder, fsync: fsync, settings: settings)
        try await cluster.startServer()
        return cluster
    }

    /// Makes a hot standby of this server, streaming from it, and starts it.
    /// - Parameter name: what the primary calls it, e.g. in `synchronous_standby_names`.
    public func startStandby(named name: String) async throws -> ThrowawayPostgres {
        let folder = try PostgresPrograms.makeFolder("throwaway-pg")
        let backup = PostgresPrograms.asServerUser(
            try PostgresPrograms.path("pg_basebackup"),
            [
                "-D", "\(folder)/data", "-R", "-X", "stream", "--checkpoint=fast", "--no-sync",
                "-d", "host=\(socketDirectory) port=\(port) user=\(user) application_name=\(name)",
            ])
        try await ChildProcess.run(backup.program, backup.arguments, directory: folder)
        let standby = try ThrowawayPostgres(folder: folder, fsync: false, settings: [:])
        try await standby.startServer()
        return standby
    }

    private init(folder: String, fsync: Bool, settings: [String: String]) throws {
        self.folder = folder
        socketDirectory = folder
        port = try freePort()
        var all = [
            "port": "\(port)", "listen_addresses": "127.0.0.1", "unix_socket_directories": folder,
            "fsync": fsync ? "on" : "off", "full_page_writes": fsync ? "on" : "off", "max_connections": "300",
            "shared_buffers": "64MB", "max_prepared_transactions": "10", "log_min_messages": "warning",
            "autovacuum_naptime": "10s",
        ]
        all.merge(settings) { _, own in own }
        arguments =
            ["-D", "\(folder)/data"] + all.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
        // An ended process that nobody reaped has an empty command line. SIGQUIT is the server's immediate shutdown; a stopped one is continued first so that it hears it.
        watchdog = try Watchdog(
            script: """
                p=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
                if [ -n "$p" ] && [ "$(cat "/proc/$p/comm" 2>/dev/null)" = postgres ]; then
                    kill -CONT "$p"; kill -QUIT "$p"; n=0
                    while [ -n "$(tr -d '\\0' 2>/dev/null <"/proc/$p/cmdline")" ] && [ $n -lt 100 ]; do sleep 0.05; n=$((n + 1)); done
                    kill -KILL "$p" 2>/dev/null
                fi
                rm -rf "$1"
                """, arguments: [folder])
    }

    /// The server's process id; nil while it is down.
    public var pid: pid_t? { server.withLock { $0 }.flatMap { $0.isRunning ? $0.pid : nil } }

    /// What the server logged since its last start.
    public var log: [String] { server.withLock { $0 }?.output ?? [] }

    /// A conninfo for `database` over the Unix socket.
    public func conninfo(database: String = "postgres") -> String {
        "host=\(socketDirectory) port=\(port) user=\(user) dbname=\(database)"
    }

    /// A conninfo for `database` over TCP, directly or through a proxy on `port`.
    public func tcpConninfo(database: String = "postgres", port: Int? = nil) -> String {
        "host=127.0.0.1 port=\(port ?? self.port) user=\(user) dbname=\(database)"
    }

    /// Creates an empty database under a fresh name and returns the name.
    public func createDatabaseNamed(prefix: String = "test") async throws -> String {
        let name = "\(prefix)_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        try await ChildProcess.run(
            try PostgresPrograms.path("createdb"), ["-h", socketDirectory, "-p", "\(port)", "-U", user, name])
        return name
    }

    /// Creates an empty database under a fresh name and returns its conninfo over the Unix socket.
    ///
    /// Advisory locks and notifications are per database, so tests with one each do not meet.
    public func createDatabase(prefix: String = "test") async throws -> String {
        conninfo(database: try await createDatabaseNamed(prefix: prefix))
    }

    /// Starts a server that is down, and waits until it takes connections.
    public func startServer() async throws {
        precondition(pid == nil, "the server runs already")
        var child = try spawnServer()
        let isReady = try PostgresPrograms.path("pg_isready")
        try await eventually(within: .seconds(60), every: .milliseconds(20), "a server that takes connections") {
            guard child.isRunning else {
                let lines = child.output.suffix(10).joined(separator: "\n")
                // After a kill, the old back ends may take a moment to notice.
                if lines.contains("pre-existing shared memory") { child = try self.spawnServer() }
                throw ChildProcessError(program: "postgres", message: lines)
            }
            try await ChildProcess.run(isReady, ["-q", "-h", self.socketDirectory, "-p", "\(self.port)"])
            return true
        }
    }

    private func spawnServer() throws -> ChildProcess {
        let command = PostgresPrograms.asServerUser(try PostgresPrograms.path("postgres"), arguments)
        let child = try ChildProcess.start(command.program, command.arguments, directory: folder, detached: true)
        server.withLock { $0 = child }
        return child
    }

    /// Ends the server by `signal` (SIGINT: clients are thrown out; SIGTERM waits for them) and waits for its end.
    public func stopServer(_ signal: Int32 = SIGINT) async {
        await server.withLock { $0 }?.end(with: signal, grace: .seconds(30))
    }

    /// Stops (fast) and starts the server.
    public func restart() async throws {
        await stopServer()
        try await startServer()
    }

    /// Kills the postmaster with SIGKILL; its back ends notice and end. `startServer` recovers.
    public func kill() async {
        await stopServer(SIGKILL)
    }

    /// Stops the postmaster and all its back ends in mid-air (SIGSTOP), as a machine that hangs does.
    public func suspend() { signalAll(SIGSTOP) }

    /// Lets a suspended server go on.
    public func resume() { signalAll(SIGCONT) }

    /// Makes a server that is down come up in recovery, as a standby without a primary does.
    public func becomeStandby() throws {
        try Data().write(to: URL(fileURLWithPath: "\(folder)/data/standby.signal"))
    }

    /// Ends the server and removes its folder, before the process ends.
    public func remove() async {
        await stopServer(SIGQUIT)
        await watchdog.finish()
    }

    private func signalAll(_ signal: Int32) {
        guard let pid else { return }
        Foundation.kill(pid, signal)
        // A process without children has an empty list, one that ended meanwhile has none.
        let children = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
        for child in children.split(separator: " ") {
            if let child = pid_t(child) { Foundation.kill(child, signal) }
        }
    }
}

/// Starts the shared server once, whoever asks first; the others wait.
private actor SharedCluster {
    static let one = SharedCluster()

    private enum State {
        case idle
        case starting([CheckedContinuation<ThrowawayPostgres, any Error>])
        case started(Result<ThrowawayPostgres, any Error>)
    }

    private var state = State.idle

    func get() async throws -> ThrowawayPostgres {
        switch state {
        case .started(let result): return try result.get()
        case .starting(let waiters):
            return try await withCheckedThrowingContinuation { state = .starting(waiters + [$0]) }
        case .idle:
            state = .starting([])
            let result: Result<ThrowawayPostgres, any Error>
            do {
                result = .success(try await ThrowawayPostgres.start())
            } catch {
                result = .failure(error)
            }
            if case .starting(let waiters) = state {
                for waiter in waiters { waiter.resume(with: result) }
            }
            state = .started(result)
            return try result.get()
        }
    }
}
