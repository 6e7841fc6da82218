// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore
import Postgres

extension PostgresStore {
    public func reportHealth(
        of id: NodeID, results: [HealthCheckResult], events: [HealthEvent], verdict: HealthStatus
    ) async throws(StoreError) -> Node {
        let operation = "store a health report of node \(id)"
        return try await transaction(operation: operation) { transaction in
            let lock = PostgresStatement(NodeQueries.lock, [.text(id.rawValue)], name: "node.lock")
            guard let row = try await transaction.query(lock).first else {
                throw StoreError.unknownNode(id, operation: operation)
            }
            let report = HealthReport(
                before: try Node(row: row), results: results, events: events, verdict: verdict)
            guard report.before.lifecycle == .present else {
                throw StoreError(.refused, operation: operation, message: "node \(id) is terminated")
            }
            let read = PostgresStatement(NodeQueries.byID, [.text(id.rawValue)], name: "node.get")
            let answers = try await transaction.unit(try report.statements() + [read])
            guard let after = answers.last?.first else { preconditionFailure("\(operation): the node is gone") }
            return try Node(row: after)
        }
    }
}

/// A report as the statements that store it.
private struct HealthReport {
    let before: Node
    let results: [HealthCheckResult]
    let events: [HealthEvent]
    let verdict: HealthStatus

    private var key: PostgresValue { .int4(before.key.rawValue) }
    private var health: HealthStatus { HealthVerdict.health(after: verdict, before: before.health) }
    private var condition: Node.Condition { HealthVerdict.condition(after: verdict, before: before.condition) }

    /// Why the node is unhealthy, in the words of the worst results.
    private var reason: String {
        guard condition == .unhealthy, before.condition == .ok else { return before.statusReason }
        let worst = results.filter { $0.status == verdict }.map {
            $0.message.isEmpty ? $0.checkName : "\($0.checkName): \($0.message)"
        }
        return String(worst.joined(separator: "; ").prefix(1_000))
    }

    func statements() throws -> [PostgresStatement] {
        var statements = [
            PostgresStatement(
                HealthQueries.updateNode, [key, .text(health.rawValue), .text(condition.rawValue), .text(reason)],
                name: "health.update_node")
        ]
        if !results.isEmpty { statements += [try insertReport(), try upsertResults()] }
        if !events.isEmpty { statements.append(try insertEvents()) }
        if condition != before.condition {
            statements.append(announce("node.unhealthy"))
        } else if health != before.health {
            statements.append(announce("node.health_changed"))
        }
        return statements
    }

    private func insertReport() throws -> PostgresStatement {
        let stored = results.map { StoredHealthResult($0) }
        return PostgresStatement(
            HealthQueries.insertReport, [key, .text(verdict.rawValue), .json(try JSONColumn.text(stored))],
            name: "health.insert_report")
    }

    private func upsertResults() throws -> PostgresStatement {
        // The last one of each check counts: a statement cannot store a row twice.
        let latest = Array(Dictionary(results.map { ($0.checkName, $0) }, uniquingKeysWith: { $1 }).values)
        return PostgresStatement(
            HealthQueries.upsertResults,
            [
                key, .textArray(latest.map(\.checkName)), .textArray(latest.map(\.status.rawValue)),
                .textArray(latest.map(\.message)),
                .int8Array(latest.map { $0.observedAt?.microseconds ?? 0 }),
                .jsonArray(try latest.map { try JSONColumn.text($0.details) }),
            ], name: "health.upsert_results")
    }

    private func insertEvents() throws -> PostgresStatement {
        PostgresStatement(
            HealthQueries.insertEvents,
            [
                key, .int8Array(events.map { $0.observedAt?.microseconds ?? 0 }), .int4Array(events.map(\.gpuIndex)),
                .textArray(events.map(\.gpuUUID)), .textArray(events.map(\.system)), .textArray(events.map(\.type)),
                .jsonArray(try events.map { try JSONColumn.text($0.metrics) }), .textArray(events.map(\.message)),
            ], name: "health.insert_events")
    }

    private func announce(_ type: String) -> PostgresStatement {
        PostgresStatement(
            HealthQueries.announce, [.text(type), key, .text("node:\(before.id)"), .text(reason)],
            name: "health.announce")
    }
}

/// A result as `health_report.results` has it.
private struct StoredHealthResult: Encodable {
    var check: String
    var status: String
    var message: String
    var observedMicroseconds: Int64?
    var details: [String: String]

    init(_ result: HealthCheckResult) {
        check = result.checkName
        status = result.status.rawValue
        message = result.message
        observedMicroseconds = result.observedAt?.microseconds
        details = result.details
    }
}
