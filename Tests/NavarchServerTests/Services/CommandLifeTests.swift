// SPDX-License-Identifier: MIT
import Connect
import ConnectClient
import NavarchModel
import NavarchTestSupport
import NavarchWire
import SwiftProtobuf
import Testing

@testable import NavarchServer

@Suite struct CommandLifeTests {
    private static func register(_ client: RPCClient, _ id: String, labels: [String: String] = [:]) async throws {
        _ = try await client.unary(
            AgentMethods.registerNode,
            .with {
                $0.nodeID = id
                $0.provider = "gcp"
                $0.journalID = "journal-\(id)"
                $0.metadata.labels = labels
            })
    }

    private static func diagnose(_ id: String, key: String = "", reason: String = "") -> Navarch_V1_IssueCommandRequest
    {
        .with {
            $0.nodeID = id
            $0.commandType = .runDiagnostic
            $0.parameters = ["test": "disk"]
            $0.idempotencyKey = key
            $0.reason = reason
        }
    }

    @Test(arguments: [RPCProtocol.connect, .grpc], RPCCodec.allCases)
    func aCommandIsIssuedLeasedAcknowledgedAndCompleted(_ rpcProtocol: RPCProtocol, _ codec: RPCCodec) async throws {
        try await withFleet { replica in
            try await replica.withClient(rpcProtocol, codec, headers: ["x-navarch-actor": "alice"]) { client in
                try await Self.register(client, "n1")
                let beat = try await client.unary(AgentMethods.sendHeartbeat, .with { $0.nodeID = "n1" })
                #expect(Duration(beat.nextHeartbeat) > .seconds(1))
                let issued = try await client.unary(
                    CommandMethods.issueCommand, Self.diagnose("n1", key: "k", reason: "why"))
                #expect(issued.command.state == .queued && issued.command.issuedBy == "operator/alice")
                let batch = try await client.unary(AgentMethods.leaseCommands, .with { $0.nodeID = "n1" })
                let leased = try #require(batch.commands.first)
                #expect(batch.commands.count == 1 && leased.commandID == issued.commandID && leased.reason == "why")
                let onItsWay = try await client.unary(AgentMethods.leaseCommands, .with { $0.nodeID = "n1" })
                #expect(onItsWay.commands.isEmpty)
                try await Self.run(leased, client)
                let read = try await client.unary(CommandMethods.getCommand, .with { $0.commandID = issued.commandID })
                #expect(read.command.state == .succeeded && read.command.result.output == "out\u{FFFD}put")
                #expect(read.command.attempt == 1 && read.command.progress.percent == 50)
            }
        }
    }

    /// Acknowledges, renews, reports and completes, as an agent does, and once more as one that had no answer.
    private static func run(_ leased: Navarch_V1_LeasedCommand, _ client: RPCClient) async throws {
        let accepted = try await client.unary(
            AgentMethods.acknowledgeCommands,
            .with {
                $0.nodeID = "n1"
                $0.leases = [leased.lease]
            })
        #expect(accepted.accepted == [leased.commandID] && accepted.refused.isEmpty)
        let renewed = try await client.unary(
            AgentMethods.renewCommands,
            .with {
                $0.nodeID = "n1"
                $0.leases = [leased.lease]
            })
        #expect(renewed.renewed == [leased.commandID])
        let progress = try await client.unary(
            AgentMethods.reportProgress,
            .with {
                $0.nodeID = "n1"
                $0.lease = leased.lease
                $0.progress.percent = 50
            })
        #expect(!progress.cancelRequested)
        var done = Navarch_V1_CompleteCommandRequest()
        done.nodeID = "n1"
        done.lease = leased.lease
        done.outcome = .succeeded
        done.result.output = "out\u{0}put"
        _ = try await client.unary(AgentMethods.completeCommand, done)
        _ = try await client.unary(AgentMethods.completeCommand, done)
        done.outcome = .failed
        let other = done
        let error = await #expect(throws: RPCError.self) { try await client.unary(AgentMethods.completeCommand, other) }
        #expect(error?.code == .failedPrecondition)
    }

    @Test func aLeaseThatIsNotTheCurrentOneIsRefused() async throws {
        try await withFleet { replica in
            try await replica.withClient { client in
                try await Self.register(client, "n1")
                _ = try await client.unary(CommandMethods.issueCommand, Self.diagnose("n1"))
                let batch = try await client.unary(AgentMethods.leaseCommands, .with { $0.nodeID = "n1" })
                var lease = try #require(batch.commands.first?.lease)
                lease.attempt += 1
                let forged = lease
                let error = await #expect(throws: RPCError.self) {
                    try await client.unary(
                        AgentMethods.acknowledgeCommands,
                        .with {
                            $0.nodeID = "n1"
                            $0.leases = [forged]
                        })
                }
                #expect(error?.code == .failedPrecondition)
            }
        }
    }

    /// A poll that answers at once learns it too, with commands to lease and without, until the command has ended (C14).
    @Test func aPollingAgentLearnsThatARunningCommandShallStop() async throws {
        try await withFleet { replica in
            try await replica.withClient { client in
                try await Self.register(client, "n1")
                let issued = try await client.unary(CommandMethods.issueCommand, Self.diagnose("n1"))
                let leased = try await client.unary(AgentMethods.leaseCommands, .with { $0.nodeID = "n1" })
                let lease = try #require(leased.commands.first?.lease)
                _ = try await client.unary(
                    AgentMethods.acknowledgeCommands,
                    .with {
                        $0.nodeID = "n1"
                        $0.leases = [lease]
                    })
                #expect(try await Self.poll(client).cancelRequested.isEmpty)
                let asked = try await client.unary(
                    CommandMethods.cancelCommand, .with { $0.commandID = issued.commandID })
                #expect(asked.command.state == .running && asked.command.cancelRequested)
                #expect(try await Self.poll(client).cancelRequested == [issued.commandID])
                #expect(try await Self.poll(client, wait: .seconds(30)).cancelRequested == [issued.commandID])
                let next = try await client.unary(CommandMethods.issueCommand, Self.diagnose("n1"))
                let both = try await Self.poll(client)
                #expect(both.commands.map(\.commandID) == [next.commandID])
                #expect(both.cancelRequested == [issued.commandID])
                var done = Navarch_V1_CompleteCommandRequest()
                done.nodeID = "n1"
                done.lease = lease
                done.outcome = .failed
                _ = try await client.unary(AgentMethods.completeCommand, done)
                #expect(try await Self.poll(client).cancelRequested.isEmpty)
            }
        }
    }

    private static func poll(
        _ client: RPCClient, wait: Duration? = nil
    ) async throws -> Navarch_V1_LeaseCommandsResponse {
        try await client.unary(
            AgentMethods.leaseCommands,
            .with {
                $0.nodeID = "n1"
                if let wait { $0.wait = Google_Protobuf_Duration(wait) }
            })
    }

    @Test func theSameKeyMakesOneCommandAndNeverAnother() async throws {
        try await withFleet { replica in
            try await replica.withClient { client in
                try await Self.register(client, "n1")
                let first = try await client.unary(CommandMethods.issueCommand, Self.diagnose("n1", key: "k"))
                let again = try await client.unary(CommandMethods.issueCommand, Self.diagnose("n1", key: "k"))
                #expect(first.commandID == again.commandID)
                let error = await #expect(throws: RPCError.self) {
                    try await client.unary(CommandMethods.issueCommand, Self.diagnose("n1", key: "k", reason: "other"))
                }
                #expect(error?.code == .invalidArgument)
                // Another caller's key is another key (C13).
                let other = try await client.unary(
                    CommandMethods.issueCommand, Self.diagnose("n1", key: "k", reason: "other"),
                    headers: ["x-navarch-actor": "bob"])
                #expect(other.commandID != first.commandID)
            }
        }
    }

    @Test(arguments: [RPCProtocol.connect, .grpc])
    func aStreamBringsCommandsAndSaysWhenToGoElsewhere(_ rpcProtocol: RPCProtocol) async throws {
        try await withFleet { replica in
            try await replica.withClient(rpcProtocol) { client in
                try await Self.register(client, "n1")
                let issued = try await client.unary(CommandMethods.issueCommand, Self.diagnose("n1"))
                try await client.withServerStream(AgentMethods.streamCommands, .with { $0.nodeID = "n1" }) { stream in
                    let messages = stream.makeAsyncIterator()
                    let message = try await messages.next()
                    let first = try #require(message)
                    #expect(first.commands.map(\.commandID) == [issued.commandID])
                    replica.control.beginDraining()
                    var last = first
                    while let message = try await messages.next() { last = message }
                    #expect(last.hasReconnectAfter && Duration(last.reconnectAfter) <= .seconds(2))
                }
            }
        }
    }

    @Test func aBatchThatCouldNotBeHandedOverIsLeasedAgainAtOnce() async throws {
        try await withFleet { replica in
            try await replica.withClient { client in
                try await Self.register(client, "n1")
                _ = try await client.unary(CommandMethods.issueCommand, Self.diagnose("n1"))
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        // The stream ends with what its delivery threw, as when the agent has left (C11).
                        try? await replica.control.delivery.stream(NodeID("n1"), limit: 16) { _ in
                            withUnsafeCurrentTask { $0?.cancel() }
                            throw CancellationError()
                        }
                    }
                }
                var batch = Navarch_V1_LeaseCommandsResponse()
                // Sooner than the ten seconds after which the lease would lapse.
                try await eventually(within: .seconds(5), "leased again") {
                    batch = try await client.unary(AgentMethods.leaseCommands, .with { $0.nodeID = "n1" })
                    return !batch.commands.isEmpty
                }
                #expect(batch.commands.first?.lease.attempt == 2)
            }
        }
    }

    @Test func aPollThatWaitsIsAnsweredWhenACommandComes() async throws {
        try await withFleet { replica in
            try await replica.withClient { client in
                try await Self.register(client, "n1")
                async let batch = client.unary(
                    AgentMethods.leaseCommands,
                    .with {
                        $0.nodeID = "n1"
                        $0.wait = .init(seconds: 20, nanos: 0)
                    })
                let issued = try await client.unary(CommandMethods.issueCommand, Self.diagnose("n1"))
                let commands = try await batch.commands
                #expect(commands.map(\.commandID) == [issued.commandID])
            }
        }
    }

    @Test func oneCallIssuesForManyNodes() async throws {
        try await withFleet { replica in
            try await replica.withClient { client in
                for number in 0..<3 {
                    try await Self.register(client, "n\(number)", labels: ["pool": number < 2 ? "a" : "b"])
                }
                let selected = try await client.unary(
                    CommandMethods.issueCommands,
                    .with {
                        $0.labelSelector = "pool=a"
                        $0.commandType = .cordon
                    })
                #expect(Set(selected.commands.map(\.nodeID)) == ["n0", "n1"] && selected.failures.isEmpty)
                let named = try await client.unary(
                    CommandMethods.issueCommands,
                    .with {
                        $0.nodeIds = ["n2", "nowhere"]
                        $0.commandType = .runDiagnostic
                    })
                #expect(named.commands.map(\.nodeID) == ["n2"])
                #expect(named.failures.map(\.nodeID) == ["nowhere"] && named.failures.first?.code == "not_found")
                let error = await #expect(throws: RPCError.self) {
                    try await client.unary(
                        CommandMethods.issueCommands,
                        .with {
                            $0.labelSelector = "pool"
                            $0.commandType = .cordon
                            $0.maxNodes = 1
                        })
                }
                #expect(error?.code == .failedPrecondition)
            }
        }
    }

    @Test func aQueuedCommandIsCancelledForGoodAndItsWatchEnds() async throws {
        try await withFleet { replica in
            try await replica.withClient { client in
                try await Self.register(client, "n1")
                let issued = try await client.unary(CommandMethods.issueCommand, Self.diagnose("n1"))
                let cancelled = try await client.unary(
                    CommandMethods.cancelCommand,
                    .with {
                        $0.commandID = issued.commandID
                        $0.reason = "changed my mind"
                    })
                #expect(cancelled.command.state == .cancelled)
                try await client.withServerStream(
                    CommandMethods.watchCommand, .with { $0.commandID = issued.commandID }
                ) { stream in
                    var states: [Navarch_V1_CommandState] = []
                    for try await message in stream { states.append(message.command.state) }
                    #expect(states == [.cancelled])
                }
                let error = await #expect(throws: RPCError.self) {
                    try await client.unary(CommandMethods.cancelCommand, .with { $0.commandID = issued.commandID })
                }
                #expect(error?.code == .failedPrecondition)
            }
        }
    }
}
