// SPDX-License-Identifier: MIT
import BuildInfo
import ConnectServer
import FoundationEssentials
import Logging
import Migrations
import NavarchControl
import NavarchModel
import NavarchServer
import NavarchStorePostgres
import Postgres
import ServiceLifecycle
import Telemetry

/// One replica: builds the graph of values, runs its services, ends them in the reverse order.
struct ReplicaProcess {
    let settings: DaemonSettings
    let metrics: PrometheusRegistry
    let logger: Logger

    /// Runs until a signal ends it.
    /// - Throws: why the replica could not serve; the process exits non-zero.
    func run() async throws {
        let client = PostgresClient(pool, logger: logger)
        let store = PostgresStore(client: client, session: session, logger: logger)
        let files = try settings.migrations.map { try MigrationSet.folder($0) } ?? MigrationSet.embedded()
        let schema = SchemaRange(of: files)
        let replica = Replica(
            id: ReplicaID(UUID()), region: settings.region, address: advertised, version: BuildInfo.version,
            schemaMin: schema.lowest, schemaMax: schema.newest)
        var logger = logger
        logger[metadataKey: "replica_id"] = "\(replica.id)"
        let control = try ControlPlane(
            stores: Stores(store), replica: replica, settings: settings.control, logger: logger)
        let server = makeServer(control, client, logger)
        let drain = DrainService(
            control: control, server: server, notice: settings.drainNotice, clock: ContinuousClock(), logger: logger)
        let group = ServiceGroup(
            configuration: .init(
                services: ([client] + control.services + [server, drain]).map { .init(service: $0) }, logger: logger))
        try await runUntilSignalled(group, logger)
        logger.info("stopped")
    }

    private func makeServer(_ control: ControlPlane, _ client: PostgresClient, _ logger: Logger) -> ConnectServer {
        var configuration = ConnectServerConfiguration(host: settings.host, port: settings.port)
        configuration.timers.shutdownGrace = settings.drainGrace
        let surface = NavarchSurface(
            control: control, tokens: settings.tokens, metrics: metrics,
            exposition: { [metrics] in metrics.render() + ProcessMetrics.render() },
            pool: { PoolFigures(client.status) }, logger: logger)
        return ConnectServer(configuration, router: surface.router, interceptors: surface.interceptors, logger: logger)
    }

    private var pool: PostgresConfiguration {
        var configuration = PostgresConfiguration(conninfo: settings.database)
        configuration.poolSize = settings.poolSize
        configuration.applicationName = "navarchd"
        return configuration
    }

    private var session: PostgresConfiguration {
        let conninfo = settings.sessionDatabase.isEmpty ? settings.database : settings.sessionDatabase
        var configuration = PostgresConfiguration(conninfo: conninfo)
        configuration.applicationName = "navarchd session"
        return configuration
    }

    private var advertised: String {
        settings.advertise.isEmpty ? "\(settings.host):\(settings.port)" : settings.advertise
    }
}

extension PoolFigures {
    /// The figures of a PostgreSQL pool.
    fileprivate init(_ status: PostgresPoolStatus) {
        self.init()
        connected = status.connected
        size = status.size
        inFlight = status.inFlight
        waiting = status.waiting
        finished = status.finished
        failed = status.failed
        shed = status.shed
        connects = status.connects
    }
}
