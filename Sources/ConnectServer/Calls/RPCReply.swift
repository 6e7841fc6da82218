// SPDX-License-Identifier: MIT
import Connect
import SwiftProtobuf

/// Where the answer to a unary call goes that is decided on the event loop. To be used exactly once, from any thread.
public struct RPCReply<Response: Message>: Sendable {
    let call: ServerCall

    /// Answers with a message.
    public func succeed(_ response: Response) {
        let call = call
        if call.eventLoop.inEventLoop {
            call.succeed(with: response)
        } else {
            call.eventLoop.execute { call.succeed(with: response) }
        }
    }

    /// Answers with an error.
    public func fail(_ error: RPCError) {
        let call = call
        if call.eventLoop.inEventLoop {
            call.fail(error)
        } else {
            call.eventLoop.execute { call.fail(error) }
        }
    }

    /// Answers with what `body` returns or throws. It runs in a task of its own, as a handler of `RPCRouter.unary` does,
    /// and is cancelled when the client leaves or its deadline passes. To be called on the event loop, by the handler.
    public func run(_ body: @escaping @Sendable (CallContext) async throws -> Response) {
        let call = call
        let codec = call.codec
        call.run { context in
            let bytes = try MessageCoding.encode(try await body(context), as: codec)
            call.eventLoop.execute { call.succeed(bytes) }
        }
    }

    /// Answers with what an error means to a client: an `RPCError` as it is, any other logged and as `internal`.
    public func fail(throwing error: any Error) { fail(call.rpcError(for: error)) }
}
