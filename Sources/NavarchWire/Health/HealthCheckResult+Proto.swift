// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_HealthCheckResult {
    /// The same outcome.
    public init(_ result: HealthCheckResult) {
        self.init()
        checkName = result.checkName
        status = Navarch_V1_HealthStatus(result.status)
        message = result.message
        if let observedAt = result.observedAt { timestamp = .init(observedAt) }
        details = result.details
    }
}

extension HealthCheckResult {
    /// The same outcome.
    public init(_ wire: Navarch_V1_HealthCheckResult) {
        self.init(
            checkName: wire.checkName, status: HealthStatus(wire.status), message: wire.message,
            observedAt: wire.hasTimestamp ? Timestamp(wire.timestamp) : nil, details: wire.details)
    }
}
