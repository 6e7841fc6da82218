// SPDX-License-Identifier: MIT
import Connect
import Foundation
import NavarchModel
import NavarchWire
import SwiftProtobuf

extension AgentSession {
    /// Registers, then heartbeats; registers again whenever the control plane does not know the node (gap G6).
    func keepAlive() async {
        var backoff = freshBackoff()
        var load: CPUTimes?
        var isKnown = false
        while !Task.isCancelled {
            do throws(RPCError) {
                if !isKnown {
                    try await register()
                    isKnown = true
                } else {
                    try await heartbeat(&load)
                }
                backoff.reset()
                await pause(jittered(pace.withLock { $0.heartbeat }))
            } catch {
                let isForgotten = isKnown && error.code == .notFound
                logger.warning(
                    "control plane did not take the \(isKnown ? "heartbeat" : "registration")",
                    metadata: ["error": "\(error)"])
                // NOT_FOUND to a heartbeat is an answer: register at once. All else waits.
                if isForgotten { isKnown = false } else { await pause(patience(for: error, &backoff)) }
            }
        }
    }

    /// A node removed on purpose, or a token that is refused, does not come right within seconds.
    private func patience(for error: RPCError, _ backoff: inout Backoff) -> Duration {
        switch error.code {
        case .failedPrecondition, .unauthenticated, .permissionDenied, .invalidArgument, .unimplemented:
            return jittered(configuration.longestBackoff)
        default: return max(.milliseconds(50), backoff.next(unit: random()))
        }
    }

    private func register() async throws(RPCError) {
        let survey = host.facts()
        let gpus = gpus.survey()
        var registration = NodeRegistration()
        registration.provider = configuration.provider
        registration.region = configuration.region
        registration.zone = configuration.zone
        registration.instanceType = configuration.instanceType
        registration.gpus = gpus.gpus.map(\.gpu)
        registration.metadata = survey.metadata
        if registration.metadata.hostname.isEmpty { registration.metadata.hostname = configuration.nodeID }
        registration.metadata.labels = configuration.labels
        registration.host = survey.facts
        registration.agentVersion = configuration.version
        registration.journalID = journal.id
        let answer = try await client.register(
            Navarch_V1_RegisterNodeRequest(NodeID(configuration.nodeID), registration))
        if answer.hasConfig { follow(answer.config) }
        logger.info(
            "registered",
            metadata: [
                "status": "\(answer.nodeStatus)", "replica_id": "\(answer.replicaID)", "gpus": "\(gpus.gpus.count)",
                "gpu_source": "\(gpus.failure ?? gpus.source)",
            ])
        registered.raise()
    }

    /// Follows the newest configuration, with floors under what a server may say.
    private func follow(_ config: Navarch_V1_NodeConfig) {
        pace.withLock { pace in
            let exact =
                config.hasHeartbeatInterval
                ? config.heartbeatInterval.span : .seconds(Int64(config.heartbeatIntervalSeconds))
            if exact > .zero { pace.heartbeat = max(AgentPace.floor, exact) }
            if config.healthCheckIntervalSeconds > 0 {
                pace.health = .seconds(Int64(config.healthCheckIntervalSeconds))
            }
            if config.hasLeaseDuration, config.leaseDuration.span > .zero {
                pace.lease = max(AgentPace.floor, config.leaseDuration.span)
            }
            pace.healthChecks = config.enabledHealthChecks
        }
    }

    private func heartbeat(_ times: inout CPUTimes?) async throws(RPCError) {
        let load = host.load(since: times)
        times = load.times
        var request = Navarch_V1_HeartbeatRequest()
        request.nodeID = configuration.nodeID
        request.timestamp = Google_Protobuf_Timestamp(date: Date.now)
        request.metrics.cpuUsagePercent = load.cpuPercent
        request.metrics.memoryUsagePercent = load.memory.usedPercent
        request.metrics.gpuMetrics = gpus.survey().gpus.compactMap(\.metrics).map(Self.metrics)
        let answer = try await client.heartbeat(request)
        guard answer.hasNextHeartbeat, answer.nextHeartbeat.span > .zero else { return }
        pace.withLock { $0.heartbeat = max(AgentPace.floor, answer.nextHeartbeat.span) }
    }

    private static func metrics(_ gpu: GPUMetrics) -> Navarch_V1_GPUMetrics {
        var message = Navarch_V1_GPUMetrics()
        message.gpuIndex = gpu.gpuIndex
        message.temperature = gpu.temperature
        message.powerUsage = gpu.powerUsage
        message.utilizationPercent = gpu.utilizationPercent
        message.memoryUsed = gpu.memoryUsed
        return message
    }

    /// Reports health at the told interval, first right after registration.
    func reportHealth() async {
        await registered.wait()
        var backoff = freshBackoff()
        while !Task.isCancelled {
            let (interval, enabled) = pace.withLock { ($0.health, $0.healthChecks) }
            var request = Navarch_V1_ReportHealthRequest()
            request.nodeID = configuration.nodeID
            request.results = await health.run(enabled: enabled).map { Navarch_V1_HealthCheckResult($0) }
            do throws(RPCError) {
                _ = try await client.reportHealth(request)
                backoff.reset()
                await pause(jittered(interval))
            } catch {
                logger.warning("health report was not taken", metadata: ["error": "\(error)"])
                await pause(max(.milliseconds(50), backoff.next(unit: random())))
            }
        }
    }

    /// Renews every accepted command at a third of the lease, and hears of cancel requests (C12).
    func renewLeases() async {
        while !Task.isCancelled {
            await pauseUntilRenewalIsDue()
            let open = desk.open
            guard !open.isEmpty else { continue }
            let tokens = open.keys.compactMap { journal.entry($0)?.command.token }
            do throws(RPCError) {
                let answer = try await client.renew(configuration.nodeID, tokens)
                desk.cancel(answer.cancelRequested)
                if !answer.refused.isEmpty {
                    logger.warning("leases were not renewed", metadata: ["commands": "\(answer.refused)"])
                }
            } catch {
                logger.warning("leases were not renewed", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Reports progress as it is made, all commands together at most once a second; what is newer replaces what was not sent.
    func reportProgress() async {
        for await _ in desk.progressReports {
            await sendProgress(desk.open)
            await pause(Self.progressInterval)
        }
    }

    private static let progressInterval = Duration.seconds(1)

    /// A third of the lease, read anew every second: registration may have shortened it meanwhile.
    private func pauseUntilRenewalIsDue() async {
        var waited = Duration.zero
        while !Task.isCancelled, waited < pace.withLock({ $0.lease }) / 3 {
            let step = min(jittered(pace.withLock { $0.lease } / 3), .seconds(1))
            await pause(step)
            waited += step
        }
    }

    private func sendProgress(_ open: [String: CommandDesk.Ticket]) async {
        for (id, ticket) in open {
            guard let progress = ticket.meter.take(), let command = journal.entry(id)?.command else { continue }
            var request = Navarch_V1_ReportProgressRequest()
            request.nodeID = configuration.nodeID
            request.lease = command.token
            request.progress.percent = progress.percent
            request.progress.message = progress.message
            // Progress that is lost is replaced by the next; what matters is renewed and completed.
            if let answer = try? await client.progress(request), answer.cancelRequested { desk.cancel([id]) }
        }
    }
}
