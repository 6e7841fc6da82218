// SPDX-License-Identifier: MIT

import Connect

/// Why an attempt failed, and how far it got: what failover and retries need to know beside the error itself.
struct CallFailure: Error, Sendable {
    /// How far the request got.
    enum Reach: Sendable, Equatable {
        /// No server can have acted on it.
        case notSent
        /// A server may have acted on it.
        case maybeSent
        /// A server answered it.
        case answered
        /// The caller or its deadline ended it; trying again is no question.
        case ended
    }

    /// What the caller gets when this was the last attempt.
    var error: RPCError
    /// How far the request got.
    var reach: Reach
    /// True when no connection could be had.
    var isConnectFailure = false

    /// The endpoint's share in it, if any.
    var fault: EndpointRotation.Fault? {
        switch reach {
        case .notSent: isConnectFailure ? .connection : .refusal
        case .maybeSent: error.code == .unavailable ? .connection : nil
        case .answered: error.code == .unavailable ? .refusal : nil
        case .ended: nil
        }
    }

    /// How long the server asks to wait before the next attempt; nil when it asks for nothing.
    var retryHint: Duration? {
        guard reach == .answered, let info: Google_Rpc_RetryInfo = error.detail(), info.hasRetryDelay else {
            return nil
        }
        let delay = Duration.seconds(info.retryDelay.seconds) + .nanoseconds(Int64(info.retryDelay.nanos))
        return max(.zero, delay)
    }

    /// No connection to `endpoint` could be had.
    static func connect(_ endpoint: Endpoint, _ reason: String) -> CallFailure {
        CallFailure(
            error: RPCError(.unavailable, "cannot reach \(endpoint): \(reason)"), reach: .notSent,
            isConnectFailure: true)
    }

    /// The call's time is over.
    static func deadline(_ phase: String) -> CallFailure {
        CallFailure(error: RPCError(.deadlineExceeded, "the call's time was over \(phase)"), reach: .ended)
    }

    /// The caller's task was cancelled.
    static let canceled = CallFailure(error: RPCError(.canceled, "the caller gave up"), reach: .ended)

    /// The client is shut down.
    static let shutDown = CallFailure(error: RPCError(.unavailable, "the client is shut down"), reach: .ended)
}
