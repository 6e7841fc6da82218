// SPDX-License-Identifier: MIT
import ConnectServer
import Logging
import NavarchControl
import ServiceLifecycle

/// Shuts down first, of all services: not ready, streams told to go elsewhere, and a moment for balancers to notice before the port closes.
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
        server.beginDrain()
        try await clock.sleep(for: notice)
    }
}
