// SPDX-License-Identifier: MIT
import Connect
import NavarchModel
import NavarchTestSupport
import NavarchWire
import Synchronization
import Testing

@testable import NavarchAgent

/// C12: the agent's end comes before the control plane's `unknown`, with time for SIGTERM, SIGKILL and the report.
@Test(arguments: [(3.0, 2.7), (60, 54), (150, 135), (3_600, 3_585)])
func theAgentAllowsLessThanTheControlPlane(_ told: Double, _ allowed: Double) {
    let command = AgentCommand(id: "a", attempt: 1, leaseID: "l", kind: .drain, runTimeoutSeconds: told)
    #expect(RunDeadline.allowance(command) == .milliseconds(Int64((allowed * 1_000).rounded())))
}

@Test func aCommandWithoutALimitHasNoDeadline() {
    #expect(RunDeadline.allowance(AgentCommand(id: "a", attempt: 1, leaseID: "l", kind: .drain)) == nil)
}

/// The deadline counts from the acknowledgement also while other commands hold the lane; the report is there before the deadline.
@Test func aCommandThatWaitsPastItsRunDeadlineIsReportedInTimeAndNeverStarted() async throws {
    let plane = FakeControlPlane()
    plane.deliver([
        leased("a", .runDiagnostic, ["hold": "true"]), leased("b", .runDiagnostic, runs: .seconds(6)),
    ])
    let executor = RecordingExecutor()
    let session = try makeSession(plane, executor)
    _ = try await running(session) {
        try await eventually { plane.state.withLock { $0.acknowledged.count == 2 } }
        // The bound is the run deadline itself: at 6 s the control plane would say unknown.
        try await eventually(within: .seconds(6), "a report before the run deadline") {
            plane.state.withLock { $0.completed.count == 1 }
        }
        plane.state.withLock { $0.cancelRequested = ["a"] }
        try await eventually { plane.state.withLock { $0.completed.count == 2 } }
    }
    let first = try #require(plane.state.withLock { $0.completed.first })
    #expect(first.lease.commandID == "b" && first.outcome == .failed)
    #expect(first.result.message.hasPrefix("not started: its run deadline passed"))
    #expect(executor.started.withLock { $0 } == ["a"])
}

/// Says a hundred times how far it is, and runs until it is stopped.
private final class TalkativeExecutor: CommandExecutor {
    func replayClass(of command: AgentCommand) -> ReplayClass { .once }

    func execute(_ command: AgentCommand, progress: ProgressMeter) async -> Execution {
        for percent in 1...100 { progress.report(Double(percent), "step \(percent)") }
        let never = Signal()
        await never.wait()
        var execution = Execution(CommandOutcome(.succeeded, "stopped"))
        execution.wasStopped = true
        return execution
    }
}

/// Not with the next renewal, which is 20 s away here, and not a call for every report.
@Test func progressIsReportedPromptlyAndCoalesced() async throws {
    let plane = FakeControlPlane()
    plane.state.withLock { $0.lease = .seconds(60) }
    plane.deliver([leased("a")])
    _ = try await running(try makeSession(plane, TalkativeExecutor())) {
        try await eventually(within: .seconds(5)) { plane.state.withLock { $0.progress.last?.progress.percent == 100 } }
    }
    #expect(plane.state.withLock { $0.progress.count } <= 3)
    #expect(plane.state.withLock { $0.renewed.isEmpty })
}
