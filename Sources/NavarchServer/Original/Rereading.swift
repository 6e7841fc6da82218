// SPDX-License-Identifier: MIT
import Connect
import SwiftProtobuf

/// The same message in the other schema. The original's messages are those of navarch.v1 with fewer fields under the same
/// numbers, which a test of the schemas holds, so bytes of the one are bytes of the other; what the target lacks is left
/// out. Costs one more encoding, on the original's calls only.
func reread<From: Message, To: Message>(_ message: From, as type: To.Type = To.self) throws(RPCError) -> To {
    var options = BinaryDecodingOptions()
    options.discardUnknownFields = true
    do {
        return try To(serializedBytes: message.serializedBytes() as [UInt8], options: options)
    } catch {
        throw RPCError(.internalError, "a \(From.protoMessageName) is no \(To.protoMessageName): \(error)")
    }
}
