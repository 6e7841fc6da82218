// SPDX-License-Identifier: MIT

import NIOCore
import NIOHTTP1

/// What one exchange sends, whole.
struct ExchangeRequest: Sendable {
    /// Method, path and headers.
    var head: HTTPRequestHead
    /// The body.
    var body: ByteBuffer
    /// When it must be over; nil for never.
    var deadline: NIODeadline?
}

/// Who gets the answer of an exchange. Called on the connection's event loop, in the order below; `failed` may come at any
/// time, and nothing comes after `ended` or `failed`.
protocol ExchangeSink: AnyObject, Sendable {
    /// The head came, once. False: read no more until the exchange is asked to resume.
    func received(_ head: HTTPResponseHead) -> Bool
    /// A part of the body came. False as above.
    func received(_ body: ByteBuffer) -> Bool
    /// The answer is complete.
    func ended(_ trailers: HTTPHeaders?)
    /// There will be no (more of the) answer.
    func failed(_ failure: CallFailure)
}
