// SPDX-License-Identifier: MIT
/// Use cases and background services of one control-plane replica, over the stores' protocols. Never names a concrete store, a wire format or
/// a socket.
import Logging
import NavarchModel
import NavarchStore
import ServiceLifecycle

/// The stores that a control plane works on; one value may play every part.
public struct Stores: Sendable {
    let nodes: any NodeStore
    let commands: any CommandStore
    let leases: any LeaseStore
    let coordination: any CoordinationStore
    let replicas: any ReplicaStore
    let upkeep: any UpkeepStore
    let feed: any FeedStore
    let instances: any InstanceStore

    /// One store in every part.
    public init(
        _ store: some NodeStore & CommandStore & LeaseStore & CoordinationStore & ReplicaStore & UpkeepStore & FeedStore
            & InstanceStore
    ) {
        nodes = store
        commands = store
        leases = store
        coordination = store
        replicas = store
        upkeep = store
        feed = store
        instances = store
    }
}

/// What an operator sets.
public struct ControlSettings: Sendable {
    /// What agents are told.
    public var node = NodeSettings()
    /// Silence that makes a node unreachable (C19).
    public var heartbeatTimeout = Duration.seconds(90)
    /// From lease to acknowledge: how long a batch may be on its way.
    public var handoverTime = Duration.seconds(10)
    /// How long rows are kept.
    public var retention = Retention()
    /// Whether to NOTIFY; without it everything works at sweep latency (C2).
    public var notifies = true

    /// The defaults.
    public init() {}
}

/// One replica's use cases, and the services behind them.
public struct ControlPlane: Sendable {
    /// Nodes.
    public let nodes: NodeOperations
    /// Signs of life.
    public let heartbeats: HeartbeatIntake
    /// Commands.
    public let commands: CommandOperations
    /// Commands on their way to agents.
    public let delivery: CommandDelivery
    /// Watches over the fleet.
    public let watches: FleetWatch
    /// Replicas.
    public let replicas: ReplicaOperations
    /// Cloud instances.
    public let instances: any InstanceStore
    /// Whether this replica should get traffic.
    public let readiness: Readiness

    /// In the order in which they start; they are to be stopped in the reverse.
    public let services: [any Service]

    /// Builds the graph; nothing runs yet.
    /// - Throws: `LivenessTiming.Violation` when the heartbeat timeout is too short for its interval.
    public init(
        stores: Stores, replica: Replica, settings: ControlSettings, readiness: Readiness = Readiness(),
        clock: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) throws {
        let timing = try LivenessTiming(interval: settings.node.heartbeatInterval, timeout: settings.heartbeatTimeout)
        let wakeups = NodeWakeups()
        let feedSignals = FeedSignals()
        let directory = NodeDirectory(store: stores.nodes)
        let pace = FleetPace(store: stores.nodes, settings: settings.node, clock: clock)
        let publisher = ChangePublisher(
            store: stores.coordination, wakeups: wakeups, feedSignals: feedSignals, isEnabled: settings.notifies,
            clock: clock, logger: logger)
        self.readiness = readiness
        nodes = NodeOperations(
            store: stores.nodes, feed: stores.feed, directory: directory, pace: pace, publisher: publisher)
        heartbeats = HeartbeatIntake(store: stores.nodes, directory: directory, pace: pace)
        let batches = CommandBatches(
            store: stores.commands, leases: stores.leases, publisher: publisher,
            leaseDuration: settings.node.leaseDuration)
        commands = CommandOperations(
            store: stores.commands, leases: stores.leases, nodes: stores.nodes, directory: directory,
            publisher: publisher,
            feedSignals: feedSignals, readiness: readiness, batches: batches,
            leaseDuration: settings.node.leaseDuration, clock: clock)
        delivery = CommandDelivery(
            leases: stores.leases, directory: directory, wakeups: wakeups, publisher: publisher, readiness: readiness,
            replica: replica.id, handoverTime: settings.handoverTime, clock: clock)
        watches = FleetWatch(nodes: stores.nodes, feed: stores.feed, signals: feedSignals, readiness: readiness)
        replicas = ReplicaOperations(store: stores.replicas, own: replica.id)
        instances = stores.instances
        let loops = LedLoops.all(
            store: stores.upkeep, publisher: publisher, timing: timing, retention: settings.retention, logger: logger)
        services = [
            ReplicaHeart(store: stores.replicas, replica: replica, readiness: readiness, clock: clock, logger: logger),
            ReplicaSession(
                store: stores.coordination, replica: replica.id, loops: loops, wakeups: wakeups,
                feedSignals: feedSignals,
                readiness: readiness, clock: clock, logger: logger),
            publisher,
            FeedSequencer(
                store: stores.feed, signals: feedSignals, publisher: publisher, sweep: .seconds(1), clock: clock,
                logger: logger),
            pace, heartbeats, batches, delivery,
        ]
    }

    /// Shutdown begins: not ready first, then waits and streams end so that agents go elsewhere.
    public func beginDraining() {
        readiness.beginDraining()
        delivery.drain()
        watches.drain()
    }
}
