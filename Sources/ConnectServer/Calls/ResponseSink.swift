// SPDX-License-Identifier: MIT
import Connect
import NIOCore
import NIOHTTP1

/// The head of a request, whichever HTTP version brought it.
struct RequestHead {
    var method: String
    var uri: String
    var headers: HTTPHeaders
    var isHTTP2: Bool
    var remoteAddress: String
}

/// The head of an answer, whichever HTTP version takes it.
struct ResponseHead {
    var status: Int
    var contentType: String?
    /// The header that names the compression, and its value.
    var encoding: (name: String, value: String)?
    var requestID: String
    var extra = RPCMetadata()
}

/// Where an answer goes: one request on one connection or stream. Used on its event loop only, and in this order:
/// `respond`, or `begin`, any number of `send`, `end`.
protocol ResponseSink: AnyObject {
    /// The whole answer at once. With trailers, where there is no body, they go out in place of a head of their own.
    func respond(_ head: ResponseHead, body: ByteBuffer?, trailers: RPCMetadata?)
    /// The head of an answer whose body comes in pieces.
    func begin(_ head: ResponseHead)
    /// A piece of the body; sent at once.
    func send(_ bytes: ByteBuffer)
    /// The end of the body.
    func end(trailers: RPCMetadata?)
    /// False while the client does not read what it was sent.
    var isWritable: Bool { get }
}

/// A header or trailer that the server adds when it is about to go.
public enum ReconnectHint {
    /// On every answer that ends while the server drains: the client should use another connection from now on.
    public static let name = "x-reconnect"
    /// The only value so far.
    public static let value = "drain"
}
