// SPDX-License-Identifier: MIT
import Connect
import SwiftProtobuf
import Testing

@testable import NavarchWire

@Suite struct MethodsTests {
    @Test func everyMethodOfTheSchemaIsNamedAsTheSchemaHasIt() throws {
        let declared = try Set(ProtoFile.all.flatMap { try ProtoFile($0).methods })
        #expect(declared.count == 30)
        let named = Set(Self.agent + Self.nodes + Self.commands + Self.others + Self.original)
        #expect(named.subtracting(declared).map(\.description).sorted() == [])
        #expect(declared.subtracting(named).map(\.description).sorted() == [])
    }

    @Test func navarchV1KeepsTheFieldsOfTheOriginal() throws {
        let original = try ProtoFile("navarch/control_plane.proto").messages
        var ours: [String: [Int: String]] = [:]
        for file in ProtoFile.all.dropLast() { ours.merge(try ProtoFile(file).messages) { one, _ in one } }
        // The flags that are reserved in ours, and the call that leasing replaced.
        let gone = ["success: bool", "acknowledged: bool"]
        let replaced = ["GetNodeCommandsRequest", "GetNodeCommandsResponse", "NodeCommand"]
        #expect(original.count == 28)
        for (name, fields) in original where !replaced.contains(name) {
            for (number, field) in fields where !gone.contains(field) {
                #expect(ours[name]?[number] == field, "field \(number) of \(name)")
            }
        }
    }

    private static func method<Q, R>(_ method: RPCMethod<Q, R>) -> ProtoFile.Method {
        let idempotency =
            switch method.idempotency {
            case .unknown: ""
            case .noSideEffects: "NO_SIDE_EFFECTS"
            case .idempotent: "IDEMPOTENT"
            }
        return ProtoFile.Method(
            service: method.service, name: method.name, request: Q.protoMessageName, response: R.protoMessageName,
            isStream: method.kind == .serverStream, idempotency: idempotency)
    }

    private static let agent: [ProtoFile.Method] = [
        method(AgentMethods.registerNode), method(AgentMethods.sendHeartbeat), method(AgentMethods.reportHealth),
        method(AgentMethods.leaseCommands), method(AgentMethods.streamCommands),
        method(AgentMethods.acknowledgeCommands), method(AgentMethods.renewCommands),
        method(AgentMethods.reportProgress), method(AgentMethods.completeCommand),
    ]
    private static let nodes: [ProtoFile.Method] = [
        method(NodeMethods.listNodes), method(NodeMethods.getNode), method(NodeMethods.watchNodes),
    ]
    private static let commands: [ProtoFile.Method] = [
        method(CommandMethods.issueCommand), method(CommandMethods.issueCommands),
        method(CommandMethods.listCommands), method(CommandMethods.getCommand), method(CommandMethods.watchCommand),
        method(CommandMethods.cancelCommand),
    ]
    private static let others: [ProtoFile.Method] = [
        method(InstanceMethods.listInstances), method(InstanceMethods.getInstance),
        method(ReplicaMethods.listReplicas),
    ]
    private static let original: [ProtoFile.Method] = [
        method(OriginalMethods.registerNode), method(OriginalMethods.sendHeartbeat),
        method(OriginalMethods.reportHealth), method(OriginalMethods.getNodeCommands),
        method(OriginalMethods.listNodes), method(OriginalMethods.getNode), method(OriginalMethods.issueCommand),
        method(OriginalMethods.listInstances), method(OriginalMethods.getInstance),
    ]
}
