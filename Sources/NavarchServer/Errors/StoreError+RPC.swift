// SPDX-License-Identifier: MIT
import Connect
import NavarchStore
import SwiftProtobuf

extension StoreError.Code {
    /// The one mapping of the seam's codes to those of the API.
    public var connectCode: RPCCode {
        switch self {
        case .notFound: .notFound
        // The same key with another request is the caller's mistake (C13).
        case .conflict: .invalidArgument
        case .stale, .refused: .failedPrecondition
        case .overloaded: .resourceExhausted
        case .unavailable, .outcomeUnknown: .unavailable
        case .corruptRow: .internalError
        }
    }
}

extension RPCError {
    /// How long a client that was shed waits at least (C7).
    static let retryDelay = Duration.seconds(1)

    /// The reason in `google.rpc.ErrorInfo` of a call of which nobody can tell whether it took effect (C8).
    public static let outcomeUnknownReason = "OUTCOME_UNKNOWN"

    /// What a store's error means to a client. Its cause stays here.
    public init(_ error: StoreError) {
        let code = error.code
        self.init(code.connectCode, Self.message(for: error), details: Self.details(for: code))
    }

    private static func message(for error: StoreError) -> String {
        switch error.code {
        case .notFound, .conflict, .stale, .refused: error.message.isEmpty ? fallback(error.code) : error.message
        case .overloaded: "the server is busy; try again"
        case .unavailable: "the database cannot be reached; nothing was changed; try again"
        case .outcomeUnknown:
            "the database did not answer in time: it may have been done; repeat with the same idempotency key"
        case .corruptRow: "internal error"
        }
    }

    private static func fallback(_ code: StoreError.Code) -> String {
        switch code {
        case .notFound: "not found"
        case .conflict: "the idempotency key was used for another request"
        case .stale: "the lease is no longer current"
        case .refused, .overloaded, .unavailable, .outcomeUnknown, .corruptRow: "the state does not allow it"
        }
    }

    private static func details(for code: StoreError.Code) -> [RPCErrorDetail] {
        switch code {
        case .notFound, .conflict, .stale, .refused, .corruptRow: []
        case .overloaded, .unavailable:
            [RPCErrorDetail(Google_Rpc_RetryInfo.with { $0.retryDelay = .init(retryDelay) })]
        case .outcomeUnknown:
            [
                RPCErrorDetail(
                    Google_Rpc_ErrorInfo.with {
                        $0.reason = outcomeUnknownReason
                        $0.domain = NavarchServer.errorDomain
                    })
            ]
        }
    }
}
