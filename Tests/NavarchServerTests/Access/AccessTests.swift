// SPDX-License-Identifier: MIT
import Connect
import ConnectClient
import NavarchControl
import NavarchStore
import NavarchWire
import Testing

@testable import NavarchServer

@Suite struct AccessTests {
    private let wrong: [[String: String]] = [
        [:], ["authorization": "Bearer nope"], ["authorization": "Bearer "], ["authorization": "Bearer"],
        ["authorization": "bearer secret"], ["authorization": "Basic secret"], ["authorization": "Bearer secret "],
        ["authorization": "Bearer  secret"], ["authorization": "Bearer secre"], ["authorization": "secret"],
    ]

    @Test func withoutTheTokenEveryPathIs401AsTheOriginalAnswers() async throws {
        let wrong = wrong
        try await withReplica(over: Stores(FailingStore(.notFound)), tokens: ["secret"]) { replica in
            let paths = [
                NodeMethods.getNode.path, OriginalMethods.getNode.path, AgentMethods.sendHeartbeat.path, "/nowhere",
                "/healthz/", "/metrics/", "/readyz/",
            ]
            for path in paths {
                for headers in wrong {
                    let answer = try await post(replica.baseURL + path, #"{"nodeId":"n1"}"#, headers: headers)
                    // Foundation trims a value's end, which is what the standard wants of every reader.
                    if headers["authorization"] == "Bearer secret " { continue }
                    #expect(answer.status == 401, "\(path) \(headers)")
                    #expect(answer.text == "unauthorized\n")
                    #expect(answer.headers["www-authenticate"] == #"Bearer realm="navarch""#)
                    #expect(answer.headers["content-type"]?.hasPrefix("text/plain") == true)
                }
            }
        }
    }

    @Test func anyOfTheTokensLetsACallPass() async throws {
        try await withReplica(over: Stores(FailingStore(.notFound)), tokens: ["old", "", "new"]) { replica in
            for token in ["old", "new"] {
                let answer = try await post(
                    replica.baseURL + NodeMethods.getNode.path, #"{"nodeId":"n1"}"#,
                    headers: ["authorization": "Bearer \(token)"])
                #expect(answer.status == 404)
            }
        }
    }

    @Test func healthAndMetricsNeedNoToken() async throws {
        try await withReplica(over: Stores(FailingStore(.unavailable)), tokens: ["secret"]) { replica in
            for (path, status) in [("/healthz", 200), ("/readyz", 503), ("/metrics", 200)] {
                let answer = try await exchange("GET", replica.baseURL + path)
                #expect(answer.status == status, "\(path)")
            }
        }
    }

    @Test func ourClientsSeeUnauthenticated() async throws {
        try await withReplica(over: Stores(FailingStore(.notFound)), tokens: ["secret"]) { replica in
            for rpcProtocol in [RPCProtocol.connect, .grpc] {
                try await replica.withClient(rpcProtocol) { client in
                    let error = await #expect(throws: RPCError.self) {
                        try await client.unary(NodeMethods.getNode, .with { $0.nodeID = "n1" })
                    }
                    #expect(error?.code == .unauthenticated)
                }
                try await replica.withClient(rpcProtocol, headers: ["authorization": "Bearer secret"]) { client in
                    let error = await #expect(throws: RPCError.self) {
                        try await client.unary(NodeMethods.getNode, .with { $0.nodeID = "n1" })
                    }
                    #expect(error?.code == .notFound)
                }
            }
        }
    }

    @Test(arguments: ["a b", "", "naïve", String(repeating: "a", count: 65), "x;y"])
    func anActorThatIsNoNameIsRefused(_ name: String) async throws {
        try await withReplica(over: Stores(FailingStore(.notFound))) { replica in
            let answer = try await post(
                replica.baseURL + CommandMethods.issueCommand.path,
                #"{"nodeId":"n1","commandType":"NODE_COMMAND_TYPE_CORDON"}"#, headers: ["x-navarch-actor": name])
            #expect(answer.status == 400 || name.isEmpty, "\(answer.text)")
        }
    }
}
