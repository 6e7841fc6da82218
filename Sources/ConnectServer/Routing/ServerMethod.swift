// SPDX-License-Identifier: MIT
import Connect
import SwiftProtobuf

/// A method without its types.
struct MethodDescriptor: Sendable {
    let service: String
    let name: String
    let kind: RPCKind
    let idempotency: RPCIdempotency
    let target: CallStart.Target

    /// True when the method may be called by GET.
    var isGettable: Bool { kind == .unary && idempotency == .noSideEffects }

    init<Q, R>(_ method: RPCMethod<Q, R>) {
        service = method.service
        name = method.name
        kind = method.kind
        idempotency = method.idempotency
        target = .method(service: method.service, name: method.name, kind: method.kind)
    }
}

/// A method with its handler, ready to be started on a call whose one request message has arrived.
protocol ServerMethod: Sendable {
    var descriptor: MethodDescriptor { get }
    /// Decodes the message and starts the handler. On the call's event loop.
    func start(_ call: ServerCall, _ message: [UInt8])
}

/// Answered on the event loop.
struct LoopUnaryMethod<Q: Message, R: Message>: ServerMethod {
    let descriptor: MethodDescriptor
    let handler: @Sendable (Q, CallContext, RPCReply<R>) -> Void

    func start(_ call: ServerCall, _ message: [UInt8]) {
        do throws(RPCError) {
            let request: Q = try MessageCoding.decodeRequest(message, as: call.codec)
            handler(request, call.makeContext(), RPCReply(call: call))
        } catch {
            call.fail(error)
        }
    }
}

/// Answered by a task.
struct UnaryMethod<Q: Message, R: Message>: ServerMethod {
    let descriptor: MethodDescriptor
    let handler: @Sendable (Q, CallContext) async throws -> R

    func start(_ call: ServerCall, _ message: [UInt8]) {
        let handler = handler
        do throws(RPCError) {
            let request: Q = try MessageCoding.decodeRequest(message, as: call.codec)
            let codec = call.codec
            call.run { context in
                let bytes = try MessageCoding.encode(try await handler(request, context), as: codec)
                call.eventLoop.execute { call.succeed(bytes) }
            }
        } catch {
            call.fail(error)
        }
    }
}

/// Answered by a task that writes any number of messages.
struct ServerStreamMethod<Q: Message, R: Message>: ServerMethod {
    let descriptor: MethodDescriptor
    let handler: @Sendable (Q, RPCWriter<R>, CallContext) async throws -> Void

    func start(_ call: ServerCall, _ message: [UInt8]) {
        let handler = handler
        do throws(RPCError) {
            let request: Q = try MessageCoding.decodeRequest(message, as: call.codec)
            let outbox = call.openOutbox()
            let writer = RPCWriter<R>(outbox: outbox, codec: call.codec)
            call.run { context in
                try await handler(request, writer, context)
                call.eventLoop.execute { call.finishStream(nil) }
            }
        } catch {
            call.fail(error)
        }
    }
}
