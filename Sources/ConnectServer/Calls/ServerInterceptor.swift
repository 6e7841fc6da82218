// SPDX-License-Identifier: MIT
import Connect

/// Sees every call begin and end, and may refuse it: for authentication, logging, metrics, tracing and limits.
///
/// Both functions run on the event loop of the call's connection: they must not block, and cost every call their time.
public protocol ServerInterceptor: Sendable {
    /// Called when a call's head has arrived, before its body is read. May fill in `call.identity` and attachments.
    /// - Returns: an answer that ends the call here; nil to go on.
    func begin(_ call: inout CallStart) -> CallRefusal?

    /// Called when the call is over, in the opposite order, for every interceptor whose `begin` let it pass.
    func end(_ call: CallStart, outcome: CallOutcome)
}

extension ServerInterceptor {
    /// Lets every call pass.
    public func begin(_ call: inout CallStart) -> CallRefusal? { nil }
    /// Does nothing.
    public func end(_ call: CallStart, outcome: CallOutcome) {}
}

/// An interceptor's answer in a handler's place.
public enum CallRefusal: Sendable {
    /// An error in the call's own protocol; as plain HTTP where the target is no method.
    case error(RPCError)
    /// This HTTP answer, whatever the protocol.
    case http(HTTPRoute.Response)
}
