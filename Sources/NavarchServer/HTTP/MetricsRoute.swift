// SPDX-License-Identifier: MIT
import ConnectServer
import NavarchControl

/// `/metrics`: the program's own, the pool's, and the fleet's gauges from the latest count, which is seconds old at most; a
/// scrape never asks the database.
struct MetricsRoute: Sendable {
    let nodes: NodeOperations
    let readiness: Readiness
    /// Renders the program's metrics.
    let exposition: @Sendable () -> String
    let pool: @Sendable () -> PoolFigures

    func add(to router: inout RPCRouter) {
        router.http("GET", "/metrics") { [self] _ in
            HTTPRoute.Response(
                status: 200, headers: ["content-type": "text/plain; version=0.0.4; charset=utf-8"],
                body: Array((exposition() + pool().text + FleetGauges.text(nodes.census) + ready).utf8))
        }
    }

    private var ready: String {
        let report = readiness.report
        return """
            # HELP navarch_ready Whether this replica takes traffic.
            # TYPE navarch_ready gauge
            navarch_ready \(report.isReady ? 1 : 0)
            # HELP navarch_degraded What works worse than it should, by count.
            # TYPE navarch_degraded gauge
            navarch_degraded \(report.degraded.count)

            """
    }
}
