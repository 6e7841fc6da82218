// SPDX-License-Identifier: MIT

import Connect
import NIOCore
import SwiftProtobuf

/// What a unary call returned, with its metadata.
public struct RPCResponse<Message: SwiftProtobuf.Message>: Sendable {
    /// The message.
    public var message: Message
    /// The headers of the answer.
    public var headers: RPCMetadata
    /// The trailers of the answer.
    public var trailers: RPCMetadata
}

extension RPCClient {
    /// Calls a method that takes one message and returns one.
    ///
    /// - Parameter timeout: The time for all attempts together; nil takes that of the configuration.
    /// - Throws: The server's error, or `.unavailable` (no answer could be had; for a method that is not idempotent it may
    ///   have been done), `.deadlineExceeded`, `.canceled` (this task was cancelled), and `.invalidArgument` for a request
    ///   that cannot be sent.
    public func unary<Request: Message, Response: Message>(
        _ method: RPCMethod<Request, Response>, _ request: Request, headers: RPCMetadata = [:], timeout: Duration? = nil
    ) async throws(RPCError) -> Response {
        try await unaryResponse(method, request, headers: headers, timeout: timeout).message
    }

    /// As ``unary(_:_:headers:timeout:)``, with headers and trailers of the answer.
    public func unaryResponse<Request: Message, Response: Message>(
        _ method: RPCMethod<Request, Response>, _ request: Request, headers: RPCMetadata = [:], timeout: Duration? = nil
    ) async throws(RPCError) -> RPCResponse<Response> {
        let call = UnaryCall(
            path: method.path, headers: try self.headers(for: headers),
            body: try format.body(of: request, isEnveloped: false))
        let deadline = (timeout ?? configuration.defaultTimeout).map { NIODeadline.now() + TimeAmount($0) }
        var attempts = Attempts(
            dispatcher, method.idempotency, deadline: deadline, requestID: call.headers.requestID)
        while true {
            let pool = attempts.next()
            let answer: UnaryAnswer
            do throws(CallFailure) {
                answer = try await self.answer(to: call, from: pool, deadline: deadline)
            } catch {
                try await attempts.failed(error)
                continue
            }
            attempts.succeeded()
            return RPCResponse(
                message: try format.decode(answer.message), headers: answer.headers, trailers: answer.trailers)
        }
    }

    private func answer(
        to call: UnaryCall, from pool: ConnectionPool, deadline: NIODeadline?
    ) async throws(CallFailure) -> UnaryAnswer {
        let token = try await token()
        let connection = try await pool.lease(deadline: deadline)
        let timeLeft = deadline.map { Duration($0 - .now()) }
        let head = call.headers.head(
            path: call.path, at: pool.endpoint, body: call.body, isEnveloped: false, timeout: timeLeft, token: token)
        let collector = UnaryCollector(limit: format.maxMessageBytes + UnaryCall.framingBytes)
        let exchange = Exchange(
            ExchangeRequest(head: head, body: call.body.bytes, deadline: deadline), on: connection, sink: collector)
        let answer = try await collector.answer(of: exchange)
        do throws(RPCError) {
            return try UnaryAnswer(answer, format)
        } catch {
            throw CallFailure(error: error, reach: .answered)
        }
    }
}

/// What all attempts of a unary call share.
private struct UnaryCall: Sendable {
    /// Room beside the message for envelopes and gRPC-Web's trailers.
    static let framingBytes = 64 << 10

    let path: String
    let headers: RequestHeaders
    let body: WireFormat.Body
}
