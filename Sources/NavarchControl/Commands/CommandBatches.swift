// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore
import ServiceLifecycle

/// The three synchronous commits of a command's life that operators and agents wait for, shared between nodes (decision 0221).
final class CommandBatches: Service {
    /// Requests with more text than this go alone, so that a batch stays small in memory, in bytes.
    static let largestShared = 16 * 1_024

    private let store: any CommandStore
    private let leases: any LeaseStore
    private let publisher: ChangePublisher
    private let issues: SharedCalls<IssueCall, IssueOutcome>
    private let acknowledgements: SharedCalls<NodeLeases, [CommandID]>
    private let completions: SharedCalls<CompletionReport, Void>

    /// Batches over the stores; nothing runs yet.
    init(store: any CommandStore, leases: any LeaseStore, publisher: ChangePublisher, leaseDuration: Duration) {
        self.store = store
        self.leases = leases
        self.publisher = publisher
        issues = SharedCalls(
            "issue a command", maxBatch: 128, lanes: 2,
            transaction: { calls throws(StoreError) in try await store.issue(calls) },
            afterwards: { _ in publisher.feedChanged() })
        acknowledgements = SharedCalls(
            "acknowledge commands", maxBatch: 128, lanes: 2,
            transaction: { batches throws(StoreError) in
                try await leases.acknowledge(batches, duration: leaseDuration).map { .success($0) }
            },
            afterwards: { await Self.wakeForNext($0.map(\.node), leases, publisher) })
        completions = SharedCalls(
            "complete a command", maxBatch: 128, lanes: 2,
            transaction: { reports throws(StoreError) in try await leases.complete(reports) },
            afterwards: { _ in publisher.feedChanged() })
    }

    /// Issues a command together with others. One that changes its node at once (C14) has a transaction of its own.
    func issue(_ call: IssueCall) async throws(StoreError) -> IssueOutcome {
        let size = call.request.parameters.reduce(call.request.reason.utf8.count) {
            $0 + $1.key.utf8.count + $1.value.utf8.count
        }
        guard NodeTransition.eventType(of: call.request.type) != nil || size > Self.largestShared else {
            return try await issues.answer(to: call)
        }
        let outcome = try await store.issue(call.request, for: call.node, id: call.id)
        publisher.feedChanged()
        return outcome
    }

    /// Takes an acknowledgement together with those of other nodes; returns what is still the agent's.
    func acknowledge(_ batch: NodeLeases) async throws(StoreError) -> [CommandID] {
        try await acknowledgements.answer(to: batch)
    }

    /// Ends a running command together with others.
    func complete(_ report: CompletionReport) async throws(StoreError) {
        let result = report.result
        let size = result.message.utf8.count + result.output.utf8.count + result.json.utf8.count
        guard size > Self.largestShared else { return try await completions.answer(to: report) }
        try await leases.complete(report.token, of: report.node, as: report.outcome, result: result)
        publisher.feedChanged()
    }

    /// Shares transactions until shutdown.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.issues.run() }
            group.addTask { try await self.acknowledgements.run() }
            group.addTask { try await self.completions.run() }
            try await group.waitForAll()
        }
    }

    /// A node's next batch may be leased once this one is acknowledged (C10). Most often nothing is queued, and nobody needs to look: one
    /// statement for the whole batch spares a wake-up and a notification for each. It reads after the commit, so that whatever it misses was
    /// committed after the acknowledgement and wakes by itself.
    private static func wakeForNext(
        _ nodes: [NodeKey], _ leases: any LeaseStore, _ publisher: ChangePublisher
    ) async {
        publisher.feedChanged()
        let keys = Array(Set(nodes))
        do throws(StoreError) {
            publisher.commandsChanged(Array(try await leases.work(for: keys).queued))
        } catch {
            publisher.commandsChanged(keys)
        }
    }
}
