// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore
import Postgres

extension PostgresStore {
    public func register(_ id: NodeID, _ registration: NodeRegistration) async throws(StoreError) -> RegistrationOutcome
    {
        let operation = "register node \(id)"
        if let outcome = try await registerUnchanged(id, registration, operation: operation) { return outcome }
        return try await transaction(operation: operation) { transaction in
            let writer = RegistrationWriter(
                transaction: transaction, id: id, registration: registration, operation: operation)
            return try await writer.write()
        }
    }

    /// The way of most registrations, a known agent with the same facts: two units and no lock but on its liveness. Nil when there is more
    /// to do.
    private func registerUnchanged(
        _ id: NodeID, _ registration: NodeRegistration, operation: String
    ) async throws(StoreError) -> RegistrationOutcome? {
        let read = PostgresStatement(NodeQueries.byID, [.text(id.rawValue)], name: "node.get")
        guard let row = try await query(read, operation: operation).first else { return nil }
        let existing = try reading(operation) { try Node(row: row) }
        guard RegistrationPolicy.decide(existing: existing, registration) == .keep,
            existing.registration == registration
        else {
            return nil
        }
        let touch = PostgresStatement(NodeQueries.touch, [.int4(existing.key.rawValue)], name: "node.touch")
        let rows = try await unit([touch, read], operation: operation)[1]
        guard let row = rows.first else { return nil }
        let node = try reading(operation) { try Node(row: row) }
        return node.lifecycle == .present ? RegistrationOutcome(node: node, isNew: false, lostRunning: 0) : nil
    }
}

/// One registration that changes something, inside its transaction.
private struct RegistrationWriter {
    let transaction: PostgresTransaction
    let id: NodeID
    let registration: NodeRegistration
    let operation: String

    func write() async throws -> RegistrationOutcome {
        let existing = try await locked()
        switch RegistrationPolicy.decide(existing: existing, registration) {
        case .create:
            let insert = try statement(NodeQueries.insert, .text(id.rawValue), "node.insert")
            guard let row = try await transaction.query(insert).first else {
                // Another call was faster, and has committed: what it wrote is there now.
                return try await write()
            }
            return try await finish(key: try row.key(0), isNew: true, lostRunning: 0, [])
        case .keep:
            guard let existing else { preconditionFailure("\(operation): nothing to keep") }
            let update = try statement(NodeQueries.update, .int4(existing.key.rawValue), "node.update")
            return try await keep(existing, update, [])
        case .fresh:
            guard let existing else { preconditionFailure("\(operation): nothing to replace") }
            let replace = try statement(NodeQueries.replace, .int4(existing.key.rawValue), "node.replace")
            return try await keep(
                existing, replace, [one(NodeQueries.cancelForReplaced, existing.key, "node.cancel_for_replaced")])
        case .refuse:
            throw StoreError(.refused, operation: operation, message: "node \(id) is terminated")
        }
    }

    private func locked() async throws -> Node? {
        let lock = PostgresStatement(NodeQueries.lock, [.text(id.rawValue)], name: "node.lock")
        return try await transaction.query(lock).first.map(Node.init(row:))
    }

    private func keep(_ existing: Node, _ update: PostgresStatement, _ more: [PostgresStatement]) async throws
        -> RegistrationOutcome
    {
        var statements = [update]
        let lost = RegistrationPolicy.lostJournal(existing: existing, registration) || !more.isEmpty
        if lost {
            statements += [
                one(NodeQueries.lockCommands, existing.key, "node.lock_commands"),
                one(NodeQueries.loseRunning, existing.key, "node.lose_running"),
            ]
            statements += more.isEmpty ? [one(NodeQueries.requeueLeased, existing.key, "node.requeue_leased")] : more
        }
        return try await finish(key: existing.key, isNew: false, lostRunning: lost ? 2 : nil, statements)
    }

    /// Sends the rest together, with the sign of life that a registration is, and reads the node back. `lostRunning` is the place of the
    /// statement whose rows count.
    private func finish(
        key: NodeKey, isNew: Bool, lostRunning: Int?, _ statements: [PostgresStatement]
    ) async throws -> RegistrationOutcome {
        let read = PostgresStatement(NodeQueries.byID, [.text(id.rawValue)], name: "node.get")
        let answers = try await transaction.unit(statements + [one(NodeQueries.touch, key, "node.touch"), read])
        guard let row = answers.last?.first else {
            preconditionFailure("\(operation): the node that was written is gone")
        }
        let lost = isNew ? 0 : lostRunning.map { answers[$0].affected } ?? 0
        return RegistrationOutcome(node: try Node(row: row), isNew: isNew, lostRunning: lost)
    }

    private func statement(_ text: StaticString, _ first: PostgresValue, _ name: String) throws -> PostgresStatement {
        PostgresStatement(text, [first] + (try registration.facts()), name: name)
    }

    private func one(_ text: StaticString, _ key: NodeKey, _ name: String) -> PostgresStatement {
        PostgresStatement(text, [.int4(key.rawValue)], name: name)
    }
}
