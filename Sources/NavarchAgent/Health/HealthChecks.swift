// SPDX-License-Identifier: MIT
import Foundation
import GPUProbe
import NavarchModel

/// The checks of one host: `boot`, `gpu` and `host`.
struct HealthChecks: Sendable {
    /// Above this a GPU throttles soon (the original's threshold).
    static let hotCelsius: Int32 = 85
    /// Below this share of free room a host is in trouble.
    static let leastMemoryPercent = 3.0
    static let leastDiskPercent = 5.0

    let host: any HostReader
    let gpus: any GPUProbe
    let expectedGPUs: Int?
    let stateDirectory: String?

    /// Results of the enabled checks; an empty list enables all. `nvml` is the original's name for `gpu` (gap G46).
    func run(enabled: [String]) async -> [HealthCheckResult] {
        let survey = gpus.survey()
        let names = enabled.isEmpty ? ["boot", "gpu", "host"] : enabled.map { $0 == "nvml" ? "gpu" : $0 }
        let now = Timestamp(microseconds: Int64(Date.now.timeIntervalSince1970 * 1_000_000))
        return names.compactMap { name in
            switch name {
            case "boot": boot(survey)
            case "gpu": gpu(survey)
            case "host": hostState()
            default: nil
            }
        }.map { result in
            var result = result
            result.observedAt = now
            return result
        }
    }

    /// Whether the GPUs that should be there are. A driver that does not answer is unhealthy, not a host without GPUs (gap G5).
    func boot(_ survey: GPUSurvey) -> HealthCheckResult {
        let count = survey.gpus.count
        if let failure = survey.failure {
            return HealthCheckResult(checkName: "boot", status: .unhealthy, message: failure)
        }
        if let expectedGPUs, count < expectedGPUs {
            return HealthCheckResult(
                checkName: "boot", status: .unhealthy, message: "\(count) of \(expectedGPUs) GPUs detected")
        }
        let message =
            count == 0
            ? "no GPUs, and none expected: \(survey.source)"
            : "\(count) GPUs detected and accessible (\(survey.source))"
        return HealthCheckResult(checkName: "boot", status: .healthy, message: message, details: ["gpus": "\(count)"])
    }

    /// Every GPU is looked at; the worst wins (gap G45).
    func gpu(_ survey: GPUSurvey) -> HealthCheckResult {
        guard !survey.gpus.isEmpty else {
            return HealthCheckResult(checkName: "gpu", status: .unknown, message: survey.failure ?? "no GPUs to check")
        }
        let lost = survey.gpus.compactMap { gpu in gpu.failure.map { "GPU \(gpu.gpu.index): \($0)" } }
        let hot = survey.gpus.filter { ($0.temperature ?? 0) > Self.hotCelsius }.map {
            "GPU \($0.gpu.index) temperature high: \($0.temperature ?? 0)°C"
        }
        var details: [String: String] = [:]
        for gpu in survey.gpus { details["temperature_\(gpu.gpu.index)"] = gpu.temperature.map { "\($0)" } }
        let status: HealthStatus = !lost.isEmpty ? .unhealthy : !hot.isEmpty ? .degraded : .healthy
        let message = (lost + hot).isEmpty ? "\(survey.gpus.count) GPUs well" : (lost + hot).joined(separator: "; ")
        return HealthCheckResult(checkName: "gpu", status: status, message: message, details: details)
    }

    /// Memory and the disk that holds the journal.
    func hostState() -> HealthCheckResult {
        let memory = host.load(since: nil).memory
        var troubles: [String] = []
        var details: [String: String] = [:]
        if memory.total > 0 {
            let free = 100 - memory.usedPercent
            details["memory_available_percent"] = String(format: "%.1f", free)
            if free < Self.leastMemoryPercent { troubles.append(String(format: "%.1f %% of memory available", free)) }
        }
        var status = HealthStatus.healthy
        if let stateDirectory, let space = FileSystemSpace(of: stateDirectory) {
            details["state_disk_available_percent"] = String(format: "%.1f", space.availablePercent)
            if space.availablePercent < Self.leastDiskPercent {
                troubles.append(
                    String(format: "%.1f %% of the state directory's disk available", space.availablePercent))
            }
            if space.isReadOnly {
                troubles.append("the state directory is read-only: no command can be taken")
                status = .unhealthy
            }
        }
        if !troubles.isEmpty { status = max(status, .degraded) }
        return HealthCheckResult(
            checkName: "host", status: status,
            message: troubles.isEmpty ? "memory and disk well" : troubles.joined(separator: "; "),
            details: details)
    }
}
