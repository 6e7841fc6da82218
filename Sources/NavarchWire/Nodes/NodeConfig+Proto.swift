// SPDX-License-Identifier: MIT

extension Navarch_V1_NodeConfig {
    /// What an agent is told to do. Whole seconds are rounded up and never 0: the original's agents stop on 0.
    public init(
        heartbeatInterval: Duration, healthCheckInterval: Duration, leaseDuration: Duration,
        enabledHealthChecks: [String]
    ) {
        self.init()
        heartbeatIntervalSeconds = Self.wholeSeconds(heartbeatInterval)
        healthCheckIntervalSeconds = Self.wholeSeconds(healthCheckInterval)
        self.heartbeatInterval = .init(heartbeatInterval)
        self.leaseDuration = .init(leaseDuration)
        self.enabledHealthChecks = enabledHealthChecks
    }

    private static func wholeSeconds(_ duration: Duration) -> Int32 {
        let (seconds, attoseconds) = duration.components
        return Int32(clamping: max(1, attoseconds > 0 ? seconds + 1 : seconds))
    }
}
