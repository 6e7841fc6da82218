// SPDX-License-Identifier: MIT
import Connect
import ConnectClient
import NavarchTestSupport
import NavarchWire
import SwiftProtobuf
import Testing

@testable import NavarchServer

@Suite struct NodeServiceTests {
    private static func register(_ client: RPCClient, _ ids: [String]) async throws {
        for id in ids { _ = try await client.unary(AgentMethods.registerNode, .with { $0.nodeID = id }) }
    }

    private static func cordon(_ client: RPCClient, _ id: String) async throws {
        _ = try await client.unary(
            CommandMethods.issueCommand,
            .with {
                $0.nodeID = id
                $0.commandType = .cordon
                $0.reason = "rack"
            })
    }

    @Test func pagesAreInOrderAndLoseNothing() async throws {
        try await withFleet { replica in
            try await replica.withClient { client in
                try await Self.register(client, ["n3", "n1", "n5", "n2", "n4"])
                var (seen, sizes, token) = ([String](), [Int](), "")
                repeat {
                    let asked = token
                    let page = try await client.unary(
                        NodeMethods.listNodes,
                        .with {
                            $0.pageSize = 2
                            $0.pageToken = asked
                        })
                    seen += page.nodes.map(\.nodeID)
                    sizes.append(page.nodes.count)
                    token = page.nextPageToken
                } while !token.isEmpty
                #expect(seen == ["n1", "n2", "n3", "n4", "n5"])
                #expect(sizes == [2, 2, 1])
            }
        }
    }

    @Test func aTokenThatNoPageGaveIsTheRequestsMistake() async throws {
        try await withFleet { replica in
            try await replica.withClient { client in
                let error = await #expect(throws: RPCError.self) {
                    try await client.unary(NodeMethods.listNodes, .with { $0.pageToken = "made-up!" })
                }
                #expect(error?.code == .invalidArgument)
                let detail: Google_Rpc_BadRequest? = error?.detail()
                #expect(detail?.fieldViolations.map(\.field) == ["page_token"])
            }
        }
    }

    @Test func oneNodeShowsItsParticulars() async throws {
        try await withFleet { replica in
            try await replica.withClient { client in
                try await Self.register(client, ["n1"])
                _ = try await client.unary(
                    AgentMethods.sendHeartbeat,
                    .with {
                        $0.nodeID = "n1"
                        $0.metrics.cpuUsagePercent = 12.5
                    })
                _ = try await client.unary(
                    AgentMethods.reportHealth,
                    .with {
                        $0.nodeID = "n1"
                        $0.results = [
                            .with {
                                $0.checkName = "gpu"
                                $0.status = .degraded
                            }
                        ]
                    })
                try await Self.cordon(client, "n1")
                let node = try await client.unary(NodeMethods.getNode, .with { $0.nodeID = "n1" }).node
                #expect(node.status == .cordoned && node.statusReason == "rack" && node.reachable)
                #expect(node.healthStatus == .degraded && node.healthResults.map(\.checkName) == ["gpu"])
                #expect(node.metrics.cpuUsagePercent == 12.5)
                #expect(node.config.heartbeatIntervalSeconds == 30)
            }
        }
    }

    @Test(arguments: [RPCProtocol.connect, .grpc])
    func aWatchGoesOnFromAListWithoutAGap(_ rpcProtocol: RPCProtocol) async throws {
        try await withFleet { replica in
            try await replica.withClient(rpcProtocol) { client in
                try await Self.register(client, ["n1", "n2"])
                let list = try await client.unary(NodeMethods.listNodes, .init())
                try await Self.cordon(client, "n2")
                try await client.withServerStream(NodeMethods.watchNodes, .with { $0.cursor = list.watchCursor }) {
                    stream in
                    for try await change in stream where change.eventType == "node.cordoned" {
                        #expect(change.node.nodeID == "n2" && change.node.status == .cordoned)
                        #expect(!change.cursor.isEmpty)
                        break
                    }
                }
            }
        }
    }

    @Test func aWatchWithoutACursorBeginsWithEveryNode() async throws {
        try await withFleet { replica in
            try await replica.withClient { client in
                try await Self.register(client, ["n1", "n2"])
                try await client.withServerStream(NodeMethods.watchNodes, .init()) { stream in
                    var ids: [String] = []
                    for try await change in stream {
                        if change.synced { break }
                        ids.append(change.node.nodeID)
                    }
                    #expect(ids == ["n1", "n2"])
                }
            }
        }
    }

    @Test func aCursorOfAnotherDatabaseIsToldToListAgain() async throws {
        try await withFleet { replica in
            try await replica.withClient { client in
                let error = await #expect(throws: RPCError.self) {
                    try await client.withServerStream(
                        NodeMethods.watchNodes, .with { $0.cursor = "9f0c7a52-8f2e-4a43-9d0c-5b1f0a3f6f10/1" }
                    ) { stream in
                        for try await _ in stream {}
                    }
                }
                #expect(error?.code == .outOfRange)
            }
        }
    }

    @Test func aReplicaOverADatabaseIsReadyAndListsItself() async throws {
        try await withFleet { replica in
            try await eventually(within: .seconds(20), "ready") {
                try await exchange("GET", replica.baseURL + "/readyz").status == 200
            }
            try await replica.withClient { client in
                let list = try await client.unary(ReplicaMethods.listReplicas, .init())
                #expect(list.replicas.map(\.replicaID) == [replica.control.replicas.own.description])
                #expect(list.replicas.first?.live == true && list.schemaVersion > 0)
            }
        }
    }
}
