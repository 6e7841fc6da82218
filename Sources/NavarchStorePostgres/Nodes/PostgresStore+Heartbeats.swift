// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore
import Postgres

extension PostgresStore {
    public func recordHeartbeats(_ heartbeats: [Heartbeat]) async throws(StoreError) -> [NodeKey: HeartbeatOutcome] {
        guard !heartbeats.isEmpty else { return [:] }
        let operation = "record \(heartbeats.count) heartbeats"
        var statements = [
            PostgresStatement(HeartbeatQueries.record, [.keys(heartbeats.map(\.key))], name: "heartbeat.record")
        ]
        if let metrics = storeMetrics(heartbeats) { statements.append(metrics) }
        let rows = try await unit(statements, share: .reserved, operation: operation)[0]
        var outcomes = try reading(operation) {
            var outcomes: [NodeKey: HeartbeatOutcome] = [:]
            outcomes.reserveCapacity(heartbeats.count)
            for row in rows { outcomes[try row.key(0)] = try row.decode(1) ? .recorded : .returned }
            return outcomes
        }
        if outcomes.count < heartbeats.count {
            try await explain(heartbeats.map(\.key).filter { outcomes[$0] == nil }, &outcomes, operation: operation)
        }
        return outcomes
    }

    /// Samples for those that carry one; the rows are locked by the statement before, through their liveness rows.
    private func storeMetrics(_ heartbeats: [Heartbeat]) -> PostgresStatement? {
        var keys: [Int32] = []
        var cpu: [Double] = []
        var memory: [Double] = []
        var gpus: [[UInt8]] = []
        for heartbeat in heartbeats {
            guard let metrics = heartbeat.metrics else { continue }
            keys.append(heartbeat.key.rawValue)
            cpu.append(metrics.cpuUsagePercent)
            memory.append(metrics.memoryUsagePercent)
            gpus.append(GPUSamples.bytes(metrics.gpus))
        }
        if keys.isEmpty { return nil }
        return PostgresStatement(
            HeartbeatQueries.storeMetrics,
            [.int4Array(keys), .float8Array(cpu), .float8Array(memory), .byteaArray(gpus)],
            name: "heartbeat.metrics")
    }

    /// Nodes without a liveness row are tombstones, or were never there.
    private func explain(
        _ missing: [NodeKey], _ outcomes: inout [NodeKey: HeartbeatOutcome], operation: String
    ) async throws(StoreError) {
        let statement = PostgresStatement(NodeQueries.terminated, [.keys(missing)], name: "node.terminated")
        let rows = try await query(statement, share: .reserved, operation: operation)
        let terminated = try reading(operation) { Set(try rows.map { try $0.key(0) }) }
        for key in missing { outcomes[key] = terminated.contains(key) ? .terminated : .unknown }
    }
}
