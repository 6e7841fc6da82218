// SPDX-License-Identifier: MIT
import FoundationEssentials
import NavarchModel
import NavarchStore

/// What operators and agents do with commands.
public struct CommandOperations: Sendable {
    let store: any CommandStore
    let leases: any LeaseStore
    let nodes: any NodeStore
    let directory: NodeDirectory
    let publisher: ChangePublisher
    let feedSignals: FeedSignals
    let readiness: Readiness
    let batches: CommandBatches
    let leaseDuration: Duration
    let clock: any Clock<Duration>

    /// Most nodes that one bulk call issues for.
    public static let bulkLimit = 1_000

    /// Issues a command; answered only once committed. An answer that was lost is asked for again under the same key (C13).
    public func issue(_ request: CommandRequest, for node: NodeID) async throws(StoreError) -> IssueOutcome {
        let id = CommandID(UUID())
        let keyed = request.keyed(by: id)
        let outcome = try await retryingUnknown { () async throws(StoreError) in
            try await batches.issue(IssueCall(keyed, for: node, id: id))
        }
        wake(for: [outcome.command])
        return outcome
    }

    /// Issues the same for many nodes.
    public func issue(_ request: CommandRequest, forEach nodes: [NodeID]) async throws(StoreError) -> [BulkIssue] {
        let targets = nodes.map { ($0, CommandID(UUID())) }
        let keyed = request.keyed(by: targets.first?.1 ?? CommandID(UUID()))
        let outcomes = try await retryingUnknown { () async throws(StoreError) in
            try await store.issue(keyed, forEach: targets)
        }
        announce(outcomes.compactMap(\.command))
        return outcomes
    }

    /// Issues the same for every node that the selector matches and that is not terminated.
    /// - Throws: `.refused`: more than `limit` match.
    public func issue(
        _ request: CommandRequest, selecting selector: LabelSelector, atMost limit: Int
    ) async throws(StoreError) -> [BulkIssue] {
        var filter = NodeFilter()
        filter.labels = selector
        let page = try await nodes.nodes(filter, limit: limit + 1, after: nil)
        let matching = page.elements.filter { $0.lifecycle == .present }.map(\.id)
        guard matching.count <= limit, page.next == nil else {
            throw StoreError(
                .refused, operation: "issue by selector",
                message: "the selector matches more than max_nodes (\(limit)) nodes; nothing was issued")
        }
        return try await issue(request, forEach: matching)
    }

    /// One command.
    public func command(_ id: CommandID) async throws(StoreError) -> Command { try await store.command(id) }

    /// A page of commands, newest first.
    public func commands(_ filter: CommandFilter, limit: Int, after token: String?) async throws(StoreError) -> Page<
        Command
    > {
        try await store.commands(filter, limit: limit, after: token)
    }

    /// Cancels, or asks the agent to (C9).
    public func cancel(_ id: CommandID, by actor: String, reason: String) async throws(StoreError) -> CancelOutcome {
        let outcome = try await store.cancel(id, by: actor, reason: reason)
        switch outcome {
        case .cancelled(let command), .requested(let command): announce([command])
        }
        return outcome
    }

    /// Calls `body` with the command as it is, then after every change, until it is terminal or this replica drains. Progress is no event of
    /// the feed, so a running command is looked at once a second as well.
    public func watch(_ id: CommandID, _ body: (Command) async throws -> Void) async throws {
        try await feedSignals.withReader { signal in
            try await ticking(signal) {
                var last: Command?
                while !readiness.isDraining {
                    let command = try await store.command(id)
                    if command != last { try await body(command) }
                    last = command
                    if command.state.isTerminal { return }
                    guard await signal.wait() else { return }
                }
            }
        }
    }

    /// The agent has these in its journal; those returned may be acted on (C12).
    public func acknowledge(_ tokens: [LeaseToken], of node: NodeID) async throws(StoreError) -> [CommandID] {
        let key = try await directory.key(of: node)
        return try await retryingUnknown { () async throws(StoreError) in
            try await batches.acknowledge(NodeLeases(node: key, tokens: tokens))
        }
    }

    /// Keeps running commands in contact.
    public func renew(_ tokens: [LeaseToken], of node: NodeID) async throws(StoreError) -> RenewOutcome {
        try await leases.renew(tokens, of: try await directory.key(of: node), duration: leaseDuration)
    }

    /// Stores how far a command is. True when somebody wants it stopped.
    public func reportProgress(_ progress: CommandProgress, of token: LeaseToken, node: NodeID) async throws(StoreError)
        -> Bool
    {
        try await leases.reportProgress(progress, of: token, node: try await directory.key(of: node))
    }

    /// Ends a running command.
    public func complete(
        _ token: LeaseToken, of node: NodeID, as outcome: CommandState, result: CommandResult
    ) async throws(StoreError) {
        let key = try await directory.key(of: node)
        try await retryingUnknown { () async throws(StoreError) in
            try await batches.complete(CompletionReport(token, of: key, as: outcome, result: result))
        }
    }

    /// All these calls may be repeated, so an answer that was lost is simply asked for again, once (C8). That the second try was turned away
    /// says nothing about the first: then nobody knows.
    private func retryingUnknown<Result>(_ body: () async throws(StoreError) -> Result) async throws(StoreError)
        -> Result
    {
        do throws(StoreError) {
            return try await body()
        } catch  where error.code == .outcomeUnknown {
            let unanswered = error
            do throws(StoreError) {
                return try await body()
            } catch  where error.code == .overloaded || error.code == .unavailable {
                throw unanswered
            }
        }
    }

    private func announce(_ commands: [Command]) {
        wake(for: commands)
        publisher.feedChanged()
    }

    private func wake(for commands: [Command]) {
        publisher.commandsChanged(commands.filter { !$0.type.isControlPlaneOnly }.map(\.nodeKey))
    }

    /// Runs `body` while `signal` is fired once a second besides.
    private func ticking(_ signal: Signal, _ body: () async throws -> Void) async throws {
        let clock = clock
        async let _: Void = every(.seconds(1), on: clock) { signal.fire() }  // cancelled as it goes out of scope
        try await body()
    }
}

extension CommandRequest {
    /// The request with a key of its own when the caller gave none, for the replica's own retry (C13).
    func keyed(by id: CommandID) -> CommandRequest {
        guard idempotencyKey.isEmpty else { return self }
        var request = self
        request.idempotencyKey = "\(Self.ownKeyPrefix)\(id)"
        return request
    }

    /// Begins keys that replicas make; the API refuses clients' keys that begin so.
    public static let ownKeyPrefix = "navarch:"
}

extension BulkIssue {
    /// The command, where one was issued.
    var command: Command? {
        switch self {
        case .issued(_, let outcome): outcome.command
        case .failed: nil
        }
    }
}
