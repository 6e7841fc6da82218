// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_RegisterNodeRequest {
    /// The request that registers `id` with these facts.
    public init(_ id: NodeID, _ registration: NodeRegistration) {
        self.init()
        nodeID = id.rawValue
        provider = registration.provider
        region = registration.region
        zone = registration.zone
        instanceType = registration.instanceType
        gpus = registration.gpus.map(Navarch_V1_GPUInfo.init)
        metadata = Navarch_V1_NodeMetadata(registration.metadata)
        host = Navarch_V1_HostInfo(registration.host)
        agentVersion = registration.agentVersion
        journalID = registration.journalID
    }
}

extension NodeRegistration {
    /// What the request says of its node, without the node's name.
    public init(_ wire: Navarch_V1_RegisterNodeRequest) {
        self.init()
        provider = wire.provider
        region = wire.region
        zone = wire.zone
        instanceType = wire.instanceType
        gpus = wire.gpus.map(GPU.init)
        metadata = NodeMetadata(wire.metadata)
        host = HostFacts(wire.host)
        agentVersion = wire.agentVersion
        journalID = wire.journalID
    }
}
