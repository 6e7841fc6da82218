// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_InstanceInfo {
    /// The instance as clients see it.
    public init(_ instance: Instance) {
        self.init()
        instanceID = instance.id
        provider = instance.provider
        region = instance.region
        zone = instance.zone
        instanceType = instance.instanceType
        state = Navarch_V1_InstanceState(instance.state)
        poolName = instance.poolName
        createdAt = .init(instance.createdAt)
        if let readyAt = instance.readyAt { self.readyAt = .init(readyAt) }
        if let terminatedAt = instance.terminatedAt { self.terminatedAt = .init(terminatedAt) }
        nodeID = instance.nodeID
        statusMessage = instance.statusMessage
        labels = instance.labels
    }
}

extension Navarch_V1_InstanceState {
    /// The same state.
    public init(_ state: InstanceState) {
        switch state {
        case .provisioning: self = .provisioning
        case .pendingRegistration: self = .pendingRegistration
        case .running: self = .running
        case .terminating: self = .terminating
        case .terminated: self = .terminated
        case .failed: self = .failed
        }
    }
}

extension InstanceState {
    /// The same state; nil for unknown and for numbers that this version does not have.
    public init?(_ wire: Navarch_V1_InstanceState) {
        switch wire {
        case .unknown, .UNRECOGNIZED: return nil
        case .provisioning: self = .provisioning
        case .pendingRegistration: self = .pendingRegistration
        case .running: self = .running
        case .terminating: self = .terminating
        case .terminated: self = .terminated
        case .failed: self = .failed
        }
    }
}
