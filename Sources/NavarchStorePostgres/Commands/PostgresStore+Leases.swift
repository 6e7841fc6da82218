// SPDX-License-Identifier: MIT
import FoundationEssentials
import NavarchModel
import NavarchStore
import Postgres

extension PostgresStore: LeaseStore {
    /// Nodes leased for in one transaction at most (C10).
    static let maximumNodes = 64

    public func lease(
        for nodes: [NodeKey], limit: Int, lease: LeaseID, duration: Duration, replica: ReplicaID
    ) async throws(StoreError) -> LeaseBatch {
        let asked = nodes.prefix(Self.maximumNodes)
        let statements = [
            PostgresStatement(LeaseQueries.lockNodes, [.keys(asked)], name: "lease.lock_nodes"),
            PostgresStatement(
                LeaseQueries.lease, [.int8(Int64(limit)), .id(lease), .interval(duration), .id(replica)],
                name: "lease.lease"),
        ]
        let answers = try await unit(statements, operation: "lease commands of \(asked.count) nodes")
        return try reading("lease commands of \(asked.count) nodes") {
            let locked = Set(try LockedNodes.keys(answers[0]))
            // What was over the limit is as good as busy: the caller tries it once more.
            let busy = nodes.filter { !locked.contains($0) }
            return LeaseBatch(commands: try LeasedCommand.batch(answers[1]), busy: busy)
        }
    }

    public func leased(under lease: LeaseID) async throws(StoreError) -> [LeasedCommand] {
        let statement = PostgresStatement(LeaseQueries.underLease, [.id(lease)], name: "lease.under_lease")
        let rows = try await query(statement, operation: "look up lease \(lease)")
        return try reading("look up lease \(lease)") { try LeasedCommand.batch(rows) }
    }

    public func leaseAndClose(
        for node: NodeKey, limit: Int, lease: LeaseID, replica: ReplicaID
    ) async throws(StoreError) -> [LeasedCommand] {
        let statements = [
            PostgresStatement(LeaseQueries.lockNodes, [.keys([node])], name: "lease.lock_nodes"),
            PostgresStatement(
                LeaseQueries.leaseAndClose,
                [
                    .int8(Int64(limit)), .id(lease), .id(replica),
                    .text("handed to an agent that does not report results"),
                ],
                name: "lease.lease_and_close"),
        ]
        let rows = try await unit(statements, operation: "lease and close commands of node \(node.rawValue)")[1]
        return try reading("lease and close commands of node \(node.rawValue)") { try LeasedCommand.batch(rows) }
    }

    public func giveBack(_ tokens: [LeaseToken]) async throws(StoreError) -> [NodeKey] {
        let operation = "give back \(tokens.count) commands"
        let nodesOf = PostgresStatement(
            LeaseQueries.nodesOf, [.uuidArray(tokens.map { $0.command.uuid.postgres })], name: "lease.nodes_of")
        let found = try await query(nodesOf, share: .reserved, operation: operation)
        let keys = try reading(operation) { try found.map { try $0.key(0) } }
        let statements = [
            PostgresStatement(LeaseQueries.lockNodesWaiting, [.keys(keys)], name: "lease.lock_nodes_waiting"),
            PostgresStatement(LeaseQueries.giveBack, tokens.parameters, name: "lease.give_back"),
        ]
        let rows = try await unit(statements, share: .reserved, operation: operation)[1]
        return try reading(operation) { Array(Set(try rows.map { try $0.key(0) })).sorted() }
    }

    public func work(for nodes: [NodeKey]) async throws(StoreError) -> NodeWork {
        let statement = PostgresStatement(LeaseQueries.work, [.keys(nodes)], name: "lease.work")
        let rows = try await query(statement, operation: "look for work")
        return try reading("look for work") {
            var work = NodeWork()
            for row in rows {
                if let id = try row.decode(1, as: PostgresUUID?.self) {
                    work.cancelRequests[try row.key(0), default: []].append(CommandID(UUID(id)))
                } else {
                    work.queued.insert(try row.key(0))
                }
            }
            return work
        }
    }

    public func queuedNodes() async throws(StoreError) -> [NodeKey] {
        let rows = try await query(
            PostgresStatement(LeaseQueries.queued, name: "lease.queued"), operation: "sweep queued commands")
        return try reading("sweep queued commands") { try rows.map { try $0.key(0) } }
    }
}

/// What the first statement of a lease's unit got hold of.
enum LockedNodes {
    /// Reads the array that the setting was given, as text: `{1,2}`.
    static func keys(_ rows: PostgresRows) throws -> [NodeKey] {
        guard let text = try rows.first?.decode(0, as: String.self) else { return [] }
        return text.dropFirst().dropLast().split(separator: ",").compactMap { Int32($0).map { NodeKey($0) } }
    }
}
