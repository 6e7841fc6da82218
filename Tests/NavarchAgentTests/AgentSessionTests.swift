// SPDX-License-Identifier: MIT
import Connect
import NavarchModel
import NavarchTestSupport
import NavarchWire
import Testing

@testable import NavarchAgent

@Test func anAgentRegistersHeartbeatsAndReportsHealth() async throws {
    let plane = FakeControlPlane()
    let session = try makeSession(plane, RecordingExecutor())
    let end = try await running(session) {
        try await eventually { plane.state.withLock { $0.heartbeats >= 2 && !$0.healthReports.isEmpty } }
    }
    #expect(end == .stopped)
    let registration = try #require(plane.state.withLock { $0.registrations.first })
    #expect(registration.nodeID == "n-1" && registration.journalID == session.journal.id)
    #expect(registration.gpus.count == 2 && registration.gpus.allSatisfy(\.fake))
    #expect(registration.metadata.labels == ["pool": "a"] && registration.host.bootID == LinuxHost().bootID)
    let health = try #require(plane.state.withLock { $0.healthReports.first })
    #expect(health.results.map(\.checkName) == ["boot", "gpu", "host"])
}

/// Gap G6.
@Test func aNodeThatIsNotKnownRegistersAgain() async throws {
    let plane = FakeControlPlane()
    _ = try await running(try makeSession(plane, RecordingExecutor())) {
        try await eventually { plane.state.withLock { $0.heartbeats >= 1 } }
        plane.state.withLock { $0.knowsNode = false }
        try await eventually { plane.state.withLock { $0.registrations.count >= 2 } }
    }
}

@Test func anAgentLivesThroughAnOutage() async throws {
    let plane = FakeControlPlane()
    plane.state.withLock { $0.outage = RPCError(.unavailable, "down") }
    let executor = RecordingExecutor()
    _ = try await running(try makeSession(plane, executor)) {
        plane.state.withLock { $0.outage = nil }
        plane.deliver([leased("a")])
        try await eventually { plane.state.withLock { $0.completed.count == 1 } }
        plane.state.withLock { $0.outage = RPCError(.deadlineExceeded, "slow") }
        plane.deliver([leased("b")])
        plane.state.withLock { $0.outage = nil }
        try await eventually { plane.state.withLock { $0.completed.count == 2 } }
    }
    #expect(executor.started.withLock { $0 } == ["a", "b"])
}

/// C12: only what was accepted is acted on, in the batch's order, and reported.
@Test func onlyAcceptedCommandsRunInTheOrderOfTheirBatch() async throws {
    let plane = FakeControlPlane()
    plane.state.withLock { $0.refused = ["b"] }
    plane.deliver([leased("a"), leased("b"), leased("c"), leased("d")])
    let executor = RecordingExecutor()
    let session = try makeSession(plane, executor)
    _ = try await running(session) { try await eventually { plane.state.withLock { $0.completed.count == 3 } } }
    #expect(executor.started.withLock { $0 } == ["a", "c", "d"])
    #expect(plane.state.withLock { $0.completed.map(\.lease.commandID) } == ["a", "c", "d"])
    #expect(plane.state.withLock { $0.completed.allSatisfy { $0.outcome == .succeeded } })
    #expect(session.journal.entry("b")?.stage == .dropped)
}

/// C12: a command that runs is adopted under a higher attempt and not started again; its end is told under the new lease.
@Test func aHigherAttemptOfARunningCommandIsAdopted() async throws {
    let plane = FakeControlPlane()
    let executor = RecordingExecutor()
    plane.deliver([leased("a", .runDiagnostic, ["hold": "true"])])
    _ = try await running(try makeSession(plane, executor)) {
        try await eventually { executor.started.withLock { $0.count == 1 } }
        plane.deliver([leased("a", attempt: 2, .runDiagnostic, ["hold": "true"])])
        try await eventually { plane.state.withLock { $0.acknowledged == ["a", "a"] } }
        plane.state.withLock { $0.cancelRequested = ["a"] }
        try await eventually { plane.state.withLock { $0.completed.count == 1 } }
    }
    #expect(executor.started.withLock { $0 } == ["a"])
    let done = try #require(plane.state.withLock { $0.completed.first })
    #expect(done.lease.attempt == 2 && done.outcome == .failed && done.result.message == "cancelled while it ran")
}

@Test func whatRunsIsRenewedAndStoppedAtItsRunDeadline() async throws {
    let plane = FakeControlPlane()
    plane.deliver([leased("a", .runDiagnostic, ["hold": "true"], runs: .seconds(3))])
    _ = try await running(try makeSession(plane, RecordingExecutor())) {
        try await eventually { plane.state.withLock { $0.completed.count == 1 } }
    }
    #expect(plane.state.withLock { $0.renewed.filter { $0 == "a" }.count } >= 1)
    #expect(plane.state.withLock { $0.completed.first?.result.message.contains("run deadline") } == true)
}

@Test func commandsArePolledWhereStreamsDoNotGetThrough() async throws {
    let plane = FakeControlPlane()
    plane.state.withLock { $0.streamsFail = true }
    plane.deliver([leased("a")])
    _ = try await running(try makeSession(plane, RecordingExecutor())) {
        try await eventually { plane.state.withLock { $0.completed.count == 1 } }
    }
    #expect(plane.state.withLock { $0.polls } >= 1)
}

@Test func terminateEndsTheAgentAfterItsReport() async throws {
    let plane = FakeControlPlane()
    plane.deliver([leased("t", .terminate)])
    let session = try makeSession(plane, RecordingExecutor(replay: .observable))
    let end = await session.run()
    #expect(end == .terminated)
    #expect(plane.state.withLock { $0.completed.map(\.lease.commandID) } == ["t"])
}

/// C12: what an earlier life left: the started `once` command is unknown, the repeatable one runs again, the done one is reported.
@Test(arguments: [(ReplayClass.once, 0, Navarch_V1_CommandState.outcomeUnknown), (.repeatable, 1, .succeeded)])
func whatAnEarlierLifeLeftIsSettled(
    _ replay: ReplayClass, _ starts: Int, _ outcome: Navarch_V1_CommandState
) async throws {
    let storage = MemoryJournalStorage()
    do {
        let journal = try Journal(storage: storage)
        _ = try journal.receive(["started", "done", "received"].map { AgentCommand(leased($0)) })
        try journal.start("started", replay: replay, bootID: "b")
        try journal.start("done", replay: replay, bootID: "b")
        try journal.finish("done", CommandOutcome(.failed, "it failed then"))
    }
    let plane = FakeControlPlane()
    let executor = RecordingExecutor(replay: replay)
    _ = try await running(try makeSession(plane, executor, storage)) {
        try await eventually { plane.state.withLock { $0.completed.count == 3 } }
    }
    let ends = plane.state.withLock { Dictionary(uniqueKeysWithValues: $0.completed.map { ($0.lease.commandID, $0) }) }
    #expect(ends["started"]?.outcome == outcome)
    #expect(ends["done"]?.result.message == "it failed then")
    #expect(ends["received"]?.outcome == .succeeded)
    #expect(executor.started.withLock { $0.filter { $0 == "started" }.count } == starts)
    #expect(executor.started.withLock { !$0.contains("done") })
}

/// A stopped agent says `failed` for what it stopped and must not repeat, and leaves what it may repeat to its next life.
@Test(arguments: [(ReplayClass.once, 1), (.repeatable, 0)])
func aStoppedAgentLetsItsJournalSettle(_ replay: ReplayClass, _ reported: Int) async throws {
    let plane = FakeControlPlane()
    plane.deliver([leased("a", .runDiagnostic, ["hold": "true"])])
    let executor = RecordingExecutor(replay: replay)
    let session = try makeSession(plane, executor)
    let end = try await running(session) { try await eventually { executor.started.withLock { !$0.isEmpty } } }
    #expect(end == .stopped)
    #expect(plane.state.withLock { $0.completed.count } == reported)
    let step = session.journal.recovery(bootID: session.bootID)
    #expect(step.count == 1 - reported)
}
