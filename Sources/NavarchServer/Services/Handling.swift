// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import Logging
import NavarchStore
import SwiftProtobuf

/// What all handlers share: a request is validated before anything is done, and a store's error becomes the API's.
struct Handling: Sendable {
    let logger: Logger

    /// Adds an ordinary unary method.
    func unary<Q: Message, R: Message>(
        _ router: inout RPCRouter, _ method: RPCMethod<Q, R>,
        _ handler: @escaping @Sendable (Q, CallContext) async throws -> R
    ) {
        router.unary(method) { request, context in
            try validate(request, over: context.rpcProtocol)
            return try await translated(context) { try await handler(request, context) }
        }
    }

    /// Adds a method that streams.
    func stream<Q: Message, R: Message>(
        _ router: inout RPCRouter, _ method: RPCMethod<Q, R>,
        _ handler: @escaping @Sendable (Q, RPCWriter<R>, CallContext) async throws -> Void
    ) {
        router.serverStream(method) { request, writer, context in
            try validate(request, over: context.rpcProtocol)
            try await translated(context) { try await handler(request, writer, context) }
        }
    }

    /// Adds a hot unary method, answered without a task.
    func onLoop<Q: Message, R: Message>(
        _ router: inout RPCRouter, _ method: RPCMethod<Q, R>,
        _ handler: @escaping @Sendable (Q, CallContext, RPCReply<R>) -> Void
    ) {
        router.unaryOnLoop(method) { request, context, reply in
            do throws(RPCError) {
                try validate(request, over: context.rpcProtocol)
            } catch {
                return reply.fail(error)
            }
            handler(request, context, reply)
        }
    }

    /// Runs `body` inside the call's span, and says a store's error in the API's words.
    func translated<R: Sendable>(_ context: CallContext, _ body: () async throws -> R) async throws -> R {
        do {
            return try await context.traced(body)
        } catch let error as StoreError {
            throw rpcError(error, context)
        }
    }

    /// The API's error for a store's, with the cause in the log where an operator should look.
    func rpcError(_ error: StoreError, _ context: CallContext) -> RPCError {
        let level = Self.level(of: error.code)
        if logger.logLevel <= level {
            logger.log(
                level: level, "\(error.operation) failed",
                metadata: [
                    "request_id": "\(context.requestID)", "path": "\(context.path)", "code": "\(error.code)",
                    "error": "\(error.message)", "cause": "\(error.cause.map { "\($0)" } ?? "")",
                ])
        }
        return RPCError(error)
    }

    private static func level(of code: StoreError.Code) -> Logger.Level {
        switch code {
        case .notFound, .conflict, .stale, .refused: .debug
        case .overloaded, .unavailable, .outcomeUnknown: .warning
        case .corruptRow: .error
        }
    }
}

extension RPCError {
    /// Ends a stream because the replica goes: any other answers the same call.
    static var goElsewhere: RPCError {
        RPCError(
            .unavailable, "this replica is shutting down; call again",
            details: [RPCErrorDetail(Google_Rpc_RetryInfo.with { $0.retryDelay = .init(.zero) })])
    }
}
