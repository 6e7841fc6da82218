// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore

/// The fleet's gauges in Prometheus text, the original's three by their names among them. Drawn whole from one count, so
/// that no scrape sees half of it (gap G75).
enum FleetGauges {
    /// Most nodes with a series of their own; a fleet beyond it has its counts, and says how many it left out.
    static let mostNodes = 20_000

    static func text(_ census: FleetCensus) -> String {
        var text = ""
        gauge("navarch_nodes_total", "Nodes by status.", &text) { line in
            for status in NodeStatus.allCases {
                if let count = census.nodesByStatus[status] { line("status=\"\(status.rawValue)\"", "\(count)") }
            }
        }
        gauge("navarch_gpus_total", "GPUs of nodes that are not terminated, by provider.", &text) { line in
            for (provider, count) in census.gpusByProvider.sorted(by: { $0.key < $1.key }) {
                line("provider=\"\(escaped(provider))\"", "\(count)")
            }
        }
        let nodes = census.health.sorted { $0.key < $1.key }
        gauge("navarch_node_health_status", "1 healthy, 0.5 degraded, 0 unhealthy or unknown.", &text) { line in
            for (id, health) in nodes.prefix(mostNodes) {
                line("node_id=\"\(escaped(id.rawValue))\",status=\"\(health.rawValue)\"", value(of: health))
            }
        }
        gauge("navarch_node_health_status_omitted", "Nodes without a series of their own.", &text) { line in
            line("", "\(max(0, nodes.count - mostNodes))")
        }
        gauge("navarch_nodes_unreachable", "Nodes that are silent.", &text) { $0("", "\(census.unreachable)") }
        gauge("navarch_commands_queued", "Commands that wait for their node.", &text) {
            $0("", "\(census.queuedCommands)")
        }
        return text
    }

    private static func gauge(
        _ name: String, _ help: String, _ text: inout String,
        _ body: ((_ labels: String, _ value: String) -> Void) -> Void
    ) {
        var lines = "# HELP \(name) \(help)\n# TYPE \(name) gauge\n"
        body { labels, value in lines += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n" }
        text += lines
    }

    private static func value(of health: HealthStatus) -> String {
        switch health {
        case .healthy: "1"
        case .degraded: "0.5"
        case .unhealthy, .unknown: "0"
        }
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
