// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore
import Postgres

extension PostgresStore: InstanceStore {
    public func instances(
        provider: String, region: String, state: InstanceState?, pool: String, limit: Int, after token: String?
    ) async throws(StoreError) -> Page<Instance> {
        let after = try token.map(PageToken.instance) ?? ""
        let statement = PostgresStatement(
            InstanceQueries.page,
            [
                .text(after), .int8(Int64(limit) + 1), .text(provider), .text(region), .text(state?.rawValue ?? ""),
                .text(pool),
            ], name: "instance.page")
        let rows = try await query(statement, operation: "list instances")
        let instances = try reading("list instances") { try rows.prefix(limit).map(Instance.init(row:)) }
        return Page(instances, next: rows.count > limit ? instances.last.map { PageToken.text(of: $0) } : nil)
    }

    public func instance(_ id: String) async throws(StoreError) -> Instance {
        let operation = "read instance \(id)"
        let statement = PostgresStatement(InstanceQueries.byID, [.text(id)], name: "instance.get")
        guard let row = try await query(statement, operation: operation).first else {
            throw StoreError(.notFound, operation: operation, message: "instance not found: \(id)")
        }
        return try reading(operation) { try Instance(row: row) }
    }
}

extension Instance {
    /// Reads the columns of ``InstanceQueries``.
    init(row: PostgresRow) throws {
        self.init(
            id: try row.decode(0), provider: try row.decode(1), region: try row.decode(2), zone: try row.decode(3),
            instanceType: try row.decode(4), state: try row.name(5), poolName: try row.decode(6),
            createdAt: try row.moment(7),
            readyAt: try row.optionalMoment(8), terminatedAt: try row.optionalMoment(9), nodeID: try row.decode(10),
            statusMessage: try row.decode(11), labels: try row.map(12))
    }
}
