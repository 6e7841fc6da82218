// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore
import Postgres

extension Node {
    /// Reads ``NodeQueries/columns``.
    init(row: PostgresRow) throws {
        let labels = try row.map(11)
        let machineID = try row.decode(8, as: String.self)
        var registration = NodeRegistration()
        registration.provider = try row.decode(2)
        registration.region = try row.decode(3)
        registration.zone = try row.decode(4)
        registration.instanceType = try row.decode(5)
        registration.agentVersion = try row.decode(6)
        registration.journalID = try row.decode(7)
        registration.gpus = try row.json(9, as: [StoredGPU].self).map(\.value)
        registration.metadata = try row.json(10, as: StoredMetadata.self).value(labels: labels)
        registration.host = try row.json(12, as: StoredHost.self).value(machineID: machineID)
        self.init(
            id: NodeID(try row.decode(0)), key: try row.key(1), registration: registration, lifecycle: try row.name(13),
            schedule: try row.name(14), condition: try row.name(15), health: try row.name(16),
            statusReason: try row.decode(17),
            reachable: try row.decode(18), lastSeen: try row.optionalMoment(19),
            lastHealthCheck: try row.optionalMoment(20),
            registeredAt: try row.moment(21), revision: try row.decode(22))
    }
}

extension NodeRegistration {
    /// The parameters `facts` of ``NodeQueries``, from `$2` on.
    func facts() throws -> [PostgresValue] {
        [
            .text(provider), .text(region), .text(zone), .text(instanceType), .text(agentVersion), .text(journalID),
            .text(host.machineID),
            .json(try JSONColumn.text(gpus.map(StoredGPU.init))), .json(try JSONColumn.text(StoredMetadata(metadata))),
            .json(try JSONColumn.text(metadata.labels)), .json(try JSONColumn.text(StoredHost(host))),
        ]
    }
}

extension HealthCheckResult {
    /// Reads ``HealthQueries/results``.
    init(row: PostgresRow) throws {
        self.init(
            checkName: try row.decode(0), status: try row.name(1), message: try row.decode(2),
            observedAt: try row.optionalMoment(3),
            details: try row.map(4))
    }
}

extension NodeMetrics {
    /// Reads ``HeartbeatQueries/metrics``.
    init(row: PostgresRow) throws {
        self.init()
        cpuUsagePercent = try row.decode(0)
        memoryUsagePercent = try row.decode(1)
        gpus = try GPUSamples.samples(try row.decode(2))
    }
}

/// A selector as ``NodeQueries/page`` takes it.
struct StoredSelector {
    /// One requirement.
    struct Requirement: Encodable {
        var op: String
        var key: String
        var values: [String]?
    }
    /// Labels that must be there for any of it to hold; an index finds them.
    let presentKeys: [String]
    let requirements: [Requirement]

    init(_ selector: LabelSelector?) {
        let all = selector?.requirements ?? []
        requirements = all.map { requirement in
            switch requirement {
            case .isIn(let key, let values): Requirement(op: "in", key: key, values: values)
            case .notIn(let key, let values): Requirement(op: "notin", key: key, values: values)
            case .exists(let key): Requirement(op: "exists", key: key)
            case .absent(let key): Requirement(op: "absent", key: key)
            }
        }
        presentKeys = all.compactMap { requirement in
            switch requirement {
            case .isIn(let key, _), .exists(let key): key
            case .notIn, .absent: nil
            }
        }
    }
}
