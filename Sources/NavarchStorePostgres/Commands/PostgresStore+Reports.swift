// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore
import Postgres

// What agents report: synchronous where losing it would hand a command out again (C11), in the reserved share (C7).
extension PostgresStore {
    public func acknowledge(_ tokens: [LeaseToken], of node: NodeKey, duration: Duration) async throws(StoreError)
        -> [CommandID]
    {
        let operation = "acknowledge \(tokens.count) commands of node \(node.rawValue)"
        let statement = PostgresStatement(
            LeaseQueries.acknowledge, tokens.parameters + [.int4(node.rawValue), .interval(duration)],
            name: "lease.acknowledge")
        let rows = try await query(statement, share: .reserved, operation: operation)
        return try reading(operation) { try rows.map { CommandID(try $0.uuid(0)) } }
    }

    public func renew(_ tokens: [LeaseToken], of node: NodeKey, duration: Duration) async throws(StoreError)
        -> RenewOutcome
    {
        let operation = "renew \(tokens.count) leases of node \(node.rawValue)"
        let statements = [
            PostgresStatement(HeartbeatQueries.asynchronousCommit, name: "asynchronous_commit"),
            PostgresStatement(
                LeaseQueries.renew, tokens.parameters + [.int4(node.rawValue), .interval(duration)], name: "lease.renew"
            ),
        ]
        let rows = try await unit(statements, share: .reserved, operation: operation)[1]
        return try reading(operation) {
            var outcome = RenewOutcome(renewed: [], cancelRequested: [])
            for row in rows {
                let id = CommandID(try row.uuid(0))
                outcome.renewed.append(id)
                if try row.decode(1) { outcome.cancelRequested.append(id) }
            }
            return outcome
        }
    }

    public func reportProgress(
        _ progress: CommandProgress, of token: LeaseToken, node: NodeKey
    ) async throws(StoreError) -> Bool {
        let operation = "store progress of command \(token.command)"
        let statements = [
            PostgresStatement(HeartbeatQueries.asynchronousCommit, name: "asynchronous_commit"),
            PostgresStatement(
                LeaseQueries.progress,
                [
                    .id(token.command), .int4(token.attempt), .id(token.lease), .int4(node.rawValue),
                    .float8(progress.percent),
                    .text(progress.message),
                ], name: "lease.progress"),
        ]
        guard let row = try await unit(statements, share: .reserved, operation: operation)[1].first else {
            throw Self.stale(token, operation: operation)
        }
        return try reading(operation) { try row.decode(0) }
    }

    public func complete(
        _ token: LeaseToken, of node: NodeKey, as outcome: CommandState, result: CommandResult
    ) async throws(StoreError) {
        let operation = "complete command \(token.command)"
        guard [.succeeded, .failed, .unknown].contains(outcome) else {
            throw StoreError(
                .refused, operation: operation, message: "\(outcome.rawValue) is no outcome that an agent reports")
        }
        let stored = StoredResult(result)
        let complete = PostgresStatement(
            LeaseQueries.complete,
            [
                .id(token.command), .int4(token.attempt), .id(token.lease), .int4(node.rawValue),
                .text(outcome.rawValue),
                .json(try reading(operation) { try JSONColumn.text(stored) }),
            ], name: "lease.complete")
        if !(try await query(complete, share: .reserved, operation: operation)).isEmpty { return }
        let look = PostgresStatement(LeaseQueries.outcome, [.id(token.command)], name: "lease.outcome")
        if let row = try await query(look, share: .reserved, operation: operation).first {
            let isRepeat = try reading(operation) {
                try row.name(0, as: CommandState.self) == outcome && row.decode(1) == token.attempt
                    && row.decode(2, as: PostgresUUID?.self) == token.lease.uuid.postgres && row.key(3) == node
            }
            if isRepeat { return }
        }
        try await keepLateReport(
            StoredLateReport(
                attempt: token.attempt, lease: token.lease.description, outcome: outcome.rawValue, result: stored),
            of: token.command, node: node, operation: operation)
        throw Self.stale(token, operation: operation)
    }

    private func keepLateReport(
        _ report: StoredLateReport, of command: CommandID, node: NodeKey, operation: String
    ) async throws(StoreError) {
        let details = try reading(operation) { try JSONColumn.text(report) }
        let keep = PostgresStatement(
            LeaseQueries.keepLateReport, [.int4(node.rawValue), .id(command), .json(details)],
            name: "lease.keep_late_report")
        _ = try await query(keep, share: .reserved, operation: operation)
    }

    private static func stale(_ token: LeaseToken, operation: String) -> StoreError {
        StoreError(
            .stale, operation: operation,
            message:
                "attempt \(token.attempt) of command \(token.command) is not the current one, or the command does not run"
        )
    }
}
