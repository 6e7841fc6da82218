// SPDX-License-Identifier: MIT
import FoundationEssentials

/// Names one command: a random UUID (RFC 9562, version 4), made by the replica that issues it.
public struct CommandID: Hashable, Sendable, CustomStringConvertible {
    /// The 128 bits.
    public let uuid: UUID

    /// Wraps a UUID.
    public init(_ uuid: UUID) { self.uuid = uuid }

    /// Reads the 36-character form, in either case; nil for anything else.
    public init?(_ text: String) {
        guard let uuid = UUID(uuidString: text) else { return nil }
        self.uuid = uuid
    }

    /// Lower case, as PostgreSQL prints it.
    public var description: String { uuid.uuidString.lowercased() }
}

/// Names one lease of a command: random, so that it cannot be guessed from another (C11).
public struct LeaseID: Hashable, Sendable, CustomStringConvertible {
    /// The 128 bits.
    public let uuid: UUID

    /// Wraps a UUID.
    public init(_ uuid: UUID) { self.uuid = uuid }

    /// Reads the 36-character form, in either case; nil for anything else.
    public init?(_ text: String) {
        guard let uuid = UUID(uuidString: text) else { return nil }
        self.uuid = uuid
    }

    /// Lower case, as PostgreSQL prints it.
    public var description: String { uuid.uuidString.lowercased() }
}

/// Proof of being the current holder of a command: all three must match its row (C11).
public struct LeaseToken: Hashable, Sendable {
    /// Which command.
    public var command: CommandID
    /// Which hand-out of it; given by the database, grows by one each time.
    public var attempt: Int32
    /// Which lease.
    public var lease: LeaseID

    /// A token from its three parts.
    public init(command: CommandID, attempt: Int32, lease: LeaseID) {
        self.command = command
        self.attempt = attempt
        self.lease = lease
    }
}
