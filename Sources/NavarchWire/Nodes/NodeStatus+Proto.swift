// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_NodeStatus {
    /// The same status.
    public init(_ status: NodeStatus) {
        switch status {
        case .active: self = .active
        case .cordoned: self = .cordoned
        case .draining: self = .draining
        case .unhealthy: self = .unhealthy
        case .terminated: self = .terminated
        }
    }

    /// The name on the wire, e.g. `NODE_STATUS_ACTIVE`.
    public var protoName: String {
        switch self {
        case .unknown: "NODE_STATUS_UNKNOWN"
        case .active: "NODE_STATUS_ACTIVE"
        case .cordoned: "NODE_STATUS_CORDONED"
        case .draining: "NODE_STATUS_DRAINING"
        case .unhealthy: "NODE_STATUS_UNHEALTHY"
        case .terminated: "NODE_STATUS_TERMINATED"
        case .UNRECOGNIZED(let number): String(number)
        }
    }
}

extension NodeStatus {
    /// The same status; nil for unknown and for numbers that this version does not have.
    public init?(_ wire: Navarch_V1_NodeStatus) {
        switch wire {
        case .unknown, .UNRECOGNIZED: return nil
        case .active: self = .active
        case .cordoned: self = .cordoned
        case .draining: self = .draining
        case .unhealthy: self = .unhealthy
        case .terminated: self = .terminated
        }
    }
}
