// SPDX-License-Identifier: MIT

import Connect

extension Failure {
    /// The failure of a call, worded `failed to <action>: <code>: <message>` as the original's CLI does.
    ///
    /// - Parameters:
    ///   - action: What was tried, e.g. `cordon node`.
    ///   - unanswered: How to find out whether the call was done, for one that changes something: without an answer nobody can tell.
    init(_ error: RPCError, action: String, ifUnanswered unanswered: String? = nil) {
        var lines = ["failed to \(action): \(error.code.name): \(error.message)"]
        if let violations = error.detail(Google_Rpc_BadRequest.self)?.fieldViolations {
            lines += violations.map { "  \($0.field): \($0.description_p)" }
        }
        let message = lines.joined(separator: "\n")
        if let unanswered, Self.mayHaveBeenDone(error) {
            self.init(.outcomeUnknown, message, hint: unanswered)
        } else {
            self.init(ExitStatus(error.code), message, hint: Self.hint(for: error))
        }
    }

    /// True when a changing call that failed like this may have committed. The CLI has read from the control plane just
    /// before, so an `unavailable` is rarely a server that never heard of the call.
    private static func mayHaveBeenDone(_ error: RPCError) -> Bool {
        switch error.code {
        case .deadlineExceeded, .unavailable, .unknown, .canceled: true
        case .internalError, .dataLoss, .invalidArgument, .notFound, .alreadyExists, .permissionDenied,
            .resourceExhausted, .failedPrecondition, .aborted, .outOfRange, .unimplemented, .unauthenticated:
            false
        }
    }

    private static func hint(for error: RPCError) -> String? {
        switch error.code {
        case .unauthenticated:
            "give the token by --auth-token-file, by NAVARCH_AUTH_TOKEN, or in the configuration file"
        case .unavailable: "is the control plane running there? name another by --server or NAVARCH_SERVER"
        case .deadlineExceeded: "give it longer by --timeout"
        case .resourceExhausted: "the control plane is busy; try again in a moment"
        case .unimplemented: "the control plane may be older than this CLI, or --server may name something else"
        case .internalError:
            error.metadata.first("x-request-id").map { "the control plane's log tells more, under request id \($0)" }
        case .canceled, .unknown, .invalidArgument, .notFound, .alreadyExists, .permissionDenied, .failedPrecondition,
            .aborted, .outOfRange, .dataLoss:
            nil
        }
    }
}
