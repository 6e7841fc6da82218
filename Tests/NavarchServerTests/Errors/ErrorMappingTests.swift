// SPDX-License-Identifier: MIT
import Connect
import Foundation
import NavarchControl
import NavarchStore
import NavarchWire
import Testing

@testable import NavarchServer

@Suite struct ErrorMappingTests {
    static let expected: [(StoreError.Code, RPCCode)] = [
        (.notFound, .notFound), (.conflict, .invalidArgument), (.stale, .failedPrecondition),
        (.refused, .failedPrecondition), (.overloaded, .resourceExhausted), (.unavailable, .unavailable),
        (.outcomeUnknown, .unavailable), (.corruptRow, .internalError),
    ]

    @Test func everyCodeOfTheSeamHasOneOfTheAPI() {
        #expect(Set(Self.expected.map(\.0)) == Set(StoreError.Code.allCases))
        for (code, rpcCode) in Self.expected { #expect(code.connectCode == rpcCode) }
    }

    @Test func causesStayHere() {
        for code in StoreError.Code.allCases {
            let error = RPCError(StoreError(code, operation: "select secret", cause: FailingStore.Cause()))
            #expect(!error.message.isEmpty)
            #expect(!"\(error.message) \(error.details)".contains("secret"))
        }
    }

    @Test func whoeverIsShedLearnsWhenToComeAgain() throws {
        let retry: Google_Rpc_RetryInfo = try #require(RPCError(StoreError(.overloaded, operation: "x")).detail())
        #expect(Duration(retry.retryDelay) == .seconds(1))
    }

    @Test func anUnknownOutcomeSaysHowToResolveIt() throws {
        let error = RPCError(StoreError(.outcomeUnknown, operation: "issue"))
        let info: Google_Rpc_ErrorInfo = try #require(error.detail())
        #expect(info.reason == "OUTCOME_UNKNOWN" && info.domain == "navarch.v1")
        #expect(error.message.contains("repeat with the same idempotency key"))
    }

    @Test(arguments: expected) func everyMethodSaysIt(_ code: StoreError.Code, _ rpcCode: RPCCode) async throws {
        let schema = try SchemaText()
        let mutations = try RequestMutations()
        try await withReplica(over: Stores(FailingStore(code))) { replica in
            for method in schema.methods where !method.isStream {
                // What has no key yet can only say what the look-up of the node says, which is the same here.
                let answer = try await exchange(
                    "POST", replica.baseURL + method.path, headers: ["content-type": "application/proto"],
                    body: Data(mutations.valid(method.request)))
                let error = try #require(ErrorJSON.decode([UInt8](answer.body)), "\(method.path): \(answer.text)")
                let isList =
                    method.path.hasSuffix("ListNodes") || method.path.hasSuffix("ListCommands")
                    || method.path.hasSuffix("ListInstances")
                let wanted = isList && code == .refused ? RPCCode.invalidArgument : rpcCode
                #expect(error.code == wanted, "\(method.path): \(error)")
                #expect(answer.status == wanted.httpStatus, "\(method.path)")
                #expect(!answer.text.contains("hunter2"))
            }
        }
    }

    @Test func streamsSayItToo() async throws {
        try await withReplica(over: Stores(FailingStore(.unavailable))) { replica in
            for rpcProtocol in [RPCProtocol.connect, .grpc] {
                try await replica.withClient(rpcProtocol) { client in
                    let error = await #expect(throws: RPCError.self) {
                        try await client.withServerStream(AgentMethods.streamCommands, .with { $0.nodeID = "n1" }) {
                            for try await _ in $0 {}
                        }
                    }
                    #expect(error?.code == .unavailable)
                }
            }
        }
    }
}
