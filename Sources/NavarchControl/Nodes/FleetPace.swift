// SPDX-License-Identifier: MIT
import Locks
import NavarchModel
import NavarchStore
import ServiceLifecycle

/// What an agent is told about its rhythms.
public struct NodeSettings: Equatable, Sendable {
    /// Between heartbeats (C21).
    public var heartbeatInterval: Duration
    /// Between health checks.
    public var healthCheckInterval: Duration
    /// How long a lease lasts after acknowledge or renew.
    public var leaseDuration: Duration
    /// Checks to run.
    public var enabledHealthChecks: [String]

    /// The original's defaults, and a lease of 30 s.
    public init(
        heartbeatInterval: Duration = .seconds(30), healthCheckInterval: Duration = .seconds(60),
        leaseDuration: Duration = .seconds(30),
        enabledHealthChecks: [String] = ["boot", "gpu", "host"]
    ) {
        self.heartbeatInterval = heartbeatInterval
        self.healthCheckInterval = healthCheckInterval
        self.leaseDuration = leaseDuration
        self.enabledHealthChecks = enabledHealthChecks
    }
}

/// Counts the fleet every few seconds and scales the agents' rhythm to it (C21). Gauges read the same count.
public final class FleetPace: Service {
    private let store: any NodeStore
    private let base: NodeSettings
    private let pacing: HeartbeatPacing
    private let clock: any Clock<Duration>
    private let latest = Mutex(FleetCensus())
    private let refresh: Duration

    /// A pace that knows of no nodes yet.
    public init(
        store: any NodeStore, settings: NodeSettings, refresh: Duration = .seconds(10),
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.store = store
        base = settings
        pacing = HeartbeatPacing(base: settings.heartbeatInterval)
        self.refresh = refresh
        self.clock = clock
    }

    /// The latest count; at most `refresh` old while the database answers.
    public var census: FleetCensus { latest.withLock { $0 } }

    /// What agents are told now.
    public var settings: NodeSettings {
        var settings = base
        settings.heartbeatInterval = interval
        return settings
    }

    /// The jittered wait until one agent's next heartbeat. `unit` says where in the jitter, from 0 to below 1.
    public func nextHeartbeat(unit: Double) -> Duration {
        HeartbeatPacing.jittered(interval, unit: unit)
    }

    /// Counts until shutdown. A count that fails keeps the one before.
    public func run() async throws {
        try await everyUntilShutdown(refresh, on: clock) {
            do throws(StoreError) {
                let census = try await self.store.census()
                self.latest.withLock { $0 = census }
            } catch {
                return  // the store logs what it meets; the older count serves until the next round
            }
        }
    }

    private var interval: Duration {
        let nodes = latest.withLock { census in
            census.nodesByStatus.reduce(0) { $0 + ($1.key == .terminated ? 0 : $1.value) }
        }
        return pacing.interval(nodes: nodes)
    }
}
