// SPDX-License-Identifier: MIT
import Connect
import GPUProbe
import Locks
import Logging
import NavarchModel
import NavarchTestSupport
import NavarchWire

@testable import NavarchAgent

/// A control plane in this process: it remembers what it was told, and fails when told to.
final class FakeControlPlane: ControlPlaneClient {
    struct State {
        var registrations: [Navarch_V1_RegisterNodeRequest] = []
        var heartbeats = 0
        var healthReports: [Navarch_V1_ReportHealthRequest] = []
        var batches: [[Navarch_V1_LeasedCommand]] = []
        var acknowledged: [String] = []
        var refused: Set<String> = []
        var renewed: [String] = []
        var cancelRequested: [String] = []
        var completed: [Navarch_V1_CompleteCommandRequest] = []
        /// Called methods fail with this until it is nil.
        var outage: RPCError?
        /// Heartbeats of an unknown node are NOT_FOUND.
        var knowsNode = false
        var streamsFail = false
        var streams = 0
        var progress: [Navarch_V1_ReportProgressRequest] = []
        var attempts = 0
        var lease = Duration.milliseconds(300)
        var polls = 0
    }

    let state = Mutex(State())

    private func enter() throws(RPCError) {
        let outage = state.withLock { state in
            state.attempts += 1
            return state.outage
        }
        if let outage { throw outage }
    }

    func deliver(_ commands: [Navarch_V1_LeasedCommand]) { state.withLock { $0.batches.append(commands) } }

    func register(_ request: Navarch_V1_RegisterNodeRequest) async throws(RPCError) -> Navarch_V1_RegisterNodeResponse {
        try enter()
        state.withLock {
            $0.registrations.append(request)
            $0.knowsNode = true
        }
        var answer = Navarch_V1_RegisterNodeResponse()
        answer.config.heartbeatInterval = .init(.milliseconds(100))
        answer.config.leaseDuration = .init(state.withLock { $0.lease })
        answer.config.healthCheckIntervalSeconds = 1
        answer.config.enabledHealthChecks = ["boot", "gpu", "host"]
        return answer
    }

    func heartbeat(_ request: Navarch_V1_HeartbeatRequest) async throws(RPCError) -> Navarch_V1_HeartbeatResponse {
        try enter()
        let isKnown = state.withLock {
            $0.heartbeats += 1
            return $0.knowsNode
        }
        if !isKnown { throw RPCError(.notFound, "who?") }
        return Navarch_V1_HeartbeatResponse()
    }

    func reportHealth(_ request: Navarch_V1_ReportHealthRequest) async throws(RPCError)
        -> Navarch_V1_ReportHealthResponse
    {
        try enter()
        state.withLock { $0.healthReports.append(request) }
        return Navarch_V1_ReportHealthResponse()
    }

    /// Waits a little for something to hand out.
    private func waitForWork() async {
        // That nothing came is what a poll finds, too.
        try? await eventually(within: .milliseconds(10), every: .milliseconds(2)) {
            self.state.withLock { !$0.batches.isEmpty }
        }
    }

    private func nextBatch() -> Navarch_V1_LeaseCommandsResponse {
        var answer = Navarch_V1_LeaseCommandsResponse()
        state.withLock { state in
            if !state.batches.isEmpty { answer.commands = state.batches.removeFirst() }
            answer.cancelRequested = state.cancelRequested
        }
        return answer
    }

    func leaseCommands(_ nodeID: String, limit: Int32, wait: Duration) async throws(RPCError)
        -> Navarch_V1_LeaseCommandsResponse
    {
        try enter()
        state.withLock { $0.polls += 1 }
        await waitForWork()
        if Task.isCancelled { throw RPCError(.canceled, "cancelled") }
        return nextBatch()
    }

    func streamCommands(
        _ nodeID: String, limit: Int32, _ receive: @Sendable (Navarch_V1_StreamCommandsResponse) async throws -> Bool
    ) async throws {
        try enter()
        if state.withLock({ $0.streamsFail }) { throw RPCError(.unavailable, "streams do not get through") }
        state.withLock { $0.streams += 1 }
        while true {
            try enter()
            let batch = nextBatch()
            var message = Navarch_V1_StreamCommandsResponse()
            message.commands = batch.commands
            message.cancelRequested = batch.cancelRequested
            guard try await receive(message) else { return }
            await waitForWork()
            try Task.checkCancellation()
        }
    }

    func acknowledge(
        _ nodeID: String, _ leases: [Navarch_V1_LeaseToken]
    ) async throws(RPCError) -> Navarch_V1_AcknowledgeCommandsResponse {
        try enter()
        var answer = Navarch_V1_AcknowledgeCommandsResponse()
        state.withLock { state in
            for lease in leases where state.refused.contains(lease.commandID) { answer.refused.append(lease.commandID) }
            answer.accepted = leases.map(\.commandID).filter { !state.refused.contains($0) }
            state.acknowledged += answer.accepted
        }
        return answer
    }

    func renew(_ nodeID: String, _ leases: [Navarch_V1_LeaseToken]) async throws(RPCError)
        -> Navarch_V1_RenewCommandsResponse
    {
        try enter()
        var answer = Navarch_V1_RenewCommandsResponse()
        answer.renewed = leases.map(\.commandID)
        answer.cancelRequested = state.withLock {
            $0.renewed += leases.map(\.commandID)
            return $0.cancelRequested
        }
        return answer
    }

    func progress(_ request: Navarch_V1_ReportProgressRequest) async throws(RPCError)
        -> Navarch_V1_ReportProgressResponse
    {
        try enter()
        state.withLock { $0.progress.append(request) }
        return Navarch_V1_ReportProgressResponse()
    }

    func complete(_ request: Navarch_V1_CompleteCommandRequest) async throws(RPCError) {
        try enter()
        state.withLock { $0.completed.append(request) }
    }
}

/// A command of the wire.
func leased(
    _ id: String, attempt: Int32 = 1, _ type: Navarch_V1_NodeCommandType = .runDiagnostic,
    _ parameters: [String: String] = [:], runs: Duration? = nil
)
    -> Navarch_V1_LeasedCommand
{
    var command = Navarch_V1_LeasedCommand()
    command.commandID = id
    command.type = type
    command.parameters = parameters
    command.lease.commandID = id
    command.lease.attempt = attempt
    command.lease.leaseID = "lease-\(id)-\(attempt)"
    if let runs { command.runTimeout = .init(runs) }
    return command
}

/// Remembers what it was asked to do; a command with the parameter `hold` runs until it is stopped.
final class RecordingExecutor: CommandExecutor {
    let started = Mutex<[String]>([])
    let replay: ReplayClass

    init(replay: ReplayClass = .once) { self.replay = replay }

    func replayClass(of command: AgentCommand) -> ReplayClass { replay }

    func execute(_ command: AgentCommand, progress: ProgressMeter) async -> Execution {
        started.withLock { $0.append(command.id) }
        var execution = Execution(CommandOutcome(.succeeded, "did \(command.id)"))
        if command.parameters["hold"] == "true" {
            let never = Signal()
            await never.wait()
            execution.wasStopped = true
        }
        execution.endsAgent = command.kind == .terminate
        return execution
    }
}

/// A session over a fake control plane, whose waits are real but short.
func makeSession(
    _ plane: FakeControlPlane, _ executor: any CommandExecutor, _ storage: any JournalStorage = MemoryJournalStorage(),
    gpus: any GPUProbe = FakeGPUProbe(count: 2), clock: any Clock<Duration> = ContinuousClock(),
    longestBackoff: Duration = .milliseconds(100)
) throws -> AgentSession {
    var configuration = AgentConfiguration(nodeID: "n-1")
    configuration.longestBackoff = longestBackoff
    configuration.settleTime = .seconds(2)
    configuration.labels = ["pool": "a"]
    return AgentSession(
        configuration: configuration, client: plane, journal: try Journal(storage: storage), host: LinuxHost(),
        gpus: gpus,
        executor: executor, clock: clock, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
}

/// Runs a session while `body` looks at it, then stops it and returns its end.
func running(_ session: AgentSession, _ body: @Sendable () async throws -> Void) async throws -> AgentSession.End {
    try await withThrowingTaskGroup(of: AgentSession.End.self) { group in
        group.addTask { await session.run() }
        do { try await body() } catch {
            group.cancelAll()
            session.stop()
            throw error
        }
        session.stop()
        return try await group.next() ?? .stopped
    }
}
