// SPDX-License-Identifier: MIT
import Connect

/// How a call ended.
public struct CallOutcome: Sendable {
    /// Why it failed; nil when it did not.
    public let code: RPCCode?
    /// The status of the HTTP answer; 0 when the client was gone before there was one.
    public let httpStatus: Int
    /// From head to end.
    public let duration: Duration
    /// Bytes of the request's body, as they came.
    public let requestBytes: Int
    /// Bytes of the answer's body, as they went.
    public let responseBytes: Int
    /// Messages that came.
    public let requestMessages: Int
    /// Messages that went.
    public let responseMessages: Int

    /// True when the call did what it was to do.
    public var isSuccess: Bool { code == nil }
}
