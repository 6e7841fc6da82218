// SPDX-License-Identifier: MIT
import Connect
import Locks

/// What a handler knows of the call it answers, beside the message.
public struct CallContext: Sendable {
    let storage: Storage

    /// One per call, shared by all copies of the context.
    final class Storage: Sendable {
        let start: CallStart
        let drain: DrainSignal
        let response = Mutex(ResponseMetadata())

        init(start: CallStart, drain: DrainSignal) {
            self.start = start
            self.drain = drain
        }
    }

    /// What the handler adds to its answer.
    struct ResponseMetadata {
        var headers = RPCMetadata()
        var trailers = RPCMetadata()
    }

    /// The service.
    public var service: String { storage.start.service }
    /// The method of the service.
    public var method: String { storage.start.method }
    /// The path of the request.
    public var path: String { storage.start.path }
    /// The protocol that the client speaks.
    public var rpcProtocol: RPCProtocol { storage.start.rpcProtocol ?? .connect }
    /// How messages are written.
    public var codec: RPCCodec { storage.start.codec ?? .json }
    /// All headers of the request. Made anew on every use: prefer `requestHeader(_:)` where one will do.
    public var requestHeaders: RPCMetadata { storage.start.requestHeaders }
    /// The first value of a request header.
    public func requestHeader(_ name: String) -> String? { storage.start.header(name) }
    /// When the caller stops waiting; nil when it never does.
    public var deadline: ContinuousClock.Instant? { storage.start.deadline }
    /// The id of the call, for logs.
    public var requestID: String { storage.start.requestID }
    /// Who calls, as an interceptor found out.
    public var identity: (any Sendable)? { storage.start.identity }
    /// What interceptors left for handlers.
    public var attachments: [String: any Sendable] { storage.start.attachments }
    /// The client's address, without its port.
    public var remoteAddress: String { storage.start.remoteAddress }
    /// Tells when the server is about to go.
    public var drain: DrainSignal { storage.drain }

    /// Puts a header on the answer. Without effect once the headers are out.
    ///
    /// Names beginning with `connect-` and `grpc-` belong to the protocols.
    public func setResponseHeader(_ name: String, _ value: String) {
        precondition(RPCMetadata.isValid(name: name, value: value), "no valid header: \(name)")
        storage.response.withLock { $0.headers.set(name, value) }
    }

    /// Puts a trailer on the answer.
    public func setResponseTrailer(_ name: String, _ value: String) {
        precondition(RPCMetadata.isValid(name: name, value: value), "no valid trailer: \(name)")
        storage.response.withLock { $0.trailers.set(name, value) }
    }
}
