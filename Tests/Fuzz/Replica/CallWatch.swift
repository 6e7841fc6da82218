// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import Locks
import Logging

/// Sees how every call ends: no bytes of a stranger may end in a code that blames the server.
final class CallWatch: ServerInterceptor {
    private let found = Mutex<[String]>([])

    /// What was found since the last time.
    func takeFindings() -> [String] {
        found.withLock { found in
            defer { found = [] }
            return found
        }
    }

    /// Notes a finding.
    func note(_ finding: String) { found.withLock { $0.append(finding) } }

    func end(_ call: CallStart, outcome: CallOutcome) {
        switch outcome.code {
        case .dataLoss: note("\(call.path) ended with data_loss")
        case .internalError:
            if !Self.namesNoCompression(call) { note("\(call.path) ended with internal") }
        case .unknown:
            // Plain HTTP refusals have no code of their own: 405, 415, 505.
            if outcome.httpStatus == 200 || outcome.httpStatus == 500 { note("\(call.path) ended with unknown") }
        case .canceled, .invalidArgument, .deadlineExceeded, .notFound, .alreadyExists, .permissionDenied,
            .resourceExhausted, .failedPrecondition, .aborted, .outOfRange, .unimplemented, .unavailable,
            .unauthenticated, nil:
            break
        }
    }

    /// The protocols demand `internal` for one thing that a client may send: a message marked as compressed in a call whose headers
    /// name no compression.
    private static func namesNoCompression(_ call: CallStart) -> Bool {
        let type = call.header("content-type") ?? ""
        if type.contains("grpc") { return call.header("grpc-encoding") != Gzip.name }
        return type.contains("connect+") && call.header("connect-content-encoding") != Gzip.name
    }
}

/// A log that keeps nothing and watches for what may not happen.
struct WatchingLog: LogHandler {
    let watch: CallWatch
    var logLevel = Logger.Level.debug
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        if "\(event.message)" == "a handler failed" { watch.note("a handler failed: \(event.metadata ?? [:])") }
    }
}
