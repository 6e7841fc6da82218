// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore
import Postgres

// What agents report: synchronous where losing it would hand a command out again (C11), in the reserved share (C7).
extension PostgresStore {
    public func acknowledge(_ batches: [NodeLeases], duration: Duration) async throws(StoreError) -> [[CommandID]] {
        let tokens = batches.flatMap(\.tokens)
        let operation = "acknowledge \(tokens.count) commands of \(batches.count) nodes"
        let nodes = batches.flatMap { Array(repeating: $0.node, count: $0.tokens.count) }
        let statement = PostgresStatement(
            LeaseQueries.acknowledge, tokens.parameters + [.keys(nodes), .interval(duration)],
            name: "lease.acknowledge")
        let rows = try await query(statement, share: .reserved, operation: operation)
        let accepted = try reading(operation) { Set(try rows.map(NodeLease.init(row:))) }
        return batches.map { batch in
            batch.tokens.filter { accepted.contains(NodeLease(node: batch.node, token: $0)) }.map(\.command)
        }
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

    public func complete(_ reports: [CompletionReport]) async throws(StoreError) -> [Result<Void, StoreError>] {
        let operation = "complete \(reports.count) commands"
        var answers: [Result<Void, StoreError>?] = reports.map { report in
            if [.succeeded, .failed, .unknown].contains(report.outcome) { return nil }
            let message = "\(report.outcome.rawValue) is no outcome that an agent reports"
            return .failure(StoreError(.refused, operation: operation, message: message))
        }
        let places = answers.indices.filter { answers[$0] == nil }
        let asked = places.map { reports[$0] }
        let complete = PostgresStatement(
            LeaseQueries.complete,
            asked.map(\.token).parameters + [
                .keys(asked.map(\.node)), .textArray(asked.map(\.outcome.rawValue)),
                .jsonArray(try reading(operation) { try asked.map { try JSONColumn.text(StoredResult($0.result)) } }),
            ], name: "lease.complete")
        let rows = try await query(complete, share: .reserved, operation: operation)
        for place in try reading(operation, { try rows.map { Int(try $0.decode(0, as: Int64.self)) - 1 } }) {
            answers[places[place]] = .success(())
        }
        for place in places where answers[place] == nil { answers[place] = await judgeLate(reports[place]) }
        return answers.compactMap(\.self)
    }

    /// A report that found nothing to end: a repeat is fine, any other is kept beside and refused (C9, C11).
    private func judgeLate(_ report: CompletionReport) async -> Result<Void, StoreError> {
        let token = report.token
        let operation = "complete command \(token.command)"
        do throws(StoreError) {
            let look = PostgresStatement(LeaseQueries.outcome, [.id(token.command)], name: "lease.outcome")
            if let row = try await query(look, share: .reserved, operation: operation).first {
                let isRepeat = try reading(operation) {
                    try row.name(0, as: CommandState.self) == report.outcome && row.decode(1) == token.attempt
                        && row.decode(2, as: PostgresUUID?.self) == token.lease.uuid.postgres
                        && row.key(3) == report.node
                }
                if isRepeat { return .success(()) }
            }
            try await keepLateReport(
                StoredLateReport(
                    attempt: token.attempt, lease: token.lease.description, outcome: report.outcome.rawValue,
                    result: StoredResult(report.result)), of: token.command, node: report.node, operation: operation)
            return .failure(Self.stale(token, operation: operation))
        } catch {
            return .failure(error)
        }
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

/// A lease with its node: what an acknowledgement has to match in all parts.
private struct NodeLease: Hashable {
    let node: NodeKey
    let token: LeaseToken

    init(node: NodeKey, token: LeaseToken) {
        self.node = node
        self.token = token
    }

    /// Reads what ``LeaseQueries/acknowledge`` returns.
    init(row: PostgresRow) throws {
        token = LeaseToken(
            command: CommandID(try row.uuid(0)), attempt: try row.decode(1), lease: LeaseID(try row.uuid(2)))
        node = try row.key(3)
    }
}
