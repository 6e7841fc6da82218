// SPDX-License-Identifier: MIT
import ConnectServer
import NavarchControl
import NavarchWire

/// `navarch.v1.ReplicaService`.
struct ReplicaHandlers: Sendable {
    let replicas: ReplicaOperations
    let handling: Handling

    func add(to router: inout RPCRouter) {
        handling.unary(&router, ReplicaMethods.listReplicas) { _, _ in
            let (replicas, schemaVersion) = try await replicas.replicas()
            return .with {
                $0.replicas = replicas.map(Navarch_V1_ReplicaInfo.init)
                $0.schemaVersion = schemaVersion
            }
        }
    }
}
