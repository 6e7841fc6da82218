// SPDX-License-Identifier: MIT

/// What a command asks for.
public enum CommandType: String, Sendable, CaseIterable {
    case cordon, drain
    case runDiagnostic = "run_diagnostic"
    case terminate, uncordon

    /// Whether it changes the control plane's own view only and never travels to an agent (C14).
    public var isControlPlaneOnly: Bool {
        switch self {
        case .cordon, .uncordon: true
        case .drain, .runDiagnostic, .terminate: false
        }
    }

    /// How long it may run unless the issuer says otherwise (C9).
    public var defaultRunTimeout: Duration {
        switch self {
        case .cordon, .uncordon: .seconds(60)
        case .runDiagnostic: .seconds(60 * 60)
        case .drain: .seconds(6 * 60 * 60)
        case .terminate: .seconds(6 * 60 * 60)
        }
    }
}

/// A command's place in its life (C9). The raw values are those of the SQL enum `command_state`.
public enum CommandState: String, Sendable, CaseIterable {
    /// Waiting for its node. May become leased, cancelled, expired.
    case queued
    /// Handed out, not yet acknowledged. May become running, queued, cancelled, expired, undeliverable.
    case leased
    /// Acknowledged: the agent may act. May become succeeded, failed, unknown; never queued again (C12).
    case running
    case succeeded, failed, unknown, cancelled, expired, undeliverable

    /// Never changes again.
    public var isTerminal: Bool {
        switch self {
        case .queued, .leased, .running: false
        case .succeeded, .failed, .unknown, .cancelled, .expired, .undeliverable: true
        }
    }

    /// Terminal, and proves that nothing took effect (C9).
    public var provesNoEffect: Bool {
        switch self {
        case .cancelled, .expired, .undeliverable: true
        case .queued, .leased, .running, .succeeded, .failed, .unknown: false
        }
    }
}

/// What a finished command came to.
public struct CommandResult: Equatable, Sendable, Codable {
    /// Process exit status, where one was run.
    public var exitCode: Int32 = 0
    /// In words.
    public var message = ""
    /// Captured, bounded.
    public var output = ""
    /// More was written than `output` holds.
    public var truncated = false
    /// A JSON document, where the command yields one; else empty.
    public var json = ""

    /// An empty result, to be filled.
    public init() {}
}

/// How far a running command says it is.
public struct CommandProgress: Equatable, Sendable, Codable {
    /// 0 to 100.
    public var percent: Double
    /// In words.
    public var message: String

    /// One report.
    public init(percent: Double, message: String) {
        self.percent = percent
        self.message = message
    }
}

/// A command as its row has it.
public struct Command: Equatable, Sendable {
    /// Which command.
    public var id: CommandID
    /// Whose.
    public var nodeID: NodeID
    /// Whose, by key.
    public var nodeKey: NodeKey
    /// Issue order among the commands of one node.
    public var sequence: Int64
    /// What it asks for.
    public var type: CommandType
    /// With what.
    public var parameters: [String: String]
    /// Why, in the issuer's words.
    public var reason: String
    /// Who issued it.
    public var issuedBy: String
    /// The key that makes repeating the call safe (C13); empty when the caller gave none.
    public var idempotencyKey: String
    /// Place in its life.
    public var state: CommandState
    /// Times handed out.
    public var attempt: Int32
    /// When issued.
    public var issuedAt: Timestamp
    /// Not handed out after this.
    public var notAfter: Timestamp
    /// How long it may run once acknowledged.
    public var runTimeout: Duration
    /// When acknowledged.
    public var startedAt: Timestamp?
    /// When it became terminal.
    public var finishedAt: Timestamp?
    /// Latest report.
    public var progress: CommandProgress?
    /// When that report came.
    public var progressAt: Timestamp?
    /// What it came to.
    public var result: CommandResult?
    /// Somebody wants a running command stopped; the agent decides.
    public var cancelRequested: Bool
    /// Running, and its lease lapsed: the agent has not been heard of (C12).
    public var outOfContact: Bool

    /// A row in full; fields that a new command does not have yet default to nothing.
    public init(
        id: CommandID, nodeID: NodeID, nodeKey: NodeKey, sequence: Int64, type: CommandType,
        parameters: [String: String],
        reason: String, issuedBy: String, idempotencyKey: String, state: CommandState, attempt: Int32,
        issuedAt: Timestamp,
        notAfter: Timestamp, runTimeout: Duration, startedAt: Timestamp? = nil, finishedAt: Timestamp? = nil,
        progress: CommandProgress? = nil, progressAt: Timestamp? = nil, result: CommandResult? = nil,
        cancelRequested: Bool = false,
        outOfContact: Bool = false
    ) {
        self.id = id
        self.nodeID = nodeID
        self.nodeKey = nodeKey
        self.sequence = sequence
        self.type = type
        self.parameters = parameters
        self.reason = reason
        self.issuedBy = issuedBy
        self.idempotencyKey = idempotencyKey
        self.state = state
        self.attempt = attempt
        self.issuedAt = issuedAt
        self.notAfter = notAfter
        self.runTimeout = runTimeout
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.progress = progress
        self.progressAt = progressAt
        self.result = result
        self.cancelRequested = cancelRequested
        self.outOfContact = outOfContact
    }
}

/// A command on its way to its node, with the lease that fences it.
public struct LeasedCommand: Equatable, Sendable {
    /// Whose.
    public var nodeKey: NodeKey
    /// Issue order among the commands of one node.
    public var sequence: Int64
    /// Proof of the lease.
    public var token: LeaseToken
    /// What it asks for.
    public var type: CommandType
    /// With what.
    public var parameters: [String: String]
    /// Why.
    public var reason: String
    /// When issued.
    public var issuedAt: Timestamp
    /// How long the agent may run it.
    public var runTimeout: Duration

    /// All parts of it.
    public init(
        nodeKey: NodeKey, sequence: Int64, token: LeaseToken, type: CommandType, parameters: [String: String],
        reason: String,
        issuedAt: Timestamp, runTimeout: Duration
    ) {
        self.nodeKey = nodeKey
        self.sequence = sequence
        self.token = token
        self.type = type
        self.parameters = parameters
        self.reason = reason
        self.issuedAt = issuedAt
        self.runTimeout = runTimeout
    }
}

/// What somebody asks to be done.
public struct CommandRequest: Equatable, Sendable {
    /// What.
    public var type: CommandType
    /// With what.
    public var parameters: [String: String]
    /// Why.
    public var reason: String
    /// Who asks.
    public var issuedBy: String
    /// Unique per caller; empty: none was given.
    public var idempotencyKey: String
    /// How long it may wait to be handed out.
    public var timeToLive: Duration
    /// How long it may run.
    public var runTimeout: Duration

    /// One request.
    public init(
        type: CommandType, parameters: [String: String] = [:], reason: String = "", issuedBy: String,
        idempotencyKey: String = "",
        timeToLive: Duration = .seconds(24 * 60 * 60), runTimeout: Duration? = nil
    ) {
        self.type = type
        self.parameters = parameters
        self.reason = reason
        self.issuedBy = issuedBy
        self.idempotencyKey = idempotencyKey
        self.timeToLive = timeToLive
        self.runTimeout = runTimeout ?? type.defaultRunTimeout
    }
}
