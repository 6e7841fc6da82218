// SPDX-License-Identifier: MIT
import ConnectServer
import Logging
import NavarchControl
import ServiceLifecycle

/// Shuts down first, of all services: not ready, streams told to go elsewhere, and a moment for balancers to notice before the port closes
/// and connections are told to go.
struct DrainService: Service {
    let control: ControlPlane
    let server: ConnectServer
    let notice: Duration
    let clock: any Clock<Duration>
    let logger: Logger

    func run() async throws {
        let address = try await server.boundAddress
        control.readiness.startedListening()
        logger.info("listening", metadata: ["address": "\(address)"])
        try await gracefulShutdown()
        logger.info("draining")
        control.beginDraining()
        // Connections are told only when the port closes: a balancer that has not noticed yet loses the requests that meet a GOAWAY
        // (decision 0231).
        try await clock.sleep(for: notice)
    }
}
