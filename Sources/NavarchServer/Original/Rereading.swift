// SPDX-License-Identifier: MIT
import Connect
import SwiftProtobuf

/// The same message in the other schema. The original's messages are those of navarch.v1 with fewer fields under the same
/// numbers, which a test of the schemas holds, so bytes of the one are bytes of the other; what the target lacks is left
/// out. Costs one more encoding, on the original's calls only.
///
/// Fields that the original's schema lacks travel along while they fit; those that do not fit are passed over, as
/// unknown fields are: they must not make a call fail that the original would have answered.
func reread<From: Message, To: Message>(_ message: From, as type: To.Type = To.self) throws(RPCError) -> To {
    var options = BinaryDecodingOptions()
    options.discardUnknownFields = true
    do {
        let bytes = try message.serializedBytes() as [UInt8]
        do {
            return try To(serializedBytes: bytes, options: options)
        } catch {
            let known = try From(serializedBytes: bytes, options: options).serializedBytes() as [UInt8]
            return try To(serializedBytes: known, options: options)
        }
    } catch {
        throw RPCError(.internalError, "a \(From.protoMessageName) is no \(To.protoMessageName): \(error)")
    }
}
