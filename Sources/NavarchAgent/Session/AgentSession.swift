// SPDX-License-Identifier: MIT
import Connect
import Foundation
import GPUProbe
import Locks
import Logging
import NavarchModel
import NavarchWire

/// One agent from its registration to its end; a value's worth of state, so that many fit in one process.
///
/// It lives through any outage of the control plane: every call is tried again after a growing, random wait.
public final class AgentSession: Sendable {
    /// Why a session ended.
    public enum End: Sendable, Equatable {
        /// Somebody stopped it.
        case stopped
        /// A terminate command did.
        case terminated
    }

    /// A command on its way to a lane.
    struct Work: Sendable {
        let command: AgentCommand
        let ticket: CommandDesk.Ticket
        /// Ended in an earlier life, to be reported only.
        var outcome: CommandOutcome?
    }

    let configuration: AgentConfiguration
    let client: any ControlPlaneClient
    let journal: Journal
    let host: any HostReader
    let gpus: any GPUProbe
    let executor: any CommandExecutor
    let health: HealthChecks
    let clock: any Clock<Duration>
    let random: UnitRandom
    let logger: Logger
    let pace = Mutex(AgentPace())
    let desk = CommandDesk()
    let bootID: String
    /// Raised when no more commands are to be taken.
    let stopping = Signal()
    /// Raised after the first registration.
    let registered = Signal()
    private let isTerminated = Mutex(false)
    private let lanes: [Lane: (stream: AsyncStream<Work>, feed: AsyncStream<Work>.Continuation)]

    /// Commands of one lane run one after another; lanes run beside each other, so that a drain of hours blocks no diagnostic.
    enum Lane: Hashable, CaseIterable { case lifecycle, diagnostics }

    /// A session that has done nothing yet.
    public init(
        configuration: AgentConfiguration, client: any ControlPlaneClient, journal: Journal, host: any HostReader,
        gpus: any GPUProbe, executor: any CommandExecutor, stateDirectory: String? = nil,
        clock: any Clock<Duration> = ContinuousClock(), random: @escaping UnitRandom = { Double.random(in: 0..<1) },
        logger: Logger
    ) {
        self.configuration = configuration
        self.client = client
        self.journal = journal
        self.host = host
        self.gpus = gpus
        self.executor = executor
        health = HealthChecks(
            host: host, gpus: gpus, expectedGPUs: configuration.expectedGPUs, stateDirectory: stateDirectory)
        self.clock = clock
        self.random = random
        self.logger = logger
        bootID = host.bootID
        lanes = Dictionary(
            uniqueKeysWithValues: Lane.allCases.map { lane in
                let (stream, feed) = AsyncStream<Work>.makeStream()
                return (lane, (stream, feed))
            })
    }

    /// Takes no more commands, lets what runs settle, then `run` returns. At once, from any thread.
    public func stop() { stopping.raise() }

    /// Whether the control plane has accepted this agent.
    public var isRegistered: Bool { registered.isRaised }

    /// Lives the agent's life. Ends after `stop()`, a terminate command, or cancellation.
    public func run() async -> End {
        let settled = Signal()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await settled.bound { await self.keepAlive() } }
            group.addTask { await settled.bound { await self.renewLeases() } }
            group.addTask { await settled.bound { await self.reportProgress() } }
            group.addTask { await settled.bound { await self.endWhatWaitsTooLong() } }
            group.addTask { await self.stopping.bound { await self.takeCommands() } }
            group.addTask { await self.stopping.bound { await self.reportHealth() } }
            group.addTask {
                await self.runLanes()
                settled.raise()
            }
            await group.waitForAll()
        }
        return isTerminated.withLock { $0 } ? .terminated : .stopped
    }

    /// Lanes run until the session is stopped; then running commands are told, and get the settle time.
    private func runLanes() async {
        let settled = Signal()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await self.stopping.wait()
                self.desk.stopAll(for: .agentStopping)
                for lane in self.lanes.values { lane.feed.finish() }
                await settled.bound { await self.pause(self.configuration.settleTime) }
                settled.raise()
            }
            await settled.bound {
                await withTaskGroup(of: Void.self) { lanes in
                    for lane in self.lanes.values {
                        lanes.addTask { for await work in lane.stream { await self.perform(work) } }
                    }
                }
            }
            settled.raise()
            group.cancelAll()
        }
    }

    /// Hands an accepted command to its lane.
    func enqueue(_ work: Work) {
        switch work.command.kind {
        case .drain, .terminate: lanes[.lifecycle]?.feed.yield(work)
        case .runDiagnostic, .unsupported: lanes[.diagnostics]?.feed.yield(work)
        }
    }

    /// A terminate command has been done and reported.
    func endTerminated() {
        isTerminated.withLock { $0 = true }
        stopping.raise()
    }

    /// Sleeps on the session's clock; returns early when cancelled.
    func pause(_ duration: Duration) async {
        // Cancellation is the only error of a sleep, and every loop looks for it itself.
        try? await clock.sleep(for: max(duration, .zero))
    }

    /// `duration`, more or less by a tenth: agents started together drift apart (gap G47).
    func jittered(_ duration: Duration) -> Duration { duration * (0.9 + 0.2 * random()) }

    /// A fresh sequence of waits between tries.
    func freshBackoff() -> Backoff { Backoff(first: .milliseconds(500), limit: configuration.longestBackoff) }
}
