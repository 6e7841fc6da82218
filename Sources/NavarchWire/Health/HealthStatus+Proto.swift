// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_HealthStatus {
    /// The same status.
    public init(_ status: HealthStatus) {
        switch status {
        case .unknown: self = .unknown
        case .healthy: self = .healthy
        case .degraded: self = .degraded
        case .unhealthy: self = .unhealthy
        }
    }
}

extension HealthStatus {
    /// The same status; numbers that this version does not have say nothing, so they are unknown.
    public init(_ wire: Navarch_V1_HealthStatus) {
        switch wire {
        case .unknown, .UNRECOGNIZED: self = .unknown
        case .healthy: self = .healthy
        case .degraded: self = .degraded
        case .unhealthy: self = .unhealthy
        }
    }
}
