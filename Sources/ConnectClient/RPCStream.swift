// SPDX-License-Identifier: MIT

import Connect
import SwiftProtobuf

/// The messages of a server stream, in their order, as ``RPCClient/withServerStream(_:_:headers:timeout:isolation:_:)``
/// gives them out. One task reads it, once. It is read no faster than messages are taken.
public struct RPCStream<Response: Message>: AsyncSequence, Sendable {
    /// What comes.
    public typealias Element = Response
    /// How the stream fails.
    public typealias Failure = RPCError

    private let call: StreamCall<Response>

    init(_ call: StreamCall<Response>) { self.call = call }

    /// The next message; nil after the last.
    ///
    /// - Throws: The error with which the server or the connection ended the stream, and again each time.
    public func next() async throws(RPCError) -> Response? { try await call.next() }

    /// The headers of the answer. Waits until they are here.
    public func headers() async throws(RPCError) -> RPCMetadata { try await call.headers() }

    /// The trailers: empty until the stream has ended well.
    public var trailers: RPCMetadata { call.trailers }

    /// Takes messages from the stream.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }

    /// Takes messages from a stream.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let stream: RPCStream

        /// The next message; nil after the last.
        public func next() async throws -> Response? { try await stream.next() }

        /// As ``next()``, with the error typed.
        public func next(isolation actor: isolated (any Actor)?) async throws(RPCError) -> Response? {
            try await stream.next()
        }
    }
}
