// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore
import Postgres

extension PostgresStore: ReplicaStore {
    public func register(_ replica: Replica) async throws(StoreError) -> SchemaGate {
        try await transaction(repeatable: true, operation: "register replica \(replica.id)") { transaction in
            let has = PostgresStatement(ReplicaQueries.hasSchema, name: "replica.has_schema")
            guard try await transaction.query(has).first?.decode(0) == true,
                let row = try await transaction.query(PostgresStatement(ReplicaQueries.schema, name: "replica.schema"))
                    .first
            else { return .waiting(schemaVersion: 0) }
            let version: Int32 = try row.decode(0)
            let minimum: Int32 = try row.decode(1)
            if minimum > replica.schemaMax {
                return .refused(
                    reason:
                        "the database, at schema \(version), needs a binary that knows schema \(minimum); this one knows up to "
                        + "\(replica.schemaMax)")
            }
            if version < replica.schemaMin { return .waiting(schemaVersion: version) }
            let register = PostgresStatement(
                ReplicaQueries.register,
                [
                    .id(replica.id), .text(replica.region), .text(replica.address), .text(replica.version),
                    .int4(replica.schemaMin),
                    .int4(replica.schemaMax),
                ], name: "replica.register")
            let renew = PostgresStatement(ReplicaQueries.renewIncarnation, name: "replica.renew_incarnation")
            let answers = try await transaction.unit([renew, register])
            let synchronous = try answers[1].first?.decode(0, as: Bool.self) ?? false
            return .open(ReplicaRegistration(schemaVersion: version, synchronousReplication: synchronous))
        }
    }

    public func beat(_ id: ReplicaID, draining: Bool) async throws(StoreError) {
        let statements = [
            PostgresStatement(HeartbeatQueries.asynchronousCommit, name: "asynchronous_commit"),
            PostgresStatement(HeartbeatQueries.lockClock, name: "clock.lock"),
            PostgresStatement(HeartbeatQueries.proveClock, name: "clock.prove"),
            PostgresStatement(ReplicaQueries.beat, [.id(id), .bool(draining)], name: "replica.beat"),
        ]
        let answers = try await unit(statements, share: .reserved, operation: "beat of replica \(id)")
        if answers[3].isEmpty {
            throw StoreError(.notFound, operation: "beat of replica \(id)", message: "replica not registered: \(id)")
        }
    }

    public func replicas() async throws(StoreError) -> (replicas: [Replica], schemaVersion: Int32) {
        let answers = try await unit(
            [
                PostgresStatement(ReplicaQueries.all, name: "replica.all"),
                PostgresStatement(ReplicaQueries.schemaVersion, name: "replica.schema_version"),
            ], operation: "list replicas")
        return try reading("list replicas") {
            (try answers[0].map(Replica.init(row:)), try answers[1].first?.decode(0) ?? 0)
        }
    }

    public func deregister(_ id: ReplicaID) async throws(StoreError) {
        let statement = PostgresStatement(ReplicaQueries.deregister, [.id(id)], name: "replica.deregister")
        _ = try await query(statement, repeatable: true, operation: "deregister replica \(id)")
    }
}

extension Replica {
    /// Reads ``ReplicaQueries/all``.
    init(row: PostgresRow) throws {
        self.init(
            id: ReplicaID(try row.uuid(0)), region: try row.decode(1), address: try row.decode(2),
            version: try row.decode(3),
            schemaMin: try row.decode(4), schemaMax: try row.decode(5))
        startedAt = try row.moment(6)
        lastSeenAt = try row.moment(7)
        live = try row.decode(8)
        draining = try row.decode(9)
        synchronousReplication = try row.decode(10)
        leads = try row.decode(11)
    }
}
