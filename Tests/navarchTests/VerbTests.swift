// SPDX-License-Identifier: MIT

import Connect
import NavarchWire
import Testing

@testable import navarch

struct VerbTests {
    @Test
    func theOriginalsVerbsAnswerInItsWords() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { $0.nodes = [node("n1")] }
            #expect(await navarch("cordon", "n1").out == "Node n1 cordoned\nCommand ID: c-1\n")
            #expect(await navarch("drain", "n1").out == "Node n1 draining\nCommand ID: c-2\n")
            #expect(await navarch("uncordon", "n1").out == "Node n1 uncordoned\nCommand ID: c-3\n")
            #expect(navarch.plane.now.issued.map(\.commandType) == [.cordon, .drain, .uncordon])
        }
    }

    @Test
    func everyCallCarriesAKeyOfItsOwnUnlessOneIsGiven() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { $0.nodes = [node("n1")] }
            _ = await navarch("nodes", "cordon", "n1", "--reason", "why")
            _ = await navarch("nodes", "cordon", "n1")
            _ = await navarch("nodes", "cordon", "n1", "--idempotency-key", "mine")
            let issued = navarch.plane.now.issued
            #expect(issued.map(\.reason) == ["why", "", ""])
            #expect(issued[0].idempotencyKey.count == 32)
            #expect(issued[0].idempotencyKey != issued[1].idempotencyKey)
            #expect(issued[2].idempotencyKey == "mine")
        }
    }

    @Test
    func aLostAnswerIsTriedAgainUnderTheSameKeyAndThenOwnedUpTo() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { state in
                state.nodes = [node("n1")]
                state.failures["IssueCommand"] = [RPCError(.unavailable, "lost")]
            }
            #expect(await navarch("cordon", "n1").status == .ok)
            let keys = Set(navarch.plane.now.issued.map(\.idempotencyKey))
            #expect(navarch.plane.now.issued.count == 2)
            #expect(keys.count == 1)

            navarch.plane.set {
                $0.failures["IssueCommand"] = Array(repeating: RPCError(.unavailable, "lost"), count: 9)
            }
            let run = await navarch("cordon", "n1", "--idempotency-key", "k")
            #expect(run.status == .outcomeUnknown)
            #expect(run.err.contains("--idempotency-key k to find out"))
        }
    }

    @Test
    func silentNodesAreWarnedAbout() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { state in
                state.nodes = [node("n1", age: 300, reachable: false), node("n2", reachable: false)]
                state.nodes[1].clearLastHeartbeat()
            }
            let drain = await navarch("drain", "n1")
            #expect(
                drain.err
                    == "Warning: node n1 is unreachable, its last heartbeat was 5m ago; the command waits until it is heard of again\n"
            )
            #expect(drain.status == .ok)
            #expect(await navarch("cordon", "n2").err.contains("it has never sent a heartbeat; this changes only"))
        }
    }

    @Test
    func forceDeadlineAndTimeToLiveTravel() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { $0.nodes = [node("n1")] }
            _ = await navarch("nodes", "terminate", "n1", "--force", "--deadline", "10m", "--ttl", "1h")
            let request = try #require(navarch.plane.now.issued.first)
            #expect(request.commandType == .terminate)
            #expect(request.parameters == ["force": "true", "timeout": "600"])
            #expect(request.runTimeout.seconds == 1_200)
            #expect(request.ttl.seconds == 3_600)
        }
    }

    @Test
    func aSelectorIssuesToAllThatMatchAndTellsOfEachFailure() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { state in
                state.nodes = [node("n1"), node("n2")]
                var failure = Navarch_V1_IssueFailure()
                failure.nodeID = "n2"
                failure.code = "failed_precondition"
                failure.message = "node n2 is terminated"
                state.bulkFailures = [failure]
            }
            let run = await navarch("nodes", "cordon", "-l", "pool=a", "--reason", "why")
            #expect(run.status == .refused)
            #expect(run.out.split(separator: "\n").count == 2)
            #expect(run.err.contains("Failed for n2: failed_precondition: node n2 is terminated\n"))
            #expect(run.err.contains("Error: could not cordon 1 of 2 nodes\n"))
            let request = try #require(navarch.plane.now.issuedToMany.first)
            #expect(request.labelSelector == "pool=a")
            #expect(request.reason == "why")
            #expect(!request.idempotencyKey.isEmpty)
            #expect(await navarch("nodes", "cordon", "n1", "n1", "n2", "-o", "name").out == "c-2\n")
            #expect(navarch.plane.now.issuedToMany.last?.nodeIds == ["n1", "n2"])
        }
    }

    @Test
    func manyNodesAreDrainedOnlyWithConsent() async throws {
        try await withScriptedControlPlane { navarch in
            navarch.plane.set { $0.nodes = [node("n1"), node("n2")] }
            let alone = await navarch("nodes", "drain", "-l", "pool=a")
            #expect(alone.status == .usage)
            #expect(alone.err.contains("needs --yes"))
            #expect(await navarch("nodes", "terminate", "n1", "n2", answer: "n").status == .failure)
            #expect(await navarch("nodes", "terminate", "n1", "--dry-run", "-o", "name").out == "n1\n")
            #expect(navarch.plane.now.issuedToMany.isEmpty)
            #expect(navarch.plane.now.issued.isEmpty)
            let asked = await navarch("nodes", "drain", "-l", "pool=a", answer: "y")
            #expect(asked.err.hasPrefix("Drain 2 nodes (n1, n2)? [y/N] "))
            #expect(asked.status == .ok)
            #expect(navarch.plane.now.issuedToMany.last?.maxNodes == 2)
            #expect(await navarch("nodes", "drain", "-l", "pool=a", "--yes").status == .ok)
        }
    }

    @Test
    func aSelectorThatMatchesNothingIsNotFound() async throws {
        try await withScriptedControlPlane { navarch in
            let run = await navarch("nodes", "cordon", "-l", "pool=x")
            #expect(run.status == .notFound)
            #expect(run.err == "Error: no node matches pool=x\n")
            #expect(await navarch("nodes", "cordon").status == .usage)
            #expect(await navarch("nodes", "cordon", "n1", "-l", "a").status == .usage)
            #expect(await navarch("nodes", "cordon", "-l", " ").status == .usage)
        }
    }
}
