// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore
import Postgres

extension PostgresStore {
    public func issue(_ request: CommandRequest, for node: NodeID, id: CommandID) async throws(StoreError)
        -> IssueOutcome
    {
        let operation = "issue \(request.type.rawValue) for node \(node)"
        let target = IssueTarget(node: node, id: id, key: request.idempotencyKey, request: request)
        switch try await issueAll(request.type, [target], operation: operation)[0] {
        case .issued(_, let outcome): return outcome
        case .failed(_, let code, let message): throw StoreError(code, operation: operation, message: message)
        }
    }

    public func issue(_ request: CommandRequest, forEach nodes: [(NodeID, CommandID)]) async throws(StoreError)
        -> [BulkIssue]
    {
        guard !nodes.isEmpty else { return [] }
        let targets = nodes.map { node, id in
            // The caller's key covers the whole call; each node's command has one of its own.
            let key = request.idempotencyKey.isEmpty ? "" : "\(request.idempotencyKey)/\(node)"
            return IssueTarget(node: node, id: id, key: key, request: request)
        }
        return try await issueAll(
            request.type, targets, operation: "issue \(request.type.rawValue) for \(nodes.count) nodes")
    }

    public func issue(_ calls: [IssueCall]) async throws(StoreError) -> [Result<IssueOutcome, StoreError>] {
        let operation = "issue \(calls.count) commands"
        // By key, as everybody does: two batches that insert the same keys in two orders would wait for each other.
        let order = calls.indices.sorted {
            (calls[$0].request.idempotencyKey, $0) < (calls[$1].request.idempotencyKey, $1)
        }
        let targets = order.map { place in
            let call = calls[place]
            precondition(NodeTransition.eventType(of: call.request.type) == nil, "\(call.request.type) locks its node")
            return IssueTarget(node: call.node, id: call.id, key: call.request.idempotencyKey, request: call.request)
        }
        var answers: [Result<IssueOutcome, StoreError>?] = Array(repeating: nil, count: calls.count)
        for (place, answer) in zip(order, try await insert(targets, operation: operation)) {
            switch answer {
            case .issued(_, let outcome): answers[place] = .success(outcome)
            case .failed(_, let code, let message):
                answers[place] = .failure(StoreError(code, operation: operation, message: message))
            }
        }
        return answers.compactMap(\.self)
    }

    /// Issues in one transaction. Sent again when nobody knows how it went: the ids are the same, so that it cannot issue twice (C13).
    private func issueAll(
        _ type: CommandType, _ targets: [IssueTarget], operation: String
    ) async throws(StoreError) -> [BulkIssue] {
        guard NodeTransition.eventType(of: type) != nil else { return try await insert(targets, operation: operation) }
        return try await transaction(repeatable: true, operation: operation) { transaction in
            try await TransitionIssue(transaction: transaction, type: type, targets: targets).issue()
        }
    }

    /// Issues what changes no node: one statement, and a second one where it did not make all of them.
    private func insert(_ targets: [IssueTarget], operation: String) async throws(StoreError) -> [BulkIssue] {
        let insert = try reading(operation) { try IssueTarget.insert(targets) }
        let rows = try await query(insert, repeatable: true, operation: operation)
        let issued = try reading(operation) { try rows.map(Command.init(row:)) }
        if issued.count == targets.count { return IssueAnswers(targets, issued: issued).all }
        // Repeated, or refused: a second statement tells which (C13).
        let made = Set(issued.map(\.id))
        let missing = targets.filter { !made.contains($0.id) }
        let answers = try await unit(
            [IssueTarget.existing(missing), IssueTarget.nodes(missing)], operation: operation)
        return try reading(operation) {
            var all = IssueAnswers(targets, issued: issued)
            try all.take(existing: answers[0])
            try all.take(nodes: try answers[1].map(Node.init(row:)))
            return all.all
        }
    }
}

/// Cordon, uncordon and drain, one request for one or many nodes: these are locked before anything is decided (C14).
private struct TransitionIssue {
    let transaction: PostgresTransaction
    let type: CommandType
    let targets: [IssueTarget]

    func issue() async throws -> [BulkIssue] {
        let lock = PostgresStatement(
            NodeQueries.lockAll, [.textArray(targets.map(\.node.rawValue))], name: "node.lock_all")
        let nodes = try await transaction.query(lock).map(Node.init(row:))
        var answers = IssueAnswers(targets, issued: [])
        // Repeats first: what they did is done, and the node's state may not allow it a second time.
        try answers.take(existing: try await transaction.query(IssueTarget.existing(targets)))
        try answers.take(nodes: nodes)
        let allowed = answers.open
        guard !allowed.isEmpty else { return answers.all }
        let issued = try await transaction.query(try IssueTarget.insert(allowed)).map(Command.init(row:))
        answers.take(issued: issued)
        if !issued.isEmpty { _ = try await transaction.query(change(issued, of: nodes)) }
        if !answers.open.isEmpty {
            // The same key was used meanwhile for a node that is not locked here.
            try answers.take(existing: try await transaction.query(IssueTarget.existing(answers.open)))
        }
        return answers.all
    }

    private func change(_ issued: [Command], of nodes: [Node]) -> PostgresStatement {
        var schedules: [String] = []
        var conditions: [String] = []
        for command in issued {
            guard let node = nodes.first(where: { $0.key == command.nodeKey }),
                case .apply(let schedule, let condition) = NodeTransition.of(type, on: node)
            else { preconditionFailure("issued \(type) for a node that does not allow it: \(command)") }
            schedules.append(schedule.rawValue)
            conditions.append(condition.rawValue)
        }
        return PostgresStatement(
            CommandQueries.changeNodes,
            [
                .keys(issued.map(\.nodeKey)), .textArray(schedules), .textArray(conditions),
                .uuidArray(issued.map { $0.id.uuid.postgres }), .text(issued.first?.reason ?? ""),
                .text(issued.first?.issuedBy ?? ""), .text(NodeTransition.eventType(of: type) ?? ""),
            ], name: "command.change_nodes")
    }
}
