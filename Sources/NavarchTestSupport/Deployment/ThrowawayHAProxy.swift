// SPDX-License-Identifier: MIT
import Foundation

/// HAProxy before three replicas, with the project's own configuration (`docker/haproxy.cfg`).
public final class ThrowawayHAProxy: Sendable {
    /// The port of 127.0.0.1 it listens on.
    public let port: Int
    /// Its process.
    public let process: ChildProcess

    /// Where clients reach it.
    public var url: String { "http://127.0.0.1:\(port)" }

    private init(port: Int, process: ChildProcess) {
        self.port = port
        self.process = process
    }

    /// Starts one before replicas on these ports of 127.0.0.1, and waits until it sends requests to one that is ready.
    /// - Parameter configuration: the path of `docker/haproxy.cfg`.
    public static func start(configuration: String, replicas: [Int]) async throws -> ThrowawayHAProxy {
        precondition(replicas.count == 3, "the configuration has three replicas, not \(replicas.count)")
        let port = try freePort()
        var environment = ProcessInfo.processInfo.environment
        environment["NAVARCH_BALANCER"] = "127.0.0.1:\(port)"
        for (number, replica) in zip(1..., replicas) {
            environment["NAVARCH_REPLICA_\(number)"] = "127.0.0.1:\(replica)"
        }
        let program =
            FileManager.default.isExecutableFile(atPath: "/usr/sbin/haproxy") ? "/usr/sbin/haproxy" : "haproxy"
        let process = try ChildProcess.start(program, ["-db", "-f", configuration], environment: environment)
        let haproxy = ThrowawayHAProxy(port: port, process: process)
        try await eventually(within: .seconds(20), every: .milliseconds(50), "a balancer that answers") {
            guard process.isRunning else {
                throw ChildProcessError(program: "haproxy", message: process.output.joined(separator: "\n"))
            }
            try await ChildProcess.run("curl", ["-sf", "-o", "/dev/null", "--max-time", "2", "\(haproxy.url)/readyz"])
            return true
        }
        return haproxy
    }
}
