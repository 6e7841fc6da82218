// SPDX-License-Identifier: MIT

import Foundation
import NavarchWire

/// Replicas and cloud instances as rows and in full.
enum FleetText {
    /// The table of `navarch replicas list`.
    static func table(_ replicas: [Navarch_V1_ReplicaInfo], now: Date) -> Table {
        Table(
            ["REPLICA ID", "REGION", "ADDRESS", "VERSION", "SCHEMA", "STATE", "STARTED", "LAST SEEN", "LEADS"],
            replicas.map { replica in
                [
                    replica.replicaID, replica.region, replica.address, replica.version,
                    "\(replica.schemaMin)-\(replica.schemaMax)", state(replica),
                    Age.words(replica.hasStartedAt ? replica.startedAt : nil, now: now),
                    Age.words(replica.hasLastSeenAt ? replica.lastSeenAt : nil, now: now),
                    replica.leads.joined(separator: ","),
                ]
            })
    }

    private static func state(_ replica: Navarch_V1_ReplicaInfo) -> String {
        if !replica.live { return "Silent" }
        return replica.draining ? "Draining" : "Live"
    }

    /// The table of `navarch instances list`.
    static func table(_ instances: [Navarch_V1_InstanceInfo], now: Date) -> Table {
        Table(
            ["INSTANCE ID", "PROVIDER", "REGION", "ZONE", "INSTANCE TYPE", "STATE", "POOL", "NODE ID", "CREATED"],
            instances.map { instance in
                [
                    instance.instanceID, instance.provider, instance.region, instance.zone, instance.instanceType,
                    Words.word(instance.state), instance.poolName, instance.nodeID,
                    Age.words(instance.hasCreatedAt ? instance.createdAt : nil, now: now),
                ]
            })
    }

    /// The lines of `navarch instances get`.
    static func lines(_ instance: Navarch_V1_InstanceInfo, now: Date) -> [String] {
        let fields = [
            ("Instance ID", instance.instanceID), ("Provider", instance.provider), ("Region", instance.region),
            ("Zone", instance.zone), ("Instance Type", instance.instanceType), ("State", Words.word(instance.state)),
            ("Message", instance.statusMessage), ("Pool", instance.poolName), ("Node ID", instance.nodeID),
            ("Created", instance.hasCreatedAt ? Age.words(instance.createdAt, now: now) : ""),
            ("Ready", instance.hasReadyAt ? Age.words(instance.readyAt, now: now) : ""),
            ("Terminated", instance.hasTerminatedAt ? Age.words(instance.terminatedAt, now: now) : ""),
        ]
        let labels = Fields.lines(instance.labels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, indent: "  ")
        return Fields.lines(fields) + (labels.isEmpty ? [] : ["", "Labels:"] + labels)
    }
}
