// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore
import Postgres

extension PostgresStore: FeedStore {
    public func sequence(limit: Int) async throws(StoreError) -> Int {
        // Committed synchronously: a position that a reader saw must not be given again.
        let statements = [
            PostgresStatement(FeedQueries.lockHead, name: "feed.lock_head"),
            PostgresStatement(FeedQueries.sequence, [.int8(Int64(limit))], name: "feed.sequence"),
        ]
        return try await unit(statements, operation: "sequence the feed")[1].affected
    }

    public func head() async throws(StoreError) -> FeedCursor {
        let rows = try await query(
            PostgresStatement(FeedQueries.head, name: "feed.head"), operation: "read the feed's head")
        return try reading("read the feed's head") { try Self.head(rows).cursor }
    }

    public func events(after cursor: FeedCursor, limit: Int) async throws(StoreError) -> [FeedEvent] {
        let operation = "read the feed after \(cursor)"
        // The head last: what it says is not yet pruned was there for the statement before it.
        let answers = try await unit(
            [
                PostgresStatement(
                    FeedQueries.after, [.int8(cursor.position), .int8(Int64(limit))], name: "feed.after"),
                PostgresStatement(FeedQueries.head, name: "feed.head"),
            ], operation: operation)
        let (events, head) = try reading(operation) {
            (try answers[0].map(FeedEvent.init(row:)), try Self.head(answers[1]))
        }
        guard cursor.incarnation == head.cursor.incarnation else {
            throw StoreError(
                .refused, operation: operation,
                message: "the cursor is of another incarnation of the database: list again")
        }
        guard cursor.position >= head.prunedTo else {
            throw StoreError(
                .refused, operation: operation, message: "the cursor is older than what is kept: list again")
        }
        guard cursor.position <= head.cursor.position else {
            throw StoreError(.refused, operation: operation, message: "the cursor is ahead of the feed: list again")
        }
        return events
    }

    private static func head(_ rows: PostgresRows) throws -> (cursor: FeedCursor, prunedTo: Int64) {
        guard let row = rows.first else { throw CorruptRow(description: "the feed has no head") }
        return (FeedCursor(incarnation: try row.uuid(0), position: try row.decode(1)), try row.decode(2))
    }
}

extension FeedEvent {
    /// Reads ``FeedQueries/after``.
    init(row: PostgresRow) throws {
        let command = try row.decode(3, as: PostgresUUID?.self).map { CommandID(.init($0)) }
        self.init(
            position: try row.decode(0), type: try row.decode(1), nodeID: NodeID(try row.decode(2)), commandID: command,
            actor: try row.decode(4), occurredAt: try row.moment(5))
    }
}
