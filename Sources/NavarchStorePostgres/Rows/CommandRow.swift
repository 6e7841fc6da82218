// SPDX-License-Identifier: MIT
import NavarchModel
import Postgres

extension Command {
    /// How many columns ``CommandQueries/columns`` has.
    static let columnCount = 22

    /// Reads ``CommandQueries/columns``.
    init(row: PostgresRow) throws {
        var progress: CommandProgress?
        if let percent = try row.decode(16, as: Double?.self) {
            progress = CommandProgress(percent: percent, message: try row.decode(17, as: String?.self) ?? "")
        }
        var result: CommandResult?
        if try row.decode(19, as: String?.self) != nil { result = try row.json(19, as: StoredResult.self).value }
        self.init(
            id: CommandID(try row.uuid(0)), nodeID: NodeID(try row.decode(1)), nodeKey: try row.key(2),
            sequence: try row.decode(3),
            type: try row.name(4), parameters: try row.map(5), reason: try row.decode(6), issuedBy: try row.decode(7),
            idempotencyKey: try row.decode(8), state: try row.name(9), attempt: try row.decode(10),
            issuedAt: try row.moment(11),
            notAfter: try row.moment(12), runTimeout: try row.duration(13), startedAt: try row.optionalMoment(14),
            finishedAt: try row.optionalMoment(15), progress: progress, progressAt: try row.optionalMoment(18),
            result: result,
            cancelRequested: try row.decode(20), outOfContact: try row.decode(21))
    }
}

extension LeasedCommand {
    /// Reads what ``LeaseQueries/lease`` returns.
    init(row: PostgresRow) throws {
        self.init(
            nodeKey: try row.key(0), sequence: try row.decode(1),
            token: LeaseToken(
                command: CommandID(try row.uuid(2)), attempt: try row.decode(3), lease: LeaseID(try row.uuid(4))),
            type: try row.name(5), parameters: try row.map(6), reason: try row.decode(7), issuedAt: try row.moment(8),
            runTimeout: try row.duration(9))
    }

    /// All rows, sorted as a batch travels: the server returns them in no order.
    static func batch(_ rows: PostgresRows) throws -> [LeasedCommand] {
        try rows.map(LeasedCommand.init(row:)).sorted { ($0.nodeKey, $0.sequence) < ($1.nodeKey, $1.sequence) }
    }
}

extension [LeaseToken] {
    /// Ids, attempts and lease ids as three arrays.
    var parameters: [PostgresValue] {
        [
            .uuidArray(map { $0.command.uuid.postgres }), .int4Array(map(\.attempt)),
            .uuidArray(map { $0.lease.uuid.postgres }),
        ]
    }
}
