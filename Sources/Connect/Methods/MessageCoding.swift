// SPDX-License-Identifier: MIT
import SwiftProtobuf

/// Turns messages into bytes and back, in either codec.
public enum MessageCoding {
    /// Unknown fields are passed over: an older reader must understand a newer writer.
    private static let jsonDecoding: JSONDecodingOptions = {
        var options = JSONDecodingOptions()
        options.ignoreUnknownFields = true
        return options
    }()

    /// Reads a message.
    /// - Throws: `invalid_argument` that says what is wrong, for all that is no such message: bad UTF-8 included.
    public static func decode<M: Message>(_ bytes: [UInt8], as codec: RPCCodec) throws(RPCError) -> M {
        do {
            switch codec {
            case .proto: return try M(serializedBytes: bytes)
            case .json: return try M(jsonUTF8Bytes: bytes, options: jsonDecoding)
            }
        } catch {
            throw RPCError(
                .invalidArgument, "the message is no valid \(M.protoMessageName) in \(codec.rawValue): \(error)")
        }
    }

    /// Writes a message.
    /// - Throws: `internal` for a value that the codec cannot express, such as a time past the year 9999 in JSON.
    public static func encode(_ message: some Message, as codec: RPCCodec) throws(RPCError) -> [UInt8] {
        do {
            switch codec {
            case .proto: return try message.serializedBytes()
            case .json: return try message.jsonUTF8Bytes()
            }
        } catch {
            let name = type(of: message).protoMessageName
            throw RPCError(.internalError, "a \(name) cannot be written in \(codec.rawValue): \(error)")
        }
    }
}
