// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore
import Postgres

extension PostgresStore: NodeStore {
    public func keys(of ids: [NodeID]) async throws(StoreError) -> [NodeID: NodeLookup] {
        let statement = PostgresStatement(NodeQueries.keys, [.textArray(ids.map(\.rawValue))], name: "node.keys")
        // Reserved: a heartbeat or a poll waits for it.
        let rows = try await query(statement, share: .reserved, operation: "resolve node names")
        return try reading("resolve node names") {
            var found: [NodeID: NodeLookup] = [:]
            for row in rows {
                let key = try row.key(1)
                found[NodeID(try row.decode(0))] = try row.decode(2) ? .terminated(key) : .present(key)
            }
            return found
        }
    }

    public func node(_ id: NodeID) async throws(StoreError) -> NodeDetail {
        let name = PostgresValue.text(id.rawValue)
        let answers = try await unit(
            [
                PostgresStatement(NodeQueries.byID, [name], name: "node.get"),
                PostgresStatement(HealthQueries.results, [name], name: "health.results"),
                PostgresStatement(HeartbeatQueries.metrics, [name], name: "node.metrics"),
            ], operation: "read node \(id)")
        guard let row = answers[0].first else { throw .unknownNode(id, operation: "read node \(id)") }
        return try reading("read node \(id)") {
            NodeDetail(
                node: try Node(row: row), healthResults: try answers[1].map(HealthCheckResult.init(row:)),
                metrics: try answers[2].first.map(NodeMetrics.init(row:)))
        }
    }

    public func nodes(_ filter: NodeFilter, limit: Int, after token: String?) async throws(StoreError) -> Page<Node> {
        let selector = StoredSelector(filter.labels)
        let after = try token.map(PageToken.node) ?? ""
        let requirements = try reading("list nodes") { try JSONColumn.text(selector.requirements) }
        let statement = PostgresStatement(
            NodeQueries.page,
            [
                .text(after), .int8(Int64(limit) + 1), .text(filter.provider), .text(filter.region), .text(filter.zone),
                .text(filter.status?.rawValue ?? ""), .textArray(selector.presentKeys), .json(requirements),
            ], name: "node.page")
        let rows = try await query(statement, operation: "list nodes")
        let nodes = try reading("list nodes") { try rows.prefix(limit).map(Node.init(row:)) }
        return Page(nodes, next: rows.count > limit ? nodes.last.map { PageToken.text(of: $0) } : nil)
    }

    public func nodes(named ids: [NodeID]) async throws(StoreError) -> [Node] {
        let statement = PostgresStatement(NodeQueries.named, [.textArray(ids.map(\.rawValue))], name: "node.named")
        let rows = try await query(statement, operation: "read \(ids.count) nodes")
        return try reading("read \(ids.count) nodes") { try rows.map(Node.init(row:)) }
    }

    public func census() async throws(StoreError) -> FleetCensus {
        let answers = try await unit(
            [
                PostgresStatement(NodeQueries.countByStatus, name: "node.count_by_status"),
                PostgresStatement(NodeQueries.countGPUs, name: "node.count_gpus"),
                PostgresStatement(NodeQueries.healthOfAll, name: "node.health_of_all"),
                PostgresStatement(NodeQueries.countOthers, name: "node.count_others"),
            ], operation: "count the fleet")
        return try reading("count the fleet") {
            var census = FleetCensus()
            for row in answers[0] { census.nodesByStatus[try row.name(0)] = try row.decode(1) }
            for row in answers[1] { census.gpusByProvider[try row.decode(0)] = try row.decode(1) }
            for row in answers[2] { census.health[NodeID(try row.decode(0))] = try row.name(1) }
            for row in answers[3] {
                census.unreachable = try row.decode(0)
                census.queuedCommands = try row.decode(1)
            }
            return census
        }
    }
}

extension StoreError {
    /// No such node.
    static func unknownNode(_ id: NodeID, operation: String) -> StoreError {
        StoreError(.notFound, operation: operation, message: "node not found: \(id)")
    }

    /// No such command.
    static func unknownCommand(_ id: CommandID, operation: String) -> StoreError {
        StoreError(.notFound, operation: operation, message: "command not found: \(id)")
    }
}
