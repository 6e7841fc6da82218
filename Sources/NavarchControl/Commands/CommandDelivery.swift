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

    private struct Poll: Sendable {
        let node: NodeID
        let limit: Int
        let completion: Completion
    }

    /// Most commands of one batch.
    public static let largestBatch = 64

    private let lessor: Lessor
    private let leases: any LeaseStore
    private let directory: NodeDirectory
    private let wakeups: NodeWakeups
    private let readiness: Readiness
    private let clock: any Clock<Duration>
    private let batcher: Batcher<Poll>
    /// Leases on their way back: their calls' tasks are cancelled most often, and a cancelled task asks the database nothing.
    private let returns: Batcher<LeasedCommand>

    /// A delivery over a store; up to 20,000 polls may wait to share a statement.
    init(
        leases: any LeaseStore, directory: NodeDirectory, wakeups: NodeWakeups, publisher: ChangePublisher,
        readiness: Readiness,
        replica: ReplicaID, handoverTime: Duration, clock: any Clock<Duration>
    ) {
        let lessor = Lessor(
            leases: leases, publisher: publisher, replica: replica, handoverTime: handoverTime, clock: clock)
        self.lessor = lessor
        self.leases = leases
        self.directory = directory
        self.wakeups = wakeups
        self.readiness = readiness
        self.clock = clock
        returns = Batcher(capacity: 20_000, maxBatch: 500, lanes: 1) { await lessor.giveBack($0) }
        batcher = Batcher(capacity: 20_000, maxBatch: 500, lanes: 4) { polls in
            await Self.answer(polls, directory: directory, leases: leases, lessor: lessor)
        }
    }

    /// Answers at once with what is there: everything committed before the call is seen. From any thread. Empty polls share a statement.
    public func poll(_ node: NodeID, limit: Int, completion: @escaping Completion) {
        switch batcher.add(Poll(node: node, limit: limit, completion: completion)) {
        case .taken: break
        case .full:
            completion(.failure(StoreError(.overloaded, operation: "poll commands", message: "too many polls wait")))
        case .closed:
            completion(.failure(StoreError(.unavailable, operation: "poll commands", message: "shutting down")))
        }
    }

    /// Waits up to `wait` for something to be there; empty when nothing came, or when this replica drains.
    public func lease(for node: NodeID, limit: Int, wait: Duration) async throws -> AgentBatch {
        let deadline = ContinuousClock.now + wait
        return try await withNext(for: node) { signal, key in
            let clock = self.clock
            async let _: Void = {
                try await clock.sleep(for: wait); signal.fire()
            }()
            while true {
                let batch = try await self.next(key, limit: limit, telling: [])
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
        try await withNext(for: node) { signal, key in
            var told: Set<CommandID> = []
            while !self.readiness.isDraining {
                let batch = try await self.next(key, limit: limit, telling: told)
                told.formUnion(batch.cancelRequested)
                if !batch.isEmpty {
                    do {
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
            group.addTask { try await self.batcher.run() }
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

    private func withNext<Result>(
        for node: NodeID, _ body: (Signal, NodeKey) async throws -> Result
    ) async throws -> Result {
        let key = try await directory.key(of: node)
        return try await wakeups.withWakeups(for: key) { signal in try await body(signal, key) }
    }

    private func next(_ key: NodeKey, limit: Int, telling told: Set<CommandID>) async throws(StoreError) -> AgentBatch {
        let commands = try await lessor.lease([key], limit: limit)
        let cancels = try await leases.cancelRequests(for: [key])[key] ?? []
        return AgentBatch(commands: commands, cancelRequested: cancels.filter { !told.contains($0) })
    }

    private static func answer(_ polls: [Poll], directory: NodeDirectory, leases: any LeaseStore, lessor: Lessor) async
    {
        do throws(StoreError) {
            let keys = try await resolve(polls, directory: directory)
            let queued = try await leases.queuedNodes(among: Array(Set(keys.values)))
            let wanted = Set(queued)
            let cancels = try await leases.cancelRequests(for: Array(Set(keys.values)))
            var withWork: [(poll: Poll, key: NodeKey, cancels: [CommandID])] = []
            for poll in polls {
                guard let key = keys[poll.node] else {
                    poll.completion(.failure(NodeDirectory.unknown(poll.node)))
                    continue
                }
                if wanted.contains(key) {
                    withWork.append((poll, key, cancels[key] ?? []))
                } else {
                    poll.completion(.success(AgentBatch(cancelRequested: cancels[key] ?? [])))
                }
            }
            await lease(withWork, lessor: lessor)
        } catch {
            for poll in polls { poll.completion(.failure(error)) }
        }
    }

    private static func lease(_ polls: [(poll: Poll, key: NodeKey, cancels: [CommandID])], lessor: Lessor) async {
        await withDiscardingTaskGroup { group in
            for (poll, key, cancels) in polls {
                group.addTask {
                    do throws(StoreError) {
                        let commands = try await lessor.lease([key], limit: poll.limit)
                        poll.completion(.success(AgentBatch(commands: commands, cancelRequested: cancels)))
                    } catch {
                        poll.completion(.failure(error))
                    }
                }
            }
        }
    }

    private static func resolve(_ polls: [Poll], directory: NodeDirectory) async throws(StoreError) -> [NodeID: NodeKey]
    {
        var keys: [NodeID: NodeKey] = [:]
        var missing: Set<NodeID> = []
        for poll in polls {
            if let key = directory.remembered(poll.node) { keys[poll.node] = key } else { missing.insert(poll.node) }
        }
        guard !missing.isEmpty else { return keys }
        for (id, lookup) in try await directory.resolve(Array(missing)) {
            if case .present(let key) = lookup { keys[id] = key }
        }
        return keys
    }
}
