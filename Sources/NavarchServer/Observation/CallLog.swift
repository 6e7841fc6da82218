// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import Logging
import NavarchWire

/// One structured line for each call, with its request id. Agents' calls that went well are logged at debug only: there are
/// thousands a second.
public struct CallLog: ServerInterceptor {
    private let logger: Logger

    /// The header in which an agent names its node, for this log alone.
    static let nodeHeader = "x-navarch-node"

    /// A log of calls.
    public init(logger: Logger) { self.logger = logger }

    /// Writes the line.
    public func end(_ call: CallStart, outcome: CallOutcome) {
        let level = Self.level(call, outcome)
        guard logger.logLevel <= level else { return }
        var metadata: Logger.Metadata = [
            "request_id": "\(call.requestID)", "path": "\(call.path)", "http_status": "\(outcome.httpStatus)",
            "duration_ms": "\(Self.milliseconds(outcome.duration))", "remote": "\(call.remoteAddress)",
        ]
        if let code = outcome.code { metadata["code"] = "\(code.name)" }
        if let rpcProtocol = call.rpcProtocol { metadata["protocol"] = "\(rpcProtocol.rawValue)" }
        // A claim, and only written where it could be a node's name: a log must not hold what a stranger makes up.
        if let node = call.header(Self.nodeHeader), !node.isEmpty, RequestRules.nodeName.problem(with: node) == nil {
            metadata["node"] = "\(node)"
        }
        if let trace = call.header("traceparent").flatMap(TraceParent.init) {
            metadata["trace_id"] = "\(trace.traceID)"
        }
        logger.log(level: level, "call", metadata: metadata)
    }

    static func level(_ call: CallStart, _ outcome: CallOutcome) -> Logger.Level {
        switch outcome.code {
        case .internalError, .unknown, .dataLoss: return .error
        case .unavailable, .resourceExhausted: return .warning
        case nil:
            let isRoutine = call.service == AgentMethods.service || call.service == OriginalMethods.service
            return isRoutine || call.target == .route ? .debug : .info
        case .some: return .info
        }
    }

    private static func milliseconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds * 1_000_000 + attoseconds / 1_000_000_000_000) / 1_000
    }
}
