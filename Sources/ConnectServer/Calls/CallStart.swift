// SPDX-License-Identifier: MIT
import Connect
import NIOHTTP1

/// A call as it begins: what its head says, before any of its body is looked at.
public struct CallStart: Sendable {
    /// What the path names.
    public enum Target: Sendable, Equatable {
        /// A method of a service.
        case method(service: String, name: String, kind: RPCKind)
        /// A plain HTTP route.
        case route
        /// Nothing.
        case unknown
    }

    /// What the path names.
    public let target: Target
    /// The HTTP method: `POST`.
    public let httpMethod: String
    /// The path, without the query.
    public let path: String
    /// The protocol, as the content type says; nil for routes and for content types that are none of ours.
    public let rpcProtocol: RPCProtocol?
    /// How messages are written; nil where `rpcProtocol` is.
    public let codec: RPCCodec?
    /// The client's address, without its port.
    public let remoteAddress: String
    /// The client's id for the call when it sent a sane one in `x-request-id`, else one of ours.
    public let requestID: String
    /// When the head had arrived.
    public let startedAt: ContinuousClock.Instant
    /// When the caller stops waiting; nil when it never does.
    public var deadline: ContinuousClock.Instant?
    /// Who calls. Set by the interceptor that finds out.
    public var identity: (any Sendable)?
    /// What interceptors hand to each other and to handlers, by names of their own.
    public var attachments: [String: any Sendable] = [:]

    let headers: HTTPHeaders

    /// The service; empty when the target is no method.
    public var service: String { if case .method(let service, _, _) = target { service } else { "" } }

    /// The method of the service; empty when the target is none.
    public var method: String { if case .method(_, let name, _) = target { name } else { "" } }

    /// The first value of a request header, by any case of its name.
    public func header(_ name: String) -> String? { headers.first(name: name) }

    /// All request headers. Made anew on every use: prefer `header(_:)` where one will do.
    public var requestHeaders: RPCMetadata { RPCMetadata(headers.map { ($0.name, $0.value) }) }
}
