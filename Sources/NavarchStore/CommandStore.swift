// SPDX-License-Identifier: MIT
import NavarchModel

/// What issuing did.
public struct IssueOutcome: Equatable, Sendable {
    /// The command as it now is.
    public var command: Command
    /// An earlier call with the same key had made it (C13).
    public var wasRepeated: Bool

    /// What issuing did.
    public init(command: Command, wasRepeated: Bool) {
        self.command = command
        self.wasRepeated = wasRepeated
    }
}

/// What issuing for one of many nodes did.
public enum BulkIssue: Equatable, Sendable {
    case issued(NodeID, IssueOutcome)
    case failed(NodeID, StoreError.Code, message: String)
}

/// One caller's wish for one command.
public struct IssueCall: Equatable, Sendable {
    /// What.
    public var request: CommandRequest
    /// For whom.
    public var node: NodeID
    /// The command's id, if this call makes it.
    public var id: CommandID

    /// One caller's wish.
    public init(_ request: CommandRequest, for node: NodeID, id: CommandID) {
        self.request = request
        self.node = node
        self.id = id
    }
}

/// What cancelling did.
public enum CancelOutcome: Equatable, Sendable {
    /// Cancelled for good: it had no effect.
    case cancelled(Command)
    /// It runs: the agent has been asked and decides.
    case requested(Command)
}

/// Which commands a list holds; nil does not filter.
public struct CommandFilter: Equatable, Sendable {
    /// Whose.
    public var nodeID: NodeID?
    /// In which state.
    public var state: CommandState?
    /// Of which type.
    public var type: CommandType?

    /// A filter that lets every command through.
    public init() {}
}

/// Commands as operators see them. Each method is one transaction, committed synchronously.
public protocol CommandStore: Sendable {
    /// Issues a command. Cordon and uncordon take effect here, with the node's new schedule, an audit row and a feed event, or not at all
    /// (C14); drain sets the node draining and queues. Repeating it with the same (caller, key) answers with the first one's command (C13).
    /// - Throws: `.notFound`; `.conflict`: the key was used for another request; `.refused`: the node's state does not allow it;
    ///   `.outcomeUnknown`: ask again with the same key.
    func issue(_ request: CommandRequest, for node: NodeID, id: CommandID) async throws(StoreError) -> IssueOutcome

    /// Issues commands of several callers in one transaction, each answered by itself as the single call answers. Only types that change no node
    /// at once: the others lock their nodes.
    /// - Throws: what concerns all of them, and then nothing was issued or nobody knows; a value that cannot be stored is such a case too.
    func issue(_ calls: [IssueCall]) async throws(StoreError) -> [Result<IssueOutcome, StoreError>]

    /// Issues the same for many nodes, at most 1,000, one transaction for all; a key is made unique per node by the store.
    func issue(_ request: CommandRequest, forEach nodes: [(NodeID, CommandID)]) async throws(StoreError) -> [BulkIssue]

    /// One command.
    /// - Throws: `.notFound`.
    func command(_ id: CommandID) async throws(StoreError) -> Command

    /// Commands, newest first, at most `limit`, after the page token.
    func commands(_ filter: CommandFilter, limit: Int, after token: String?) async throws(StoreError) -> Page<Command>

    /// Cancels (C9, C10).
    /// - Throws: `.notFound`; `.refused`: terminal already.
    func cancel(_ id: CommandID, by actor: String, reason: String) async throws(StoreError) -> CancelOutcome
}

/// What asking for leases yielded.
public struct LeaseBatch: Equatable, Sendable {
    /// Leased now, sorted by (node key, sequence).
    public var commands: [LeasedCommand]
    /// Nodes whose advisory lock another replica held: try once more after a random 5–20 ms (C10).
    public var busy: [NodeKey]

    /// What asking yielded.
    public init(commands: [LeasedCommand], busy: [NodeKey]) {
        self.commands = commands
        self.busy = busy
    }
}

/// What renewing leases did.
public struct RenewOutcome: Equatable, Sendable {
    /// Still held.
    public var renewed: [CommandID]
    /// Somebody wants these stopped.
    public var cancelRequested: [CommandID]

    /// What renewing did.
    public init(renewed: [CommandID], cancelRequested: [CommandID]) {
        self.renewed = renewed
        self.cancelRequested = cancelRequested
    }
}

/// Leases that one node's agent speaks of.
public struct NodeLeases: Equatable, Sendable {
    /// Whose.
    public var node: NodeKey
    /// Which.
    public var tokens: [LeaseToken]

    /// Leases of one node.
    public init(node: NodeKey, tokens: [LeaseToken]) {
        self.node = node
        self.tokens = tokens
    }
}

/// What an agent says that a command came to.
public struct CompletionReport: Equatable, Sendable {
    /// Proof of the lease.
    public var token: LeaseToken
    /// Whose agent says so.
    public var node: NodeKey
    /// `succeeded`, `failed` or `unknown`.
    public var outcome: CommandState
    /// What came out.
    public var result: CommandResult

    /// A report.
    public init(_ token: LeaseToken, of node: NodeKey, as outcome: CommandState, result: CommandResult) {
        self.token = token
        self.node = node
        self.outcome = outcome
        self.result = result
    }
}

/// What there is to do for some nodes.
public struct NodeWork: Equatable, Sendable {
    /// Those with something to lease.
    public var queued: Set<NodeKey>
    /// Running commands that somebody wants stopped.
    public var cancelRequests: [NodeKey: [CommandID]]

    /// Work of some nodes.
    public init(queued: Set<NodeKey> = [], cancelRequests: [NodeKey: [CommandID]] = [:]) {
        self.queued = queued
        self.cancelRequests = cancelRequests
    }
}

/// Leases of commands (C10–C12). Each method is one transaction.
public protocol LeaseStore: Sendable {
    /// Leases the oldest queued commands of each node, in issue order, at most `limit` for each and 64 nodes; of a node with a batch
    /// unacknowledged on its way, none (C10). Deadlines are the database's.
    /// - Throws: `.unavailable`: nothing was leased; `.outcomeUnknown`: resolve by lease id (C8).
    func lease(for nodes: [NodeKey], limit: Int, lease: LeaseID, duration: Duration, replica: ReplicaID)
        async throws(StoreError) -> LeaseBatch

    /// What a lease id holds; for an outcome that stayed unknown.
    func leased(under lease: LeaseID) async throws(StoreError) -> [LeasedCommand]

    /// Gives back what could not be handed over; does not count towards "attempts used up" (C11). Returns the nodes to wake.
    func giveBack(_ tokens: [LeaseToken]) async throws(StoreError) -> [NodeKey]

    /// Agents have these in their journals. Returns for each node those that were still its own; repeating is allowed.
    func acknowledge(_ batches: [NodeLeases], duration: Duration) async throws(StoreError) -> [[CommandID]]

    /// Keeps running commands in contact; asynchronous commit.
    func renew(_ tokens: [LeaseToken], of node: NodeKey, duration: Duration) async throws(StoreError) -> RenewOutcome

    /// Stores how far a running command is; asynchronous commit. True when somebody wants it stopped.
    /// - Throws: `.stale`.
    func reportProgress(_ progress: CommandProgress, of token: LeaseToken, node: NodeKey) async throws(StoreError)
        -> Bool

    /// Ends running commands as `succeeded`, `failed` or `unknown`, each report answered by itself. Repeating one with the same outcome is
    /// allowed. Success of a terminate makes the node terminated in the same transaction.
    ///
    /// An answer is a failure where: `.stale`: not the current holder, or another outcome is stored; the report is kept beside, audited (C9);
    /// `.refused`: no outcome that an agent reports.
    func complete(_ reports: [CompletionReport]) async throws(StoreError) -> [Result<Void, StoreError>]

    /// For the original's agents, which can neither acknowledge nor report: leases the oldest queued commands of the node, at most `limit`,
    /// and ends them as succeeded with a result that says so, in one transaction. A terminate closed this way does not terminate the node:
    /// nothing is known of it.
    func leaseAndClose(for node: NodeKey, limit: Int, lease: LeaseID, replica: ReplicaID) async throws(StoreError)
        -> [LeasedCommand]

    /// What there is to do for these nodes. One statement for many polls; reads nothing older than the call.
    func work(for nodes: [NodeKey]) async throws(StoreError) -> NodeWork

    /// Every node with something queued; the sweep behind the wake-ups (C2).
    func queuedNodes() async throws(StoreError) -> [NodeKey]
}

extension LeaseStore {
    /// The same for one node.
    public func acknowledge(
        _ tokens: [LeaseToken], of node: NodeKey, duration: Duration
    ) async throws(StoreError) -> [CommandID] {
        try await acknowledge([NodeLeases(node: node, tokens: tokens)], duration: duration).first ?? []
    }

    /// The same for one command.
    public func complete(
        _ token: LeaseToken, of node: NodeKey, as outcome: CommandState, result: CommandResult
    ) async throws(StoreError) {
        let answers = try await complete([CompletionReport(token, of: node, as: outcome, result: result)])
        for answer in answers { try answer.get() }
    }
}
