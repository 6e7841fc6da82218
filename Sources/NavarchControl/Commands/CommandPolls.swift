// SPDX-License-Identifier: MIT
import Locks
import NavarchModel
import NavarchStore
import ServiceLifecycle

/// One question for a node's commands.
struct CommandPoll: Sendable {
    /// How it is answered: once, on any thread.
    typealias Completion = @Sendable (Result<AgentBatch, StoreError>) -> Void

    let node: NodeID
    let limit: Int
    let completion: Completion
    /// Another replica held the node's lock once already (C10).
    var isRetry = false
}

/// Answers questions for nodes' commands in batches: one statement finds which nodes have something, one transaction leases for all of those
/// (decision 0221). Polls ask here, and so does every stream that was woken.
final class CommandPolls: Service {
    private let batcher: Batcher<CommandPoll>
    private let busy: BusyPolls
    private let clock: any Clock<Duration>

    /// Nothing runs yet; up to 20,000 polls may wait to share a statement.
    init(leases: any LeaseStore, lessor: Lessor, directory: NodeDirectory, clock: any Clock<Duration>) {
        self.clock = clock
        let busy = BusyPolls()
        let round = PollRound(leases: leases, lessor: lessor, directory: directory, busy: busy)
        self.busy = busy
        batcher = Batcher(capacity: 20_000, maxBatch: 500, lanes: 4) { await round.answer($0) }
    }

    /// Answers with what is there: everything committed before the call is seen. From any thread.
    func add(_ poll: CommandPoll) {
        switch batcher.add(poll) {
        case .taken: break
        case .full:
            poll.completion(
                .failure(StoreError(.overloaded, operation: "poll commands", message: "too many polls wait")))
        case .closed:
            poll.completion(.failure(StoreError(.unavailable, operation: "poll commands", message: "shutting down")))
        }
    }

    /// The same, for a task.
    func batch(for node: NodeID, limit: Int) async throws(StoreError) -> AgentBatch {
        let result = await withCheckedContinuation { continuation in
            add(CommandPoll(node: node, limit: limit) { continuation.resume(returning: $0) })
        }
        return try result.get()
    }

    /// Answers polls until shutdown; what was taken is answered before it returns.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.batcher.run() }
            group.addTask { await self.askAgain() }
            try await group.waitForAll()
        }
    }

    /// Asks once more for nodes whose lock another replica held, 5 to 20 ms later (C10).
    private func askAgain() async {
        await withGracefulShutdownHandler {
            while await busy.becameBusy.wait() {
                do { try await clock.sleep(for: .milliseconds(Int64.random(in: 5...20))) } catch { break }
                for poll in busy.take() { add(poll) }
            }
            // Nobody would ask for these any more: another poll, at another replica, will.
            for poll in busy.close() { poll.completion(.success(AgentBatch())) }
        } onGracefulShutdown: {
            self.busy.becameBusy.finish()
        }
    }
}

/// Polls that wait a few milliseconds for another replica to be done with their nodes.
private final class BusyPolls: Sendable {
    private struct State {
        var polls: [CommandPoll] = []
        var isClosed = false
    }

    let becameBusy = Signal()
    private let state = Mutex(State())

    /// False when nobody would ask again.
    func add(_ poll: CommandPoll) -> Bool {
        let isTaken = state.withLock { state in
            if !state.isClosed { state.polls.append(poll) }
            return !state.isClosed
        }
        if isTaken { becameBusy.fire() }
        return isTaken
    }

    func take() -> [CommandPoll] {
        state.withLock { state in
            defer { state.polls = [] }
            return state.polls
        }
    }

    func close() -> [CommandPoll] {
        state.withLock { $0.isClosed = true }
        return take()
    }
}

/// Answers one batch of polls.
private struct PollRound: Sendable {
    /// A poll of a node that has something to lease.
    struct Wanting: Sendable {
        let poll: CommandPoll
        let key: NodeKey
        let cancels: [CommandID]

        func answer(_ commands: [LeasedCommand]) {
            poll.completion(.success(AgentBatch(commands: commands, cancelRequested: cancels)))
        }
    }

    let leases: any LeaseStore
    let lessor: Lessor
    let directory: NodeDirectory
    let busy: BusyPolls

    func answer(_ polls: [CommandPoll]) async {
        do throws(StoreError) {
            let keys = try await resolve(polls)
            let work = try await leases.work(for: Array(Set(keys.values)))
            var wanting: [Wanting] = []
            for poll in polls {
                guard let key = keys[poll.node] else {
                    poll.completion(.failure(NodeDirectory.unknown(poll.node)))
                    continue
                }
                let asks = Wanting(poll: poll, key: key, cancels: work.cancelRequests[key] ?? [])
                if work.queued.contains(key) { wanting.append(asks) } else { asks.answer([]) }
            }
            await lease(wanting)
        } catch {
            for poll in polls { poll.completion(.failure(error)) }
        }
    }

    /// Leases in transactions of at most 64 nodes, one limit each. Of two polls of one node the second gets nothing, as if it had come later.
    private func lease(_ wanting: [Wanting]) async {
        var seen: Set<NodeKey> = []
        var groups: [Int: [Wanting]] = [:]
        for asks in wanting {
            if seen.insert(asks.key).inserted {
                groups[asks.poll.limit, default: []].append(asks)
            } else {
                asks.answer([])
            }
        }
        await withDiscardingTaskGroup { group in
            for (limit, all) in groups {
                for start in stride(from: 0, to: all.count, by: Lessor.mostNodes) {
                    let some = all[start..<min(start + Lessor.mostNodes, all.count)]
                    group.addTask { await lease(some, limit: limit) }
                }
            }
        }
    }

    private func lease(_ wanting: ArraySlice<Wanting>, limit: Int) async {
        do throws(StoreError) {
            let batch = try await lessor.lease(wanting.map(\.key), limit: limit)
            let commands = Dictionary(grouping: batch.commands, by: \.nodeKey)
            let held = Set(batch.busy)
            for asks in wanting {
                if held.contains(asks.key), askAgain(asks.poll) { continue }
                asks.answer(commands[asks.key] ?? [])
            }
        } catch {
            for asks in wanting { asks.poll.completion(.failure(error)) }
        }
    }

    /// False when this was the second time, or nobody would ask again.
    private func askAgain(_ poll: CommandPoll) -> Bool {
        guard !poll.isRetry else { return false }
        var again = poll
        again.isRetry = true
        return busy.add(again)
    }

    private func resolve(_ polls: [CommandPoll]) async throws(StoreError) -> [NodeID: NodeKey] {
        var keys: [NodeID: NodeKey] = [:]
        keys.reserveCapacity(polls.count)
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
