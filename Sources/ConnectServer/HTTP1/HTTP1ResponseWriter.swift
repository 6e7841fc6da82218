// SPDX-License-Identifier: MIT
import Connect
import NIOCore
import NIOHTTP1

/// Writes answers as HTTP/1.1 bytes. An answer that is whole becomes one buffer: head and body together.
enum HTTP1ResponseWriter {
    /// How the end of the body is known.
    enum Framing {
        case length(Int)
        case chunked
        /// HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
        case untilClose
        /// Statuses that have no body.
        case none
    }

    /// Appends the head, up to and with the empty line.
    static func write(_ head: ResponseHead, framing: Framing, closes: Bool, to buffer: inout ByteBuffer) {
        if head.status == 200 {
            buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
        } else {
            buffer.writeStaticString("HTTP/1.1 ")
            buffer.writeString(String(head.status))
            buffer.writeStaticString(" ")
            buffer.writeString(
                head.status == 499 ? "Client Closed Request" : HTTPResponseStatus(statusCode: head.status).reasonPhrase)
            buffer.writeStaticString("\r\n")
        }
        if let contentType = head.contentType { line("content-type", contentType, &buffer) }
        if let encoding = head.encoding { line(encoding.name, encoding.value, &buffer) }
        line(RequestID.headerName, head.requestID, &buffer)
        for (name, value) in head.extra where isOurs(name, value) { line(name, value, &buffer) }
        switch framing {
        case .length(let length):
            buffer.writeStaticString("content-length: ")
            writeDecimal(length, to: &buffer)
            buffer.writeStaticString("\r\n")
        case .chunked: buffer.writeStaticString("transfer-encoding: chunked\r\n")
        case .untilClose, .none: break
        }
        buffer.writeStaticString(closes ? "connection: close\r\n\r\n" : "\r\n")
    }

    /// Appends one chunk of a chunked body.
    static func writeChunk(_ bytes: ByteBuffer, to buffer: inout ByteBuffer) {
        buffer.writeString(String(bytes.readableBytes, radix: 16))
        buffer.writeStaticString("\r\n")
        buffer.writeImmutableBuffer(bytes)
        buffer.writeStaticString("\r\n")
    }

    /// What the framing says is not for handlers to say, and what could break the framing is not sent.
    private static func isOurs(_ name: String, _ value: String) -> Bool {
        switch name {
        case "content-length", "transfer-encoding", "connection", RequestID.headerName: false
        default: RPCMetadata.isValid(name: name, value: value)
        }
    }

    private static func line(_ name: String, _ value: String, _ buffer: inout ByteBuffer) {
        buffer.writeString(name)
        buffer.writeStaticString(": ")
        buffer.writeString(value)
        buffer.writeStaticString("\r\n")
    }

    private static func writeDecimal(_ value: Int, to buffer: inout ByteBuffer) {
        if value < 10 {
            buffer.writeInteger(UInt8(ascii: "0") + UInt8(value))
        } else {
            writeDecimal(value / 10, to: &buffer)
            buffer.writeInteger(UInt8(ascii: "0") + UInt8(value % 10))
        }
    }
}
