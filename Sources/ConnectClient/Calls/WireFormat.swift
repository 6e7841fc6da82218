// SPDX-License-Identifier: MIT

import Connect
import NIOCore
import SwiftProtobuf

/// How messages of one client are written and read.
struct WireFormat: Sendable {
    /// The protocol.
    var rpcProtocol: RPCProtocol
    /// How messages are written.
    var codec: RPCCodec
    /// The largest message accepted.
    var maxMessageBytes: Int
    /// Requests of at least this many bytes are compressed; nil: none.
    var compressFromBytes: Int?

    /// A request's body, ready to be sent.
    struct Body: Sendable {
        var bytes: ByteBuffer
        var isCompressed: Bool
    }

    /// The content type of calls and answers.
    func contentType(isEnveloped: Bool) -> RPCContentType {
        RPCContentType(rpcProtocol, codec, isEnveloped: isEnveloped)
    }

    /// Writes a request.
    ///
    /// - Throws: `.invalidArgument` when the message cannot be written, as with a proto2 field that is required and unset.
    func body(of message: some Message, isEnveloped: Bool) throws(RPCError) -> Body {
        let plain = try encode(message)
        let isCompressed = compressFromBytes.map { plain.count >= $0 } ?? false
        let payload = isCompressed ? Gzip.compress(plain) : plain
        var bytes = ByteBuffer()
        if isEnveloped || rpcProtocol != .connect {
            bytes.reserveCapacity(EnvelopePrefix.size + payload.count)
            bytes.writeBytes(EnvelopePrefix(flags: isCompressed ? .compressed : [], length: payload.count).bytes)
        }
        bytes.writeBytes(payload)
        return Body(bytes: bytes, isCompressed: isCompressed)
    }

    /// Reads a message of an answer.
    ///
    /// - Throws: `.internalError` when it is no such message.
    func decode<M: Message>(_ bytes: [UInt8], as type: M.Type = M.self) throws(RPCError) -> M {
        do {
            switch codec {
            case .proto: return try M(serializedBytes: bytes)
            case .json: return try M(jsonUTF8Bytes: bytes, options: Self.jsonOptions)
            }
        } catch {
            throw RPCError(.internalError, "the answer is no \(M.protoMessageName): \(error)")
        }
    }

    /// Uncompresses a message of an answer.
    func decompress(_ bytes: [UInt8]) throws(RPCError) -> [UInt8] {
        do throws(Gzip.Failure) {
            return try Gzip.decompress(bytes, limit: maxMessageBytes)
        } catch {
            switch error {
            case .tooLong: throw tooLong()
            case .malformed: throw RPCError(.internalError, "the answer is not the gzip that it says it is")
            }
        }
    }

    /// The error for a message past the limit.
    func tooLong() -> RPCError {
        RPCError(.resourceExhausted, "the answer is longer than the \(maxMessageBytes) bytes allowed")
    }

    /// An answer of a newer server may have fields that this client does not know.
    private static let jsonOptions: JSONDecodingOptions = {
        var options = JSONDecodingOptions()
        options.ignoreUnknownFields = true
        return options
    }()

    private func encode(_ message: some Message) throws(RPCError) -> [UInt8] {
        do {
            switch codec {
            case .proto: return try message.serializedBytes()
            case .json: return try message.jsonUTF8Bytes()
            }
        } catch {
            throw RPCError(.invalidArgument, "the request cannot be written as \(codec.rawValue): \(error)")
        }
    }
}
