// SPDX-License-Identifier: MIT
import Connect
import Foundation
import NavarchControl
import NavarchStore
import NavarchWire
import SwiftProtobuf
import Testing

@testable import NavarchServer

/// Bad input from outside: a proper code, every violation named, and the store never asked.
@Suite struct BadInputTests {
    @Test func everyWrongRequestIsRefusedBeforeAnythingIsStored() async throws {
        let schema = try SchemaText()
        let mutations = try RequestMutations()
        let store = FailingStore(.unavailable)
        try await withReplica(over: Stores(store)) { replica in
            for method in schema.methods where !method.isStream {
                let type = try #require(RequestRules.all.first { $0.rule.name == method.request }?.type)
                for mutation in mutations.all(of: method.request) {
                    for (codec, body) in try Self.bodies(type, mutation) {
                        let answer = try await exchange(
                            "POST", replica.baseURL + method.path, headers: ["content-type": "application/\(codec)"],
                            body: body)
                        let error = try #require(ErrorJSON.decode([UInt8](answer.body)), "\(mutation.label)")
                        // What is larger than any message may be is refused before it is one.
                        let isHuge = body.count > 4 << 20
                        #expect(error.code == (isHuge ? .resourceExhausted : .invalidArgument), "\(mutation.label)")
                        if !isHuge {
                            let detail: Google_Rpc_BadRequest = try #require(error.detail(), "\(mutation.label)")
                            #expect(
                                detail.fieldViolations.contains { $0.reason == mutation.reason.rawValue },
                                "\(mutation.label) in \(codec)")
                        }
                    }
                }
            }
        }
        #expect(store.calls == 0)
    }

    /// The message in both codecs; JSON cannot say everything that is wrong.
    private static func bodies(_ type: any Message.Type, _ mutation: Mutation) throws -> [(RPCCodec, Data)] {
        let message = try type.init(serializedBytes: mutation.bytes)
        var bodies: [(RPCCodec, Data)] = [(.proto, Data(mutation.bytes))]
        // Times out of range have no JSON at all: that is tested by hand below.
        if let json = try? message.jsonUTF8Data(), mutation.bytes.count < 1 << 20 { bodies.append((.json, json)) }
        return bodies
    }

    @Test(arguments: [
        #"{"nodeId":"n1","commandType":"NODE_COMMAND_TYPE_EXPLODE"}"#, #"{"nodeId":"n1","commandType":"cordon"}"#,
        #"{"nodeId":"n1","commandType":99}"#, #"{"nodeId":"n1","commandType":{}}"#, #"{"nodeId":7}"#,
        #"{"nodeId":"n1","ttl":"a while"}"#, #"{"nodeId":"n1","ttl":"99999999999999s"}"#, #"{"nodeId":"n1""#, "[]", "",
        #"{"nodeId":"n1","parameters":{"a":1}}"#, "{\"nodeId\":\"n\u{1}\"}", #"{"nodeId":"\ud800"}"#,
    ]) func badJSONIsAnInvalidArgument(_ body: String) async throws {
        let store = FailingStore(.unavailable)
        try await withReplica(over: Stores(store)) { replica in
            let answer = try await post(replica.baseURL + CommandMethods.issueCommand.path, body)
            #expect(ErrorJSON.decode([UInt8](answer.body))?.code == .invalidArgument, "\(answer.text)")
            #expect(answer.status == 400)
        }
        #expect(store.calls == 0)
    }

    @Test func anUnknownNameOfAnEnumIsNotTakenForAbsent() async throws {
        let store = FailingStore(.unavailable)
        try await withReplica(over: Stores(store)) { replica in
            for body in [#"{"status":"NODE_STATUS_BEST"}"#, #"{"newer":"x","status":"NODE_STATUS_BEST"}"#] {
                let answer = try await post(replica.baseURL + NodeMethods.listNodes.path, body)
                let error = try #require(ErrorJSON.decode([UInt8](answer.body)), "\(answer.text)")
                #expect(error.code == .invalidArgument)
                #expect(error.message == #"status has no value named "NODE_STATUS_BEST""#)
                let detail: Google_Rpc_BadRequest = try #require(error.detail())
                #expect(detail.fieldViolations.map(\.field) == ["status"])
            }
        }
        #expect(store.calls == 0)
    }

    @Test func unknownFieldsArePassedOver() async throws {
        try await withReplica(over: Stores(FailingStore(.notFound, message: "node not found: n1"))) { replica in
            let answer = try await post(
                replica.baseURL + NodeMethods.getNode.path, #"{"nodeId":"n1","fromTheFuture":{"a":[1]}}"#)
            #expect(ErrorJSON.decode([UInt8](answer.body))?.code == .notFound, "\(answer.text)")
        }
    }

    @Test func textThatIsNoUTF8IsAnInvalidArgument() async throws {
        try await withReplica(over: Stores(FailingStore(.unavailable))) { replica in
            let answer = try await exchange(
                "POST", replica.baseURL + NodeMethods.getNode.path, headers: ["content-type": "application/proto"],
                body: Data(WireBytes.bytes(1, [0xff, 0xfe, 0x41])))
            #expect(ErrorJSON.decode([UInt8](answer.body))?.code == .invalidArgument, "\(answer.text)")
        }
    }
}
