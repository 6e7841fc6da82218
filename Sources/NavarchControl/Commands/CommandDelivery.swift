// SPDX-License-Identifier: MIT
import FoundationEssentials
import NavarchModel
import NavarchStore
import ServiceLifecycle

/// What travels to an agent in one message.
public struct AgentBatch: Equatable, Sendable {
    /// In issue order (C10).
    public var commands: [LeasedCommand]
    /// Running commands that somebody wants stopped.
    public var cancelRequested: [CommandID]

    /// Nothing to do.
    public var isEmpty: Bool { commands.isEmpty && cancelRequested.isEmpty }

    /// A message's content.
    public init(commands: [LeasedCommand] = [], cancelRequested: [CommandID] = []) {
        self.commands = commands
        self.cancelRequested = cancelRequested
    }
}

/// Brings commands to agents: by a poll that answers at once, a poll that waits, or a stream (C2, C10, C11).
public final class CommandDelivery: Service {
    /// How a poll is answered: once, on any thread.
    public typealias Completion = @Sendable (Result<AgentBatch, StoreError>) -> Void

    /// Most commands of one batch.
    public static let largestBatch = 64

    private let lessor: Lessor
    private let leases: any LeaseStore
    private let directory: NodeDirectory
    private let wakeups: NodeWakeups
    private let readiness: Readiness
    private let clock: any Clock<Duration>
    private let polls: CommandPolls
    /// Leases on their way back: their calls' tasks are cancelled most often, and a cancelled task asks the database nothing.
    private let returns: Batcher<LeasedCommand>

    /// A delivery over a store.
    init(
        leases: any LeaseStore, directory: NodeDirectory, wakeups: NodeWakeups, publisher: ChangePublisher,
        readiness: Readiness,
        replica: ReplicaID, handoverTime: Duration, clock: any Clock<Duration>
    ) {
        let lessor = Lessor(leases: leases, publisher: publisher, replica: replica, handoverTime: handoverTime)
        self.lessor = lessor
        self.leases = leases
        self.directory = directory
        self.wakeups = wakeups
        self.readiness = readiness
        self.clock = clock
        returns = Batcher(capacity: 20_000, maxBatch: 500, lanes: 1) { await lessor.giveBack($0) }
        polls = CommandPolls(leases: leases, lessor: lessor, directory: directory, clock: clock)
    }

    /// Answers at once with what is there: everything committed before the call is seen. From any thread. Polls share statements.
    public func poll(_ node: NodeID, limit: Int, completion: @escaping Completion) {
        polls.add(CommandPoll(node: node, limit: limit, completion: completion))
    }

    /// Waits up to `wait` for something to be there; empty when nothing came, or when this replica drains.
    public func lease(for node: NodeID, limit: Int, wait: Duration) async throws -> AgentBatch {
        let deadline = ContinuousClock.now + wait
        return try await withWakeups(for: node) { signal in
            let clock = self.clock
            async let _: Void = {
                try await clock.sleep(for: wait); signal.fire()
            }()
            while true {
                let batch = try await self.polls.batch(for: node, limit: limit)
                if Task.isCancelled {
                    self.giveBack(batch)
                    throw CancellationError()
                }
                if !batch.isEmpty || self.readiness.isDraining || ContinuousClock.now >= deadline { return batch }
                guard await signal.wait() else { return AgentBatch() }
            }
        }
    }

    /// Hands batches to `deliver` as they appear, until the task is cancelled or this replica drains. A batch that `deliver` throws on is given
    /// back at once (C11).
    public func stream(_ node: NodeID, limit: Int, _ deliver: (AgentBatch) async throws -> Void) async throws {
        try await withWakeups(for: node) { signal in
            var told: Set<CommandID> = []
            while !self.readiness.isDraining {
                var batch = try await self.polls.batch(for: node, limit: limit)
                batch.cancelRequested.removeAll { !told.insert($0).inserted }
                if !batch.isEmpty {
                    do {
                        try Task.checkCancellation()
                        try await deliver(batch)
                    } catch {
                        self.giveBack(batch)
                        throw error
                    }
                }
                guard await signal.wait() else { return }
            }
        }
    }

    /// For the original's agents: everything queued, closed as handed over. See ``LeaseStore/leaseAndClose(for:limit:lease:replica:)``.
    public func leaseAndClose(_ node: NodeID) async throws(StoreError) -> [LeasedCommand] {
        let key = try await directory.key(of: node)
        return try await lessor.leaseAndClose(key, limit: Self.largestBatch)
    }

    /// Answers polls until shutdown, and once a second looks for what no wake-up told of (C2).
    public func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.polls.run() }
            group.addTask { try await self.returns.run() }
            group.addTask {
                try await everyUntilShutdown(.seconds(1), on: self.clock) { await self.sweep() }
            }
            try await group.waitForAll()
        }
    }

    /// Ends waits and streams so that agents go elsewhere; call after readiness began to drain.
    public func drain() { wakeups.wakeAll(by: .drain) }

    /// Gives back what could not be handed over (C11). One too many lapses, as if nobody had given it back.
    private func giveBack(_ batch: AgentBatch) {
        for command in batch.commands { _ = returns.add(command) }
    }

    private func sweep() async {
        do throws(StoreError) {
            wakeups.wake(try await leases.queuedNodes(), by: .sweep)
        } catch {
            return  // the next round tries again; readiness tells of a database that stays away
        }
    }

    private func withWakeups<Result>(
        for node: NodeID, _ body: (Signal) async throws -> Result
    ) async throws -> Result {
        try await wakeups.withWakeups(for: try await directory.key(of: node), body)
    }
}
