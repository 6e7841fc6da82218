// SPDX-License-Identifier: MIT
import SwiftProtobuf

/// Who may send more than one message in a call.
public enum RPCKind: Sendable, Equatable {
    /// One message each way.
    case unary
    /// One message to the server, any number back.
    case serverStream
    /// Any number of messages to the server, one back.
    case clientStream
    /// Any number of messages both ways.
    case bidirectional
}

/// What happens when a call is made twice.
public enum RPCIdempotency: Sendable, Equatable {
    /// Nobody said: treated as if twice were once too often.
    case unknown
    /// Nothing changes, so it may be repeated, cached, and made by GET.
    case noSideEffects
    /// Twice has the effect of once.
    case idempotent
}

/// One method of one service, with the types of its messages: the value that server and client both start from.
public struct RPCMethod<Request: Message, Response: Message>: Sendable {
    /// The full name of the service: `acme.orders.v1.OrderService`.
    public let service: String
    /// The name of the method within its service: `ListOrders`.
    public let name: String
    /// Who streams.
    public let kind: RPCKind
    /// What a repetition does.
    public let idempotency: RPCIdempotency

    /// A method by the names in its schema.
    public init(service: String, name: String, kind: RPCKind = .unary, idempotency: RPCIdempotency = .unknown) {
        self.service = service
        self.name = name
        self.kind = kind
        self.idempotency = idempotency
    }

    /// The path that calls go to: `/service/name`.
    public var path: String { "/\(service)/\(name)" }
}
