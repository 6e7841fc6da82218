// SPDX-License-Identifier: MIT
import Connect
import NavarchWire
import SwiftProtobuf

/// One method of the API, without its types.
struct FuzzMethod: Sendable {
    /// Where calls of it go.
    let path: String
    /// Whether it answers with a stream.
    let isStream: Bool
    /// Reads `bytes` as a request; what can be read must be written and read again as the same.
    let checkRoundTrip: @Sendable (_ bytes: [UInt8], RPCCodec) throws -> Void
    /// Holds the body of a successful unary answer to its type.
    let checkAnswer: @Sendable (_ body: [UInt8], RPCCodec) throws -> Void
    /// A request, from its JSON.
    let request: @Sendable (_ json: String, RPCCodec) throws -> [UInt8]

    /// Erases the types of a method.
    init<Q: Message, R: Message>(_ method: RPCMethod<Q, R>) {
        path = method.path
        isStream = method.kind == .serverStream
        checkRoundTrip = { bytes, codec in try Self.roundTrip(of: Q.self, bytes, codec) }
        checkAnswer = { body, codec in
            do {
                let _: R = try MessageCoding.decode(body, as: codec)
            } catch {
                throw Violation("\(method.path) answers with what is no \(R.protoMessageName): \(error)")
            }
        }
        request = { json, codec in
            let message: Q = try MessageCoding.decode(Array(json.utf8), as: .json)
            return try MessageCoding.encode(message, as: codec)
        }
    }

    /// All methods of both services.
    static let all: [FuzzMethod] = [
        FuzzMethod(AgentMethods.registerNode), FuzzMethod(AgentMethods.sendHeartbeat),
        FuzzMethod(AgentMethods.reportHealth), FuzzMethod(AgentMethods.leaseCommands),
        FuzzMethod(AgentMethods.streamCommands), FuzzMethod(AgentMethods.acknowledgeCommands),
        FuzzMethod(AgentMethods.renewCommands), FuzzMethod(AgentMethods.reportProgress),
        FuzzMethod(AgentMethods.completeCommand), FuzzMethod(NodeMethods.listNodes), FuzzMethod(NodeMethods.getNode),
        FuzzMethod(NodeMethods.watchNodes), FuzzMethod(CommandMethods.issueCommand),
        FuzzMethod(CommandMethods.issueCommands), FuzzMethod(CommandMethods.listCommands),
        FuzzMethod(CommandMethods.getCommand), FuzzMethod(CommandMethods.watchCommand),
        FuzzMethod(CommandMethods.cancelCommand), FuzzMethod(InstanceMethods.listInstances),
        FuzzMethod(InstanceMethods.getInstance), FuzzMethod(ReplicaMethods.listReplicas),
        FuzzMethod(OriginalMethods.registerNode), FuzzMethod(OriginalMethods.sendHeartbeat),
        FuzzMethod(OriginalMethods.reportHealth), FuzzMethod(OriginalMethods.getNodeCommands),
        FuzzMethod(OriginalMethods.listNodes), FuzzMethod(OriginalMethods.getNode),
        FuzzMethod(OriginalMethods.issueCommand), FuzzMethod(OriginalMethods.listInstances),
        FuzzMethod(OriginalMethods.getInstance),
    ]

    private static func roundTrip<M: Message>(of type: M.Type, _ bytes: [UInt8], _ codec: RPCCodec) throws {
        guard let message = readable(bytes, as: type, codec) else { return }
        let first = try message.serializedBytes(options: deterministic) as [UInt8]
        let second = try M(serializedBytes: first).serializedBytes(options: deterministic) as [UInt8]
        try require(first == second, "a \(M.protoMessageName) changes when it is written and read")
        // A time past the year 9999 cannot be written in JSON: that is no failure.
        guard let json = try? message.jsonString(options: sorted) else { return }
        let again = try M(jsonString: json).jsonString(options: sorted)
        try require(json == again, "a \(M.protoMessageName) changes when it is written and read in JSON")
    }

    private static func readable<M: Message>(_ bytes: [UInt8], as type: M.Type, _ codec: RPCCodec) -> M? {
        do {
            return try MessageCoding.decode(bytes, as: codec) as M
        } catch {
            return nil  // bad bytes are refused; how, the call itself shows
        }
    }

    private static let deterministic: BinaryEncodingOptions = {
        var options = BinaryEncodingOptions()
        options.useDeterministicOrdering = true
        return options
    }()

    private static let sorted: JSONEncodingOptions = {
        var options = JSONEncodingOptions()
        options.useDeterministicOrdering = true
        return options
    }()
}
