// SPDX-License-Identifier: MIT
import FoundationEssentials

/// Names one run of one replica's process: a random UUID made at start.
public struct ReplicaID: Hashable, Sendable, CustomStringConvertible {
    /// The 128 bits.
    public let uuid: UUID

    /// Wraps a UUID.
    public init(_ uuid: UUID) { self.uuid = uuid }

    /// Lower case, as PostgreSQL prints it.
    public var description: String { uuid.uuidString.lowercased() }
}

/// What a replica says of itself, and what the database knows of it.
public struct Replica: Equatable, Sendable {
    /// Which run of it.
    public var id: ReplicaID
    /// Where it runs.
    public var region: String
    /// Where it listens, host:port.
    public var address: String
    /// Version of the binary.
    public var version: String
    /// Lowest schema version that the binary runs on (C24).
    public var schemaMin: Int32
    /// Highest schema version that the binary runs on (C24).
    public var schemaMax: Int32
    /// When it registered; the database's to set.
    public var startedAt: Timestamp?
    /// When it last proved its life; the database's to set.
    public var lastSeenAt: Timestamp?
    /// Seen within the last 15 s of the database's clock.
    public var live: Bool
    /// It has been told to stop.
    public var draining: Bool
    /// Loops that it leads (C15).
    public var leads: [String]
    /// Whether commits wait for a standby (C26).
    public var synchronousReplication: Bool

    /// What a replica knows of itself before it registers.
    public init(id: ReplicaID, region: String, address: String, version: String, schemaMin: Int32, schemaMax: Int32) {
        self.id = id
        self.region = region
        self.address = address
        self.version = version
        self.schemaMin = schemaMin
        self.schemaMax = schemaMax
        startedAt = nil
        lastSeenAt = nil
        live = false
        draining = false
        leads = []
        synchronousReplication = false
    }
}

/// A place in the change feed (C22, C27): positions of one incarnation of the database.
public struct FeedCursor: Hashable, Sendable, CustomStringConvertible {
    /// The database's incarnation (C27).
    public var incarnation: UUID
    /// The last position that was read.
    public var position: Int64

    /// A place in one incarnation's feed.
    public init(incarnation: UUID, position: Int64) {
        self.incarnation = incarnation
        self.position = position
    }

    /// Reads what `description` writes; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let incarnation = UUID(uuidString: String(parts[0])), let position = Int64(parts[1]),
            position >= 0
        else { return nil }
        self.init(incarnation: incarnation, position: position)
    }

    /// `incarnation/position`.
    public var description: String { "\(incarnation.uuidString.lowercased())/\(position)" }
}

/// One change of the fleet, at its place in the feed.
public struct FeedEvent: Equatable, Sendable {
    /// Its place.
    public var position: Int64
    /// What happened, e.g. "node.cordoned", "command.leased".
    public var type: String
    /// To which node.
    public var nodeID: NodeID
    /// By which command, if one.
    public var commandID: CommandID?
    /// Who did it.
    public var actor: String
    /// When, by the database's clock.
    public var occurredAt: Timestamp

    /// One change.
    public init(
        position: Int64, type: String, nodeID: NodeID, commandID: CommandID?, actor: String, occurredAt: Timestamp
    ) {
        self.position = position
        self.type = type
        self.nodeID = nodeID
        self.commandID = commandID
        self.actor = actor
        self.occurredAt = occurredAt
    }
}
