// SPDX-License-Identifier: MIT
import SwiftProtobuf

/// One typed detail of an error: a protobuf message by its full name and its bytes.
public struct RPCErrorDetail: Sendable, Equatable {
    /// The full name of the message, such as `google.rpc.BadRequest`, without a type URL before it.
    public var typeName: String
    /// The message in the protobuf binary format.
    public var value: [UInt8]
    /// The message as JSON for people to read in a Connect answer; programs read `value`.
    public var debugJSON: String?

    /// A detail from its parts, as a client reads them.
    public init(typeName: String, value: [UInt8], debugJSON: String? = nil) {
        self.typeName = typeName
        self.value = value
        self.debugJSON = debugJSON
    }

    /// A detail that carries `message`.
    ///
    /// A message that cannot be serialized (a proto2 message that lacks a required field) becomes an empty detail of its
    /// type: an error must never fail to be sent because of what decorates it.
    public init(_ message: some Message) {
        typeName = type(of: message).protoMessageName
        // Serialization fails for unset proto2 fields only; see above.
        value = (try? message.serializedBytes() as [UInt8]) ?? []
        // JSON is for debugging; what JSON cannot say (a year past 9999) is left out.
        debugJSON = try? message.jsonString()
    }

    /// The detail as a message of type `M`; nil when it is of another type or does not decode.
    public func message<M: Message>(as type: M.Type = M.self) -> M? {
        guard typeName == M.protoMessageName else { return nil }
        // A detail that does not decode is as good as absent to a caller that asks for it.
        return try? M(serializedBytes: value)
    }
}
