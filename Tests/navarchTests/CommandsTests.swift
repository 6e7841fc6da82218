// SPDX-License-Identifier: MIT

import Connect
import NavarchTestSupport
import NavarchWire
import Testing

@testable import navarch

struct CommandsTests {
    @Test
    func listsTheNewestAndSaysThatThereIsMore() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { state in
                var first = step(.succeeded, message: "ok")
                first.commandID = "c-1"
                first.nodeID = "n1"
                first.type = .runDiagnostic
                first.issuedBy = "operator"
                first.reason = "weekly check"
                var second = step(.running)
                second.commandID = "c-2"
                second.nodeID = "n2"
                second.type = .drain
                second.outOfContact = true
                second.cancelRequested = true
                state.commands = [first, second]
            }
            let run = await navarch("commands", "list", "--node", "n1", "--state", "outcome-unknown", "--type", "drain")
            #expect(
                run.out == """
                    COMMAND ID  NODE ID  TYPE            STATE                                      ISSUED  TOOK  ISSUED BY  REASON
                    c-1         n1       Run diagnostic  Succeeded                                  5s ago  3s    operator   weekly check
                    c-2         n2       Drain           Running, cancel requested, out of contact  5s ago  -     -          -

                    """)
            #expect(run.err == "There is more: --all, or --page-token more\n")
            let request = try #require(navarch.plane.now.listedCommands.first)
            #expect(request.nodeID == "n1")
            #expect(request.state == .outcomeUnknown)
            #expect(request.commandType == .drain)
            #expect(await navarch("commands", "list", "--all", "-o", "name").out == "c-1\nc-2\nc-1\nc-2\n")
        }
    }

    @Test
    func watchPrintsEveryStateAsALineOfJSON() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { state in
                state.commands = [step(.queued)]
                state.commands[0].commandID = "c-1"
                state.steps = [step(.leased), step(.running), step(.failed, message: "no")]
            }
            let run = await navarch("commands", "watch", "c-1", "-o", "json")
            let states = try run.out.split(separator: "\n").map { try JSONParser.parse(String($0))["state"]?.compact }
            #expect(states == [#""COMMAND_STATE_LEASED""#, #""COMMAND_STATE_RUNNING""#, #""COMMAND_STATE_FAILED""#])
            #expect(run.status == .commandFailed)
            #expect(await navarch("commands", "watch", "nope").status == .notFound)
            #expect(await navarch("commands", "get", "c-1").out.contains("State:         Failed\n"))
        }
    }

    @Test
    func cancelTellsWhoDecides() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { state in
                state.commands = [step(.queued)]
                state.commands[0].commandID = "c-1"
                state.steps = [step(.cancelled)]
            }
            #expect(await navarch("commands", "cancel", "c-1", "--reason", "typo").out == "Command c-1 cancelled\n")
            #expect(navarch.plane.now.reasons == ["typo"])
            navarch.plane.set { $0.steps = [step(.running)] }
            #expect(
                await navarch("commands", "cancel", "c-1").out == "Command c-1 is asked to stop; its agent decides\n")
            navarch.plane.set { $0.steps = [step(.running), step(.failed)] }
            #expect(await navarch("commands", "cancel", "c-1", "--wait").out == "Command c-1 ended as failed\n")
            navarch.plane.set { $0.steps = [step(.running), step(.succeeded)] }
            #expect(await navarch("commands", "cancel", "c-1", "--wait").status == .refused)
        }
    }

    @Test
    func aCancelWithoutAnAnswerHasAnUnknownOutcomeAndOneThatWasNeverSentHasNot() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { state in
                state.commands = [step(.running)]
                state.commands[0].commandID = "c-1"
                state.failures["CancelCommand"] = [RPCError(.deadlineExceeded, "too slow")]
            }
            let silent = await navarch("commands", "cancel", "c-1")
            #expect(silent.status == .outcomeUnknown)
            #expect(silent.err.contains("Hint: it may have been done; navarch commands get c-1 shows it\n"))
            navarch.plane.set { $0.failures["GetCommand"] = [RPCError(.deadlineExceeded, "too slow")] }
            #expect(await navarch("commands", "cancel", "c-1").status == .unreachable)
            #expect(await navarch("commands", "cancel", "c-2").status == .notFound)
            #expect(navarch.plane.now.reasons.isEmpty)
        }
    }

    @Test
    func everyCallSaysForWhomItIsMade() async throws {
        try await withScriptedControlPlane { navarch in
            _ = await navarch("list")
            _ = await navarch("list", variables: ["NAVARCH_ACTOR": "ci+deploy"])
            _ = await navarch("--actor", "alice", "list", variables: ["NAVARCH_ACTOR": "ci"])
            #expect(navarch.plane.now.actors == ["tester@bench", "ci+deploy", "alice"])
            let wrong = await navarch("list", "--actor", "no name")
            #expect(wrong.status == .usage)
            #expect(wrong.err.contains("--actor: \"no name\" is not a name of 1 to 64 letters"))
            #expect(navarch.plane.now.actors.count == 3)
        }
    }

    @Test
    func aNodeWatchGoesOnFromItsCursorAndListsAgainWhenThatIsTooOld() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { state in
                var opening = Navarch_V1_WatchNodesResponse()
                opening.node = node("n1")
                opening.cursor = "1"
                var change = opening
                change.node.status = .cordoned
                change.eventType = "node.cordoned"
                change.cursor = "2"
                state.changes = [[opening], [change]]
            }
            let (interruptions, keyboard) = AsyncStream<Void>.makeStream()
            async let watching = navarch("nodes", "watch", "--region", "r", interruptions: interruptions)
            try await eventually(within: .seconds(10)) { navarch.plane.now.watched.count == 3 }
            keyboard.yield()
            let run = await watching
            #expect(
                run.out.split(separator: "\n") == [
                    "EVENT                  NODE ID                      STATUS      HEALTH     CONTACT      REASON",
                    "-                      n1                           Active      Healthy    -",
                    "node.cordoned          n1                           Cordoned    Healthy    -",
                ])
            #expect(run.status == .ok)
            #expect(navarch.plane.now.watched.map(\.cursor) == ["", "1", "2"])
            #expect(navarch.plane.now.watched.allSatisfy { $0.region == "r" })
            navarch.plane.set { $0.failures["WatchNodes"] = [RPCError(.outOfRange, "too old")] }
            let old = await navarch("nodes", "watch", "--cursor", "0", "--timeout", "10s")
            #expect(old.status == .usage)
        }
    }

    @Test
    func replicasAndInstancesAreListed() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { state in
                var replica = Navarch_V1_ReplicaInfo()
                replica.replicaID = "r-1"
                replica.region = "eu"
                replica.address = "10.0.0.1:50051"
                replica.version = "0.1.0"
                replica.schemaMin = 1
                replica.schemaMax = 4
                replica.live = true
                replica.leads = ["retention", "liveness"]
                replica.startedAt.seconds = Fixed.now - 7_200
                replica.lastSeenAt.seconds = Fixed.now - 1
                state.replicas.replicas = [replica]
                state.replicas.schemaVersion = 4
                var instance = Navarch_V1_InstanceInfo()
                instance.instanceID = "i-1"
                instance.state = .pendingRegistration
                instance.labels = ["a": "b"]
                state.instances = [instance]
            }
            #expect(
                await navarch("replicas", "list").out == """
                    REPLICA ID  REGION  ADDRESS         VERSION  SCHEMA  STATE  STARTED  LAST SEEN  LEADS
                    r-1         eu      10.0.0.1:50051  0.1.0    1-4     Live   2h ago   1s ago     retention,liveness

                    """)
            #expect(await navarch("replicas", "list", "-o", "json").out.contains("\"schemaVersion\": 4"))
            #expect(
                await navarch("instances", "list").out.contains(
                    "i-1          -         -       -     -              Pending registration"))
            #expect(
                await navarch("instances", "get", "i-1").out
                    == "Instance ID:   i-1\nState:         Pending registration\n\nLabels:\n  a:             b\n")
            #expect(await navarch("instances", "get", "i-2").status == .notFound)
        }
    }
}
