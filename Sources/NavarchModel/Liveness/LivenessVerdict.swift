// SPDX-License-Identifier: MIT

/// What a sweep makes of the nodes found silent together (C20). Pure.
public struct LivenessVerdict: Equatable, Sendable {
    /// One silent node: its zone and whatever names it.
    public struct Silent<Name: Hashable & Sendable>: Equatable, Sendable {
        /// Which node.
        public let name: Name
        /// Where.
        public let zone: String
        /// One silent node.
        public init(name: Name, zone: String) {
            self.name = name
            self.zone = zone
        }
    }

    /// At least this share of a zone, and at least ``networkNodes``, going silent together is a network and not so many broken machines.
    public static let networkShare = 0.55
    /// See ``networkShare``.
    public static let networkNodes = 3

    /// Splits silent nodes by reason: alone, or with most of their zone or of the fleet. `reachableByZone` counts the nodes still called
    /// reachable, the silent ones included.
    public static func reasons<Name>(
        for silent: [Silent<Name>], reachableByZone: [String: Int]
    ) -> [(reason: String, names: [Name])] {
        let fleet = reachableByZone.values.reduce(0, +)
        if isNetwork(silent: silent.count, of: fleet) {
            return [("silent with most of the fleet: network or balancer suspected", silent.map(\.name))]
        }
        let byZone = Dictionary(grouping: silent, by: \.zone)
        let outages = byZone.filter { isNetwork(silent: $1.count, of: reachableByZone[$0] ?? $1.count) }
        var result = outages.sorted { $0.key < $1.key }.map { zone, nodes in
            (reason: "silent with most of zone \"\(zone)\": network suspected", names: nodes.map(\.name))
        }
        let alone = silent.filter { outages[$0.zone] == nil }.map(\.name)
        if !alone.isEmpty { result.append(("no heartbeat within the timeout", alone)) }
        return result
    }

    private static func isNetwork(silent: Int, of all: Int) -> Bool {
        silent >= networkNodes && Double(silent) >= networkShare * Double(all)
    }
}
