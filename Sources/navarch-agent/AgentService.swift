// SPDX-License-Identifier: MIT
import Logging
import NavarchAgent
import ServiceLifecycle

/// A session as a service: SIGTERM stops it, and it ends once its commands have settled.
struct AgentService: Service {
    let session: AgentSession
    let logger: Logger

    func run() async throws {
        let end = await withGracefulShutdownHandler {
            await session.run()
        } onGracefulShutdown: {
            session.stop()
        }
        logger.info("session ended", metadata: ["why": "\(end)"])
    }
}
