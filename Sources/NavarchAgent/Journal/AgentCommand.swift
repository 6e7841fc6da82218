// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchWire

/// A command as its agent holds it: what to do, and the lease that fences it.
public struct AgentCommand: Equatable, Sendable, Codable {
    /// What an agent can be asked for.
    public enum Kind: String, Equatable, Sendable, Codable {
        case drain
        case runDiagnostic = "run_diagnostic"
        case terminate
        /// A type that this agent does not know; it is answered as failed.
        case unsupported
    }

    /// Which command; opaque to the agent.
    public let id: String
    /// The highest attempt seen (C12).
    public var attempt: Int32
    /// The lease of that attempt.
    public var leaseID: String
    /// What it asks for.
    public let kind: Kind
    /// With what.
    public let parameters: [String: String]
    /// How long it may run once acknowledged; zero: no limit was told.
    public let runTimeoutSeconds: Double
    /// Issue order among the commands of this node.
    public let sequence: Int64
    /// Why, in the issuer's words.
    public let reason: String

    /// A command from its parts.
    public init(
        id: String, attempt: Int32, leaseID: String, kind: Kind, parameters: [String: String] = [:],
        runTimeoutSeconds: Double = 0,
        sequence: Int64 = 0, reason: String = ""
    ) {
        self.id = id
        self.attempt = attempt
        self.leaseID = leaseID
        self.kind = kind
        self.parameters = parameters
        self.runTimeoutSeconds = runTimeoutSeconds
        self.sequence = sequence
        self.reason = reason
    }

    /// A command as it came over the wire.
    public init(_ message: Navarch_V1_LeasedCommand) {
        let timeout = message.runTimeout
        self.init(
            id: message.commandID, attempt: message.lease.attempt, leaseID: message.lease.leaseID,
            kind: Kind(message.type),
            parameters: message.parameters, runTimeoutSeconds: Double(timeout.seconds) + Double(timeout.nanos) / 1e9,
            sequence: message.sequence, reason: message.reason)
    }

    /// The proof of its lease, as calls carry it (C11).
    public var token: Navarch_V1_LeaseToken {
        var token = Navarch_V1_LeaseToken()
        token.commandID = id
        token.attempt = attempt
        token.leaseID = leaseID
        return token
    }
}

extension AgentCommand.Kind {
    /// The agent's word for a type of the wire. Cordon and uncordon never travel (C14), so they are as unknown as a newer type.
    init(_ type: Navarch_V1_NodeCommandType) {
        switch type {
        case .drain: self = .drain
        case .runDiagnostic: self = .runDiagnostic
        case .terminate: self = .terminate
        case .unknown, .cordon, .uncordon, .UNRECOGNIZED: self = .unsupported
        }
    }
}
