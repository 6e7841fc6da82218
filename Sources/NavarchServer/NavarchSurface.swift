// SPDX-License-Identifier: MIT
import ConnectServer
import CoreMetrics
import Logging
import NavarchControl
import Tracing

/// All that one replica answers: navarch.v1, the original's service, and plain HTTP.
public struct NavarchSurface: Sendable {
    /// Which handler answers which path.
    public let router: RPCRouter
    /// What every call passes, in this order: a refused call is logged and counted too.
    public let interceptors: [any ServerInterceptor]

    /// The surface of a control plane.
    /// - Parameters:
    ///   - tokens: Shared bearer tokens; none opens every path.
    ///   - metrics: Where calls are counted.
    ///   - exposition: Renders the program's metrics as Prometheus text.
    ///   - pool: The database pool's figures now.
    ///   - tracer: Makes a span of each call; none makes none.
    public init(
        control: ControlPlane, tokens: [String] = [], metrics: any MetricsFactory,
        exposition: @escaping @Sendable () -> String, pool: @escaping @Sendable () -> PoolFigures = { PoolFigures() },
        tracer: (any Tracer)? = nil, logger: Logger
    ) {
        let handling = Handling(logger: logger)
        var router = RPCRouter()
        AgentHandlers(control: control, handling: handling).add(to: &router)
        NodeHandlers(control: control, handling: handling).add(to: &router)
        CommandHandlers(control: control, handling: handling).add(to: &router)
        InstanceHandlers(instances: control.instances, handling: handling).add(to: &router)
        ReplicaHandlers(replicas: control.replicas, handling: handling).add(to: &router)
        OriginalService(control: control, handling: handling).add(to: &router)
        HealthRoutes(readiness: control.readiness).add(to: &router)
        MetricsRoute(nodes: control.nodes, readiness: control.readiness, exposition: exposition, pool: pool)
            .add(to: &router)
        self.router = router
        var interceptors: [any ServerInterceptor] = [CallLog(logger: logger), CallMetrics(factory: metrics)]
        if let tracer { interceptors.append(CallTracing(tracer: tracer)) }
        interceptors.append(BearerAccess(tokens: tokens))
        self.interceptors = interceptors
    }
}
