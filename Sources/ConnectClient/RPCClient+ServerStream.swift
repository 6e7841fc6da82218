// SPDX-License-Identifier: MIT

import Connect
import NIOCore
import SwiftProtobuf

extension RPCClient {
    /// Calls a method that takes one message and returns a stream of them, for as long as `body` runs.
    ///
    /// The request is sent before `body` starts. When `body` returns or throws before the stream is over, the call is
    /// cancelled. A stream whose request reached no server is opened again within the first `next()`; one that has begun
    /// is never opened again: what to do then is the caller's to know.
    ///
    /// - Parameter timeout: The time for the whole stream; nil is without limit.
    /// - Throws: What `body` throws, and ``RPCError`` when the stream could not be opened.
    public func withServerStream<Request: Message, Response: Message, Result>(
        _ method: RPCMethod<Request, Response>, _ request: Request, headers: RPCMetadata = [:],
        timeout: Duration? = nil, isolation: isolated (any Actor)? = #isolation,
        _ body: (RPCStream<Response>) async throws -> Result
    ) async throws -> Result {
        let deadline = timeout.map { NIODeadline.now() + TimeAmount($0) }
        let headers = try self.headers(for: headers)
        let attempts = Attempts(
            dispatcher, method.idempotency, deadline: deadline, requestID: headers.requestID)
        let call = StreamCall<Response>(
            client: self, path: method.path, headers: headers, body: try format.body(of: request, isEnveloped: true),
            attempts: attempts)
        defer { call.close() }
        try await call.open()
        return try await body(RPCStream(call))
    }

    /// Sends the request of one attempt at a stream.
    func openStream(
        _ path: String, _ headers: RequestHeaders, _ body: WireFormat.Body, at pool: ConnectionPool,
        deadline: NIODeadline?
    ) async throws(CallFailure) -> StreamInbox {
        let token = try await token()
        let connection = try await pool.lease(deadline: deadline)
        let timeLeft = deadline.map { Duration($0 - .now()) }
        let head = headers.head(
            path: path, at: pool.endpoint, body: body, isEnveloped: true, timeout: timeLeft, token: token)
        let inbox = StreamInbox()
        let request = ExchangeRequest(head: head, body: body.bytes, deadline: deadline)
        inbox.start(Exchange(request, on: connection, sink: inbox))
        return inbox
    }
}
