// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_ReplicaInfo {
    /// The replica as operators see it.
    public init(_ replica: Replica) {
        self.init()
        replicaID = replica.id.description
        region = replica.region
        address = replica.address
        version = replica.version
        schemaMin = replica.schemaMin
        schemaMax = replica.schemaMax
        if let startedAt = replica.startedAt { self.startedAt = .init(startedAt) }
        if let lastSeenAt = replica.lastSeenAt { self.lastSeenAt = .init(lastSeenAt) }
        live = replica.live
        draining = replica.draining
        leads = replica.leads
        synchronousReplication = replica.synchronousReplication
    }
}
