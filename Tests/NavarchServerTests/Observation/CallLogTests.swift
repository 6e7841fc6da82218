// SPDX-License-Identifier: MIT
import Locks
import Logging
import NavarchControl
import NavarchStore
import NavarchTestSupport
import NavarchWire
import Testing

@testable import NavarchServer

@Suite struct CallLogTests {
    /// Keeps lines for a test to read.
    private final class Lines: Sendable {
        let all = Mutex<[(level: Logger.Level, message: String, metadata: Logger.Metadata)]>([])

        /// The lines that say `message` about `path`.
        func about(_ path: String, _ message: String) -> [(level: Logger.Level, metadata: Logger.Metadata)] {
            all.withLock { lines in
                lines.filter { $0.message == message && $0.metadata["path"] == "\(path)" }.map {
                    ($0.level, $0.metadata)
                }
            }
        }
    }

    private struct Handler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            let line = (event.level, "\(event.message)", event.metadata ?? [:])
            lines.all.withLock { $0.append(line) }
        }
    }

    @Test func aCallIsOneLineWithItsRequestIdCodeAndTrace() async throws {
        let lines = Lines()
        let logger = Logger(label: "test") { _ in Handler(lines: lines) }
        let path = NodeMethods.getNode.path
        try await withReplica(over: Stores(FailingStore(.corruptRow)), logger: logger) { replica in
            let headers = [
                "x-request-id": "req-7", "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            ]
            _ = try await post(replica.baseURL + path, #"{"nodeId":"n1"}"#, headers: headers)
            try await eventually { !lines.about(path, "call").isEmpty }
        }
        let call = try #require(lines.about(path, "call").first)
        #expect(call.level == .error && call.metadata["request_id"] == "req-7" && call.metadata["code"] == "internal")
        #expect(
            call.metadata["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736" && call.metadata["http_status"] == "500")
        // The cause is here, where an operator looks, under the same request id.
        let cause = try #require(lines.about(path, "test failed").first)
        #expect(cause.metadata["request_id"] == "req-7")
        #expect("\(cause.metadata["cause"] ?? "")".contains("hunter2"))
    }

    @Test func anAgentsCallIsLoggedWithTheNodeThatItNamesWhereThatIsAName() async throws {
        let lines = Lines()
        let logger = Logger(label: "test") { _ in Handler(lines: lines) }
        let path = AgentMethods.sendHeartbeat.path
        try await withReplica(over: Stores(FailingStore(.notFound)), logger: logger) { replica in
            for name in ["gpu-7.rack-2", "a b", "\u{1B}[31m", ""] {
                _ = try await post(replica.baseURL + path, #"{"nodeId":"n1"}"#, headers: ["x-navarch-node": name])
            }
            _ = try await post(replica.baseURL + path, #"{"nodeId":"n1"}"#)
            try await eventually { lines.about(path, "call").count >= 4 }
        }
        let nodes = lines.about(path, "call").compactMap { $0.metadata["node"] }
        #expect(nodes == ["gpu-7.rack-2"])
    }

    @Test func agentsThatAreWellMakeNoNoise() async throws {
        let lines = Lines()
        let logger = Logger(label: "test") { _ in Handler(lines: lines) }
        try await withReplica(over: Stores(FailingStore(.notFound)), logger: logger) { replica in
            _ = try await exchange("GET", replica.baseURL + "/healthz")
            _ = try await post(replica.baseURL + OriginalMethods.getNodeCommands.path, #"{"nodeId":"x"}"#)
            try await eventually { !lines.about(OriginalMethods.getNodeCommands.path, "call").isEmpty }
        }
        #expect(lines.about("/healthz", "call").allSatisfy { $0.level == .debug })
        #expect(lines.about(OriginalMethods.getNodeCommands.path, "call").allSatisfy { $0.level == .debug })
    }
}
