// SPDX-License-Identifier: MIT
import Connect
import SwiftProtobuf

/// Which handler answers which path.
public struct RPCRouter: Sendable {
    /// What a path leads to.
    enum Endpoint: Sendable {
        case method(any ServerMethod)
        /// Handlers by HTTP method.
        case route([String: HTTPRoute.Handler])
    }

    private var endpoints: [String: Endpoint] = [:]

    /// A router that knows nothing.
    public init() {}

    /// The paths that lead somewhere, sorted.
    public var paths: [String] { endpoints.keys.sorted() }

    /// Answers a unary method with an async function, which runs in a task of its own and is cancelled when the client
    /// leaves or its deadline passes.
    ///
    /// An error that is no `RPCError` is logged and becomes `internal`; its text does not reach the client.
    public mutating func unary<Q: Message, R: Message>(
        _ method: RPCMethod<Q, R>, _ handler: @escaping @Sendable (Q, CallContext) async throws -> R
    ) {
        precondition(method.kind == .unary, "\(method.path) is no unary method")
        add(method, UnaryMethod(descriptor: MethodDescriptor(method), handler: handler))
    }

    /// Answers a unary method on the connection's event loop, without a task: for calls that decide at once or hand the
    /// rest to something that calls back.
    ///
    /// The handler must not block. It, or whoever it gave `reply` to, answers exactly once, from any thread, now or later.
    public mutating func unaryOnLoop<Q: Message, R: Message>(
        _ method: RPCMethod<Q, R>, _ handler: @escaping @Sendable (Q, CallContext, RPCReply<R>) -> Void
    ) {
        precondition(method.kind == .unary, "\(method.path) is no unary method")
        add(method, LoopUnaryMethod(descriptor: MethodDescriptor(method), handler: handler))
    }

    /// Answers a method that streams to the client. The stream ends when the handler returns; the handler is cancelled
    /// when the client leaves or its deadline passes.
    public mutating func serverStream<Q: Message, R: Message>(
        _ method: RPCMethod<Q, R>, _ handler: @escaping @Sendable (Q, RPCWriter<R>, CallContext) async throws -> Void
    ) {
        precondition(method.kind == .serverStream, "\(method.path) is no server stream")
        add(method, ServerStreamMethod(descriptor: MethodDescriptor(method), handler: handler))
    }

    /// Answers plain HTTP requests of `method` to exactly `path`. A handler for `GET` answers `HEAD` too.
    public mutating func http(_ method: String, _ path: String, _ handler: @escaping HTTPRoute.Handler) {
        var handlers: [String: HTTPRoute.Handler] = [:]
        switch endpoints[path] {
        case .route(let known): handlers = known
        case .method: preconditionFailure("\(path) is a method already")
        case nil: break
        }
        precondition(handlers[method] == nil, "\(method) \(path) has a handler already")
        handlers[method] = handler
        endpoints[path] = .route(handlers)
    }

    func endpoint(for path: String) -> Endpoint? { endpoints[path] }

    private mutating func add<Q, R>(_ method: RPCMethod<Q, R>, _ entry: any ServerMethod) {
        precondition(endpoints[method.path] == nil, "\(method.path) has a handler already")
        endpoints[method.path] = .method(entry)
    }
}
