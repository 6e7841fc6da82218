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

    /// How a zone fares at the moment of judgement.
    public struct Zone: Equatable, Sendable {
        /// Nodes that are silent now, or were marked within the last timeout. Heartbeats are spread over their interval, so the
        /// nodes behind one cut cable go silent over that time and not in one sweep.
        public var silent: Int
        /// Those, and the nodes that are heard. Nodes silent for longer are no news and count nowhere.
        public var nodes: Int
        /// A zone.
        public init(silent: Int, nodes: Int) {
            self.silent = silent
            self.nodes = nodes
        }
    }

    /// At least this share of a zone, and at least ``networkNodes``, going silent together is a network and not so many broken machines.
    public static let networkShare = 0.55
    /// See ``networkShare``.
    public static let networkNodes = 3

    /// Splits silent nodes by reason: alone, or with most of their zone or of the fleet. `silent` may be a part of what is silent; the
    /// zones' counts decide.
    public static func reasons<Name>(
        for silent: [Silent<Name>], zones: [String: Zone]
    ) -> [(reason: String, names: [Name])] {
        let fleet = zones.values.reduce(into: Zone(silent: 0, nodes: 0)) { sum, zone in
            sum.silent += zone.silent
            sum.nodes += zone.nodes
        }
        if isNetwork(fleet) {
            return [("silent with most of the fleet: network or balancer suspected", silent.map(\.name))]
        }
        let byZone = Dictionary(grouping: silent, by: \.zone)
        let outages = byZone.filter { isNetwork(zones[$0.key] ?? Zone(silent: $0.value.count, nodes: $0.value.count)) }
        var result = outages.sorted { $0.key < $1.key }.map { zone, nodes in
            (reason: "silent with most of zone \"\(zone)\": network suspected", names: nodes.map(\.name))
        }
        let alone = silent.filter { outages[$0.zone] == nil }.map(\.name)
        if !alone.isEmpty { result.append(("no heartbeat within the timeout", alone)) }
        return result
    }

    private static func isNetwork(_ zone: Zone) -> Bool {
        zone.silent >= networkNodes && Double(zone.silent) >= networkShare * Double(zone.nodes)
    }
}
