// SPDX-License-Identifier: MIT

import Foundation
import NavarchWire

/// One node in full, as the original lays it out: names padded to column 16, then GPUs and metadata, then what is new.
enum NodeDetails {
    /// The lines of `navarch nodes get`.
    static func lines(_ node: Navarch_V1_NodeInfo, now: Date) -> [String] {
        var lines = Fields.lines([
            ("Node ID", node.nodeID), ("Provider", node.provider), ("Region", node.region), ("Zone", node.zone),
            ("Instance Type", node.instanceType), ("Status", Words.word(node.status)),
            ("Health", Words.word(node.healthStatus)), ("Last Heartbeat", NodeTable.heartbeat(node, now: now)),
            ("Reason", node.statusReason),
            ("Registered", node.hasRegisteredAt ? Age.words(node.registeredAt, now: now) : ""),
            ("Agent", node.agentVersion),
        ])
        lines += gpus(node.gpus, node.metrics.gpuMetrics)
        lines += section("Metadata", metadata(node.metadata))
        lines += section("Labels", node.metadata.labels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        lines += section("Host", host(node.host))
        lines += section("Usage", usage(node))
        lines += checks(node.healthResults, now: now)
        return lines
    }

    private static func gpus(_ gpus: [Navarch_V1_GPUInfo], _ metrics: [Navarch_V1_GPUMetrics]) -> [String] {
        guard !gpus.isEmpty else { return [] }
        return ["", "GPUs:"]
            + gpus.flatMap { gpu in
                ["  GPU \(gpu.index):" + (gpu.fake ? " (fake)" : "")]
                    + Fields.lines(gpuFields(gpu, metrics.first { $0.gpuIndex == gpu.index }), indent: "    ")
            }
    }

    private static func gpuFields(
        _ gpu: Navarch_V1_GPUInfo, _ metrics: Navarch_V1_GPUMetrics?
    ) -> [(String, String)] {
        [
            ("UUID", gpu.uuid), ("Name", gpu.name), ("PCI Bus ID", gpu.pciBusID),
            ("Memory", Bytes.words(gpu.memoryTotal)),
            ("Driver", gpu.driverVersion),
            (
                "Now",
                metrics.map {
                    "\($0.temperature) °C, \($0.powerUsage) W, \(Int($0.utilizationPercent.rounded())) % busy, "
                        + "\(Bytes.words($0.memoryUsed)) used"
                } ?? ""
            ),
        ]
    }

    private static func metadata(_ metadata: Navarch_V1_NodeMetadata) -> [(String, String)] {
        [
            ("Hostname", metadata.hostname), ("Internal IP", metadata.internalIp), ("External IP", metadata.externalIp),
            ("Kernel", metadata.kernelVersion),
        ]
    }

    private static func host(_ host: Navarch_V1_HostInfo) -> [(String, String)] {
        [
            ("System", host.operatingSystem), ("Architecture", host.architecture),
            ("CPU", host.cpuCount == 0 ? host.cpuModel : "\(host.cpuCount) × \(host.cpuModel)"),
            ("Memory", Bytes.words(host.memoryTotal)), ("Boot ID", host.bootID), ("Machine ID", host.machineID),
        ]
            + host.disks.map { disk in
                ("Disk", "\(disk.device) \(Bytes.words(disk.sizeTotal)) \(disk.mountPoint)")
            }
    }

    private static func usage(_ node: Navarch_V1_NodeInfo) -> [(String, String)] {
        guard node.hasMetrics else { return [] }
        return [
            ("CPU", "\(Int(node.metrics.cpuUsagePercent.rounded())) %"),
            ("Memory", "\(Int(node.metrics.memoryUsagePercent.rounded())) %"),
        ]
    }

    private static func checks(_ results: [Navarch_V1_HealthCheckResult], now: Date) -> [String] {
        guard !results.isEmpty else { return [] }
        let table = Table(
            ["CHECK", "HEALTH", "WHEN", "MESSAGE"],
            results.map { result in
                [
                    result.checkName, Words.word(result.status),
                    Age.words(result.hasTimestamp ? result.timestamp : nil, now: now), result.message,
                ]
            })
        return ["", "Health checks:"] + table.lines().map { "  " + $0 }
    }

    private static func section(_ title: String, _ fields: [(String, String)]) -> [String] {
        let lines = Fields.lines(fields, indent: "  ")
        return lines.isEmpty ? [] : ["", title + ":"] + lines
    }
}

/// Names and values under each other.
enum Fields {
    /// `Name:` padded, then the value; fields without a value are left out.
    static func lines(_ fields: [(String, String)], indent: String = "") -> [String] {
        let shown = fields.filter { !$0.1.isEmpty }
        let width = max(15, (shown.map(\.0.count).max() ?? 0) + 2)
        return shown.map { name, value in
            let padding = String(repeating: " ", count: max(1, width - name.count - 1))
            return indent + Table.printable(name) + ":" + padding + Table.printable(value)
        }
    }
}

/// Sizes in binary units.
enum Bytes {
    /// `80.0 GiB`; empty for nothing.
    static func words(_ count: Int64) -> String {
        guard count > 0 else { return "" }
        var value = Double(count)
        var unit = 0
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        while value >= 1_024, unit < units.count - 1 {
            value /= 1_024
            unit += 1
        }
        guard unit > 0 else { return "\(count) B" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
