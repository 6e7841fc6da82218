// SPDX-License-Identifier: MIT
import Connect
import SwiftProtobuf

/// Where a handler's messages go. May be shared by tasks; each message is whole on the wire.
public struct RPCWriter<Response: Message>: Sendable {
    let outbox: StreamOutbox
    let codec: RPCCodec

    /// Sends a message. Returns at once while the client keeps up, else when there is room again.
    /// - Throws: why the stream is over (`canceled`: the client left; `deadline_exceeded`), or `CancellationError`.
    public func write(_ message: Response) async throws {
        let bytes = try MessageCoding.encode(message, as: codec)
        if outbox.append(bytes) { try await outbox.waitForRoom() }
    }

    /// Sends the headers now, before there is a message: the client learns that the stream is open.
    public func sendHeaders() async throws { try outbox.requestHeaders() }
}
