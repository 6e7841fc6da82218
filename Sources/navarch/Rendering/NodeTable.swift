// SPDX-License-Identifier: MIT

import Foundation
import NavarchWire

/// Nodes as rows.
enum NodeTable {
    /// The table of `navarch nodes list`: the original's columns, and whether a node is heard of.
    static func table(_ nodes: [Navarch_V1_NodeInfo], now: Date) -> Table {
        Table(
            ["NODE ID", "PROVIDER", "REGION", "ZONE", "INSTANCE TYPE", "STATUS", "HEALTH", "LAST HEARTBEAT", "GPUS"],
            nodes.map { row($0, now: now) })
    }

    private static func row(_ node: Navarch_V1_NodeInfo, now: Date) -> [String] {
        [
            node.nodeID, node.provider, node.region, node.zone, node.instanceType, Words.word(node.status),
            Words.word(node.healthStatus), heartbeat(node, now: now), gpus(node.gpus),
        ]
    }

    /// The age of the last heartbeat, and a word when the control plane holds the node to be silent.
    static func heartbeat(_ node: Navarch_V1_NodeInfo, now: Date) -> String {
        let age = Age.words(node.hasLastHeartbeat ? node.lastHeartbeat : nil, now: now)
        return isSilent(node) ? age + ", unreachable" : age
    }

    /// Whether the control plane has not heard of the node for longer than its timeout. A terminated node is silent as it should
    /// be.
    static func isSilent(_ node: Navarch_V1_NodeInfo) -> Bool { !node.reachable && node.status != .terminated }

    private static func gpus(_ gpus: [Navarch_V1_GPUInfo]) -> String {
        let fakes = gpus.count(where: \.fake)
        return fakes == 0 ? "\(gpus.count)" : "\(gpus.count) (\(fakes) fake)"
    }

    /// One line of `navarch nodes watch`; its columns are as wide as their usual contents.
    static func watchLine(_ node: Navarch_V1_NodeInfo, event: String) -> String {
        let cells: [(String, Int)] = [
            (event.isEmpty ? "-" : event, 22), (node.nodeID, 28), (Words.word(node.status), 11),
            (Words.word(node.healthStatus), 10), (isSilent(node) ? "unreachable" : "-", 12), (node.statusReason, 0),
        ]
        return row(cells)
    }

    /// The titles over the lines of a watch.
    static let watchTitles = row([
        ("EVENT", 22), ("NODE ID", 28), ("STATUS", 11), ("HEALTH", 10), ("CONTACT", 12), ("REASON", 0),
    ])

    private static func row(_ cells: [(String, Int)]) -> String {
        var line = cells.map { text, width in
            Table.printable(text) + String(repeating: " ", count: max(1, width - text.count + 1))
        }.joined()
        while line.last == " " { line.removeLast() }
        return line
    }
}
